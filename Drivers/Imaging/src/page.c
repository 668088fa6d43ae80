#include "page.h"

#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

static int64_t bytes_per_pixel(const kiosk_page *page) { return page->format == KIOSK_IMAGING_GRAY8 ? 1 : 3; }

int kiosk_imaging_check(const kiosk_page *page) {
    if (page->format != KIOSK_IMAGING_GRAY8 && page->format != KIOSK_IMAGING_RGB24) {
        return KIOSK_IMAGING_BAD_PAGE;
    }
    if (page->width < 1 || page->width > KIOSK_IMAGING_MAX_SIDE || page->height < 1 || page->height > KIOSK_IMAGING_MAX_SIDE) {
        return KIOSK_IMAGING_BAD_PAGE;
    }
    if (page->width * page->height > KIOSK_IMAGING_MAX_PIXELS || page->resolution < 36 || page->resolution > 2400) {
        return KIOSK_IMAGING_BAD_PAGE;
    }
    // The sides are bounded by now: no product below can overflow.
    if (page->stride < page->width * bytes_per_pixel(page) || page->stride > (int64_t)KIOSK_IMAGING_MAX_SIDE * 4) {
        return KIOSK_IMAGING_BAD_PAGE;
    }
    if (page->pixels == NULL || page->length < (size_t)(page->stride * page->height)) {
        return KIOSK_IMAGING_BAD_PAGE;
    }
    return 0;
}

int page_compress(const kiosk_page *page, int quality, unsigned char **jpeg, unsigned long *length) {
    *jpeg = NULL;
    *length = 0;
    tjhandle compressor = tjInitCompress();
    if (compressor == NULL) {
        return KIOSK_IMAGING_NO_MEMORY;
    }
    int gray = page->format == KIOSK_IMAGING_GRAY8;
    int failed = tjCompress2(
        compressor, page->pixels, (int)page->width, (int)page->stride, (int)page->height, gray ? TJPF_GRAY : TJPF_RGB, jpeg, length,
        gray ? TJSAMP_GRAY : TJSAMP_444, quality, 0);
    tjDestroy(compressor);
    if (failed) {
        tjFree(*jpeg);
        *jpeg = NULL;
        return KIOSK_IMAGING_LIBRARY;
    }
    return 0;
}

/// Leptonica holds gray pixels in bytes of big-endian words, and colour in words of R G B and a spare byte.
PIX *page_pix(const kiosk_page *page) {
    int gray = page->format == KIOSK_IMAGING_GRAY8;
    PIX *pix = pixCreateNoInit((l_int32)page->width, (l_int32)page->height, gray ? 8 : 32);
    if (pix == NULL) {
        return NULL;
    }
    l_uint32 *data = pixGetData(pix);
    size_t words = (size_t)pixGetWpl(pix);
    for (int64_t y = 0; y < page->height; y++) {
        const uint8_t *row = page->pixels + y * page->stride;
        l_uint32 *line = data + (size_t)y * words;
        for (l_int32 x = 0; x < (l_int32)page->width; x++) {
            if (gray) {
                SET_DATA_BYTE(line, x, row[x]);
            } else {
                composeRGBPixel(row[3 * x], row[3 * x + 1], row[3 * x + 2], line + x);
            }
        }
    }
    return pix;
}

void page_rows(PIX *pix, int gray, uint8_t *pixels) {
    l_int32 width = pixGetWidth(pix), height = pixGetHeight(pix);
    const l_uint32 *data = pixGetData(pix);
    size_t words = (size_t)pixGetWpl(pix);
    uint8_t *to = pixels;
    for (l_int32 y = 0; y < height; y++) {
        const l_uint32 *line = data + (size_t)y * words;
        for (l_int32 x = 0; x < width; x++) {
            if (gray) {
                *to++ = (uint8_t)GET_DATA_BYTE(line, x);
            } else {
                l_int32 red, green, blue;
                extractRGBValues(line[x], &red, &green, &blue);
                *to++ = (uint8_t)red;
                *to++ = (uint8_t)green;
                *to++ = (uint8_t)blue;
            }
        }
    }
}

/// `small` gets pixels of its own, to be freed.
static int shrink(const kiosk_page *page, int max_width, kiosk_page *small) {
    PIX *pix = page_pix(page);
    if (pix == NULL) {
        return KIOSK_IMAGING_NO_MEMORY;
    }
    // A page of one pixel's height and great width still has a row left when it has shrunk.
    l_int32 height = (l_int32)((page->height * max_width + page->width / 2) / page->width);
    PIX *scaled = pixScaleToSize(pix, max_width, height < 1 ? 1 : height);
    pixDestroy(&pix);
    if (scaled == NULL) {
        return KIOSK_IMAGING_LIBRARY;
    }
    int gray = page->format == KIOSK_IMAGING_GRAY8;
    *small = *page;
    small->width = pixGetWidth(scaled);
    small->height = pixGetHeight(scaled);
    small->stride = small->width * bytes_per_pixel(page);
    small->length = (size_t)(small->stride * small->height);
    uint8_t *pixels = malloc(small->length);
    if (pixels != NULL) {
        page_rows(scaled, gray, pixels);
    }
    small->pixels = pixels;
    pixDestroy(&scaled);
    return pixels == NULL ? KIOSK_IMAGING_NO_MEMORY : 0;
}

ssize_t kiosk_imaging_preview(const kiosk_page *page, int max_width, int quality, uint8_t *out, size_t capacity) {
    if (kiosk_imaging_check(page) < 0 || max_width < 1 || quality < 1 || quality > 100) {
        return KIOSK_IMAGING_BAD_PAGE;
    }
    kiosk_page small = *page;
    int shrunk = page->width > max_width;
    int error = shrunk ? shrink(page, max_width, &small) : 0;
    if (error < 0) {
        return error;
    }
    unsigned char *jpeg;
    unsigned long length;
    error = page_compress(&small, quality, &jpeg, &length);
    if (shrunk) {
        free((void *)(uintptr_t)small.pixels);
    }
    if (error < 0) {
        return error;
    }
    ssize_t used = length <= capacity ? (ssize_t)length : KIOSK_IMAGING_TOO_LARGE;
    if (used > 0) {
        memcpy(out, jpeg, length);
    }
    tjFree(jpeg);
    return used;
}

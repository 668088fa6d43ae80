#include "kiosk_camera.h"

#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

static int32_t scaled(int32_t side, int32_t eighths) { return (side * eighths + 7) / 8; }

/// What a byte of a limited range is in the full one: `scale` steps from `low` (ITU-R BT.601) become 255 around `centre`.
static void fill_range(uint8_t table[256], bool limited, int32_t low, int32_t scale, int32_t centre) {
    for (int32_t value = 0; value < 256; value++) {
        int32_t full = limited ? (value - low) * 255 / scale + centre : value;
        table[value] = (uint8_t)(full < 0 ? 0 : full > 255 ? 255 : full);
    }
}

static ssize_t gray_of_jpeg(const struct kiosk_camera_mode *mode, const uint8_t *bytes, size_t length, uint8_t *out, int32_t width, int32_t height) {
    tjhandle decoder = tjInitDecompress();
    if (decoder == NULL) {
        return KIOSK_CAMERA_NO_MEMORY;
    }
    int seen_width = 0, seen_height = 0, subsampling = 0, space = 0;
    ssize_t result = KIOSK_CAMERA_DAMAGED;
    // What the decoder makes of the header must be what was checked, or its rows wouldn't fit.
    if (tjDecompressHeader3(decoder, bytes, (unsigned long)length, &seen_width, &seen_height, &subsampling, &space) == 0
        && seen_width == mode->width && seen_height == mode->height
        // A warning is bits that fell over on the cable: the picture is grey from there on.
        && (tjDecompress2(decoder, bytes, (unsigned long)length, out, width, 0, height, TJPF_GRAY, TJFLAG_FASTDCT | TJFLAG_LIMITSCANS) == 0
            || tjGetErrorCode(decoder) == TJERR_WARNING)) {
        result = (ssize_t)width * height;
    }
    tjDestroy(decoder);
    return result;
}

ssize_t kiosk_camera_gray(
    const struct kiosk_camera_mode *mode, const uint8_t *bytes, size_t length, int32_t eighths, uint8_t *out, size_t capacity, int32_t *width,
    int32_t *height) {
    ssize_t whole = kiosk_camera_check(mode, bytes, length);
    if (whole < 0) {
        return whole;
    }
    if (eighths != 1 && eighths != 2 && eighths != 4 && eighths != 8) {
        return KIOSK_CAMERA_UNSUPPORTED;
    }
    *width = scaled(mode->width, eighths);
    *height = scaled(mode->height, eighths);
    if (capacity < (size_t)*width * (size_t)*height) {
        return KIOSK_CAMERA_TOO_LARGE;
    }
    if (mode->format == KIOSK_CAMERA_MJPEG) {
        return gray_of_jpeg(mode, bytes, (size_t)whole, out, *width, *height);
    }
    int32_t step = 8 / eighths;
    uint8_t luma[256];
    fill_range(luma, mode->limited, 16, 219, 0);
    for (int32_t y = 0; y < *height; y++) {
        const uint8_t *row = bytes + (size_t)(y * step) * (size_t)mode->stride;
        for (int32_t x = 0; x < *width; x++) {
            *out++ = luma[row[x * step * 2]];
        }
    }
    return (ssize_t)*width * *height;
}

size_t kiosk_camera_encode_bound(const struct kiosk_camera_mode *mode) { return tjBufSize(mode->width, mode->height, TJSAMP_422); }

ssize_t kiosk_camera_encode(
    const struct kiosk_camera_mode *mode, const uint8_t *bytes, size_t length, int32_t quality, uint8_t *out, size_t capacity) {
    ssize_t whole = kiosk_camera_check(mode, bytes, length);
    if (whole < 0) {
        return whole;
    }
    if (mode->format != KIOSK_CAMERA_YUYV || quality < 1 || quality > 100) {
        return KIOSK_CAMERA_UNSUPPORTED;
    }
    if (capacity < kiosk_camera_encode_bound(mode)) {
        return KIOSK_CAMERA_TOO_LARGE;
    }
    size_t pixels = (size_t)mode->width * (size_t)mode->height;
    // Y, then U and V, each half as wide.
    uint8_t *planes = malloc(pixels * 2);
    tjhandle encoder = tjInitCompress();
    if (planes == NULL || encoder == NULL) {
        free(planes);
        if (encoder != NULL) {
            tjDestroy(encoder);
        }
        return KIOSK_CAMERA_NO_MEMORY;
    }
    uint8_t luma[256], chroma[256];
    fill_range(luma, mode->limited, 16, 219, 0);
    fill_range(chroma, mode->limited, 128, 224, 128);
    uint8_t *y = planes, *u = planes + pixels, *v = u + pixels / 2;
    for (int32_t row = 0; row < mode->height; row++) {
        const uint8_t *from = bytes + (size_t)row * (size_t)mode->stride;
        for (int32_t pair = 0; pair < mode->width / 2; pair++, from += 4) {
            *y++ = luma[from[0]];
            *u++ = chroma[from[1]];
            *y++ = luma[from[2]];
            *v++ = chroma[from[3]];
        }
    }
    const unsigned char *starts[3] = {planes, planes + pixels, planes + pixels + pixels / 2};
    unsigned char *jpeg = out;
    unsigned long size = (unsigned long)capacity;
    int failed =
        tjCompressFromYUVPlanes(encoder, starts, mode->width, NULL, mode->height, TJSAMP_422, &jpeg, &size, quality, TJFLAG_NOREALLOC);
    tjDestroy(encoder);
    free(planes);
    return failed ? KIOSK_CAMERA_LIBRARY : (ssize_t)size;
}

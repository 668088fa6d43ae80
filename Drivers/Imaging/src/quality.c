#include <stdlib.h>

#include "page.h"

/// dots per inch that a page is looked at with: what a reader makes out hangs on millimetres, not on the scanner.
enum { LOOK = 150 };
/// pixels of that: a window that holds the edge of a stroke, blurred or not
enum { WINDOW = 9 };
/// pixels: dust is smaller in both directions
enum { DUST = 4 };

static int32_t pixels_of(double millimetres, double resolution) { return (int32_t)(millimetres / 25.4 * resolution + 0.5); }

/// The page in gray, at LOOK or at its own resolution where that is lower. `*resolution` says at which.
static PIX *look_at(const kiosk_page *page, double *resolution) {
    PIX *whole = page_pix(page);
    if (whole == NULL) {
        return NULL;
    }
    PIX *gray = pixConvertTo8(whole, 0);
    pixDestroy(&whole);
    double scale = (double)LOOK / (double)page->resolution;
    *resolution = scale < 1 ? (double)LOOK : (double)page->resolution;
    if (scale >= 1 || gray == NULL) {
        return gray;
    }
    PIX *small = pixScale(gray, (l_float32)scale, (l_float32)scale);
    pixDestroy(&gray);
    return small;
}

static double fraction_of(PIX *mask) {
    l_float32 fraction = 0;
    return pixForegroundFraction(mask, &fraction) == 0 ? (double)fraction : 0;
}

/// Sharpness, ink and traces: local contrast is the highest less the lowest value in a window, and an edge is as sharp as the steepest step of
/// three pixels in that window is high against it.
static int measure_edges(PIX *gray, l_int32 least_contrast, kiosk_quality *quality) {
    PIX *low = pixErodeGray(gray, WINDOW, WINDOW), *high = pixDilateGray(gray, WINDOW, WINDOW);
    PIX *low3 = pixErodeGray3(gray, 3, 3), *high3 = pixDilateGray3(gray, 3, 3);
    PIX *contrast = low && high ? pixSubtractGray(NULL, high, low) : NULL;
    PIX *step = low3 && high3 ? pixSubtractGray(NULL, high3, low3) : NULL;
    PIX *steepest = step ? pixDilateGray(step, WINDOW, WINDOW) : NULL;
    PIX *flat = contrast ? pixThresholdToBinary(contrast, least_contrast) : NULL;
    PIX *mask = flat ? pixInvert(NULL, flat) : NULL;
    int error = mask == NULL || steepest == NULL ? KIOSK_IMAGING_NO_MEMORY : 0;
    if (error == 0) {
        quality->traces = fraction_of(mask);
        l_float32 height = 0, slope = 0, darkest = 255;
        if (quality->traces > 0 && pixGetAverageMasked(contrast, mask, 0, 0, 1, L_MEAN_ABSVAL, &height) == 0 && height > 0
            && pixGetAverageMasked(steepest, mask, 0, 0, 1, L_MEAN_ABSVAL, &slope) == 0) {
            quality->sharpness = (double)(slope / height);
            pixGetRankValueMasked(low, mask, 0, 0, 2, 0.05F, &darkest, NULL);
        }
        quality->ink = (double)darkest / 255;
    }
    PIX *all[] = {low, high, low3, high3, contrast, step, steepest, flat, mask};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        pixDestroy(&all[i]);
    }
    return error;
}

/// What crosses the outermost millimetre of one side and is no longer along it than a character: the rules of a table, which hang together as one piece.
static int32_t count_crossing(PIX *ink, l_int32 x, l_int32 y, l_int32 width, l_int32 height, double resolution) {
    BOX *box = boxCreate(x, y, width, height);
    PIX *band = box ? pixClipRectangle(ink, box, NULL) : NULL;
    BOXA *boxes = band ? pixConnCompBB(band, 8) : NULL;
    int32_t count = 0, character = pixels_of(12, resolution);
    for (l_int32 i = 0; boxes != NULL && i < boxaGetCount(boxes); i++) {
        l_int32 w, h;
        if (boxaGetBoxGeometry(boxes, i, NULL, NULL, &w, &h) == 0) {
            count += width < height ? w == width && h <= character : h == height && w <= character;
        }
    }
    boxaDestroy(&boxes);
    pixDestroy(&band);
    boxDestroy(&box);
    return count;
}

/// Characters and the ends of ruled lines that lie on the outermost pixels; a black rim, a shadow or a photo to the very edge is one large piece.
static int32_t count_cut(PIX *ink, double resolution) {
    if (pixGetWidth(ink) < 8 * pixels_of(1, resolution) || pixGetHeight(ink) < 8 * pixels_of(1, resolution)) {
        return 0;
    }
    PIX *rim = pixExtractBorderConnComps(ink, 8);
    BOXA *boxes = rim ? pixConnCompBB(rim, 8) : NULL;
    int32_t width = pixGetWidth(ink), height = pixGetHeight(ink), sides[4] = {0, 0, 0, 0};
    int32_t least = pixels_of(1, resolution), character = pixels_of(12, resolution), rule = pixels_of(2, resolution);
    for (l_int32 i = 0; boxes != NULL && i < boxaGetCount(boxes); i++) {
        l_int32 x, y, w, h;
        if (boxaGetBoxGeometry(boxes, i, &x, &y, &w, &h) != 0) {
            continue;
        }
        int small = w <= character && h <= character;
        sides[0] += x <= 1 && w >= least && (small || h <= rule);
        sides[1] += x + w >= width - 1 && w >= least && (small || h <= rule);
        sides[2] += y <= 1 && h >= least && (small || w <= rule);
        sides[3] += y + h >= height - 1 && h >= least && (small || w <= rule);
    }
    boxaDestroy(&boxes);
    pixDestroy(&rim);
    const int32_t crossing[4] = {
        count_crossing(ink, 0, 0, least, height, resolution), count_crossing(ink, width - least, 0, least, height, resolution),
        count_crossing(ink, 0, 0, width, least, resolution), count_crossing(ink, 0, height - least, width, least, resolution),
    };
    int32_t most = 0;
    for (int i = 0; i < 4; i++) {
        most = sides[i] > most ? sides[i] : most;
        most = crossing[i] > most ? crossing[i] : most;
    }
    return most;
}

static int is_end_lost(PIX *gray, double resolution) {
    l_int32 width = pixGetWidth(gray), height = pixGetHeight(gray), band = pixels_of(3, resolution), least = 0, most = 255;
    if (band < 1 || height <= 2 * band) {
        return 0;
    }
    BOX *box = boxCreate(0, height - band, width, band);
    PIX *bottom = box ? pixClipRectangle(gray, box, NULL) : NULL;
    boxDestroy(&box);
    if (bottom == NULL) {
        return 0;
    }
    int read = pixGetExtremeValue(bottom, 1, L_SELECT_MIN, NULL, NULL, NULL, &least) == 0
        && pixGetExtremeValue(bottom, 1, L_SELECT_MAX, NULL, NULL, NULL, &most) == 0;
    pixDestroy(&bottom);
    return read && most - least <= 1 && least > 96 && most < 160;
}

/// What is clearly darker than the paper: its part of the page without rim and dust, how it lies, and what of it runs over the sides.
static int measure_ink(PIX *gray, l_int32 paper, double resolution, const kiosk_stop *stop, kiosk_quality *quality) {
    PIX *ink = pixThresholdToBinary(gray, paper * 3 / 4);
    if (ink == NULL) {
        return KIOSK_IMAGING_NO_MEMORY;
    }
    quality->cut_pieces = count_cut(ink, resolution);
    l_int32 rim = pixels_of(3, resolution);
    if (pixGetWidth(ink) > 4 * rim && pixGetHeight(ink) > 4 * rim) {
        pixSetOrClearBorder(ink, rim, rim, rim, rim, PIX_CLR);
    }
    PIX *clean = pixSelectBySize(ink, DUST, DUST, 8, L_SELECT_IF_EITHER, L_SELECT_IF_GTE, NULL);
    pixDestroy(&ink);
    if (clean == NULL) {
        return KIOSK_IMAGING_NO_MEMORY;
    }
    quality->coverage = fraction_of(clean);
    if (is_stopped(stop)) {
        pixDestroy(&clean);
        return KIOSK_IMAGING_STOPPED;
    }
    l_float32 angle = 0, confidence = 0;
    // Too small a page, or nothing on it, has no lines: the search refuses, and the skew stays 0.
    if (quality->coverage > 0 && pixFindSkewSweepAndSearch(clean, &angle, &confidence, 4, 2, KIOSK_IMAGING_MAX_SKEW, 1, 0.01F) == 0) {
        // Leptonica answers with the turn that would mend it.
        quality->skew = -(double)angle;
        quality->skew_confidence = (double)confidence;
    }
    pixDestroy(&clean);
    return 0;
}

int kiosk_imaging_quality(const kiosk_page *page, const kiosk_stop *stop, kiosk_quality *quality) {
    if (kiosk_imaging_check(page) < 0) {
        return KIOSK_IMAGING_BAD_PAGE;
    }
    *quality = (kiosk_quality){.ink = 1};
    double resolution = LOOK;
    PIX *gray = look_at(page, &resolution);
    if (gray == NULL) {
        return KIOSK_IMAGING_NO_MEMORY;
    }
    l_uint32 paper = 0;
    int error = is_stopped(stop) ? KIOSK_IMAGING_STOPPED : pixGetRankValue(gray, 2, 0.9F, &paper) == 0 ? 0 : KIOSK_IMAGING_LIBRARY;
    if (error == 0) {
        quality->brightness = (double)paper / 255;
        quality->lost_end = is_end_lost(gray, resolution);
        // 8 of 255 and more even on a black page: less is the noise of the sensor and the traces of a JPEG.
        error = measure_edges(gray, (l_int32)paper / 8 + 8, quality);
    }
    if (error == 0) {
        error = is_stopped(stop) ? KIOSK_IMAGING_STOPPED : measure_ink(gray, (l_int32)paper, resolution, stop, quality);
    }
    pixDestroy(&gray);
    return error;
}

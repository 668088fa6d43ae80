#include <math.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include "page.h"

/// pixels; the longer side of the small picture in which the page is looked for
enum { SEARCH = 800 };
/// pixels; the largest picture of a camera: 50 million
enum { LARGEST_PICTURE = 50000000 };
/// dots per inch, below which the page is too far away to be read
static const double least_resolution = 50, most_resolution = 1200;
/// The part of the picture that a page must fill at least, and of a quadrilateral between its corners: a hand over a corner leaves less.
static const double least_part = 0.1, least_fill = 0.95;
/// Sides are taken for those of ISO 216 when they come this near: a picture taken from aside shortens one.
static const double paper_ratio = 1.41421356, paper_tolerance = 0.08;

typedef struct point {
    double x, y;
} point;

static double between(point a, point b) { return hypot(a.x - b.x, a.y - b.y); }

/// Twice the area of a triangle; positive where c lies to the right of the way from a to b, y pointing down.
static double turn(point a, point b, point c) { return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x); }

static PIX *decode(const uint8_t *jpeg, size_t length, int *error) {
    tjhandle codec = tjInitDecompress();
    *error = codec == NULL ? KIOSK_IMAGING_NO_MEMORY : 0;
    int width = 0, height = 0, sampling = 0, space = 0;
    if (codec != NULL && tjDecompressHeader3(codec, jpeg, (unsigned long)length, &width, &height, &sampling, &space) != 0) {
        *error = KIOSK_IMAGING_BAD_PICTURE;
    }
    if (*error == 0
        && (width < 64 || height < 64 || width > KIOSK_IMAGING_MAX_SIDE || height > KIOSK_IMAGING_MAX_SIDE
            || (int64_t)width * height > LARGEST_PICTURE)) {
        *error = KIOSK_IMAGING_BAD_PICTURE;
    }
    size_t bytes = (size_t)width * (size_t)height * 3;
    uint8_t *rows = *error == 0 ? malloc(bytes) : NULL;
    if (*error == 0 && rows == NULL) {
        *error = KIOSK_IMAGING_NO_MEMORY;
    }
    // A picture that ended too early, or one that would keep the decoder busy for ever, is none.
    if (*error == 0
        && tjDecompress2(codec, jpeg, (unsigned long)length, rows, width, 0, height, TJPF_RGB, TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) != 0) {
        *error = KIOSK_IMAGING_BAD_PICTURE;
    }
    tjDestroy(codec);
    PIX *pix = NULL;
    if (*error == 0) {
        kiosk_page page = {
            .pixels = rows, .length = bytes, .format = KIOSK_IMAGING_RGB24, .width = width, .height = height, .stride = (int64_t)width * 3,
            .resolution = 72,
        };
        pix = page_pix(&page);
        *error = pix == NULL ? KIOSK_IMAGING_NO_MEMORY : 0;
    }
    free(rows);
    return pix;
}

/// The largest bright piece of the small picture, its print filled up, alone and without a border. NULL when there is none.
static PIX *bright_piece(PIX *gray, int *touches) {
    PIX *dark = NULL, *bright = NULL, *closed = NULL, *largest = NULL;
    // One tile as large as the picture: one threshold between page and background, by Otsu.
    if (pixOtsuAdaptiveThreshold(gray, pixGetWidth(gray), pixGetHeight(gray), 0, 0, 0.1F, NULL, &dark) == 0) {
        bright = pixInvert(NULL, dark);
    }
    closed = bright ? pixCloseSafeBrick(NULL, bright, 15, 15) : NULL;
    PIXA *pieces = NULL;
    BOXA *boxes = closed ? pixConnComp(closed, &pieces, 8) : NULL;
    l_int32 best = -1, most = 0;
    for (l_int32 i = 0; boxes != NULL && i < boxaGetCount(boxes); i++) {
        PIX *piece = pixaGetPix(pieces, i, L_CLONE);
        l_int32 count = 0;
        if (piece != NULL && pixCountPixels(piece, &count, NULL) == 0 && count > most) {
            best = i;
            most = count;
        }
        pixDestroy(&piece);
    }
    l_int32 x, y, w, h;
    if (best >= 0 && boxaGetBoxGeometry(boxes, best, &x, &y, &w, &h) == 0) {
        *touches = x <= 1 || y <= 1 || x + w >= pixGetWidth(gray) - 1 || y + h >= pixGetHeight(gray) - 1;
        PIX *piece = pixaGetPix(pieces, best, L_CLONE), *filled = NULL;
        PIX *framed = piece ? pixAddBorder(piece, 1, 0) : NULL;
        filled = framed ? pixFillClosedBorders(framed, 4) : NULL;
        largest = pixCreate(pixGetWidth(gray), pixGetHeight(gray), 1);
        if (filled != NULL && largest != NULL) {
            pixRasterop(largest, x, y, w, h, PIX_SRC, filled, 1, 1);
        } else {
            pixDestroy(&largest);
        }
        pixDestroy(&piece);
        pixDestroy(&framed);
        pixDestroy(&filled);
    }
    boxaDestroy(&boxes);
    pixaDestroy(&pieces);
    pixDestroy(&closed);
    pixDestroy(&bright);
    pixDestroy(&dark);
    return largest;
}

/// The first and the last pixel of each row: every corner is among them. `ends` has room for two a row.
static size_t row_ends(PIX *piece, point *ends) {
    size_t count = 0;
    l_int32 width = pixGetWidth(piece), height = pixGetHeight(piece);
    for (l_int32 y = 0; y < height; y++) {
        const l_uint32 *line = pixGetData(piece) + (size_t)y * (size_t)pixGetWpl(piece);
        l_int32 first = 0, last = width - 1;
        while (first < width && !GET_DATA_BIT(line, first)) {
            first++;
        }
        while (last > first && !GET_DATA_BIT(line, last)) {
            last--;
        }
        if (first < width) {
            ends[count++] = (point){first, y};
            ends[count++] = (point){last + 1, y};
        }
    }
    return count;
}

/// The corners of a quadrilateral, clockwise from the upper left: the two points farthest apart, and on either side of their line the farthest from it.
static int find_corners(PIX *piece, point corners[4]) {
    point *ends = calloc((size_t)pixGetHeight(piece) * 2, sizeof *ends);
    if (ends == NULL) {
        return KIOSK_IMAGING_NO_MEMORY;
    }
    size_t count = row_ends(piece, ends), a = 0, b = 0;
    double farthest = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            double length = between(ends[i], ends[j]);
            if (length > farthest) {
                farthest = length;
                a = i;
                b = j;
            }
        }
    }
    double right = 0, left = 0;
    point found[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
    if (count > 0) {
        found[0] = ends[a];
        found[2] = ends[b];
    }
    for (size_t i = 0; i < count; i++) {
        double side = turn(found[0], found[2], ends[i]);
        if (side > right) {
            right = side;
            found[3] = ends[i];
        }
        if (side < left) {
            left = side;
            found[1] = ends[i];
        }
    }
    free(ends);
    l_int32 pixels = 0;
    double area = (right - left) / 2;
    if (area < 1 || right <= 0 || left >= 0 || pixCountPixels(piece, &pixels, NULL) != 0 || pixels < least_fill * area) {
        return KIOSK_IMAGING_NO_PAGE;
    }
    // 0, 1, 2, 3 go round clockwise as they are; the upper left is where x + y is least.
    size_t first = 0;
    for (size_t i = 1; i < 4; i++) {
        if (found[i].x + found[i].y < found[first].x + found[first].y) {
            first = i;
        }
    }
    for (size_t i = 0; i < 4; i++) {
        corners[i] = found[(first + i) % 4];
    }
    return 0;
}

static int find_page(PIX *picture, point corners[4]) {
    l_int32 width = pixGetWidth(picture), height = pixGetHeight(picture);
    double scale = (double)SEARCH / (width > height ? width : height);
    scale = scale > 1 ? 1 : scale;
    PIX *gray = pixConvertTo8(picture, 0);
    PIX *small = gray ? pixScale(gray, (l_float32)scale, (l_float32)scale) : NULL;
    pixDestroy(&gray);
    if (small == NULL) {
        return KIOSK_IMAGING_NO_MEMORY;
    }
    int touches = 0;
    PIX *piece = bright_piece(small, &touches);
    l_float32 part = 0;
    int error = piece == NULL || touches || pixForegroundFraction(piece, &part) != 0 || part < least_part ? KIOSK_IMAGING_NO_PAGE : 0;
    if (error == 0) {
        error = find_corners(piece, corners);
    }
    for (size_t i = 0; error == 0 && i < 4; i++) {
        corners[i].x *= (double)width / pixGetWidth(small);
        corners[i].y *= (double)height / pixGetHeight(small);
    }
    pixDestroy(&piece);
    pixDestroy(&small);
    return error;
}

typedef struct vector {
    double x, y, z;
} vector;

static vector cross(vector a, vector b) { return (vector){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }

static double dot(vector a, vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

/// Width over height of the rectangle that a camera looking along its axis sees at these corners (Zhang and He 2007, "Whiteboard scanning and image
/// enhancement", equations 11, 12 and 20); 0 where the view is so straight that the lengths say it better.
static double true_ratio(const point corners[4], point centre) {
    vector m[4];
    for (size_t i = 0; i < 4; i++) {
        m[i] = (vector){corners[i].x - centre.x, corners[i].y - centre.y, 1};
    }
    vector m1 = m[0], m2 = m[1], m4 = m[2], m3 = m[3];
    double k2 = dot(cross(m1, m4), m3) / dot(cross(m2, m4), m3), k3 = dot(cross(m1, m4), m2) / dot(cross(m3, m4), m2);
    vector n2 = {k2 * m2.x - m1.x, k2 * m2.y - m1.y, k2 - 1}, n3 = {k3 * m3.x - m1.x, k3 * m3.y - m1.y, k3 - 1};
    double focal2 = -(n2.x * n3.x + n2.y * n3.y) / (n2.z * n3.z), least = centre.x + centre.y;
    if (!isfinite(focal2) || focal2 < least * least / 4 || focal2 > least * least * 25) {
        return 0;
    }
    return sqrt(((n2.x * n2.x + n2.y * n2.y) / focal2 + n2.z * n2.z) / ((n3.x * n3.x + n3.y * n3.y) / focal2 + n3.z * n3.z));
}

static void size_of(const point corners[4], point centre, l_int32 *width, l_int32 *height) {
    double across = (between(corners[0], corners[1]) + between(corners[3], corners[2])) / 2;
    double down = (between(corners[0], corners[3]) + between(corners[1], corners[2])) / 2;
    double seen = true_ratio(corners, centre);
    if (seen > 0) {
        // The side that shows more pixels keeps them.
        double wider = across / down < seen ? down * seen : across;
        down = wider / seen;
        across = wider;
    }
    double longer = across > down ? across : down, shorter = across > down ? down : across;
    double ratio = longer / shorter;
    if (fabs(ratio / paper_ratio - 1) < paper_tolerance) {
        shorter = longer / paper_ratio;
    }
    *width = (l_int32)lround(across > down ? longer : shorter);
    *height = (l_int32)lround(across > down ? shorter : longer);
}

/// The page between the corners, upright in `width` × `height` pixels.
static PIX *unwarp(PIX *picture, const point corners[4], l_int32 width, l_int32 height) {
    // What Leptonica transforms keeps its size, so it is made large enough for the page to come.
    l_int32 right = width - pixGetWidth(picture), below = height - pixGetHeight(picture);
    PIX *room = pixAddBorderGeneral(picture, 0, right > 0 ? right : 0, 0, below > 0 ? below : 0, 0);
    PTA *from = ptaCreate(4), *to = ptaCreate(4);
    const point target[4] = {{0, 0}, {width, 0}, {width, height}, {0, height}};
    for (size_t i = 0; from != NULL && to != NULL && i < 4; i++) {
        ptaAddPt(from, (l_float32)corners[i].x, (l_float32)corners[i].y);
        ptaAddPt(to, (l_float32)target[i].x, (l_float32)target[i].y);
    }
    PIX *turned = room && from && to ? pixProjectivePtaColor(room, to, from, 0xffffff00) : NULL;
    BOX *box = boxCreate(0, 0, width, height);
    PIX *page = turned && box ? pixClipRectangle(turned, box, NULL) : NULL;
    boxDestroy(&box);
    pixDestroy(&turned);
    ptaDestroy(&from);
    ptaDestroy(&to);
    pixDestroy(&room);
    return page;
}

ssize_t kiosk_imaging_straighten(
    const uint8_t *jpeg, size_t length, int32_t long_side, enum kiosk_imaging_format format, const kiosk_stop *stop, kiosk_page *straightened,
    uint8_t *out, size_t capacity) {
    int gray = format == KIOSK_IMAGING_GRAY8;
    if (long_side < 20 || long_side > 1000 || (!gray && format != KIOSK_IMAGING_RGB24)) {
        return KIOSK_IMAGING_BAD_PAGE;
    }
    int error;
    PIX *picture = decode(jpeg, length, &error);
    if (picture == NULL) {
        return error;
    }
    point corners[4];
    error = is_stopped(stop) ? KIOSK_IMAGING_STOPPED : find_page(picture, corners);
    l_int32 width = 0, height = 0;
    double resolution = 0;
    if (error == 0) {
        size_of(corners, (point){pixGetWidth(picture) / 2.0, pixGetHeight(picture) / 2.0}, &width, &height);
        resolution = (width > height ? width : height) * 25.4 / long_side;
        error = width < 1 || height < 1 || resolution < least_resolution ? KIOSK_IMAGING_NO_PAGE : 0;
    }
    size_t bytes = (size_t)width * (size_t)height * (gray ? 1 : 3);
    if (error == 0 && (bytes > capacity || resolution > most_resolution)) {
        error = KIOSK_IMAGING_TOO_LARGE;
    }
    if (error == 0 && is_stopped(stop)) {
        error = KIOSK_IMAGING_STOPPED;
    }
    PIX *page = error == 0 ? unwarp(picture, corners, width, height) : NULL;
    pixDestroy(&picture);
    if (error == 0 && is_stopped(stop)) {
        error = KIOSK_IMAGING_STOPPED;
        pixDestroy(&page);
    }
    if (error == 0 && page != NULL && gray) {
        PIX *luminance = pixConvertTo8(page, 0);
        pixDestroy(&page);
        page = luminance;
    }
    if (error < 0 || page == NULL) {
        return error < 0 ? error : KIOSK_IMAGING_LIBRARY;
    }
    page_rows(page, gray, out);
    pixDestroy(&page);
    *straightened = (kiosk_page){
        .pixels = out, .length = bytes, .format = format, .width = width, .height = height, .stride = (int64_t)width * (gray ? 1 : 3),
        .resolution = lround(resolution),
    };
    return (ssize_t)bytes;
}

// What a frame must be before anybody reads it. The bytes come from a cable, and from whatever is plugged in there.
#include "kiosk_camera.h"

#include <string.h>

/// Markers of ITU-T T.81, table B.1.
enum { SOI = 0xD8, EOI = 0xD9, SOS = 0xDA, RST0 = 0xD0, RST7 = 0xD7, TEM = 0x01, SOF0 = 0xC0, SOF2 = 0xC2 };

/// Where the entropy-coded bytes from `at` end: the position of the next marker that isn't a restart, or `length`.
static size_t scan_end(const uint8_t *bytes, size_t at, size_t length) {
    while (at + 1 < length) {
        const uint8_t *found = memchr(bytes + at, 0xFF, length - at - 1);
        if (found == NULL) {
            return length;
        }
        at = (size_t)(found - bytes);
        uint8_t marker = bytes[at + 1];
        if (marker == 0xFF) {
            at++; // a fill byte (B.1.1.2)
        } else if (marker == 0 || (marker >= RST0 && marker <= RST7)) {
            at += 2;
        } else {
            return at;
        }
    }
    return length;
}

/// The sides in a frame header (B.2.2) whose length and parameters begin at `segment`.
static bool has_sides(const uint8_t *segment, size_t size, const struct kiosk_camera_mode *mode) {
    if (size < 8 || segment[2] != 8) {
        return false;
    }
    return (segment[3] << 8 | segment[4]) == mode->height && (segment[5] << 8 | segment[6]) == mode->width;
}

static ssize_t check_jpeg(const struct kiosk_camera_mode *mode, const uint8_t *bytes, size_t length) {
    if (length < 4 || bytes[0] != 0xFF || bytes[1] != SOI) {
        return KIOSK_CAMERA_DAMAGED;
    }
    bool framed = false, scanned = false;
    size_t at = 2;
    while (at + 1 < length && bytes[at] == 0xFF) {
        uint8_t marker = bytes[at + 1];
        if (marker == 0xFF) {
            at++;
            continue;
        }
        if (marker == EOI) {
            return framed && scanned ? (ssize_t)(at + 2) : KIOSK_CAMERA_DAMAGED;
        }
        if (marker == 0 || marker == SOI || marker == TEM || (marker >= RST0 && marker <= RST7) || length - at < 4) {
            return KIOSK_CAMERA_DAMAGED;
        }
        const uint8_t *segment = bytes + at + 2;
        size_t size = (size_t)(segment[0] << 8 | segment[1]);
        if (size < 2 || size > length - at - 2) {
            return KIOSK_CAMERA_DAMAGED;
        }
        if (marker >= SOF0 && marker <= SOF2) {
            if (framed || !has_sides(segment, size, mode)) {
                return KIOSK_CAMERA_DAMAGED;
            }
            framed = true;
        }
        at += 2 + size;
        if (marker == SOS) {
            if (!framed) {
                return KIOSK_CAMERA_DAMAGED;
            }
            size_t end = scan_end(bytes, at, length);
            scanned = scanned || end > at;
            at = end;
        }
    }
    return KIOSK_CAMERA_DAMAGED;
}

ssize_t kiosk_camera_check(const struct kiosk_camera_mode *mode, const uint8_t *bytes, size_t length) {
    if (mode->width <= 0 || mode->width > KIOSK_CAMERA_MAX_SIDE || mode->height <= 0 || mode->height > KIOSK_CAMERA_MAX_SIDE
        || length > KIOSK_CAMERA_MAX_FRAME) {
        return KIOSK_CAMERA_DAMAGED;
    }
    if (mode->format == KIOSK_CAMERA_MJPEG) {
        return check_jpeg(mode, bytes, length);
    }
    if (mode->format != KIOSK_CAMERA_YUYV || mode->width % 2 != 0 || mode->stride < mode->width * 2 || mode->stride > KIOSK_CAMERA_MAX_SIDE * 4) {
        return KIOSK_CAMERA_DAMAGED;
    }
    size_t whole = (size_t)mode->stride * (size_t)mode->height;
    return length >= whole ? (ssize_t)whole : KIOSK_CAMERA_DAMAGED;
}

// Every byte of a frame that a hostile camera can send: the check of what is whole, then everything that reads a frame which passed it: the gray
// picture, the encoder and the search for a code. The first four bytes choose the mode; seeds/ holds a whole MJPEG frame, one that is cut, one with
// padding behind it, and a YUYV frame, each of 16x16.
#include "kiosk_camera.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4) {
        return 0;
    }
    struct kiosk_camera_mode mode = {
        .format = data[0] % 3,
        .width = data[1] * 2,
        .height = data[2],
        .stride = data[1] * 4 + data[3] % 16,
        .limited = data[3] >= 128,
    };
    const uint8_t *bytes = data + 4;
    size_t length = size - 4;
    ssize_t whole = kiosk_camera_check(&mode, bytes, length);
    if (whole > (ssize_t)length || (whole == 0 && length > 0)) {
        abort();
    }
    if (whole < 0) {
        return 0;
    }
    size_t room = (size_t)mode.width * (size_t)mode.height;
    uint8_t *gray = malloc(room);
    size_t bound = kiosk_camera_encode_bound(&mode);
    uint8_t *jpeg = malloc(bound);
    if (gray == NULL || jpeg == NULL) {
        abort();
    }
    int32_t width = 0, height = 0;
    for (int32_t eighths = 1; eighths <= 8; eighths *= 2) {
        ssize_t count = kiosk_camera_gray(&mode, bytes, length, eighths, gray, room, &width, &height);
        if (count > (ssize_t)room || (count >= 0 && count != (ssize_t)width * height)) {
            abort();
        }
    }
    char symbology[4];
    uint8_t content[64];
    if (kiosk_camera_find_code(gray, width, height, symbology, content, sizeof content) > (ssize_t)sizeof content) {
        abort();
    }
    ssize_t encoded = kiosk_camera_encode(&mode, bytes, length, 75, jpeg, bound);
    struct kiosk_camera_mode again = {.format = KIOSK_CAMERA_MJPEG, .width = mode.width, .height = mode.height};
    // What we made ourselves passes our own check.
    if (encoded >= 0 && kiosk_camera_check(&again, jpeg, (size_t)encoded) != encoded) {
        abort();
    }
    free(gray);
    free(jpeg);
    return 0;
}

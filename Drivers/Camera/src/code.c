#include "kiosk_camera.h"

#include <string.h>
#include <zbar.h>

/// AIM identifiers of ISO/IEC 15424 for what zbar is told to look for; NULL for anything else.
static const char *aim(zbar_symbol_type_t type) {
    switch (type) {
    case ZBAR_QRCODE: return "]Q1";
    case ZBAR_CODE128: return "]C0";
    case ZBAR_CODE39: return "]A0";
    case ZBAR_EAN13: return "]E0";
    case ZBAR_EAN8: return "]E4";
    default: return NULL;
    }
}

ssize_t kiosk_camera_find_code(const uint8_t *gray, int32_t width, int32_t height, char symbology[4], uint8_t *content, size_t capacity) {
    static const zbar_symbol_type_t wanted[] = {ZBAR_QRCODE, ZBAR_CODE128, ZBAR_CODE39, ZBAR_EAN13, ZBAR_EAN8};
    if (width <= 0 || width > KIOSK_CAMERA_MAX_SIDE || height <= 0 || height > KIOSK_CAMERA_MAX_SIDE) {
        return KIOSK_CAMERA_UNSUPPORTED;
    }
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    if (scanner == NULL || image == NULL) {
        if (scanner != NULL) {
            zbar_image_scanner_destroy(scanner);
        }
        if (image != NULL) {
            zbar_image_destroy(image);
        }
        return KIOSK_CAMERA_NO_MEMORY;
    }
    // A code is personal: zbar can send what it reads to D-Bus.
    zbar_image_scanner_request_dbus(scanner, 0);
    // Every other kind finds codes in noise.
    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        zbar_image_scanner_set_config(scanner, wanted[i], ZBAR_CFG_ENABLE, 1);
    }
    // The bytes as they were encoded: zbar would guess at a charset, and takes GBK for Shift JIS.
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, (unsigned)width, (unsigned)height);
    // Read only; the picture stays the caller's.
    zbar_image_set_data(image, gray, (unsigned long)width * (unsigned long)height, NULL);
    ssize_t result = zbar_scan_image(scanner, image) < 0 ? KIOSK_CAMERA_LIBRARY : 0;
    for (const zbar_symbol_t *symbol = zbar_image_first_symbol(image); symbol != NULL && result == 0; symbol = zbar_symbol_next(symbol)) {
        const char *identifier = aim(zbar_symbol_get_type(symbol));
        size_t length = zbar_symbol_get_data_length(symbol);
        if (identifier == NULL || length == 0 || zbar_symbol_get_count(symbol) < 0) {
            continue;
        }
        if (length > capacity) {
            result = KIOSK_CAMERA_TOO_LARGE;
            break;
        }
        memcpy(symbology, identifier, 4);
        memcpy(content, zbar_symbol_get_data(symbol), length);
        result = (ssize_t)length;
    }
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
    return result;
}

#include "uvc.h"

#include "../support/ids.h"
#include "picture.h"

#include <string.h>

#define LE16(value) (uint8_t)((value) & 0xFF), (uint8_t)((value) >> 8 & 0xFF)
#define LE32(value) LE16(value), LE16((uint32_t)(value) >> 16)

void uvc_block(uint8_t block[UVC_BLOCK]) {
    static const uint8_t only[UVC_BLOCK] = {
        LE16(1),            // bmHint: the frame interval stays
        1,                  // bFormatIndex
        1,                  // bFrameIndex
        LE32(UVC_INTERVAL), // dwFrameInterval
        LE16(0),            // wKeyFrameRate
        LE16(0),            // wPFrameRate
        LE16(0),            // wCompQuality
        LE16(0),            // wCompWindowSize
        LE16(0),            // wDelay
        LE32(PICTURE_ROOM), // dwMaxVideoFrameSize
        LE32(UVC_PAYLOAD),  // dwMaxPayloadTransferSize
    };
    memcpy(block, only, sizeof only);
}

void uvc_header(uint8_t header[UVC_HEADER], bool frame, bool end) {
    header[0] = UVC_HEADER;
    header[1] = (uint8_t)(0x80 | (end ? 0x02 : 0) | (frame ? 0x01 : 0));
}

/// Everything after the configuration's own descriptor, but the endpoint.
static const uint8_t interfaces[] = {
    8, 0x0B, 0, 2, 0x0E, 0x03, 0, 0,                                     // both interfaces are one function: video
    9, 4, 0, 0, 0, 0x0E, 0x01, 0, 0,                                     // interface 0: video control
    13, 0x24, 0x01, LE16(0x0100), LE16(13 + 17 + 9), LE32(48000000), 1, 1, //   header: UVC 1.00, streams over interface 1
    17, 0x24, 0x02, 1, LE16(0x0201), 0, 0, LE16(0), LE16(0), LE16(0), 2, LE16(0), //   terminal 1: a camera, nothing adjustable
    9, 0x24, 0x03, 2, LE16(0x0101), 0, 1, 0,                             //   terminal 2: to the host, from terminal 1
    9, 4, 1, 0, 1, 0x0E, 0x02, 0, 0,                                     // interface 1: video streaming, bulk
    14, 0x24, 0x01, 1, LE16(14 + 11 + 30), 0x81, 0, 2, 0, 0, 0, 1, 0,    //   input header: one format, endpoint 81
    11, 0x24, 0x06, 1, 1, 1, 1, 0, 0, 0, 0,                              //   format 1: MJPEG, one frame size
    30, 0x24, 0x07, 1, 0, LE16(PICTURE_WIDTH), LE16(PICTURE_HEIGHT), LE32(PICTURE_ROOM * 80), LE32(PICTURE_ROOM * 80), LE32(PICTURE_ROOM),
    LE32(UVC_INTERVAL), 1, LE32(UVC_INTERVAL),                           //   frame 1: its size, bit rates, one interval
};

/// A bulk endpoint's packets are 64 bytes at full and 512 at high speed.
static size_t endpoint(uint8_t *bytes, uint16_t packet) {
    const uint8_t descriptor[] = {7, 5, 0x81, 2, LE16(packet), 0};
    memcpy(bytes, descriptor, sizeof descriptor);
    return sizeof descriptor;
}

static size_t configuration(uint8_t *bytes, uint16_t packet) {
    static const uint16_t total = 9 + sizeof interfaces + 7;
    const uint8_t head[] = {9, 2, LE16(total), 2, 1, 0, 0xC0, 50};
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, interfaces, sizeof interfaces);
    return sizeof head + sizeof interfaces + endpoint(bytes + sizeof head + sizeof interfaces, packet);
}

size_t uvc_descriptors(uint8_t bytes[1024]) {
    memset(bytes, 0, 4);
    size_t size = 4;
    size += configuration(bytes + size, 64);
    size += configuration(bytes + size, UVC_PACKET);
    const uint8_t device[] = {18, 1, LE16(0x0200), 0xEF, 2, 1, 64, LE16(ID_UVC_VENDOR), LE16(ID_UVC), LE16(0x0100), 1, 2, 3, 1};
    memcpy(bytes + size, device, sizeof device);
    return size + sizeof device;
}

size_t uvc_endpoint(uint8_t bytes[32]) {
    static const uint32_t tag = 1;
    memcpy(bytes, &tag, sizeof tag);
    size_t size = sizeof tag;
    size += endpoint(bytes + size, 64);
    return size + endpoint(bytes + size, UVC_PACKET);
}

size_t uvc_string(uint8_t bytes[128], uint8_t index, const char *serial) {
    const char *const texts[] = {"", "CivicKiosk", "Virtual camera", serial};
    if (index >= sizeof texts / sizeof *texts) {
        return 0;
    }
    size_t size = 2;
    if (index == 0) {
        bytes[size++] = 0x09;
        bytes[size++] = 0x04;
    }
    for (const char *c = texts[index]; *c && size + 2 <= 128; c++) {
        bytes[size++] = (uint8_t)*c;
        bytes[size++] = 0;
    }
    bytes[0] = (uint8_t)size;
    bytes[1] = 3;
    return size;
}

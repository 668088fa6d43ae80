#ifndef VM_DEVICE_UVC_H
#define VM_DEVICE_UVC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Sizes of UVC 1.0: the probe and commit block, a payload's header; and what this camera sends at most.
enum { UVC_BLOCK = 26, UVC_HEADER = 2, UVC_PAYLOAD = 4096, UVC_PACKET = 512 };

/// Requests and selectors (UVC 1.0, A.8 and A.9.8).
enum {
    UVC_SET_CUR = 0x01,
    UVC_GET_CUR = 0x81,
    UVC_GET_MIN = 0x82,
    UVC_GET_MAX = 0x83,
    UVC_GET_LEN = 0x85,
    UVC_GET_INFO = 0x86,
    UVC_GET_DEF = 0x87,
    UVC_PROBE = 0x01,
    UVC_COMMIT = 0x02,
};

/// Frame interval of the only frame, in 100 ns: 10 frames a second.
enum { UVC_INTERVAL = 1000000 };

/// The block that answers what the host asked for: this camera has one format, one frame size and one interval, whatever was asked.
void uvc_block(uint8_t block[_Nonnull UVC_BLOCK]);

/// A payload's header: frame id, and whether the frame ends with it.
void uvc_header(uint8_t header[_Nonnull UVC_HEADER], bool frame, bool end);

/// What gadgetfs takes: a zero tag, the configuration for full and for high speed, the device. Returns its size.
size_t uvc_descriptors(uint8_t bytes[_Nonnull 1024]);

/// The endpoint for gadgetfs: a one tag, the descriptor for full and for high speed. Returns its size.
size_t uvc_endpoint(uint8_t bytes[_Nonnull 32]);

/// A string descriptor: 0 is the list of languages. Returns its size, 0 for an index that isn't there.
size_t uvc_string(uint8_t bytes[_Nonnull 128], uint8_t index, const char *serial);

#pragma clang assume_nonnull end
#endif

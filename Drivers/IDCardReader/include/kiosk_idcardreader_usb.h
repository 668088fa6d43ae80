/// ID-card readers on USB: how SDT frames lie on bulk endpoints, and the line over libusb.
///
/// Contract as in kiosk_idcardreader.h. A handle has a libusb context of its own, made on opening and gone after closing, and with it libusb's
/// thread that listens to udev; nothing else outlives a call.
#ifndef KIOSK_IDCARDREADER_USB_H
#define KIOSK_IDCARDREADER_USB_H

#include "kiosk_idcardreader.h"

#pragma clang assume_nonnull begin

// MARK: Layout (pure)

/// How a reader lays frames on its endpoints.
typedef enum kiosk_usb_framing {
    KIOSK_USB_NO_FRAMING = 0,
    /// Two bulk endpoints in each direction: the header (preamble and LEN) goes over the first, the rest over the second.
    KIOSK_USB_SPLIT = 1,
    /// One bulk endpoint in each direction: a frame goes over it as it is.
    KIOSK_USB_WHOLE = 2,
} kiosk_usb_framing;

/// What an endpoint descriptor says.
typedef struct kiosk_usb_endpoint {
    /// bEndpointAddress, bmAttributes
    uint8_t address, attributes;
    /// wMaxPacketSize
    uint16_t max_packet;
} kiosk_usb_endpoint;

typedef struct kiosk_usb_layout {
    kiosk_usb_framing framing;
    /// Addresses; header and body are the same when frames go whole.
    uint8_t out_header, out_body, in_header, in_body;
    /// Bytes of the largest packet.
    uint16_t in_header_packet, in_body_packet;
} kiosk_usb_layout;

enum {
    /// Packets of full, high and super speed.
    KIOSK_USB_MIN_PACKET = 8,
    KIOSK_USB_MAX_PACKET = 1024,
    /// The most endpoints a descriptor can have, both directions.
    KIOSK_USB_MAX_ENDPOINTS = 30,
};

/// Chooses by the descriptors alone. Two bulk OUT and two bulk IN endpoints are SPLIT, one of each is WHOLE; anything else, another kind of
/// endpoint among them, is ARGUMENT. Within a direction the endpoint with the lower address is the one for headers: readers have 02, 06 and
/// 81, 85, and a gadget's controller gives other addresses, but in the same order.
int kiosk_usb_choose(const kiosk_usb_endpoint *endpoints, size_t count, kiosk_usb_layout *layout);

/// Writes `bulk OUT 02, bulk IN 81`, or `no endpoints`, cut to `capacity` and terminated. Returns the length written.
size_t kiosk_usb_describe(const kiosk_usb_endpoint *endpoints, size_t count, char *text, size_t capacity);

// MARK: The line

/// Bulk transfers with a reader. It owns its `context` from the call of `kiosk_usb_line_over` until `close`, which frees it.
typedef struct kiosk_usb_pipe {
    void *_Nullable context;
    /// 0 with `layout` filled in, or a negative code. After a failure `close` is still called.
    int (*open)(void *_Nullable context, kiosk_usb_layout *layout, int32_t deadline_ms);
    /// One transfer of up to `count` bytes (from a reader: whole packets). 0 when it ended, on a short packet or complete; STALLED once the halt
    /// has been cleared; TIMEOUT or another negative code. `moved`, set always, counts the bytes that went over, also before a TIMEOUT.
    /// `timeout_ms` is at least 1.
    int (*transfer)(void *_Nullable context, uint8_t endpoint, uint8_t *bytes, size_t count, size_t *moved, int32_t timeout_ms);
    void (*close)(void *_Nullable context);
} kiosk_usb_pipe;

/// A line over any pipe, copying the struct. Returns 0 or MEMORY, after which the pipe is closed. Opening it throws away what an earlier user left
/// unread, with up to 16 looks of 5 ms at each IN endpoint, and returns 0, what the pipe's `open` returns, or MEMORY, GONE, OVERFLOW, IO; a halt
/// that an earlier user left is cleared.
int kiosk_usb_line_over(const kiosk_usb_pipe *pipe, kiosk_line *line);

/// What was found on the bus.
typedef struct kiosk_usb_found {
    kiosk_usb_framing framing;
    /// Bus and ports as sysfs names them, `1-2.3`; empty when no reader was chosen.
    char path[32];
    /// After ARGUMENT: why nothing could be chosen, in one sentence. After GONE too, when readers are there but none of them was asked for.
    char detail[256];
} kiosk_usb_found;

/// The line to the one reader with these ids. Returns 0 or MEMORY.
///
/// Opening it looks over the bus, takes the interface whose endpoints fit away from a kernel driver, and claims it. Each line enumerates anew, so a
/// reader is found wherever and whenever it was plugged in. `serial` (iSerialNumber, ASCII) and `path` (as in `kiosk_usb_found`) narrow the
/// choice when there are several; they and `found`, which opening fills in whatever comes of it, must live until the line was opened.
/// `open` gives 0; GONE when there is none; ACCESS; BUSY; ARGUMENT when several match or the descriptors fit neither framing; STALLED, OVERFLOW,
/// TIMEOUT, IO or MEMORY. The kernel's own limit of 5 s bounds clearing a halt and setting an interface.
int kiosk_usb_line(uint16_t vendor, uint16_t product, const char *_Nullable serial, const char *_Nullable path, kiosk_usb_found *found,
                   kiosk_line *line);

#pragma clang assume_nonnull end

#endif

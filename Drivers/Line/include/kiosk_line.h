/// A line to a device: bytes in order, both ways. Serial ports and device nodes are here; a driver may bring others (an ID-card reader its bulk
/// endpoints), and what records or replays a conversation is a line around a line.
///
/// Contract: a line is used from one thread at a time; buffers belong to the caller; every call that can block takes a deadline in milliseconds
/// from now; a result is ≥ 0 or one of the negative codes below. No policy and no global state.
#ifndef KIOSK_LINE_H
#define KIOSK_LINE_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Why a call failed.
enum {
    /// Nothing came, or not everything went, by the deadline.
    KIOSK_LINE_TIMEOUT = -1,
    /// The port does not exist, or hung up.
    KIOSK_LINE_GONE = -2,
    /// The port exists and this user may not open it.
    KIOSK_LINE_ACCESS = -3,
    /// Another process holds the port.
    KIOSK_LINE_BUSY = -4,
    /// The port can't be what was asked for: no tty, no such speed.
    KIOSK_LINE_ARGUMENT = -5,
    /// Any other failed system call.
    KIOSK_LINE_IO = -6,
    KIOSK_LINE_MEMORY = -7,
    /// A frame went in part by the deadline: the device waits for the rest of it.
    KIOSK_LINE_TORN = -8,
    /// The first code that a protocol over a line may give a meaning of its own.
    KIOSK_LINE_PROTOCOL = -16,
};

/// All zero until one of the functions below has filled it in. A line owns its `context` from its making until `close`, which frees it and is
/// called exactly once, after a failed `open` too.
typedef struct kiosk_line {
    void *_Nullable context;
    /// 0 or a negative code.
    int (*_Nullable open)(void *_Nullable context, int32_t deadline_ms);
    /// Writes all of `bytes`, which are one whole frame: 0 or a negative code. After TIMEOUT none of it went. A frame that was begun is not left in pieces where that would
    /// confuse the device: then the deadline may be passed by 100 ms.
    int (*_Nullable write)(void *_Nullable context, const uint8_t *bytes, size_t count, int32_t deadline_ms);
    /// Reads 1…capacity bytes as soon as there are any: their count, TIMEOUT, or another negative code. A deadline of 0 only looks,
    /// for some milliseconds where looking takes time. Of a line of reports (hidraw) each read is one report, cut to the capacity.
    int (*_Nullable read)(void *_Nullable context, uint8_t *bytes, size_t capacity, int32_t deadline_ms);
    void (*_Nullable close)(void *_Nullable context);
} kiosk_line;

static inline int kiosk_line_open(const kiosk_line *line, int32_t deadline_ms) { return line->open(line->context, deadline_ms); }

static inline int kiosk_line_write(const kiosk_line *line, const uint8_t *bytes, size_t count, int32_t deadline_ms) {
    return line->write(line->context, bytes, count, deadline_ms);
}

static inline int kiosk_line_read(const kiosk_line *line, uint8_t *bytes, size_t capacity, int32_t deadline_ms) {
    return line->read(line->context, bytes, capacity, deadline_ms);
}

static inline void kiosk_line_close(const kiosk_line *line) { line->close(line->context); }

/// A tty, opened raw, 8N1, without flow control, for this process alone (flock). `baud`: 9600, 19200, 38400, 57600 or 115200.
/// Returns 0 with `line` filled in, ARGUMENT or MEMORY; `open` then gives 0, GONE, ACCESS, BUSY, ARGUMENT or IO.
int kiosk_line_serial(const char *path, int32_t baud, kiosk_line *line);

/// A device node that is read and written as it is, for this process alone (flock): hidraw, usblp. Codes as for a tty, but for ARGUMENT.
int kiosk_line_node(const char *path, kiosk_line *line);

/// The port status of the USB printer class (1.1, 4.2.2: bit 5 paper empty, 4 selected, 3 no error) of an open `kiosk_line_node`; usblp asks the
/// device, for up to 5 s, and can't be stopped. Returns 0…255, ARGUMENT for any other line or node, GONE or IO; TIMEOUT, and asks nothing, of a node
/// when the deadline is nearer than that.
int kiosk_line_printer_status(const kiosk_line *line, int32_t deadline_ms);

#pragma clang assume_nonnull end

#endif

/// Scanners of bar codes and QR codes: HID-POS reports (USB HID Point of Sale Usage Tables 1.02, usage page 0x8C) or lines on a serial port.
///
/// Contract: a handle is opaque and used from one thread at a time; buffers belong to the caller; every call that can block takes a deadline
/// in milliseconds from now; a result is ≥ 0 or one of the negative codes below. No policy and no global state. What a code says may be
/// personal: nothing of it stays in a buffer here after it was handed over or dropped.
#ifndef KIOSK_CODESCANNER_H
#define KIOSK_CODESCANNER_H

#include "kiosk_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Why a call failed; the line's codes are the first seven.
enum {
    /// No whole code came by the deadline.
    KIOSK_CODE_TIMEOUT = KIOSK_LINE_TIMEOUT,
    KIOSK_CODE_GONE = KIOSK_LINE_GONE,
    KIOSK_CODE_ACCESS = KIOSK_LINE_ACCESS,
    KIOSK_CODE_BUSY = KIOSK_LINE_BUSY,
    /// The port can't be what was asked for; or several scanners fit.
    KIOSK_CODE_ARGUMENT = KIOSK_LINE_ARGUMENT,
    KIOSK_CODE_IO = KIOSK_LINE_IO,
    KIOSK_CODE_MEMORY = KIOSK_LINE_MEMORY,
    /// A code was longer than the longest, or than the caller's buffer; it is dropped.
    KIOSK_CODE_TOO_LONG = KIOSK_LINE_PROTOCOL,
};

enum {
    /// Bytes of the longest code.
    KIOSK_CODE_MAX = 8192,
    /// A whole report, its id included.
    KIOSK_CODE_REPORT = 64,
    /// Bytes of a code in one report.
    KIOSK_CODE_REPORT_DATA = 56,
};

/// How codes come.
typedef enum kiosk_code_form {
    /// Each read is one report: 02, length, AIM id (3), data (56), 2 reserved, and not 0 when more follows.
    KIOSK_CODE_REPORTS,
    /// Each code is a line that ends in CR, LF or both, with an AIM id (`]Q1`) before it or not.
    KIOSK_CODE_LINES,
} kiosk_code_form;

// MARK: Bytes to codes (pure)

/// The code that is being put together. Members are the implementation's, but for `aim`, `data` and `length` once a code is whole.
typedef struct kiosk_code {
    kiosk_code_form form;
    /// AIM symbology identifier (ISO/IEC 15424), ended by 0; empty when the scanner sends none.
    char aim[4];
    size_t length;
    /// A code has begun: what comes belongs to it until its end.
    bool begun;
    /// It is dropped up to its end.
    bool dropped;
    uint8_t data[KIOSK_CODE_MAX + 4];
} kiosk_code;

/// `code->data`, for callers in languages without long arrays.
static inline const uint8_t *kiosk_code_bytes(const kiosk_code *code) { return code->data; }

/// Makes `code` empty.
void kiosk_code_clear(kiosk_code *code, kiosk_code_form form);

/// Takes bytes: of reports exactly one read's. Returns 1 when a code is whole (take it, and `kiosk_code_clear` it, before adding more), 0 when more is
/// needed, or TOO_LONG. `consumed` (always set, ≤ count) is how many bytes were taken; the rest is for the next call.
int kiosk_code_add(kiosk_code *code, const uint8_t *bytes, size_t count, size_t *consumed);

/// Drops what has begun, and all that will still come of it.
void kiosk_code_drop(kiosk_code *code);

/// Whether a HID report descriptor is a code scanner's: an application collection of usage page 0x8C, usage 2.
bool kiosk_code_describes_scanner(const uint8_t *descriptor, size_t count);

// MARK: The scanner

/// Looks for the one HID-POS scanner with these ids below `root` (`/sys/class/hidraw`). A device may have other interfaces: what counts is the report
/// descriptor. `serial` (the USB serial number) chooses among several with the same ids. Returns 0 with the path below /dev in `node`, GONE when
/// there is none, or ARGUMENT when there are several.
int kiosk_codescanner_find(const char *root, uint16_t vendor, uint16_t product, const char *_Nullable serial, char *node, size_t capacity);

typedef struct kiosk_codescanner kiosk_codescanner;

/// Opens a scanner over a line, which it owns from the call on, and waits until it has been silent for a moment: what is still coming then
/// belongs to a code that was begun before. Returns 0, MEMORY, or what the line's `open` or `read` returns.
int kiosk_codescanner_open(const kiosk_line *line, kiosk_code_form form, int32_t deadline_ms, kiosk_codescanner *_Nullable *_Nonnull scanner);

/// Closes the line, clears and frees the handle.
void kiosk_codescanner_close(kiosk_codescanner *scanner);

/// Drops every code that has come, and what has begun of the next. Returns whether there was something (0 or 1), or a negative code.
int kiosk_codescanner_discard(kiosk_codescanner *scanner);

/// Waits for a whole code: its length, 1…capacity, with its bytes in `data` and the AIM id in `aim`; or a negative code. After TIMEOUT it may be
/// called again and goes on where it was. What has begun and doesn't go on for two seconds is dropped.
int kiosk_codescanner_read(kiosk_codescanner *scanner, char aim[_Nonnull 4], uint8_t *data, size_t capacity, int32_t deadline_ms);

#pragma clang assume_nonnull end

#endif

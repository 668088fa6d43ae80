/// The @words@: questions and answers in lines of ASCII on a serial line.
///
/// Contract: a handle is opaque and used from one thread at a time; buffers belong to the caller; every call that can block takes a deadline
/// in milliseconds from now; a result is ≥ 0 or one of the negative codes below. No policy (retries, what when) and no global state.
#ifndef KIOSK_@C@_H
#define KIOSK_@C@_H

#include "kiosk_line.h"

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Why a call failed; the line's codes are the first seven.
enum {
    /// Nothing came by the deadline.
    KIOSK_@C@_TIMEOUT = KIOSK_LINE_TIMEOUT,
    KIOSK_@C@_GONE = KIOSK_LINE_GONE,
    KIOSK_@C@_ACCESS = KIOSK_LINE_ACCESS,
    KIOSK_@C@_BUSY = KIOSK_LINE_BUSY,
    /// The port can't be what was asked for; a topic that isn't two capitals.
    KIOSK_@C@_ARGUMENT = KIOSK_LINE_ARGUMENT,
    KIOSK_@C@_IO = KIOSK_LINE_IO,
    KIOSK_@C@_MEMORY = KIOSK_LINE_MEMORY,
    /// Bytes came by the deadline, and no answer to the question among them.
    KIOSK_@C@_GARBLED = KIOSK_LINE_PROTOCOL,
};

enum {
    /// Bytes of the longest text of an answer.
    KIOSK_@C@_TEXT = 48,
    /// Bytes of the longest answer: `!ID `, the text, CR LF.
    KIOSK_@C@_LINE = KIOSK_@C@_TEXT + 6,
};

// MARK: Answers (pure)

/// Where a text lies among the bytes.
typedef struct kiosk_@c@_found {
    size_t offset;
    /// 1…KIOSK_@C@_TEXT, printable ASCII
    size_t count;
} kiosk_@c@_found;

/// Looks for the first answer about `topic`, two capitals. Returns 1 with `found` filled in, or 0 when more bytes are needed. `consumed` (always set,
/// ≤ count) is how many leading bytes are done with: noise, other answers, and the answer itself. What is left is shorter than the longest answer.
int kiosk_@c@_decode(const uint8_t *bytes, size_t count, const char *topic, kiosk_@c@_found *found, size_t *consumed);

// MARK: The device

typedef struct kiosk_@c@ kiosk_@c@;

/// Opens the line, which the handle owns from the call on. Returns 0, MEMORY, or what the line's `open` returns.
int kiosk_@c@_open(const kiosk_line *line, int32_t deadline_ms, kiosk_@c@ *_Nullable *_Nonnull device);

/// Closes the line and frees the handle.
void kiosk_@c@_close(kiosk_@c@ *device);

/// Asks about `topic`, two capitals. What came in before is thrown away first.
int kiosk_@c@_ask(kiosk_@c@ *device, const char *topic, int32_t deadline_ms);

/// Waits for the answer to the question asked last: the count of bytes in `text`, or a negative code. After TIMEOUT or GARBLED it may be called again
/// and goes on where it was.
int kiosk_@c@_answer(kiosk_@c@ *device, uint8_t text[_Nonnull KIOSK_@C@_TEXT], int32_t deadline_ms);

#pragma clang assume_nonnull end

#endif

/// Lock-control boards of parcel lockers: frames of five bytes on RS-485 or another serial line.
///
/// Contract: a handle is opaque and used from one thread at a time; buffers belong to the caller; every call that can block takes a deadline
/// in milliseconds from now; a result is ≥ 0 or one of the negative codes below. No policy (retries, which door when) and no global state.
#ifndef KIOSK_LOCKER_H
#define KIOSK_LOCKER_H

#include "kiosk_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Why a call failed; the line's codes are the first seven.
enum {
    /// Nothing came by the deadline.
    KIOSK_LOCKER_TIMEOUT = KIOSK_LINE_TIMEOUT,
    KIOSK_LOCKER_GONE = KIOSK_LINE_GONE,
    KIOSK_LOCKER_ACCESS = KIOSK_LINE_ACCESS,
    KIOSK_LOCKER_BUSY = KIOSK_LINE_BUSY,
    /// The port can't be what was asked for; a board or lock that no frame can name; waiting for an answer to what wasn't asked.
    KIOSK_LOCKER_ARGUMENT = KIOSK_LINE_ARGUMENT,
    KIOSK_LOCKER_IO = KIOSK_LINE_IO,
    KIOSK_LOCKER_MEMORY = KIOSK_LINE_MEMORY,
    /// Bytes came by the deadline, and no answer to the question among them.
    KIOSK_LOCKER_GARBLED = KIOSK_LINE_PROTOCOL,
    /// Only the command itself came back by the deadline: the adapter hears itself, and the board is silent.
    KIOSK_LOCKER_ONLY_ECHO = KIOSK_LINE_PROTOCOL - 1,
};

// MARK: Frames (pure)

enum {
    /// Head, board, lock, function or state, XOR of the four.
    KIOSK_LOCKER_FRAME = 5,
    /// `80 bd s1 s2 s3 s4 33 x`
    KIOSK_LOCKER_STATES = 8,
    /// Addresses are 1…32, as the boards' switches give them. (A frame whose board is 33h could be taken for the end of another.)
    KIOSK_LOCKER_MAX_BOARD = 32,
    /// The bits of s1…s4.
    KIOSK_LOCKER_MAX_LOCK = 32,
};

/// What a frame says.
typedef enum kiosk_locker_kind {
    /// `80 bd s1 s2 s3 s4 33 x`: how all locks of the board are.
    KIOSK_LOCKER_IS_STATES,
    /// `80 bd 00 33 x`: the question for them, as only an echo brings it: 33h is no state.
    KIOSK_LOCKER_IS_QUERY,
    /// `8A bd lk SS x`: the answer to an opening, or its echo, when SS is 11h.
    KIOSK_LOCKER_IS_OPENING,
} kiosk_locker_kind;

/// One whole frame with the right checksum.
typedef struct kiosk_locker_frame {
    kiosk_locker_kind kind;
    uint8_t board;
    /// Of an opening: from 1.
    uint8_t lock;
    /// Of an opening: SS as it came.
    uint8_t state;
    /// Of states: bit 0 is lock 1. What a set bit means differs by cabinet.
    uint32_t states;
} kiosk_locker_frame;

/// Writes `80 bd 00 33 x`. 0, or ARGUMENT.
int kiosk_locker_encode_query(uint8_t board, uint8_t frame[_Nonnull KIOSK_LOCKER_FRAME]);

/// Writes `8A bd lk 11 x`. 0, or ARGUMENT.
int kiosk_locker_encode_open(uint8_t board, uint8_t lock, uint8_t frame[_Nonnull KIOSK_LOCKER_FRAME]);

/// Looks for the first frame with this head (80h or 8Ah) of this board. Returns 1 with `frame` filled in, or 0 when more bytes are needed.
/// `consumed` (always set, ≤ count) is how many leading bytes are done with: noise, frames of another kind or board, and the frame itself.
int kiosk_locker_decode(const uint8_t *bytes, size_t count, uint8_t head, uint8_t board, kiosk_locker_frame *frame, size_t *consumed);

// MARK: The boards of one line

typedef struct kiosk_locker kiosk_locker;

/// Opens the boards' line, which the handle owns from the call on. Returns 0, MEMORY, or what the line's `open` returns.
int kiosk_locker_open(const kiosk_line *line, int32_t deadline_ms, kiosk_locker *_Nullable *_Nonnull locker);

/// Closes the line and frees the handle.
void kiosk_locker_close(kiosk_locker *locker);

/// Asks a board how its locks are. What came in before, unasked frames among it, is thrown away first.
int kiosk_locker_ask(kiosk_locker *locker, uint8_t board, int32_t deadline_ms);

/// Waits for the answer to the question asked last: 0 with `states` (bit 0 is lock 1), or a negative code. After TIMEOUT, GARBLED or ONLY_ECHO it
/// may be called again and goes on where it was. From the same bytes it learns whether the line echoes, anew each time.
int kiosk_locker_states(kiosk_locker *locker, uint32_t *states, int32_t deadline_ms);

/// Tells a board to open a lock. What came in before is thrown away first.
int kiosk_locker_unlock(kiosk_locker *locker, uint8_t board, uint8_t lock, int32_t deadline_ms);

/// Waits for the answer to that: 0 with SS in `state`, or a negative code; may be called again as above. On a line that echoed at the last
/// question exactly one frame equal to the command is dropped. The answer only says that the board has tried: ask how the lock is.
int kiosk_locker_unlocked(kiosk_locker *locker, uint8_t *state, int32_t deadline_ms);

/// Whether the last answered question came back as an echo.
bool kiosk_locker_echoes(const kiosk_locker *locker);

#pragma clang assume_nonnull end

#endif

#include "kiosk_clock.h"
#include "kiosk_locker.h"

#include <stdlib.h>
#include <string.h>

struct kiosk_locker {
    kiosk_line line;
    /// The command sent last; all zero before the first.
    uint8_t command[KIOSK_LOCKER_FRAME];
    /// The last answered question came back as an echo.
    bool echoes;
    /// Of the command sent last: its echo has come.
    bool echoed;
    /// Of the command sent last: something else has come.
    bool garbled;
    size_t filled;
    uint8_t buffer[64];
};

int kiosk_locker_open(const kiosk_line *line, int32_t deadline_ms, kiosk_locker **out) {
    *out = NULL;
    kiosk_locker *locker = calloc(1, sizeof *locker);
    if (locker == NULL) {
        kiosk_line_close(line);
        return KIOSK_LOCKER_MEMORY;
    }
    locker->line = *line;
    int opened = kiosk_line_open(line, deadline_ms);
    if (opened < 0) {
        kiosk_locker_close(locker);
        return opened;
    }
    *out = locker;
    return 0;
}

void kiosk_locker_close(kiosk_locker *locker) {
    kiosk_line_close(&locker->line);
    free(locker);
}

bool kiosk_locker_echoes(const kiosk_locker *locker) { return locker->echoes; }

/// Throws away what has come in. Bounded, because a line that never falls silent must not hold up the caller.
static int drain(kiosk_locker *locker) {
    for (int rounds = 0; rounds < 64; rounds++) {
        int count = kiosk_line_read(&locker->line, locker->buffer, sizeof locker->buffer, 0);
        if (count == KIOSK_LOCKER_TIMEOUT) {
            return 0;
        }
        if (count < 0) {
            return count;
        }
    }
    return 0;
}

static int send(kiosk_locker *locker, const uint8_t *command, int32_t deadline_ms) {
    // What couldn't be sent has no answer.
    memset(locker->command, 0, sizeof locker->command);
    int drained = drain(locker);
    if (drained < 0) {
        return drained;
    }
    memcpy(locker->command, command, sizeof locker->command);
    locker->filled = 0;
    locker->echoed = locker->garbled = false;
    return kiosk_line_write(&locker->line, locker->command, sizeof locker->command, deadline_ms);
}

static void discard(kiosk_locker *locker, size_t count) {
    memmove(locker->buffer, locker->buffer + count, locker->filled - count);
    locker->filled -= count;
}

/// The next frame with the head and board of the command sent last: 0, or a negative code.
static int next(kiosk_locker *locker, kiosk_locker_frame *frame, int64_t end, bool *looked) {
    for (;;) {
        size_t consumed = 0;
        int found = kiosk_locker_decode(locker->buffer, locker->filled, locker->command[0], locker->command[1], frame, &consumed);
        locker->garbled |= found == 0 && consumed > 0;
        discard(locker, consumed);
        if (found > 0) {
            return 0;
        }
        // A line that never falls silent must not outlast the deadline: once it has passed, one last look.
        int32_t left = kiosk_left(end);
        int count = KIOSK_LOCKER_TIMEOUT;
        if (!*looked) {
            *looked = left == 0;
            // What is left of a frame is always shorter than the buffer.
            count = kiosk_line_read(&locker->line, locker->buffer + locker->filled, sizeof locker->buffer - locker->filled, left);
        }
        if (count == KIOSK_LOCKER_TIMEOUT) {
            bool only_echo = locker->filled == KIOSK_LOCKER_FRAME && memcmp(locker->buffer, locker->command, KIOSK_LOCKER_FRAME) == 0;
            if ((only_echo || (locker->echoed && locker->filled == 0)) && !locker->garbled) {
                return KIOSK_LOCKER_ONLY_ECHO;
            }
            return locker->filled > 0 || locker->garbled ? KIOSK_LOCKER_GARBLED : KIOSK_LOCKER_TIMEOUT;
        }
        if (count < 0) {
            return count;
        }
        locker->filled += (size_t)count;
    }
}

int kiosk_locker_ask(kiosk_locker *locker, uint8_t board, int32_t deadline_ms) {
    uint8_t command[KIOSK_LOCKER_FRAME];
    int encoded = kiosk_locker_encode_query(board, command);
    return encoded < 0 ? encoded : send(locker, command, deadline_ms);
}

int kiosk_locker_states(kiosk_locker *locker, uint32_t *states, int32_t deadline_ms) {
    if (locker->command[0] != 0x80) {
        return KIOSK_LOCKER_ARGUMENT;
    }
    int64_t end = kiosk_end(deadline_ms);
    bool looked = false;
    for (;;) {
        kiosk_locker_frame frame;
        int result = next(locker, &frame, end, &looked);
        if (result < 0) {
            return result;
        }
        if (frame.kind == KIOSK_LOCKER_IS_STATES) {
            locker->echoes = locker->echoed;
            *states = frame.states;
            return 0;
        }
        locker->echoed = true;
    }
}

int kiosk_locker_unlock(kiosk_locker *locker, uint8_t board, uint8_t lock, int32_t deadline_ms) {
    uint8_t command[KIOSK_LOCKER_FRAME];
    int encoded = kiosk_locker_encode_open(board, lock, command);
    return encoded < 0 ? encoded : send(locker, command, deadline_ms);
}

int kiosk_locker_unlocked(kiosk_locker *locker, uint8_t *state, int32_t deadline_ms) {
    if (locker->command[0] != 0x8A) {
        return KIOSK_LOCKER_ARGUMENT;
    }
    int64_t end = kiosk_end(deadline_ms);
    bool looked = false;
    for (;;) {
        kiosk_locker_frame frame;
        int result = next(locker, &frame, end, &looked);
        if (result < 0) {
            return result;
        }
        if (locker->echoes && !locker->echoed && frame.lock == locker->command[2] && frame.state == locker->command[3]) {
            locker->echoed = true;
        } else if (frame.lock == locker->command[2]) {
            *state = frame.state;
            return 0;
        } else {
            locker->garbled = true;
        }
    }
}

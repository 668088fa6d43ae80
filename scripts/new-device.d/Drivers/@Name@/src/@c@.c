#include "kiosk_@c@.h"
#include "kiosk_clock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct kiosk_@c@ {
    kiosk_line line;
    /// Of the question asked last; empty before the first.
    char topic[2];
    /// Since then: something else than its answer has come.
    bool garbled;
    size_t filled;
    uint8_t buffer[2 * KIOSK_@C@_LINE];
};

int kiosk_@c@_open(const kiosk_line *line, int32_t deadline_ms, kiosk_@c@ **out) {
    *out = NULL;
    kiosk_@c@ *device = calloc(1, sizeof *device);
    if (device == NULL) {
        kiosk_line_close(line);
        return KIOSK_@C@_MEMORY;
    }
    device->line = *line;
    int opened = kiosk_line_open(line, deadline_ms);
    if (opened < 0) {
        kiosk_@c@_close(device);
        return opened;
    }
    *out = device;
    return 0;
}

void kiosk_@c@_close(kiosk_@c@ *device) {
    kiosk_line_close(&device->line);
    free(device);
}

/// Throws away what has come in. Bounded, because a line that never falls silent must not hold up the caller.
static int drain(kiosk_@c@ *device) {
    device->filled = 0;
    device->garbled = false;
    for (int rounds = 0; rounds < 64; rounds++) {
        int count = kiosk_line_read(&device->line, device->buffer, sizeof device->buffer, 0);
        if (count == KIOSK_@C@_TIMEOUT) {
            return 0;
        }
        if (count < 0) {
            return count;
        }
    }
    return 0;
}

static bool is_capital(char letter) { return letter >= 'A' && letter <= 'Z'; }

int kiosk_@c@_ask(kiosk_@c@ *device, const char *topic, int32_t deadline_ms) {
    memset(device->topic, 0, sizeof device->topic);
    if (!is_capital(topic[0]) || !is_capital(topic[1]) || topic[2] != 0) {
        return KIOSK_@C@_ARGUMENT;
    }
    int drained = drain(device);
    if (drained < 0) {
        return drained;
    }
    memcpy(device->topic, topic, sizeof device->topic);
    const uint8_t question[] = {'?', (uint8_t)topic[0], (uint8_t)topic[1], '\r', '\n'};
    return kiosk_line_write(&device->line, question, sizeof question, deadline_ms);
}

int kiosk_@c@_answer(kiosk_@c@ *device, uint8_t text[KIOSK_@C@_TEXT], int32_t deadline_ms) {
    if (device->topic[0] == 0) {
        return KIOSK_@C@_ARGUMENT;
    }
    int64_t end = kiosk_end(deadline_ms);
    for (bool looked = false;;) {
        kiosk_@c@_found found = {0};
        size_t consumed = 0;
        int whole = kiosk_@c@_decode(device->buffer, device->filled, device->topic, &found, &consumed);
        if (whole > 0) {
            memcpy(text, device->buffer + found.offset, found.count);
        }
        device->garbled |= whole == 0 && consumed > 0;
        device->filled -= consumed;
        memmove(device->buffer, device->buffer + consumed, device->filled);
        if (whole > 0) {
            return (int)found.count;
        }
        // A line that never falls silent must not outlast the deadline: once it has passed, one last look.
        int count = KIOSK_@C@_TIMEOUT;
        if (!looked) {
            int32_t left = kiosk_left(end);
            looked = left == 0;
            // What is left of an answer is always shorter than the buffer.
            count = kiosk_line_read(&device->line, device->buffer + device->filled, sizeof device->buffer - device->filled, left);
        }
        if (count == KIOSK_@C@_TIMEOUT) {
            return device->filled > 0 || device->garbled ? KIOSK_@C@_GARBLED : KIOSK_@C@_TIMEOUT;
        }
        if (count < 0) {
            return count;
        }
        device->filled += (size_t)count;
    }
}

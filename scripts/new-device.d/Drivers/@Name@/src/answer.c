#include "kiosk_@c@.h"

#include <stdbool.h>

enum { before_text = 4, after_text = 2 };

/// Whether this whole line, LF included, is an answer about `topic`.
static bool is_answer(const uint8_t *line, size_t count, const char *topic) {
    if (count <= before_text + after_text || count > KIOSK_@C@_LINE || line[count - 2] != '\r') {
        return false;
    }
    if (line[0] != '!' || line[1] != (uint8_t)topic[0] || line[2] != (uint8_t)topic[1] || line[3] != ' ') {
        return false;
    }
    for (size_t i = before_text; i < count - after_text; i++) {
        if (line[i] < 0x20 || line[i] > 0x7E) {
            return false;
        }
    }
    return true;
}

int kiosk_@c@_decode(const uint8_t *bytes, size_t count, const char *topic, kiosk_@c@_found *found, size_t *consumed) {
    size_t start = 0;
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != '\n') {
            continue;
        }
        size_t length = i + 1 - start;
        if (is_answer(bytes + start, length, topic)) {
            found->offset = start + before_text;
            found->count = length - before_text - after_text;
            *consumed = i + 1;
            return 1;
        }
        start = i + 1;
    }
    // What is as long as the longest answer, and no line yet, becomes none.
    *consumed = count - start >= KIOSK_@C@_LINE ? count : start;
    return 0;
}

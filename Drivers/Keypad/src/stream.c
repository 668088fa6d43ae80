#include "kiosk_keypad.h"

#include <linux/input.h>
#include <string.h>

_Static_assert(sizeof(struct input_event) == KIOSK_KEYPAD_EVENT, "an event has two 64-bit words of time");

/// Whether the event is a key going down.
static bool judge(kiosk_key_stream *stream, const uint8_t *bytes, uint16_t *code) {
    struct input_event event;
    memcpy(&event, bytes, sizeof event);
    if (event.type == EV_SYN) {
        if (event.code == SYN_DROPPED) {
            stream->is_dropping = true;
        } else if (event.code == SYN_REPORT) {
            stream->is_dropping = false;
        }
        return false;
    }
    *code = event.code;
    // 0 is a release, 2 a repeat.
    return event.type == EV_KEY && event.value == 1 && !stream->is_dropping;
}

size_t kiosk_key_stream_take(kiosk_key_stream *stream, const uint8_t *bytes, size_t count, uint16_t *codes, size_t capacity) {
    size_t found = 0;
    while (count > 0) {
        size_t some = KIOSK_KEYPAD_EVENT - stream->part_length;
        some = some < count ? some : count;
        memcpy(stream->part + stream->part_length, bytes, some);
        stream->part_length += some;
        bytes += some;
        count -= some;
        if (stream->part_length < KIOSK_KEYPAD_EVENT) {
            break;
        }
        uint16_t code = 0;
        if (judge(stream, stream->part, &code) && found < capacity) {
            codes[found++] = code;
        }
        // A key must not outlive the call that hands it over.
        memset(stream->part, 0, sizeof stream->part);
        stream->part_length = 0;
    }
    return found;
}

enum { WORD_BITS = 64, WORDS = (KEY_MAX + WORD_BITS) / WORD_BITS };

static int digit(char character) {
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    if (character >= 'a' && character <= 'f') {
        return character - 'a' + 10;
    }
    return -1;
}

static bool has(const uint64_t words[WORDS], unsigned code) { return (words[code / WORD_BITS] >> (code % WORD_BITS) & 1) != 0; }

bool kiosk_keypad_has_digits(const char *capabilities) {
    uint64_t words[WORDS] = {0};
    size_t count = 0;
    for (const char *at = capabilities; *at != 0;) {
        if (*at == ' ' || *at == '\n') {
            at++;
            continue;
        }
        uint64_t word = 0;
        for (; *at != 0 && *at != ' ' && *at != '\n'; at++) {
            int value = digit(*at);
            if (value < 0) {
                return false;
            }
            word = word << 4 | (uint64_t)value;
        }
        if (count == WORDS) {
            return false;
        }
        // Read from the highest: those before move up.
        memmove(words + 1, words, count * sizeof *words);
        words[0] = word;
        count++;
    }
    static const uint16_t keypad[] = {KEY_KP0, KEY_KP1, KEY_KP2, KEY_KP3, KEY_KP4, KEY_KP5, KEY_KP6, KEY_KP7, KEY_KP8, KEY_KP9};
    bool all_keypad = true, all_row = true, all_numeric = true;
    for (unsigned number = 0; number < 10; number++) {
        all_keypad = all_keypad && has(words, keypad[number]);
        // KEY_1 to KEY_9, then KEY_0.
        all_row = all_row && has(words, KEY_1 + number);
        all_numeric = all_numeric && has(words, KEY_NUMERIC_0 + number);
    }
    return all_keypad || all_row || all_numeric;
}

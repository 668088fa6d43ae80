// Everything a hostile device can send: bytes straight into the decoder, and whole conversations through the handle, cut into arbitrary reads.
// Built and run by `make fuzz`; seeds/ holds answers behind the counts of the reads.
#include "kiosk_@c@.h"

#include <stdlib.h>
#include <string.h>

typedef struct source {
    const uint8_t *bytes;
    size_t left;
} source;

static int line_open(void *context, int32_t deadline_ms) {
    (void)context;
    (void)deadline_ms;
    return 0;
}

static int line_write(void *context, const uint8_t *bytes, size_t count, int32_t deadline_ms) {
    (void)context;
    (void)deadline_ms;
    return bytes[0] == '?' && count == 5 ? 0 : KIOSK_@C@_IO;
}

/// One byte says how many follow; 0 is silence, which ends a drain and a wait.
static int line_read(void *context, uint8_t *bytes, size_t capacity, int32_t deadline_ms) {
    source *from = context;
    (void)deadline_ms;
    if (capacity == 0) {
        abort();
    }
    if (from->left == 0) {
        return KIOSK_@C@_TIMEOUT;
    }
    size_t count = *from->bytes++;
    from->left--;
    count = count < from->left ? count : from->left;
    count = count < capacity ? count : capacity;
    if (count == 0) {
        return KIOSK_@C@_TIMEOUT;
    }
    memcpy(bytes, from->bytes, count);
    from->bytes += count;
    from->left -= count;
    return (int)count;
}

static void line_close(void *context) { (void)context; }

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    for (size_t at = 0;;) {
        kiosk_@c@_found found = {0};
        size_t consumed = 0;
        int whole = kiosk_@c@_decode(bytes + at, count - at, "ID", &found, &consumed);
        if (consumed > count - at || (whole > 0 && (found.count == 0 || found.count > KIOSK_@C@_TEXT || found.offset + found.count > consumed))) {
            abort();
        }
        at += consumed;
        if (whole == 0) {
            if (count - at >= KIOSK_@C@_LINE) {
                abort();
            }
            break;
        }
    }
    source from = {.bytes = bytes, .left = count};
    const kiosk_line line = {.context = &from, .open = line_open, .write = line_write, .read = line_read, .close = line_close};
    kiosk_@c@ *device = NULL;
    if (kiosk_@c@_open(&line, 0, &device) < 0 || device == NULL) {
        abort();
    }
    for (int turn = 0; turn < 4; turn++) {
        uint8_t text[KIOSK_@C@_TEXT];
        if (kiosk_@c@_ask(device, "ID", 0) == 0 && kiosk_@c@_answer(device, text, turn % 2 == 0 ? 1000 : 0) > KIOSK_@C@_TEXT) {
            abort();
        }
    }
    kiosk_@c@_close(device);
    return 0;
}

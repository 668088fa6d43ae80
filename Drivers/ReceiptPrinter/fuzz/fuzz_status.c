// Everything a hostile printer can send: status bytes straight into the table, and whole conversations through the handle, cut into arbitrary reads.
// Built and run by `make fuzz`; seeds/ holds a healthy printer's answers, and a noisy one's, each read behind a byte that says how long it is.
#include "kiosk_receiptprinter.h"

#include <stdlib.h>
#include <string.h>

typedef struct line {
    const uint8_t *bytes;
    size_t left;
} line;

static int line_open(void *context, int32_t deadline_ms) {
    (void)context;
    (void)deadline_ms;
    return 0;
}

static int line_write(void *context, const uint8_t *bytes, size_t count, int32_t deadline_ms) {
    (void)context;
    (void)deadline_ms;
    return bytes != NULL && count > 0 && count <= KIOSK_RECEIPT_PIECE ? 0 : KIOSK_LINE_IO;
}

/// One byte says how many follow; 0 is silence.
static int line_read(void *context, uint8_t *bytes, size_t capacity, int32_t deadline_ms) {
    line *source = context;
    (void)deadline_ms;
    if (source->left == 0) {
        return KIOSK_LINE_GONE;
    }
    size_t count = source->bytes[0];
    source->bytes++;
    source->left--;
    if (count == 0) {
        return KIOSK_LINE_TIMEOUT;
    }
    count = count < source->left ? count : source->left;
    count = count < capacity ? count : capacity;
    if (count == 0) {
        return KIOSK_LINE_GONE;
    }
    memcpy(bytes, source->bytes, count);
    source->bytes += count;
    source->left -= count;
    return (int)count;
}

static void line_close(void *context) { (void)context; }

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (int n = 0; n <= 5; n++) {
            int flags = kiosk_receipt_flags(n, bytes[i]);
            // Only what a printer can have meant is taken, and no flag beyond those there are.
            if (flags >= 0 && ((bytes[i] & 0x93) != 0x12 || n == 0 || n == 5 || flags >= KIOSK_RECEIPT_RECOVERING << 1)) {
                abort();
            }
        }
    }
    line source = {.bytes = bytes, .left = count};
    const kiosk_line bytes_line = {.context = &source, .open = line_open, .write = line_write, .read = line_read, .close = line_close};
    kiosk_receipt *printer = NULL;
    if (kiosk_receipt_open(&bytes_line, 0, &printer) < 0 || printer == NULL) {
        abort();
    }
    for (int turn = 0; turn < 16; turn++) {
        uint8_t answer = 0;
        if (turn % 5 == 0 && kiosk_receipt_fence(printer, 0) < 0) {
            abort();
        }
        if (kiosk_receipt_ask(printer, 1 + turn % 4, 0) == 0 && kiosk_receipt_answer(printer, &answer, turn % 2 == 0 ? 1000 : 0) == 0 &&
            kiosk_receipt_flags(1 + turn % 4, answer) < 0) {
            abort();
        }
        (void)kiosk_receipt_fenced(printer);
    }
    kiosk_receipt_close(printer);
    return 0;
}

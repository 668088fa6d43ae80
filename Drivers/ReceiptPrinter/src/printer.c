#include "kiosk_clock.h"
#include "kiosk_receiptprinter.h"

#include <stdlib.h>

struct kiosk_receipt {
    kiosk_line line;
    /// Answers to fences that haven't come yet.
    int owed;
};

int kiosk_receipt_open(const kiosk_line *line, int32_t deadline_ms, kiosk_receipt **out) {
    *out = NULL;
    kiosk_receipt *printer = calloc(1, sizeof *printer);
    if (printer == NULL) {
        kiosk_line_close(line);
        return KIOSK_LINE_MEMORY;
    }
    printer->line = *line;
    int opened = kiosk_line_open(line, deadline_ms);
    if (opened < 0) {
        kiosk_receipt_close(printer);
        return opened;
    }
    *out = printer;
    return 0;
}

void kiosk_receipt_close(kiosk_receipt *printer) {
    kiosk_line_close(&printer->line);
    free(printer);
}

/// Reads what is there. Returns 1 with the last answer to DLE EOT in it, 0 when there was none, or a negative code.
static int look(kiosk_receipt *printer, uint8_t *answer, int32_t deadline_ms) {
    uint8_t bytes[64];
    int count = kiosk_line_read(&printer->line, bytes, sizeof bytes, deadline_ms);
    int found = 0;
    for (int i = 0; i < count; i++) {
        int kind = kiosk_receipt_kind(bytes[i]);
        if (kind == KIOSK_RECEIPT_STATUS) {
            *answer = bytes[i];
            found = 1;
        } else if (kind == KIOSK_RECEIPT_FENCE && printer->owed > 0) {
            printer->owed--;
        }
    }
    return count < 0 ? count : found;
}

int kiosk_receipt_write(kiosk_receipt *printer, const uint8_t *bytes, size_t count, int32_t deadline_ms) {
    if (count == 0 || count > KIOSK_RECEIPT_PIECE) {
        return KIOSK_LINE_ARGUMENT;
    }
    return kiosk_line_write(&printer->line, bytes, count, deadline_ms);
}

int kiosk_receipt_ask(kiosk_receipt *printer, int n, int32_t deadline_ms) {
    if (n < 1 || n > 4) {
        return KIOSK_LINE_ARGUMENT;
    }
    // Pixels that happen to read 10 04 n are answered by some printers; so may be a question that nobody waited for any more. Bounded, because a
    // line that never falls silent must not hold up the caller.
    uint8_t stale;
    for (int rounds = 0; rounds < 16; rounds++) {
        int seen = look(printer, &stale, 0);
        if (seen == KIOSK_LINE_TIMEOUT) {
            break;
        }
        if (seen < 0) {
            return seen;
        }
    }
    const uint8_t question[] = {0x10, 0x04, (uint8_t)n};
    return kiosk_line_write(&printer->line, question, sizeof question, deadline_ms);
}

int kiosk_receipt_fence(kiosk_receipt *printer, int32_t deadline_ms) {
    const uint8_t question[] = {0x1D, 0x72, 0x01};
    int sent = kiosk_line_write(&printer->line, question, sizeof question, deadline_ms);
    printer->owed += sent == 0;
    return sent;
}

int kiosk_receipt_answer(kiosk_receipt *printer, uint8_t *answer, int32_t deadline_ms) {
    int64_t end = kiosk_end(deadline_ms);
    for (;;) {
        int32_t left = kiosk_left(end);
        int found = look(printer, answer, left);
        if (found != 0) {
            return found > 0 ? 0 : found;
        }
        if (left == 0) {
            return KIOSK_LINE_TIMEOUT;
        }
    }
}

void kiosk_receipt_settle(kiosk_receipt *printer) { printer->owed = 0; }

int kiosk_receipt_fenced(const kiosk_receipt *printer) { return printer->owed == 0; }

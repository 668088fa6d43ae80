#include "kiosk_clock.h"
#include "kiosk_codescanner.h"

#include <stdlib.h>
#include <string.h>

enum {
    /// Silence after opening, milliseconds: a scanner sends the reports of one code within a few of each other.
    settle_ms = 30,
    /// What has begun and doesn't go on for so long, milliseconds, never will.
    gap_ms = 2000,
};

struct kiosk_codescanner {
    kiosk_line line;
    kiosk_code code;
    /// When something last came, milliseconds of the monotonic clock.
    int64_t last;
    /// Read, and not yet added.
    size_t start, filled;
    uint8_t buffer[512];
};

/// Reads into the empty buffer: 0, or a negative code.
static int fill(kiosk_codescanner *scanner, int32_t deadline_ms) {
    size_t capacity = scanner->code.form == KIOSK_CODE_REPORTS ? KIOSK_CODE_REPORT : sizeof scanner->buffer;
    int count = kiosk_line_read(&scanner->line, scanner->buffer, capacity, deadline_ms);
    if (count < 0) {
        return count;
    }
    scanner->start = 0;
    scanner->filled = (size_t)count;
    scanner->last = kiosk_now();
    return 0;
}

/// Adds what was read: 1 when a code is whole, 0 when more must be read, or TOO_LONG.
static int add(kiosk_codescanner *scanner) {
    size_t consumed = 0;
    int result = kiosk_code_add(&scanner->code, scanner->buffer + scanner->start, scanner->filled - scanner->start, &consumed);
    explicit_bzero(scanner->buffer + scanner->start, consumed);
    scanner->start += consumed;
    return result;
}

int kiosk_codescanner_discard(kiosk_codescanner *scanner) {
    int came = 0;
    // Bounded, because a line that never falls silent must not hold up the caller.
    for (int rounds = 0; rounds < 4096; rounds++) {
        while (scanner->start < scanner->filled) {
            if (add(scanner) != 0) {
                kiosk_code_clear(&scanner->code, scanner->code.form);
            }
        }
        int result = fill(scanner, 0);
        if (result == KIOSK_CODE_TIMEOUT) {
            break;
        }
        if (result < 0) {
            return result;
        }
        came = 1;
    }
    kiosk_code_drop(&scanner->code);
    return came;
}

int kiosk_codescanner_open(const kiosk_line *line, kiosk_code_form form, int32_t deadline_ms, kiosk_codescanner **out) {
    *out = NULL;
    kiosk_codescanner *scanner = calloc(1, sizeof *scanner);
    if (scanner == NULL) {
        kiosk_line_close(line);
        return KIOSK_CODE_MEMORY;
    }
    int64_t end = kiosk_end(deadline_ms);
    scanner->line = *line;
    kiosk_code_clear(&scanner->code, form);
    int result = kiosk_line_open(line, deadline_ms);
    while (result >= 0) {
        int32_t left = kiosk_left(end);
        const struct timespec pause = {.tv_nsec = (left < settle_ms ? left : settle_ms) * 1000000L};
        nanosleep(&pause, NULL);
        result = kiosk_codescanner_discard(scanner);
        if (result == 0 || kiosk_left(end) == 0) {
            break;
        }
    }
    if (result < 0) {
        kiosk_codescanner_close(scanner);
        return result;
    }
    *out = scanner;
    return 0;
}

void kiosk_codescanner_close(kiosk_codescanner *scanner) {
    kiosk_line_close(&scanner->line);
    // It held what citizens showed.
    explicit_bzero(scanner, sizeof *scanner);
    free(scanner);
}

int kiosk_codescanner_read(kiosk_codescanner *scanner, char aim[4], uint8_t *data, size_t capacity, int32_t deadline_ms) {
    int64_t end = kiosk_end(deadline_ms);
    bool looked = false;
    for (;;) {
        while (scanner->start < scanner->filled) {
            int result = add(scanner);
            if (result < 0) {
                return result;
            }
            if (result > 0) {
                kiosk_code *code = &scanner->code;
                bool fitting = code->length <= capacity;
                int length = (int)code->length;
                if (fitting) {
                    memcpy(aim, code->aim, sizeof code->aim);
                    memcpy(data, code->data, code->length);
                }
                kiosk_code_clear(code, code->form);
                return fitting ? length : KIOSK_CODE_TOO_LONG;
            }
        }
        // A line that never falls silent must not outlast the deadline: once it has passed, one last look.
        int32_t left = kiosk_left(end);
        if (looked) {
            return KIOSK_CODE_TIMEOUT;
        }
        looked = left == 0;
        int result = fill(scanner, left);
        if (result == KIOSK_CODE_TIMEOUT) {
            if (scanner->code.begun && kiosk_now() - scanner->last >= gap_ms) {
                kiosk_code_clear(&scanner->code, scanner->code.form);
            }
            return result;
        }
        if (result < 0) {
            return result;
        }
    }
}

/// A line whose other end says what the fuzzer wants, for the fuzz targets of drivers that stand on a line. Their own part is what may be written.
#ifndef KIOSK_FUZZ_LINE_H
#define KIOSK_FUZZ_LINE_H

#include "kiosk_line.h"

#include <stdlib.h>
#include <string.h>

typedef struct line {
    const uint8_t *bytes;
    size_t left;
} line;

static inline int line_open(void *context, int32_t deadline_ms) {
    (void)context;
    (void)deadline_ms;
    return 0;
}

/// One byte says how many follow; 0 is silence, which ends a drain and a wait.
static inline int line_read(void *context, uint8_t *bytes, size_t capacity, int32_t deadline_ms) {
    line *source = context;
    (void)deadline_ms;
    if (capacity == 0) {
        abort();
    }
    if (source->left == 0) {
        return KIOSK_LINE_TIMEOUT;
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

static inline void line_close(void *context) { (void)context; }

#endif

#include "kiosk_clock.h"
#include "kiosk_idcardreader.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { sw_ok = 0x90, sw_found = 0x9F, sw_none = 0x91 };

/// A request and the data lengths that a successful answer to it may have.
typedef struct rule {
    uint8_t command, parameter;
    uint8_t success;
    uint8_t length_count;
    uint16_t lengths[3];
} rule;

static const rule rules[] = {
    [KIOSK_READER_RESET] = {0x10, 0xFF, sw_ok, 1, {0}},
    [KIOSK_READER_STATUS] = {0x11, 0xFF, sw_ok, 1, {0}},
    [KIOSK_READER_SAM_ID] = {0x12, 0xFF, sw_ok, 1, {16}},
    [KIOSK_READER_FIND] = {0x20, 0x01, sw_found, 1, {4}},
    [KIOSK_READER_SELECT] = {0x20, 0x02, sw_ok, 1, {8}},
    [KIOSK_READER_READ] = {0x30, 0x01, sw_ok, 1, {1284}},
    [KIOSK_READER_READ_FINGERPRINTS] = {0x30, 0x10, sw_ok, 3, {1286, 1798, 2310}},
    [KIOSK_READER_NEWEST_ADDRESS] = {0x30, 0x03, sw_ok, 1, {70}},
};

struct kiosk_reader {
    kiosk_line line;
    /// What the next answer must look like; NULL takes anything.
    const rule *_Nullable awaited;
    size_t filled;
    /// A reply to something else has come since the last request.
    bool skipped;
    uint8_t buffer[KIOSK_SDT_MAX_FRAME];
};

int kiosk_reader_open(const kiosk_line *line, int32_t deadline_ms, kiosk_reader **out) {
    *out = NULL;
    kiosk_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        kiosk_line_close(line);
        return KIOSK_READER_MEMORY;
    }
    reader->line = *line;
    int opened = kiosk_line_open(line, deadline_ms);
    if (opened < 0) {
        kiosk_reader_close(reader);
        return opened;
    }
    *out = reader;
    return 0;
}

void kiosk_reader_close(kiosk_reader *reader) {
    kiosk_line_close(&reader->line);
    // It held a citizen's record.
    explicit_bzero(reader, sizeof *reader);
    free(reader);
}

/// Throws away what has come in. Bounded, because a line that never falls silent must not hold up the caller.
static int drain(kiosk_reader *reader) {
    reader->filled = 0;
    reader->skipped = false;
    for (int rounds = 0; rounds < 16; rounds++) {
        int count = kiosk_line_read(&reader->line, reader->buffer, sizeof reader->buffer, 0);
        if (count == KIOSK_READER_TIMEOUT) {
            return 0;
        }
        if (count < 0) {
            return count;
        }
    }
    return 0;
}

static int request(kiosk_reader *reader, const rule *_Nullable awaited, uint8_t command, uint8_t parameter, const uint8_t *_Nullable data,
                   size_t length, int32_t deadline_ms) {
    uint8_t frame[KIOSK_SDT_HEADER + 3 + KIOSK_SDT_MAX_REQUEST_DATA];
    int size = kiosk_sdt_encode(command, parameter, data, length, frame, sizeof frame);
    if (size < 0) {
        return size;
    }
    int drained = drain(reader);
    if (drained < 0) {
        return drained;
    }
    reader->awaited = awaited;
    return kiosk_line_write(&reader->line, frame, (size_t)size, deadline_ms);
}

int kiosk_reader_send(kiosk_reader *reader, int command, int32_t deadline_ms) {
    if (command < 0 || (size_t)command >= sizeof rules / sizeof *rules) {
        return KIOSK_READER_ARGUMENT;
    }
    const rule *row = &rules[command];
    return request(reader, row, row->command, row->parameter, NULL, 0, deadline_ms);
}

/// Whether an intact reply can be the answer. A failure carries nothing to tell it by, and is taken.
static bool fits(const rule *_Nullable rule, const kiosk_sdt_reply *reply) {
    if (rule == NULL) {
        return true;
    }
    if (reply->sw3 == rule->success) {
        for (size_t i = 0; i < rule->length_count; i++) {
            if (reply->data_length == rule->lengths[i]) {
                return true;
            }
        }
        return false;
    }
    return reply->sw3 != sw_ok && reply->sw3 != sw_found && (reply->sw3 != sw_none || rule->command == 0x30);
}

static void discard(kiosk_reader *reader, size_t count) {
    memmove(reader->buffer, reader->buffer + count, reader->filled - count);
    reader->filled -= count;
}

/// Decodes from what is buffered: 1 with `reply` (its frame still in the buffer, `consumed` long), 0 when more is needed, or a negative code.
static int next_reply(kiosk_reader *reader, kiosk_sdt_reply *reply, size_t *consumed) {
    while (reader->filled > 0) {
        int decoded = kiosk_sdt_decode(reader->buffer, reader->filled, reply, consumed);
        if (decoded > 0 && fits(reader->awaited, reply)) {
            return 1;
        }
        discard(reader, *consumed);
        if (decoded <= 0) {
            return decoded;
        }
        reader->skipped = true;
    }
    return 0;
}

int kiosk_reader_receive(kiosk_reader *reader, uint8_t *sw3, uint8_t *data, size_t capacity, int32_t deadline_ms) {
    int64_t end = kiosk_end(deadline_ms);
    bool looked = false;
    for (;;) {
        kiosk_sdt_reply reply;
        size_t consumed;
        int decoded = next_reply(reader, &reply, &consumed);
        if (decoded < 0) {
            return decoded;
        }
        if (decoded > 0) {
            bool fitting = reply.data_length <= capacity;
            if (fitting) {
                *sw3 = reply.sw3;
                memcpy(data, reader->buffer + reply.data_offset, reply.data_length);
            }
            explicit_bzero(reader->buffer, sizeof reader->buffer);
            reader->filled = 0;
            return fitting ? (int)reply.data_length : KIOSK_READER_SPACE;
        }
        // A line that never falls silent must not outlast the deadline: once it has passed, one last look.
        int32_t left = kiosk_left(end);
        int count = KIOSK_READER_TIMEOUT;
        if (!looked) {
            looked = left == 0;
            // Incomplete and with its garbage discarded, a frame is always shorter than the buffer.
            count = kiosk_line_read(&reader->line, reader->buffer + reader->filled, sizeof reader->buffer - reader->filled, left);
        }
        if (count == KIOSK_READER_TIMEOUT) {
            return reader->filled > 0 ? KIOSK_READER_TRUNCATED : reader->skipped ? KIOSK_READER_UNEXPECTED : KIOSK_READER_TIMEOUT;
        }
        if (count < 0) {
            return count;
        }
        reader->filled += (size_t)count;
    }
}

int kiosk_reader_run(kiosk_reader *reader, int command, uint8_t *sw3, uint8_t *data, size_t capacity, int32_t deadline_ms) {
    int64_t end = kiosk_end(deadline_ms);
    int sent = kiosk_reader_send(reader, command, deadline_ms);
    return sent < 0 ? sent : kiosk_reader_receive(reader, sw3, data, capacity, kiosk_left(end));
}

int kiosk_reader_exchange(kiosk_reader *reader, uint8_t command, uint8_t parameter, const uint8_t *request_data, size_t request_length,
                          uint8_t *sw3, uint8_t *data, size_t capacity, int32_t deadline_ms) {
    int64_t end = kiosk_end(deadline_ms);
    int sent = request(reader, NULL, command, parameter, request_data, request_length, deadline_ms);
    return sent < 0 ? sent : kiosk_reader_receive(reader, sw3, data, capacity, kiosk_left(end));
}

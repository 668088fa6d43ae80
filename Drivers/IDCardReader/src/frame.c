#include "kiosk_idcardreader.h"

#include <string.h>

static const uint8_t preamble[KIOSK_SDT_PREAMBLE] = {0xAA, 0xAA, 0xAA, 0x96, 0x69};

/// SW1 SW2 SW3 CHK
static const size_t shortest_reply = 4;
static const size_t longest_reply = KIOSK_SDT_MAX_FRAME - KIOSK_SDT_HEADER;

static uint8_t checksum(const uint8_t *bytes, size_t count) {
    uint8_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum ^= bytes[i];
    }
    return sum;
}

int kiosk_sdt_encode(uint8_t command, uint8_t parameter, const uint8_t *data, size_t length, uint8_t *frame, size_t capacity) {
    if (length > KIOSK_SDT_MAX_REQUEST_DATA || (length > 0 && data == NULL)) {
        return KIOSK_READER_ARGUMENT;
    }
    size_t body = length + 3;
    if (capacity < KIOSK_SDT_HEADER + body) {
        return KIOSK_READER_SPACE;
    }
    memcpy(frame, preamble, sizeof preamble);
    frame[5] = (uint8_t)(body >> 8);
    frame[6] = (uint8_t)body;
    frame[7] = command;
    frame[8] = parameter;
    if (data != NULL && length > 0) {
        memcpy(frame + 9, data, length);
    }
    frame[9 + length] = checksum(frame + KIOSK_SDT_PREAMBLE, length + 4);
    return (int)(KIOSK_SDT_HEADER + body);
}

/// Where the preamble, or as much of it as has come, begins; `count` when it does not.
static size_t find_preamble(const uint8_t *bytes, size_t count) {
    for (size_t start = 0; start < count; start++) {
        size_t left = count - start;
        if (memcmp(bytes + start, preamble, left < sizeof preamble ? left : sizeof preamble) == 0) {
            return start;
        }
    }
    return count;
}

int kiosk_sdt_decode(const uint8_t *bytes, size_t count, kiosk_sdt_reply *reply, size_t *consumed) {
    size_t start = find_preamble(bytes, count);
    *consumed = start;
    if (count - start < KIOSK_SDT_HEADER) {
        return 0;
    }
    const uint8_t *frame = bytes + start;
    size_t length = (size_t)frame[5] << 8 | frame[6];
    if (length < shortest_reply || length > longest_reply) {
        *consumed = start + KIOSK_SDT_PREAMBLE;
        return KIOSK_READER_LENGTH;
    }
    if (count - start < KIOSK_SDT_HEADER + length) {
        return 0;
    }
    // A wrong LEN may have swallowed the beginning of the next frame: only the preamble is done with.
    if (checksum(frame + KIOSK_SDT_PREAMBLE, length + 1) != frame[KIOSK_SDT_HEADER + length - 1]) {
        *consumed = start + KIOSK_SDT_PREAMBLE;
        return KIOSK_READER_CHECKSUM;
    }
    reply->sw1 = frame[7];
    reply->sw2 = frame[8];
    reply->sw3 = frame[9];
    reply->data_offset = start + 10;
    reply->data_length = length - shortest_reply;
    *consumed = start + KIOSK_SDT_HEADER + length;
    return 1;
}

#include "kiosk_locker.h"

enum { head_query = 0x80, head_open = 0x8A, function_query = 0x33, function_open = 0x11 };

static uint8_t checksum(const uint8_t *bytes, size_t count) {
    uint8_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum ^= bytes[i];
    }
    return sum;
}

static void encode(uint8_t *frame, uint8_t head, uint8_t board, uint8_t lock, uint8_t function) {
    frame[0] = head;
    frame[1] = board;
    frame[2] = lock;
    frame[3] = function;
    frame[4] = checksum(frame, 4);
}

int kiosk_locker_encode_query(uint8_t board, uint8_t frame[KIOSK_LOCKER_FRAME]) {
    if (board < 1 || board > KIOSK_LOCKER_MAX_BOARD) {
        return KIOSK_LOCKER_ARGUMENT;
    }
    encode(frame, head_query, board, 0, function_query);
    return 0;
}

int kiosk_locker_encode_open(uint8_t board, uint8_t lock, uint8_t frame[KIOSK_LOCKER_FRAME]) {
    if (board < 1 || board > KIOSK_LOCKER_MAX_BOARD || lock < 1 || lock > KIOSK_LOCKER_MAX_LOCK) {
        return KIOSK_LOCKER_ARGUMENT;
    }
    encode(frame, head_open, board, lock, function_open);
    return 0;
}

/// 1 with a frame that begins here and its length, 0 when more bytes are needed to tell, -1 when none begins here.
static int decode_here(const uint8_t *bytes, size_t count, uint8_t head, kiosk_locker_frame *frame, size_t *length) {
    if (head == head_query) {
        // States may begin as the question does, byte for byte. The seventh byte settles it: behind an echo another frame begins one byte
        // earlier, so that it is a board's number, and never 33h.
        if (count < KIOSK_LOCKER_STATES) {
            return 0;
        }
        if (bytes[6] == function_query && checksum(bytes, 7) == bytes[7]) {
            frame->kind = KIOSK_LOCKER_IS_STATES;
            frame->states = (uint32_t)bytes[2] << 24 | (uint32_t)bytes[3] << 16 | (uint32_t)bytes[4] << 8 | bytes[5];
            *length = KIOSK_LOCKER_STATES;
            return 1;
        }
        if (bytes[2] == 0 && bytes[3] == function_query && checksum(bytes, 4) == bytes[4]) {
            frame->kind = KIOSK_LOCKER_IS_QUERY;
            *length = KIOSK_LOCKER_FRAME;
            return 1;
        }
        return -1;
    }
    if (count < KIOSK_LOCKER_FRAME) {
        return 0;
    }
    if (checksum(bytes, 4) != bytes[4]) {
        return -1;
    }
    frame->kind = KIOSK_LOCKER_IS_OPENING;
    frame->lock = bytes[2];
    frame->state = bytes[3];
    *length = KIOSK_LOCKER_FRAME;
    return 1;
}

int kiosk_locker_decode(const uint8_t *bytes, size_t count, uint8_t head, uint8_t board, kiosk_locker_frame *frame, size_t *consumed) {
    *frame = (kiosk_locker_frame){.board = board};
    for (size_t start = 0; start < count; start++) {
        if (bytes[start] != head || (start + 1 < count && bytes[start + 1] != board)) {
            continue;
        }
        size_t length = 0;
        int found = decode_here(bytes + start, count - start, head, frame, &length);
        if (found >= 0) {
            *consumed = start + length;
            return found;
        }
    }
    *consumed = count;
    return 0;
}

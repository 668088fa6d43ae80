#include "locker.h"

uint8_t locker_check(const uint8_t *bytes, size_t count) {
    uint8_t check = 0;
    for (size_t i = 0; i < count; i++) {
        check ^= bytes[i];
    }
    return check;
}

void locker_encode(uint8_t frame[LOCKER_FRAME], uint8_t head, uint8_t board, uint8_t lock, uint8_t value) {
    frame[0] = head;
    frame[1] = board;
    frame[2] = lock;
    frame[3] = value;
    frame[4] = locker_check(frame, 4);
}

bool locker_intact(const uint8_t *frame, size_t count) { return count > 0 && locker_check(frame, count - 1) == frame[count - 1]; }

void locker_encode_all(uint8_t frame[LOCKER_ALL], uint8_t board, uint32_t states) {
    frame[0] = 0x80;
    frame[1] = board;
    frame[2] = (uint8_t)(states >> 24);
    frame[3] = (uint8_t)(states >> 16);
    frame[4] = (uint8_t)(states >> 8);
    frame[5] = (uint8_t)states;
    frame[6] = 0x33;
    frame[7] = locker_check(frame, 7);
}

// Everything a hostile board can send: frames straight into the decoder, and whole conversations through the handle, cut into arbitrary reads.
// Built and run by `make fuzz`; seeds/ holds answers behind the control byte (board) and the counts of the reads: states, an opening, and the
// same on a line that echoes.
#include "kiosk_locker.h"

#include "../../Line/fuzz/fuzz_line.h"

#include <stdlib.h>
#include <string.h>

static int line_write(void *context, const uint8_t *bytes, size_t count, int32_t deadline_ms) {
    (void)context;
    (void)deadline_ms;
    return bytes != NULL && count == KIOSK_LOCKER_FRAME ? 0 : KIOSK_LOCKER_IO;
}

static void decode_all(const uint8_t *bytes, size_t count, uint8_t head, uint8_t board) {
    size_t offset = 0;
    for (;;) {
        kiosk_locker_frame frame;
        size_t consumed = 0;
        int found = kiosk_locker_decode(bytes + offset, count - offset, head, board, &frame, &consumed);
        if (consumed > count - offset || frame.board != board) {
            abort();
        }
        if (found == 0) {
            // What is kept is the beginning of a frame, and shorter than one.
            if (count - offset - consumed >= KIOSK_LOCKER_STATES) {
                abort();
            }
            return;
        }
        size_t length = frame.kind == KIOSK_LOCKER_IS_STATES ? KIOSK_LOCKER_STATES : KIOSK_LOCKER_FRAME;
        if (consumed < length || bytes[offset + consumed - length] != head) {
            abort();
        }
        offset += consumed;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (count == 0) {
        return 0;
    }
    uint8_t board = bytes[0] % KIOSK_LOCKER_MAX_BOARD + 1;
    decode_all(bytes + 1, count - 1, 0x80, board);
    decode_all(bytes + 1, count - 1, 0x8A, board);
    line source = {.bytes = bytes + 1, .left = count - 1};
    const kiosk_line bytes_line = {
        .context = &source, .open = line_open, .write = line_write, .read = line_read, .close = line_close};
    kiosk_locker *locker = NULL;
    if (kiosk_locker_open(&bytes_line, 0, &locker) < 0 || locker == NULL) {
        abort();
    }
    for (int turn = 0; turn < 4; turn++) {
        uint32_t states = 0;
        uint8_t state = 0;
        (void)kiosk_locker_ask(locker, board, 0);
        (void)kiosk_locker_states(locker, &states, 1000);
        (void)kiosk_locker_unlock(locker, board, 3, 0);
        if (kiosk_locker_states(locker, &states, 0) != KIOSK_LOCKER_ARGUMENT) {
            abort();
        }
        (void)kiosk_locker_unlocked(locker, &state, turn % 2 == 0 ? 1000 : 0);
    }
    kiosk_locker_close(locker);
    return 0;
}

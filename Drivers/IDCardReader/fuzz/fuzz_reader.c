// Everything a hostile reader can send: frames straight into the decoder, record lengths, and whole conversations through the handle,
// cut into arbitrary reads. Built and run by `make fuzz`; seeds/ holds intact frames
// to start from (sam, none, found): a SAM id, an error and a find reply, each behind the two control bytes (buffer size and command, bytes to hand over).
#include "kiosk_idcardreader.h"

#include "../../Line/fuzz/fuzz_line.h"

#include <stdlib.h>
#include <string.h>

static int line_write(void *context, const uint8_t *bytes, size_t count, int32_t deadline_ms) {
    (void)context;
    (void)deadline_ms;
    return bytes != NULL && count >= KIOSK_SDT_HEADER + 3 ? 0 : KIOSK_READER_IO;
}

static void decode_all(const uint8_t *bytes, size_t count) {
    size_t offset = 0;
    while (offset < count) {
        kiosk_sdt_reply reply;
        size_t consumed = 0;
        int decoded = kiosk_sdt_decode(bytes + offset, count - offset, &reply, &consumed);
        if (consumed > count - offset) {
            abort();
        }
        if (decoded > 0 && (consumed == 0 || reply.data_offset + reply.data_length + 1 != consumed)) {
            abort();
        }
        if (decoded < 0 && consumed == 0) {
            abort();
        }
        if (decoded == 0) {
            break;
        }
        offset += consumed;
    }
    kiosk_card_layout layout;
    if (kiosk_card_locate(bytes, count, &layout) == 0 && layout.fingerprint_offset + layout.fingerprint_length != count) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (count == 0) {
        return 0;
    }
    decode_all(bytes, count);
    line source = {.bytes = bytes + 1, .left = count - 1};
    const kiosk_line bytes_line = {
        .context = &source, .open = line_open, .write = line_write, .read = line_read, .close = line_close};
    kiosk_reader *reader = NULL;
    if (kiosk_reader_open(&bytes_line, 0, &reader) < 0 || reader == NULL) {
        abort();
    }
    uint8_t data[KIOSK_SDT_MAX_FRAME];
    size_t capacity = bytes[0] >= 0x80 ? sizeof data : bytes[0];
    for (int turn = 0; turn < 8; turn++) {
        uint8_t sw3 = 0;
        int length = kiosk_reader_run(reader, (bytes[0] + turn) % 8, &sw3, data, capacity, turn % 2 == 0 ? 1000 : 0);
        if (length > (int)capacity) {
            abort();
        }
        (void)kiosk_reader_exchange(reader, 0x12, 0xFF, NULL, 0, &sw3, data, capacity, 0);
    }
    kiosk_reader_close(reader);
    return 0;
}

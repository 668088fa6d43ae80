// Everything a hostile card can answer: status words, records of its files, and names in GB18030. Built and run by `make fuzz`; seeds/ holds a record with
// a name, a status word that asks for more, and a record that says it is longer than it is.
#include "kiosk_smartcard.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    uint16_t status;
    size_t next, offset, length;
    uint8_t tag;
    int what = kiosk_smartcard_reply(bytes, count, &status, &next);
    if ((what < 0) != (count < 2) || next > 256 || (what == KIOSK_SMARTCARD_DONE) != (next == 0 && count >= 2)) {
        abort();
    }
    if (kiosk_smartcard_record(bytes, count, &tag, &offset, &length) == 0) {
        if (offset + length > count) {
            abort();
        }
        char text[64];
        memset(text, 0x55, sizeof text);
        size_t capacity = tag < sizeof text ? tag : sizeof text;
        int written = kiosk_smartcard_text(bytes + offset, length, text, capacity);
        if (written > (int)capacity) {
            abort();
        }
        for (size_t i = capacity; i < sizeof text; i++) {
            if (text[i] != 0x55) {
                abort();
            }
        }
    }
    return 0;
}

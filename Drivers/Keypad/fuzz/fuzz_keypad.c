// Whatever a keypad can send: events cut anywhere, and the text of its capabilities. Built and run by `make fuzz`; seeds/ holds a pressed key (press)
// and one after lost events (dropped), each behind the byte that says how they are cut, and a capabilities text (digits).
#include "kiosk_keypad.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (count == 0) {
        return 0;
    }
    size_t step = (size_t)bytes[0] + 1;
    const uint8_t *events = bytes + 1;
    size_t left = count - 1;
    kiosk_key_stream pieces = {0}, whole = {0};
    size_t in_pieces = 0;
    uint16_t codes[300];
    while (left > 0) {
        size_t some = step < left ? step : left;
        size_t found = kiosk_key_stream_take(&pieces, events + (count - 1 - left), some, codes, 300);
        if (found > some / KIOSK_KEYPAD_EVENT + 1 || pieces.part_length >= KIOSK_KEYPAD_EVENT) {
            abort();
        }
        in_pieces += found;
        left -= some;
    }
    // How it was cut is of no matter.
    if (kiosk_key_stream_take(&whole, events, count - 1, codes, 300) != in_pieces || memcmp(whole.part, pieces.part, sizeof whole.part) != 0) {
        abort();
    }
    char *text = malloc(count);
    if (text != NULL) {
        memcpy(text, events, count - 1);
        text[count - 1] = 0;
        (void)kiosk_keypad_has_digits(text);
        free(text);
    }
    return 0;
}

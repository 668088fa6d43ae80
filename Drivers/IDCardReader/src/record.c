#include "kiosk_idcardreader.h"

#include <stdbool.h>
#include <string.h>

static size_t word(const uint8_t *bytes) { return (size_t)bytes[0] << 8 | bytes[1]; }

int kiosk_card_locate(const uint8_t *data, size_t count, kiosk_card_layout *layout) {
    enum { text = 256, photo = 1024, base = 4 + text + photo, fingerprint = 512 };
    memset(layout, 0, sizeof *layout);
    if (count < base || word(data) != text || word(data + 2) != photo) {
        return KIOSK_READER_LENGTH;
    }
    // Nothing but the length tells the two kinds of record apart: a third length word makes it longer by two or more.
    bool with_fingerprints = count > base;
    size_t words = with_fingerprints ? 6 : 4;
    size_t prints = with_fingerprints ? word(data + 4) : 0;
    if (prints > 2 * fingerprint || prints % fingerprint != 0 || count != words + text + photo + prints) {
        return KIOSK_READER_LENGTH;
    }
    layout->text_offset = words;
    layout->text_length = text;
    layout->photo_offset = words + text;
    layout->photo_length = photo;
    layout->fingerprint_offset = words + text + photo;
    layout->fingerprint_length = prints;
    return 0;
}

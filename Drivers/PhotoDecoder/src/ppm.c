#include "kiosk_photodecoder.h"

#include <stdbool.h>

typedef struct reader {
    const uint8_t *bytes;
    size_t count;
    size_t at;
} reader;

static bool is_blank(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

/// Passes over blanks and comments (`#` to the end of the line); false when there are none.
static bool skip_blanks(reader *text) {
    size_t begin = text->at;
    while (text->at < text->count) {
        uint8_t byte = text->bytes[text->at];
        if (byte == '#') {
            while (text->at < text->count && text->bytes[text->at] != '\n' && text->bytes[text->at] != '\r') {
                text->at++;
            }
        } else if (is_blank(byte)) {
            text->at++;
        } else {
            break;
        }
    }
    return text->at > begin;
}

/// False for anything but that number, behind a blank.
static bool take(reader *text, unsigned wanted) {
    unsigned number = 0;
    if (!skip_blanks(text)) {
        return false;
    }
    size_t begin = text->at;
    while (text->at < text->count && text->bytes[text->at] >= '0' && text->bytes[text->at] <= '9' && number <= wanted) {
        number = number * 10 + (unsigned)(text->bytes[text->at] - '0');
        text->at++;
    }
    return text->at > begin && number == wanted;
}

int kiosk_photo_locate(const uint8_t *bytes, size_t count) {
    reader text = {.bytes = bytes, .count = count, .at = 2};
    if (count > KIOSK_PHOTO_HEADER + KIOSK_PHOTO_PIXELS || count < 2 || bytes[0] != 'P' || bytes[1] != '6') {
        return KIOSK_DECODER_PICTURE;
    }
    if (!take(&text, KIOSK_PHOTO_WIDTH) || !take(&text, KIOSK_PHOTO_HEIGHT) || !take(&text, 255)) {
        return KIOSK_DECODER_PICTURE;
    }
    // One blank and no more: the next byte is the first pixel, whatever it looks like.
    if (text.at >= count || !is_blank(bytes[text.at]) || count - text.at - 1 != KIOSK_PHOTO_PIXELS) {
        return KIOSK_DECODER_PICTURE;
    }
    return (int)(text.at + 1);
}

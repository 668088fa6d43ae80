#include "kiosk_smartcard.h"

#include <iconv.h>
#include <stdbool.h>
#include <string.h>

int kiosk_smartcard_reply(const uint8_t *reply, size_t count, uint16_t *status, size_t *next) {
    *status = 0;
    *next = 0;
    if (count < 2) {
        return -1;
    }
    uint8_t first = reply[count - 2], second = reply[count - 1];
    *status = (uint16_t)(first << 8 | second);
    if (first != 0x61 && first != 0x6C) {
        return KIOSK_SMARTCARD_DONE;
    }
    *next = second == 0 ? 256 : second;
    return first == 0x61 ? KIOSK_SMARTCARD_FETCH : KIOSK_SMARTCARD_REPEAT;
}

int kiosk_smartcard_record(const uint8_t *bytes, size_t count, uint8_t *tag, size_t *offset, size_t *length) {
    if (count < 2 || bytes[1] > count - 2) {
        return -1;
    }
    for (size_t i = 2 + (size_t)bytes[1]; i < count; i++) {
        if (bytes[i] != 0 && bytes[i] != 0xFF) {
            return -1;
        }
    }
    *tag = bytes[0];
    *offset = 2;
    *length = bytes[1];
    return 0;
}

int kiosk_smartcard_text(const uint8_t *bytes, size_t count, char *utf8, size_t capacity) {
    const uint8_t *end = memchr(bytes, 0, count);
    size_t left = end == NULL ? count : (size_t)(end - bytes);
    while (left > 0 && bytes[left - 1] == ' ') {
        left--;
    }
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    if (converter == (iconv_t)-1) {
        return -1;
    }
    // iconv takes a pointer to characters that it doesn't write to.
    char *from = (char *)(uintptr_t)bytes, *to = utf8;
    size_t room = capacity;
    bool whole = iconv(converter, &from, &left, &to, &room) != (size_t)-1;
    iconv_close(converter);
    return whole ? (int)(capacity - room) : -1;
}

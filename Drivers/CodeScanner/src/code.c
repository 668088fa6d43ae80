#include "kiosk_codescanner.h"

#include <string.h>

enum { report_id = 2, at_length = 1, at_aim = 2, at_data = 5, at_more = 63 };

void kiosk_code_clear(kiosk_code *code, kiosk_code_form form) {
    explicit_bzero(code, sizeof *code);
    code->form = form;
}

void kiosk_code_drop(kiosk_code *code) {
    bool begun = code->begun;
    kiosk_code_clear(code, code->form);
    code->begun = code->dropped = begun;
}

static bool is_letter(uint8_t byte) { return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z'); }

static bool is_aim(const uint8_t *bytes) {
    return bytes[0] == ']' && is_letter(bytes[1]) && (is_letter(bytes[2]) || (bytes[2] >= '0' && bytes[2] <= '9'));
}

/// The code has come to its end: 1, or 0 when it is dropped or empty.
static int end(kiosk_code *code) {
    bool is_whole = !code->dropped && code->length > 0;
    if (!is_whole) {
        kiosk_code_clear(code, code->form);
        return 0;
    }
    code->begun = false;
    return 1;
}

static int add_report(kiosk_code *code, const uint8_t *report, size_t count) {
    // A scanner may have other reports beside.
    if (count == 0 || report[0] != report_id) {
        return 0;
    }
    bool is_report = count == KIOSK_CODE_REPORT && report[at_length] <= KIOSK_CODE_REPORT_DATA;
    // Of a report that isn't whole nobody knows whether more follows.
    bool more = count != KIOSK_CODE_REPORT || report[at_more] != 0;
    char aim[4] = {0};
    if (is_report && is_aim(report + at_aim)) {
        memcpy(aim, report + at_aim, 3);
    }
    bool is_rest = code->begun && !code->dropped;
    int result = 0;
    if (!is_report || (is_rest && strcmp(aim, code->aim) != 0)) {
        // One of another kind between two of a code: something was lost, and what follows belongs to nobody knows what.
        code->begun = true;
        kiosk_code_drop(code);
    } else if (!code->dropped) {
        size_t part = report[at_length];
        if (code->length + part > KIOSK_CODE_MAX) {
            code->begun = true;
            kiosk_code_drop(code);
            result = KIOSK_CODE_TOO_LONG;
        } else {
            memcpy(code->aim, aim, sizeof aim);
            memcpy(code->data + code->length, report + at_data, part);
            code->length += part;
        }
    }
    code->begun = true;
    if (more) {
        return result;
    }
    int whole = end(code);
    return result < 0 ? result : whole;
}

static int add_line(kiosk_code *code, const uint8_t *bytes, size_t count, size_t *consumed) {
    for (size_t i = 0; i < count; i++) {
        *consumed = i + 1;
        if (bytes[i] == '\r' || bytes[i] == '\n') {
            if (!code->dropped && code->length > 3 && is_aim(code->data)) {
                memcpy(code->aim, code->data, 3);
                code->length -= 3;
                memmove(code->data, code->data + 3, code->length);
                explicit_bzero(code->data + code->length, 3);
            }
            if (!code->dropped && code->length > KIOSK_CODE_MAX) {
                kiosk_code_clear(code, code->form);
                return KIOSK_CODE_TOO_LONG;
            }
            if (end(code) > 0) {
                return 1;
            }
            continue;
        }
        code->begun = true;
        if (code->dropped) {
            continue;
        }
        // Three bytes may be an AIM id.
        if (code->length == KIOSK_CODE_MAX + 3) {
            kiosk_code_drop(code);
            return KIOSK_CODE_TOO_LONG;
        }
        code->data[code->length++] = bytes[i];
    }
    return 0;
}

int kiosk_code_add(kiosk_code *code, const uint8_t *bytes, size_t count, size_t *consumed) {
    *consumed = count;
    return code->form == KIOSK_CODE_REPORTS ? add_report(code, bytes, count) : add_line(code, bytes, count, consumed);
}

bool kiosk_code_describes_scanner(const uint8_t *descriptor, size_t count) {
    // HID 1.11, 6.2.2: a prefix of size (2 bits), type (2) and tag (4), and 0, 1, 2 or 4 bytes of value.
    enum { usage_page = 0x04, usage = 0x08, collection = 0xA0, long_item = 0xFE, application = 1 };
    uint32_t page = 0, last = 0;
    for (size_t i = 0; i < count;) {
        uint8_t prefix = descriptor[i];
        if (prefix == long_item) {
            if (count - i < 3) {
                return false;
            }
            i += 3 + (size_t)descriptor[i + 1];
            continue;
        }
        size_t size = (prefix & 3) == 3 ? 4 : prefix & 3;
        if (count - i - 1 < size) {
            return false;
        }
        uint32_t value = 0;
        for (size_t byte = 0; byte < size; byte++) {
            value |= (uint32_t)descriptor[i + 1 + byte] << (8 * byte);
        }
        switch (prefix & 0xFC) {
        case usage_page:
            page = value;
            break;
        case usage:
            // One of four bytes says its page itself.
            last = size == 4 ? value : page << 16 | value;
            break;
        case collection:
            if (value == application && last == (0x8CU << 16 | 2)) {
                return true;
            }
            last = 0;
            break;
        default:
            break;
        }
        i += 1 + size;
    }
    return false;
}

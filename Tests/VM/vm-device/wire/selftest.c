// Both ends use some of the same code: what it makes is compared with bytes that were written out by hand.
#include "selftest.h"

#include "hidpos.h"
#include "keypad.h"
#include "locker.h"
#include "picture.h"
#include "uvc.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int failures, checks;

static void same(const char *what, const uint8_t *made, size_t made_size, const uint8_t *wanted, size_t wanted_size) {
    checks++;
    if (made_size != wanted_size) {
        complain("%s: %zu bytes instead of %zu", what, made_size, wanted_size);
        failures++;
        return;
    }
    for (size_t i = 0; i < made_size; i++) {
        if (made[i] != wanted[i]) {
            complain("%s: byte %zu is %02X instead of %02X", what, i, made[i], wanted[i]);
            failures++;
            return;
        }
    }
}

static void holds(const char *what, bool condition) {
    checks++;
    if (!condition) {
        complain("%s does not hold", what);
        failures++;
    }
}

static void scanner(void) {
    // Report 2: length, AIM id at 1 to 3, data from 4, byte 62 (of the report after its id) says that more follows.
    uint8_t wanted[64] = {0x02, 0x05, 0x5D, 0x51, 0x31, 0x31, 0x32, 0x33, 0x34, 0x35};
    uint8_t report[64];
    holds("a short code ends with its report", hidpos_encode(report, "]Q1", "12345", 5, 0) == 5);
    same("a code of five digits", report, sizeof report, wanted, sizeof wanted);

    const char *text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabb";
    uint8_t first[64] = {0x02, 0x38, 0x5D, 0x51, 0x31};
    memset(first + 5, 'a', 56);
    first[63] = 0x01;
    uint8_t second[64] = {0x02, 0x02, 0x5D, 0x51, 0x31, 'b', 'b'};
    holds("a report takes 56 characters", hidpos_encode(report, "]Q1", text, 58, 0) == 56);
    same("the first part of a long code", report, sizeof report, first, sizeof first);
    hidpos_encode(report, "]Q1", text, 58, 56);
    same("the last part of a long code", report, sizeof report, second, sizeof second);

    const uint8_t *aim, *data;
    size_t length;
    bool more;
    holds("a report is read back", hidpos_decode(first, &aim, &data, &length, &more) && length == 56 && more && data == first + 5);
    holds("the last part is told", hidpos_decode(second, &aim, &data, &length, &more) && length == 2 && !more);
    first[0] = 1;
    holds("another report is refused", !hidpos_decode(first, &aim, &data, &length, &more));
    second[1] = 57;
    holds("a length beyond the data is refused", !hidpos_decode(second, &aim, &data, &length, &more));

    static const uint8_t head[] = {0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x85, 0x02};
    same("the descriptor's head", hidpos_descriptor, sizeof head, head, sizeof head);
}

static void keypad(void) {
    uint8_t report[8];
    // HID usage tables, page 7: keypad 7 is 5F, keypad ENTER 58.
    keypad_encode(report, keypad_key("7"));
    same("keypad 7", report, sizeof report, (const uint8_t[]){0, 0, 0x5F, 0, 0, 0, 0, 0}, 8);
    keypad_encode(report, keypad_key("enter"));
    same("keypad enter", report, sizeof report, (const uint8_t[]){0, 0, 0x58, 0, 0, 0, 0, 0}, 8);
    keypad_encode(report, NULL);
    same("no key", report, sizeof report, (const uint8_t[]){0, 0, 0, 0, 0, 0, 0, 0}, 8);
    holds("an unknown key is none", keypad_key("F1") == NULL);
}

static void locker(void) {
    uint8_t frame[8];
    locker_encode(frame, 0x8A, 1, 3, 0x11);
    same("open lock 3", frame, 5, (const uint8_t[]){0x8A, 0x01, 0x03, 0x11, 0x99}, 5);
    locker_encode(frame, 0x80, 1, 3, 0x33);
    same("ask for lock 3", frame, 5, (const uint8_t[]){0x80, 0x01, 0x03, 0x33, 0xB1}, 5);
    locker_encode(frame, 0x8A, 1, 3, 0x00);
    same("lock 3 is open", frame, 5, (const uint8_t[]){0x8A, 0x01, 0x03, 0x00, 0x88}, 5);
    locker_encode_all(frame, 1, 0x00000001);
    same("lock 1 of all", frame, 8, (const uint8_t[]){0x80, 0x01, 0x00, 0x00, 0x00, 0x01, 0x33, 0xB3}, 8);
    holds("a damaged frame is refused", !locker_intact((const uint8_t[]){0x8A, 0x01, 0x03, 0x11, 0x98}, 5));
    holds("a whole frame is taken", locker_intact((const uint8_t[]){0x8A, 0x01, 0x03, 0x11, 0x99}, 5));
}

static void camera(void) {
    uint8_t block[UVC_BLOCK], header[UVC_HEADER], bytes[1024];
    uvc_block(block);
    // UVC 1.0, table 4-47; 1000000 is 000F4240, 20000 is 4E20, 4096 is 1000.
    static const uint8_t wanted[26] = {0x01, 0x00, 0x01, 0x01, 0x40, 0x42, 0x0F, 0x00, 0,    0, 0, 0, 0,
                                       0,    0,    0,    0,    0,    0x20, 0x4E, 0,    0,    0, 0x10, 0, 0};
    same("the probe block", block, sizeof block, wanted, sizeof wanted);
    uvc_header(header, true, false);
    same("a payload's header", header, 2, (const uint8_t[]){0x02, 0x81}, 2);
    uvc_header(header, false, true);
    same("a frame's last header", header, 2, (const uint8_t[]){0x02, 0x82}, 2);
    size_t size = uvc_descriptors(bytes);
    // Two configurations and the device: each length leads to the next descriptor, the totals are what they say.
    size_t total = (size_t)(bytes[6] | bytes[7] << 8);
    holds("the configurations fill the descriptors", size == 4 + 2 * total + 18);
    size_t at = 4;
    while (at < 4 + total && bytes[at]) {
        at += bytes[at];
    }
    holds("the descriptors' lengths add up", at == 4 + total);
    static uint8_t frame[PICTURE_ROOM];
    size = picture_encode(frame, 0x01020304);
    same("a frame's head", frame, 12, (const uint8_t[]){0xFF, 0xD8, 0xFF, 0xFE, 0x3E, 0x82, 0x04, 0x03, 0x02, 0x01, 0x08, 0x09}, 12);
    same("a frame's end", frame + size - 2, 2, (const uint8_t[]){0xFF, 0xD9}, 2);
}

enum outcome self_test(void) {
    scanner();
    keypad();
    locker();
    camera();
    printf("self-test: %d checks, %d failed\n", checks, failures);
    return failures == 0 ? OUTCOME_OK : OUTCOME_MISMATCH;
}

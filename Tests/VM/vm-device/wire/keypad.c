#include "keypad.h"

#include <linux/input-event-codes.h>
#include <string.h>

const uint8_t keypad_descriptor[] = {
    0x05, 0x01, 0x09, 0x06, 0xA1, 0x01,                                     // generic desktop, keyboard, application
    0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7,                                     //   keys E0 to E7: modifiers
    0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02,             //   8 bits, input
    0x95, 0x01, 0x75, 0x08, 0x81, 0x03,                                     //   one byte reserved
    0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, 0x01, 0x29, 0x05, 0x91, 0x02, //   5 lamps, output
    0x95, 0x01, 0x75, 0x03, 0x91, 0x03,                                     //   3 bits of padding
    0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, // six keys, input array
    0xC0,
};
const size_t keypad_descriptor_size = sizeof keypad_descriptor;

const struct keypad_key keypad_keys[] = {
    {"0", 0x62, KEY_KP0}, {"1", 0x59, KEY_KP1}, {"2", 0x5A, KEY_KP2}, {"3", 0x5B, KEY_KP3},
    {"4", 0x5C, KEY_KP4}, {"5", 0x5D, KEY_KP5}, {"6", 0x5E, KEY_KP6}, {"7", 0x5F, KEY_KP7},
    {"8", 0x60, KEY_KP8}, {"9", 0x61, KEY_KP9}, {"enter", 0x58, KEY_KPENTER}, {"", 0, 0},
};

const struct keypad_key *keypad_key(const char *name) {
    for (const struct keypad_key *key = keypad_keys; *key->name; key++) {
        if (strcmp(key->name, name) == 0) {
            return key;
        }
    }
    return NULL;
}

void keypad_encode(uint8_t report[KEYPAD_REPORT], const struct keypad_key *key) {
    memset(report, 0, KEYPAD_REPORT);
    report[2] = key ? key->usage : 0;
}

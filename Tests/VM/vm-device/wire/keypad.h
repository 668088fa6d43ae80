#ifndef VM_DEVICE_KEYPAD_H
#define VM_DEVICE_KEYPAD_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// An input report of a boot keyboard: modifiers, reserved, six keys that are down.
enum { KEYPAD_REPORT = 8 };

/// The boot keyboard's report descriptor (HID 1.11, appendix B.1).
extern const uint8_t keypad_descriptor[];
extern const size_t keypad_descriptor_size;

/// The key of a keypad: digits and `enter`.
struct keypad_key {
    const char *name;
    /// HID usage on page 7, keypad block.
    uint8_t usage;
    /// The code that Linux gives it (linux/input-event-codes.h).
    uint16_t code;
};

/// The key with that name, or NULL.
const struct keypad_key *_Nullable keypad_key(const char *name);

/// Fills a report: this key down, or none when NULL.
void keypad_encode(uint8_t report[_Nonnull KEYPAD_REPORT], const struct keypad_key *_Nullable key);

/// All keys, ended by one without name.
extern const struct keypad_key keypad_keys[];

#pragma clang assume_nonnull end
#endif

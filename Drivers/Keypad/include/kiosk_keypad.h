/// Numeric keypads: an input device of Linux (evdev), read by one process alone while somebody types.
///
/// Contract: a keypad is used from one thread at a time; buffers belong to the caller; every call that can block takes a deadline in milliseconds
/// from now; a result is ≥ 0 or one of the negative codes below. Nothing is read but between open and close, and no key is kept after the call
/// that hands it over. No policy and no global state.
#ifndef KIOSK_KEYPAD_H
#define KIOSK_KEYPAD_H

// The codes of keys (KEY_KP1), for the table on the other side.
#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Why a call failed.
enum {
    /// No key was pressed by the deadline.
    KIOSK_KEYPAD_TIMEOUT = -1,
    /// There is no such keypad, or it was unplugged.
    KIOSK_KEYPAD_GONE = -2,
    /// It exists and this user may not open it.
    KIOSK_KEYPAD_ACCESS = -3,
    /// Another process has it to itself.
    KIOSK_KEYPAD_BUSY = -4,
    /// What was named is no input device.
    KIOSK_KEYPAD_ARGUMENT = -5,
    /// Any other failed system call.
    KIOSK_KEYPAD_IO = -6,
    KIOSK_KEYPAD_MEMORY = -7,
    /// Several keypads are what was looked for.
    KIOSK_KEYPAD_AMBIGUOUS = -16,
};

enum {
    /// Bytes of one `struct input_event` on the systems we run on (64 bit): 16 of time, type, code, value.
    KIOSK_KEYPAD_EVENT = 24,
    /// Keys that one read can bring.
    KIOSK_KEYPAD_MAX_KEYS = 64,
};

// MARK: Bytes. Pure: no system call.

/// Where a stream of events stands. Begins all zero.
typedef struct kiosk_key_stream {
    /// The beginning of an event that came in pieces.
    uint8_t part[KIOSK_KEYPAD_EVENT];
    size_t part_length;
    /// The kernel lost events (SYN_DROPPED): what comes until the next report is over is not to be trusted.
    bool is_dropping;
} kiosk_key_stream;

/// Takes `count` bytes, however they are cut, and writes the code of every key that went down. Repeats and releases are passed over.
/// Returns how many codes there are; `capacity` ≥ count / KIOSK_KEYPAD_EVENT + 1 holds them all, and what doesn't fit is lost.
size_t kiosk_key_stream_take(kiosk_key_stream *stream, const uint8_t *bytes, size_t count, uint16_t *codes, size_t capacity);

/// Whether a device with these keys (the text of sysfs' capabilities/key: hexadecimal words of 64 bits, the highest first) has all ten digits, on a
/// keypad or on a keyboard's row.
bool kiosk_keypad_has_digits(const char *capabilities);

// MARK: The device

/// What is looked for. A member that is NULL or, of `ids`, zero is of no matter.
typedef struct kiosk_keypad_query {
    /// As the device calls itself.
    const char *_Nullable name;
    /// Vendor in the upper and product in the lower 16 bits.
    uint32_t ids;
} kiosk_keypad_query;

typedef struct kiosk_keypad_found {
    /// /dev/input/eventN
    char path[64];
    char name[128];
    /// As the kernel says where it is plugged in: `usb-0000:00:14.0-2/input0`; empty for a device without a place.
    char place[128];
    uint32_t ids;
} kiosk_keypad_found;

/// Looks through /sys/class/input for a device with the ten digits, without opening any. Returns 0, GONE, AMBIGUOUS or IO.
int kiosk_keypad_find(const kiosk_keypad_query *query, kiosk_keypad_found *found);

/// Whether `path` can be opened: 0, GONE, ACCESS or ARGUMENT. It isn't opened for that.
int kiosk_keypad_look(const char *path);

typedef struct kiosk_keypad kiosk_keypad;

/// Opens a keypad for this process alone (EVIOCGRAB). Keys pressed before are never seen: the kernel keeps them for those who had it open then.
/// A Unix socket at `path` stands for a keypad that speaks `struct input_event` there, without the ioctls. Returns 0 with `*opened` set, or GONE,
/// ACCESS, BUSY, ARGUMENT, IO or MEMORY.
int kiosk_keypad_open(const char *path, kiosk_keypad *_Nullable *_Nonnull opened);

/// Waits until keys go down. Returns how many codes were written, 1…KIOSK_KEYPAD_MAX_KEYS, or TIMEOUT, GONE or IO.
int kiosk_keypad_read(kiosk_keypad *keypad, uint16_t codes[_Nonnull KIOSK_KEYPAD_MAX_KEYS], int32_t deadline_ms);

/// Lets others have its keys again, and forgets it.
void kiosk_keypad_close(kiosk_keypad *keypad);

#pragma clang assume_nonnull end

#endif

#ifndef VM_DEVICE_HIDPOS_H
#define VM_DEVICE_HIDPOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A whole input report of a HID-POS code scanner: the report id 2, then length, AIM id (3), data (56), 2 reserved, more-follows.
enum { HIDPOS_REPORT = 64, HIDPOS_DATA = 56, HIDPOS_ID = 2 };

/// The report descriptor: usage page 0x8C (bar code scanner), usage 2.
extern const uint8_t hidpos_descriptor[];
extern const size_t hidpos_descriptor_size;

/// Fills one report with the part of `text` that begins at `offset`; returns where the next part begins.
size_t hidpos_encode(uint8_t report[_Nonnull HIDPOS_REPORT], const char aim[_Nonnull 3], const char *text, size_t length, size_t offset);

/// Reads one report: false when it isn't one (another id, a length beyond the data).
bool hidpos_decode(
    const uint8_t report[_Nonnull HIDPOS_REPORT], const uint8_t *_Nonnull *_Nonnull aim, const uint8_t *_Nonnull *_Nonnull data, size_t *length,
    bool *more);

#pragma clang assume_nonnull end
#endif

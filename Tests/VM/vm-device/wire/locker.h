#ifndef VM_DEVICE_LOCKER_H
#define VM_DEVICE_LOCKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A frame of a locker board: a head, the board, the lock, a function or state, and the XOR of the four.
enum { LOCKER_FRAME = 5, LOCKER_ALL = 8, LOCKER_LOCKS = 32 };

/// The XOR of all bytes.
uint8_t locker_check(const uint8_t *bytes, size_t count);

/// A five-byte frame: `8A bd lk 11 x` opens, `80 bd lk 33 x` asks.
void locker_encode(uint8_t frame[_Nonnull LOCKER_FRAME], uint8_t head, uint8_t board, uint8_t lock, uint8_t value);

/// Whether the last byte is the XOR of the others.
bool locker_intact(const uint8_t *frame, size_t count);

/// The reply to "all": `80 bd s1 s2 s3 s4 33 x`; bit 0 of s4 is lock 1, bit 7 of s1 lock 32.
void locker_encode_all(uint8_t frame[_Nonnull LOCKER_ALL], uint8_t board, uint32_t states);

#pragma clang assume_nonnull end
#endif

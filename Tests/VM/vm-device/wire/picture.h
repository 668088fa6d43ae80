#ifndef VM_DEVICE_PICTURE_H
#define VM_DEVICE_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// The synthetic camera's picture: a JPEG of eight colour bars, made once by libjpeg-turbo (4:2:2, quality 75).
enum { PICTURE_WIDTH = 128, PICTURE_HEIGHT = 96, PICTURE_COMMENT = 16000, PICTURE_ROOM = 20000 };

/// The JPEG file, without a comment.
extern const uint8_t picture_bars[];
extern const size_t picture_bars_size;

/// Fills `bytes` with frame `number` and returns its size: the bars with a comment segment after SOI that holds the number (4 bytes, little
/// endian) and then bytes that count on from it. It makes each frame another, and as large as a real one.
size_t picture_encode(uint8_t bytes[_Nonnull PICTURE_ROOM], uint32_t number);

#pragma clang assume_nonnull end
#endif

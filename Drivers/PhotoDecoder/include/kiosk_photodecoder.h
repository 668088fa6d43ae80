/// A vendor's decoder for the photo on an ID card, run as a process: one photo in, one picture out, and it is gone.
///
/// Contract: a handle is opaque and used from one thread at a time; buffers belong to the caller; every call that can block takes a deadline in
/// milliseconds from now; a result is ≥ 0 or one of the negative codes below. No policy and no global state.
#ifndef KIOSK_PHOTODECODER_H
#define KIOSK_PHOTODECODER_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum {
    /// Bytes of a photo as the chip has it.
    KIOSK_PHOTO_BYTES = 1024,
    /// Pixels of the picture.
    KIOSK_PHOTO_WIDTH = 102,
    KIOSK_PHOTO_HEIGHT = 126,
    /// Bytes of its pixels, three each, rows from the top without padding.
    KIOSK_PHOTO_PIXELS = KIOSK_PHOTO_WIDTH * KIOSK_PHOTO_HEIGHT * 3,
    /// The longest header of a picture that is read, comments included.
    KIOSK_PHOTO_HEADER = 512,
};

/// Why there is no picture.
enum {
    /// It isn't done yet: wait again, or end it.
    KIOSK_DECODER_TIMEOUT = -1,
    /// There is no such program.
    KIOSK_DECODER_ABSENT = -2,
    /// This user may not run it.
    KIOSK_DECODER_ACCESS = -3,
    /// It is no program for this machine.
    KIOSK_DECODER_FORMAT = -4,
    /// A signal ended it.
    KIOSK_DECODER_CRASHED = -5,
    /// It ended with another exit code than 0.
    KIOSK_DECODER_FAILED = -6,
    /// It ended well, and what it wrote is no picture of that size.
    KIOSK_DECODER_PICTURE = -7,
    KIOSK_DECODER_SYSTEM = -8,
};

/// Finds the pixels of a binary PPM (`P6`, width, height, 255, one blank) that is whole and has nothing behind it, 102 × 126 at 8 bits.
/// Blanks and comments stand between the numbers as netpbm's ppm(5) has them. Pure. Returns the offset of the pixels, or PICTURE.
int kiosk_photo_locate(const uint8_t *bytes, size_t count);

typedef struct kiosk_decoder kiosk_decoder;

/// Starts the program with `photo` (KIOSK_PHOTO_BYTES) on its way to its standard input. It has no arguments, no environment, no other descriptor
/// than its standard ones (errors go nowhere), no core dump, a process group of its own, and dies with the calling thread.
/// Returns 0, ABSENT, ACCESS, FORMAT or SYSTEM.
int kiosk_decoder_start(const char *path, const uint8_t *photo, kiosk_decoder *_Nullable *_Nonnull decoder);

/// Waits for its end. Returns 0 with the pixels (KIOSK_PHOTO_PIXELS) in `pixels`, or TIMEOUT, after which it may be called again, CRASHED, FAILED,
/// PICTURE or SYSTEM. A program that writes more than a picture is not waited for: PICTURE.
int kiosk_decoder_wait(kiosk_decoder *decoder, uint8_t *pixels, int32_t deadline_ms);

/// Kills what is left of it, with all that it started in its group, waits for its end, clears and frees the handle.
void kiosk_decoder_end(kiosk_decoder *decoder);

#pragma clang assume_nonnull end

#endif

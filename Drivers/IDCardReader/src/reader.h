/// Shared by the files of this shim; not part of the contract.
#ifndef KIOSK_IDCARDREADER_PRIVATE_H
#define KIOSK_IDCARDREADER_PRIVATE_H

#include "kiosk_idcardreader.h"

#include <time.h>

#pragma clang assume_nonnull begin

/// Milliseconds of the monotonic clock.
static inline int64_t kiosk_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// Milliseconds left until `end`, never negative.
static inline int32_t kiosk_left(int64_t end) {
    int64_t left = end - kiosk_now();
    return left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int32_t)left;
}

#pragma clang assume_nonnull end

#endif

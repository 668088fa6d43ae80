/// Deadlines for shims: milliseconds of the monotonic clock.
#ifndef KIOSK_CLOCK_H
#define KIOSK_CLOCK_H

#include <stdint.h>
#include <time.h>

/// Milliseconds of the monotonic clock.
static inline int64_t kiosk_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// When a deadline given in milliseconds from now has come.
static inline int64_t kiosk_end(int32_t deadline_ms) { return kiosk_now() + (deadline_ms > 0 ? deadline_ms : 0); }

/// Milliseconds left until `end`, never negative.
static inline int32_t kiosk_left(int64_t end) {
    int64_t left = end - kiosk_now();
    return left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int32_t)left;
}

#endif

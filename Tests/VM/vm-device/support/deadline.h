#ifndef VM_DEVICE_DEADLINE_H
#define VM_DEVICE_DEADLINE_H

#include "outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A moment on the monotonic clock, in milliseconds.
struct deadline {
    int64_t at;
};

struct deadline deadline_in(int milliseconds);
bool deadline_passed(struct deadline deadline);

/// Milliseconds left, 0 when it has passed: what poll(2) takes.
int deadline_left(struct deadline deadline);

/// Rests for at most `milliseconds`, not beyond the deadline. For conditions that sysfs can't be waited on for.
void deadline_rest(struct deadline deadline, int milliseconds);

/// Waits until `events` can be done on `fd`: OK, GONE (hung up), LATE or SYSTEM.
enum outcome wait_for(int fd, short events, struct deadline deadline, const char *what);

/// Writes all of it to a non-blocking `fd`.
enum outcome write_all(int fd, const void *bytes, size_t count, struct deadline deadline, const char *what);

/// Reads exactly `count` bytes from a non-blocking `fd` that delivers a stream.
enum outcome read_exactly(int fd, void *bytes, size_t count, struct deadline deadline, const char *what);

#pragma clang assume_nonnull end
#endif

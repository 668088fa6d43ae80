#ifndef VM_DEVICE_OUTCOME_H
#define VM_DEVICE_OUTCOME_H

#pragma clang assume_nonnull begin

/// How a device program or a probe ended; also its exit code.
enum outcome {
    /// Everything was as expected.
    OUTCOME_OK = 0,
    /// The other side answered, but not with what was expected.
    OUTCOME_MISMATCH = 1,
    /// No such device within the deadline.
    OUTCOME_NOT_FOUND = 2,
    /// The device was there and was unplugged in the middle.
    OUTCOME_GONE = 3,
    /// The device is there, but did not answer within the deadline.
    OUTCOME_LATE = 4,
    /// The command line is wrong.
    OUTCOME_USAGE = 64,
    /// The system refused what the program needs (a module, configfs, a permission).
    OUTCOME_SYSTEM = 71,
};

/// The word for an outcome: `ok`, `mismatch`, `not-found`, `gone`, `late`, `usage`, `system`.
const char *outcome_name(enum outcome outcome);

/// Tells on stderr what went wrong and keeps it for `complaint()`.
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// What was complained about last, one line without its newline; empty when nothing was.
const char *complaint(void);

/// Complains with the reason of `number` (an errno) and says which outcome that is: an unplugged device is `OUTCOME_GONE`.
enum outcome failed(const char *what, int number);

#pragma clang assume_nonnull end
#endif

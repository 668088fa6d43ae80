#ifndef VM_DEVICE_PROBE_H
#define VM_DEVICE_PROBE_H

#include "../support/options.h"
#include "../support/outcome.h"

#pragma clang assume_nonnull begin

// Each probe finds its device by its ids, uses it as a driver would, and prints `probe KIND: in use: …` when it is in the middle of an exchange:
// from there on an unplug must lead to GONE. It ends with `probe KIND: ok …` or `probe KIND: OUTCOME: …`.

/// Prints `probe KIND: …`, unbuffered.
void probe_say(const char *kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Prints the last line for an outcome that isn't OK and returns it.
enum outcome probe_end(const char *kind, enum outcome outcome);

enum outcome probe_v4l2(const struct options *options);
enum outcome probe_hidraw(const struct options *options);
enum outcome probe_evdev(const struct options *options);
enum outcome probe_printer(const struct options *options);
enum outcome probe_acm(const struct options *options);

#pragma clang assume_nonnull end
#endif

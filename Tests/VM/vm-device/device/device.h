#ifndef VM_DEVICE_DEVICE_H
#define VM_DEVICE_DEVICE_H

#include "../support/options.h"
#include "../support/outcome.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

/// Room for a reply's text.
enum { REPLY_SIZE = 256, WATCHED = 4 };

/// A device that commands on stdin play with: one line each, answered by one line, `ok TEXT` or `error OUTCOME: REASON`.
/// Every call is bounded in time. `plug` and `unplug` are called in turn only.
struct device {
    void *context;
    enum outcome (*plug)(void *context);
    enum outcome (*unplug)(void *context);
    /// A verb of this kind; USAGE for one it doesn't know. `reply` is empty and may stay so.
    enum outcome (*perform)(void *context, const char *verb, const char *argument, char *reply);
    /// Fills in what to wait for, at most `WATCHED` entries; lowers `*milliseconds` (-1: no limit) if it wants to be called earlier.
    nfds_t (*_Nullable watch)(void *context, struct pollfd *entries, int *milliseconds);
    /// Called after each wait with the entries of `watch`.
    void (*_Nullable serve)(void *context, const struct pollfd *entries, nfds_t count);
    /// Asked after each `serve`: whether it has come to the step at which it was to pull its own plug. It says so once.
    bool (*_Nullable pulls)(void *context);
};

/// Says `ready` and serves until stdin ends or SIGTERM comes; then unplugs.
enum outcome device_run(const struct device *device);

enum outcome device_acm(const struct options *options);
enum outcome device_cp2112(const struct options *options);
enum outcome device_hid(const struct options *options);
enum outcome device_printer(const struct options *options);
enum outcome device_uinput(const struct options *options);
enum outcome device_uvc(const struct options *options);
enum outcome device_vivid(const struct options *options);

#pragma clang assume_nonnull end
#endif

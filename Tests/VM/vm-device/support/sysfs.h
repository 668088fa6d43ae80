#ifndef VM_DEVICE_SYSFS_H
#define VM_DEVICE_SYSFS_H

#include "deadline.h"
#include "outcome.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Reads a small file, without its trailing newline; false when it can't be read.
bool attribute_read(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/// Writes bytes to a file that exists, in one write(2); 0 or an errno. Doesn't complain.
int attribute_write(const char *path, const void *bytes, size_t count);

/// What tells a USB device from the others: its ids and its serial number.
struct usb_identity {
    uint16_t vendor;
    uint16_t product;
    const char *serial;
};

/// Looks at a device found: true if it is the one (an open file, its entry in sysfs, the caller's context).
typedef bool (*node_check)(int fd, const char *sysfs, void *_Nullable context);

/// Waits for a device of a class (`hidraw`, `tty`, `usbmisc`, `video4linux`, `input`) whose USB ancestor has this identity (any device when
/// NULL) and which `check` accepts, and opens its node in /dev without blocking. OK with `*fd` and `node`, or NOT_FOUND.
enum outcome open_node(
    int *fd, char node[_Nonnull PATH_MAX], const char *class, const char *prefix, const struct usb_identity *_Nullable identity,
    node_check _Nullable check, void *_Nullable context, struct deadline deadline);

/// Waits until the host's kernel has no USB device with that serial number any more: OK or LATE.
enum outcome wait_until_unplugged(const char *serial, struct deadline deadline);

/// Loads a module with parameters (NULL-terminated, the module first) through modprobe(8).
enum outcome load_module(const char *_Nullable const *_Nonnull arguments);

#pragma clang assume_nonnull end
#endif

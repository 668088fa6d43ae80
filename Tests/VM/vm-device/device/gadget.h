#ifndef VM_DEVICE_GADGET_H
#define VM_DEVICE_GADGET_H

#include "../support/outcome.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A USB gadget made in configfs and plugged into a free controller of dummy_hcd.
struct gadget {
    char path[PATH_MAX];
    char udc[64];
};

/// Loads dummy_hcd with several controllers and mounts configfs, when that isn't done yet.
enum outcome gadget_prepare(void);

/// Makes the gadget's directory; one left over by a program that died is removed first. `serial` is also its directory's name.
enum outcome gadget_create(struct gadget *gadget, uint16_t vendor, uint16_t product, const char *title, const char *serial);

/// Adds a function (`hid.scanner`). Its attributes are written with `gadget_set` and `gadget_set_bytes`, then it is linked to the only configuration.
enum outcome gadget_add(struct gadget *gadget, const char *function);
enum outcome gadget_set(struct gadget *gadget, const char *function, const char *attribute, const char *value);
enum outcome gadget_set_bytes(struct gadget *gadget, const char *function, const char *attribute, const void *bytes, size_t count);
enum outcome gadget_link(struct gadget *gadget, const char *function);

/// Plugs it into the first free controller. SYSTEM when all are taken.
enum outcome gadget_bind(struct gadget *gadget);

/// Pulls the plug: the host sees the disconnect at once, whatever the functions are doing. Close their nodes, then release.
enum outcome gadget_disconnect(struct gadget *gadget);

/// Gives the controller back, and waits until the host has forgotten the device.
enum outcome gadget_release(struct gadget *gadget);

/// Removes the gadget's directory.
void gadget_remove(struct gadget *gadget);

#pragma clang assume_nonnull end
#endif

// The kernel's own virtual camera. Plugging binds its driver, unplugging takes the driver away under whoever is streaming.
#include "../support/sysfs.h"
#include "device.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DRIVER "/sys/bus/platform/drivers/vivid"
#define DEVICE "vivid.0"

static enum outcome driver(const char *path, const char *what) {
    int number = attribute_write(path, DEVICE, strlen(DEVICE));
    if (number != 0) {
        complain("%s " DEVICE ": %s", what, strerror(number));
        return OUTCOME_SYSTEM;
    }
    return OUTCOME_OK;
}

static enum outcome plug(void *context) {
    (void)context;
    // One capture node whose only input is a webcam; the module's load binds the driver at once.
    enum outcome outcome = load_module((const char *const[]){"vivid", "n_devs=1", "node_types=0x1", "num_inputs=1", "input_types=0x0", NULL});
    if (outcome == OUTCOME_OK && access(DRIVER "/" DEVICE, F_OK) != 0) {
        outcome = driver(DRIVER "/bind", "binding");
    }
    return outcome;
}

static enum outcome unplug(void *context) {
    (void)context;
    return driver(DRIVER "/unbind", "unbinding");
}

static enum outcome perform(void *context, const char *verb, const char *argument, char *reply) {
    (void)context;
    (void)argument;
    (void)reply;
    complain("'%s' is no verb of it; it knows plug and unplug", verb);
    return OUTCOME_USAGE;
}

enum outcome device_vivid(const struct options *options) {
    (void)options;
    return device_run(&(struct device){.plug = plug, .unplug = unplug, .perform = perform});
}

// A keypad that isn't on USB: an input device made through /dev/uinput.
#include "../support/deadline.h"
#include "../support/sysfs.h"
#include "../wire/keypad.h"
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct keypad {
    const char *name;
    int fd;
};

static enum outcome refused(const char *what) {
    complain("%s: %s", what, strerror(errno));
    return OUTCOME_SYSTEM;
}

static enum outcome plug(void *context) {
    struct keypad *keypad = context;
    keypad->fd = open("/dev/uinput", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (keypad->fd < 0) {
        return refused("/dev/uinput");
    }
    struct uinput_setup setup = {.id = {.bustype = BUS_VIRTUAL, .vendor = 0x0525, .product = 0xA4AC}};
    snprintf(setup.name, sizeof setup.name, "%s", keypad->name);
    bool made = ioctl(keypad->fd, UI_SET_EVBIT, EV_KEY) == 0;
    for (const struct keypad_key *key = keypad_keys; made && *key->name; key++) {
        made = ioctl(keypad->fd, UI_SET_KEYBIT, key->code) == 0;
    }
    if (!made || ioctl(keypad->fd, UI_DEV_SETUP, &setup) != 0 || ioctl(keypad->fd, UI_DEV_CREATE) != 0) {
        enum outcome outcome = refused("making the input device");
        close(keypad->fd);
        return outcome;
    }
    return OUTCOME_OK;
}

static enum outcome unplug(void *context) {
    struct keypad *keypad = context;
    enum outcome outcome = ioctl(keypad->fd, UI_DEV_DESTROY) == 0 ? OUTCOME_OK : refused("destroying the input device");
    close(keypad->fd);
    keypad->fd = -1;
    return outcome;
}

static bool emit(struct keypad *keypad, uint16_t type, uint16_t code, int value) {
    struct input_event event = {.type = type, .code = code, .value = value};
    return write(keypad->fd, &event, sizeof event) == (ssize_t)sizeof event;
}

static enum outcome perform(void *context, const char *verb, const char *argument, char *reply) {
    struct keypad *keypad = context;
    (void)reply;
    bool hold = strcmp(verb, "hold") == 0;
    if (!hold && strcmp(verb, "press") != 0) {
        complain("'%s' is no verb of it; it knows press, hold", verb);
        return OUTCOME_USAGE;
    }
    const struct keypad_key *key = keypad_key(argument);
    if (!key) {
        complain("there is no key '%s': 0 to 9 and enter", argument);
        return OUTCOME_USAGE;
    }
    bool sent = emit(keypad, EV_KEY, key->code, 1) && emit(keypad, EV_SYN, SYN_REPORT, 0);
    if (sent && !hold) {
        sent = emit(keypad, EV_KEY, key->code, 0) && emit(keypad, EV_SYN, SYN_REPORT, 0);
    }
    return sent ? OUTCOME_OK : refused("pressing a key");
}

enum outcome device_uinput(const struct options *options) {
    struct keypad keypad = {.name = options->name, .fd = -1};
    enum outcome outcome = load_module((const char *const[]){"uinput", NULL});
    if (outcome == OUTCOME_OK) {
        outcome = device_run(&(struct device){.context = &keypad, .plug = plug, .unplug = unplug, .perform = perform});
    }
    return outcome;
}

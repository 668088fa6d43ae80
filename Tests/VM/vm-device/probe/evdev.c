// Reads keys of a keypad until `enter`, on USB or made through uinput.
#include "../support/deadline.h"
#include "../support/ids.h"
#include "../support/sysfs.h"
#include "probe.h"

#include <errno.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/// The codes are written out here, apart from the table that the keypad sends from.
static char digit(uint16_t code) {
    switch (code) {
    case KEY_KP0: return '0';
    case KEY_KP1: return '1';
    case KEY_KP2: return '2';
    case KEY_KP3: return '3';
    case KEY_KP4: return '4';
    case KEY_KP5: return '5';
    case KEY_KP6: return '6';
    case KEY_KP7: return '7';
    case KEY_KP8: return '8';
    case KEY_KP9: return '9';
    default: return 0;
    }
}

static bool has_keys(int fd) {
    uint8_t keys[KEY_CNT / 8] = {0};
    return ioctl(fd, EVIOCGBIT(EV_KEY, sizeof keys), keys) >= 0 && keys[KEY_KPENTER / 8] >> (KEY_KPENTER % 8) & 1;
}

/// A keypad on USB is known by its ids, one of uinput by its name.
static bool is_keypad(int fd, const char *sysfs, void *context) {
    const char *name = context;
    char serial[64] = "", title[64] = "";
    ioctl(fd, EVIOCGUNIQ(sizeof serial - 1), serial);
    ioctl(fd, EVIOCGNAME(sizeof title - 1), title);
    (void)sysfs;
    return has_keys(fd) && (strcmp(serial, name) == 0 || strcmp(title, name) == 0);
}

static enum outcome read_keys(int fd, char *typed, size_t room, struct deadline deadline) {
    size_t length = 0;
    for (;;) {
        enum outcome outcome = wait_for(fd, POLLIN, deadline, "waiting for a key");
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        struct input_event event;
        ssize_t got = read(fd, &event, sizeof event);
        if (got < 0) {
            if (errno == EAGAIN || errno == EINTR) {
                continue;
            }
            return failed("reading an event", errno);
        }
        if (got != (ssize_t)sizeof event || event.type != EV_KEY || event.value != 1) {
            continue;
        }
        if (event.code == KEY_KPENTER) {
            return OUTCOME_OK;
        }
        char character = digit(event.code);
        if (!character || length + 1 >= room) {
            complain("key %d is none of a keypad's, or too many came", event.code);
            return OUTCOME_MISMATCH;
        }
        typed[length++] = character;
        typed[length] = 0;
        probe_say("evdev", "in use: key %c down", character);
    }
}

enum outcome probe_evdev(const struct options *options) {
    struct deadline deadline = deadline_in(options->deadline);
    char node[PATH_MAX], typed[64] = "", name[64];
    snprintf(name, sizeof name, "%s", options->name);
    int fd;
    enum outcome outcome = open_node(&fd, node, "input", "event", NULL, is_keypad, name, deadline);
    if (outcome == OUTCOME_OK) {
        probe_say("evdev", "in use: %s listens", node);
        outcome = read_keys(fd, typed, sizeof typed, deadline);
        close(fd);
    }
    if (outcome == OUTCOME_OK && options->expect && strcmp(options->expect, typed) != 0) {
        complain("'%s' was typed and not '%s'", typed, options->expect);
        outcome = OUTCOME_MISMATCH;
    }
    if (outcome == OUTCOME_OK) {
        probe_say("evdev", "ok keys %s", typed);
    }
    return probe_end("evdev", outcome);
}

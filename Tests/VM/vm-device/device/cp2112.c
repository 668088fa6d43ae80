// A USB bridge with eight GPIO pins, Silicon Labs CP2112, made through /dev/uhid: the kernel's hid-cp2112 drives it and makes a gpiochip of it.
// Reports as in AN495, chapter 4; the I²C half of the bridge has nothing on it.
#include "../support/sysfs.h"
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/uhid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GPIO_CONFIG = 0x02, GPIO_GET = 0x03, GPIO_SET = 0x04, VERSION = 0x05, SMBUS_CONFIG = 0x06, LOCK_BYTE = 0x20, LONGEST = 14 };
enum { VENDOR = 0x10C4, PRODUCT = 0xEA90, PINS = 8 };
/// An even number of edges, so that a pin that flaps comes to rest where it was.
enum { FLAPS = 40 };
enum step { NO_STEP, TAKE, ON, EDGE };

#define FEATURE(id, bytes) 0x85, (id), 0x95, (bytes), 0x09, 0x01, 0xB1, 0x02
// Vendor page, bytes; the reports that the kernel asks for.
static const uint8_t descriptor[] = {
    0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, FEATURE(GPIO_CONFIG, 4), FEATURE(GPIO_GET, 1),
    FEATURE(GPIO_SET, 2), FEATURE(VERSION, 2), FEATURE(SMBUS_CONFIG, 13), FEATURE(LOCK_BYTE, 1), 0x85, 0x13, 0x95, 0x3D, 0x09, 0x01, 0x81, 0x02,
    0xC0,
};

struct bridge {
    const char *name;
    int fd;
    uint8_t outputs; // a bit for each pin that is one
    uint8_t latch;   // what outputs were set to
    uint8_t outside; // the levels that sensors give
    uint8_t told;    // the last levels that were asked for
    unsigned rises[PINS];
    uint8_t flapping;
    unsigned flaps;
    /// Until the pins are taken anew no level is told.
    bool disturbed;
    enum step pull;
    bool pulled;
};

static enum outcome refused(const char *what) {
    complain("%s: %s", what, strerror(errno));
    return OUTCOME_SYSTEM;
}

static bool send_event(const struct bridge *bridge, const struct uhid_event *event) {
    return write(bridge->fd, event, sizeof *event) == (ssize_t)sizeof *event;
}

static enum outcome plug(void *context) {
    struct bridge *bridge = context;
    bridge->fd = open("/dev/uhid", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (bridge->fd < 0) {
        return refused("/dev/uhid");
    }
    struct uhid_event event = {.type = UHID_CREATE2};
    struct uhid_create2_req *create = &event.u.create2;
    snprintf((char *)create->name, sizeof create->name, "Virtual CP2112");
    snprintf((char *)create->uniq, sizeof create->uniq, "%s", bridge->name);
    memcpy(create->rd_data, descriptor, sizeof descriptor);
    create->rd_size = sizeof descriptor;
    create->bus = BUS_USB;
    create->vendor = VENDOR;
    create->product = PRODUCT;
    if (!send_event(bridge, &event)) {
        enum outcome outcome = refused("making the bridge");
        close(bridge->fd);
        return outcome;
    }
    return OUTCOME_OK;
}

static enum outcome unplug(void *context) {
    struct bridge *bridge = context;
    enum outcome outcome = send_event(bridge, &(struct uhid_event){.type = UHID_DESTROY}) ? OUTCOME_OK : refused("taking the bridge away");
    close(bridge->fd);
    // Without power nothing is lit.
    *bridge = (struct bridge){.name = bridge->name, .fd = -1, .outside = bridge->outside};
    return outcome;
}

/// Which levels it tells; counted as asked for.
static uint8_t levels(struct bridge *bridge) {
    if (bridge->flaps > 0) {
        bridge->flaps--;
        bridge->outside ^= bridge->flapping;
    }
    uint8_t now = (uint8_t)((bridge->outside & ~bridge->outputs) | (bridge->latch & bridge->outputs));
    bool edge = ((now ^ bridge->told) & ~bridge->outputs) != 0;
    bridge->told = now;
    bridge->pulled = bridge->pulled || (edge && bridge->pull == EDGE);
    return now;
}

/// Fills in a report and returns its length; 0 for none.
static uint16_t get(struct bridge *bridge, uint8_t number, uint8_t *report) {
    report[0] = number;
    switch (number) {
    case GPIO_CONFIG: // direction (1 is output), push-pull, special functions, clock divider
        bridge->disturbed = false;
        bridge->pulled = bridge->pulled || bridge->pull == TAKE;
        report[1] = bridge->outputs;
        report[2] = 0xFF;
        return 5;
    case GPIO_GET:
        if (bridge->disturbed) {
            return 0;
        }
        report[1] = levels(bridge);
        return 2;
    case VERSION: // part number, version
        report[1] = 0x0C;
        report[2] = 0x02;
        return 3;
    case SMBUS_CONFIG: // 100 kHz, and zeros
        memcpy(report + 1, (const uint8_t[]){0x00, 0x01, 0x86, 0xA0}, 4);
        return 14;
    case LOCK_BYTE: // every field of its PROM is still unlocked
        report[1] = 0xFF;
        return 2;
    default: return 0;
    }
}

static bool set(struct bridge *bridge, const uint8_t *report, size_t size) {
    if (size >= 5 && report[0] == GPIO_CONFIG) {
        bridge->outputs = report[1];
    } else if (size >= 3 && report[0] == GPIO_SET) { // levels, and which of them
        uint8_t risen = report[1] & report[2] & (uint8_t)~bridge->latch;
        bridge->latch = (uint8_t)((bridge->latch & ~report[2]) | (report[1] & report[2]));
        for (int pin = 0; pin < PINS; pin++) {
            bridge->rises[pin] += risen >> pin & 1;
        }
        bridge->pulled = bridge->pulled || (risen != 0 && bridge->pull == ON);
    } else {
        return size > 0 && report[0] == SMBUS_CONFIG;
    }
    return true;
}

static nfds_t watch(void *context, struct pollfd *entries, int *milliseconds) {
    (void)milliseconds;
    entries[0] = (struct pollfd){.fd = ((struct bridge *)context)->fd, .events = POLLIN};
    return 1;
}

static void serve(void *context, const struct pollfd *entries, nfds_t count) {
    struct bridge *bridge = context;
    struct uhid_event event;
    if (count == 0 || !(entries[0].revents & POLLIN) || read(bridge->fd, &event, sizeof event) <= 0) {
        return;
    }
    struct uhid_event answer = {.type = 0};
    if (event.type == UHID_GET_REPORT) {
        struct uhid_get_report_reply_req *reply = &answer.u.get_report_reply;
        answer.type = UHID_GET_REPORT_REPLY;
        reply->id = event.u.get_report.id;
        reply->size = get(bridge, event.u.get_report.rnum, reply->data);
        reply->err = reply->size == 0 ? EIO : 0;
    } else if (event.type == UHID_SET_REPORT) {
        answer.type = UHID_SET_REPORT_REPLY;
        answer.u.set_report_reply.id = event.u.set_report.id;
        answer.u.set_report_reply.err = set(bridge, event.u.set_report.data, event.u.set_report.size) ? 0 : EIO;
    }
    // Whoever pulls the plug there doesn't answer; but an edge is told first, and the driver finds the chip gone when it looks.
    if (answer.type != 0 && (!bridge->pulled || bridge->pull == EDGE)) {
        (void)send_event(bridge, &answer);
    }
}

static bool pulls(void *context) { return ((struct bridge *)context)->pulled; }

static enum step step_named(const char *name) {
    return strcmp(name, "take") == 0 ? TAKE : strcmp(name, "on") == 0 ? ON : strcmp(name, "edge") == 0 ? EDGE : NO_STEP;
}

static enum outcome perform(void *context, const char *verb, const char *argument, char *reply) {
    struct bridge *bridge = context;
    int pin = *argument >= '0' && *argument < '0' + PINS ? *argument - '0' : -1;
    bool alone = pin >= 0 && argument[1] == 0;
    uint8_t bit = pin < 0 ? 0 : (uint8_t)(1 << pin);
    if (strcmp(verb, "high") == 0 && alone) {
        bridge->outside |= bit;
        bridge->flaps = 0;
    } else if (strcmp(verb, "low") == 0 && alone) {
        bridge->outside &= (uint8_t)~bit;
        bridge->flaps = 0;
    } else if (strcmp(verb, "flap") == 0 && alone) {
        bridge->flapping = bit;
        bridge->flaps = FLAPS;
    } else if (strcmp(verb, "level") == 0 && alone) {
        strcpy(reply, bridge->outputs & bridge->latch & bit ? "high" : "low");
    } else if (strcmp(verb, "rises") == 0 && alone) {
        snprintf(reply, REPLY_SIZE, "%u", bridge->rises[pin]);
    } else if (strcmp(verb, "disturb") == 0) {
        bridge->disturbed = true;
    } else if (strcmp(verb, "unplug-at") == 0 && step_named(argument) != NO_STEP) {
        bridge->pull = step_named(argument);
    } else {
        complain("'%s %s' is no verb of it; it knows high PIN, low PIN, flap PIN, level PIN, rises PIN, disturb, unplug-at take|on|edge", verb,
                 argument);
        return OUTCOME_USAGE;
    }
    return OUTCOME_OK;
}

enum outcome device_cp2112(const struct options *options) {
    struct bridge bridge = {.name = options->name, .fd = -1};
    enum outcome outcome = load_module((const char *const[]){"uhid", NULL});
    outcome = outcome ? outcome : load_module((const char *const[]){"hid-cp2112", NULL});
    if (outcome == OUTCOME_OK) {
        outcome = device_run(&(struct device){
            .context = &bridge, .plug = plug, .unplug = unplug, .perform = perform, .watch = watch, .serve = serve, .pulls = pulls});
    }
    return outcome;
}

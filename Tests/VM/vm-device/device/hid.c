// A USB device with two HID interfaces: a HID-POS code scanner and the keypad of a PIN pad, which speaks as a boot keyboard.
#include "../support/deadline.h"
#include "../support/ids.h"
#include "../support/sysfs.h"
#include "../wire/hidpos.h"
#include "../wire/keypad.h"
#include "device.h"
#include "gadget.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SCANNER, KEYPAD, INTERFACES };

/// How long the host may take to fetch the report before the next one. It polls only while someone has the device open, so nothing waits for
/// the last report's end: f_hid closes a report that fills its packet with an empty packet (req->zero), which a reader who has his code and
/// closes the device never fetches.
enum { FETCH_MS = 10000 };

/// A code that is held before the scanner is read again after so long.
enum { AGAIN_MS = 300 };

static const char *const functions[INTERFACES] = {"hid.scanner", "hid.keypad"};

struct hid {
    struct gadget gadget;
    int fds[INTERFACES];
    /// What is held before the scanner; empty for nothing.
    char shown[1024];
    struct deadline again;
};

static enum outcome describe(
    struct hid *hid, int which, const char *subclass, const char *protocol, const char *length, const uint8_t *descriptor, size_t size) {
    struct gadget *gadget = &hid->gadget;
    const char *function = functions[which];
    enum outcome outcome = gadget_add(gadget, function);
    outcome = outcome ? outcome : gadget_set(gadget, function, "subclass", subclass);
    outcome = outcome ? outcome : gadget_set(gadget, function, "protocol", protocol);
    outcome = outcome ? outcome : gadget_set(gadget, function, "report_length", length);
    outcome = outcome ? outcome : gadget_set_bytes(gadget, function, "report_desc", descriptor, size);
    return outcome ? outcome : gadget_link(gadget, function);
}

/// Opens the node that the function made; its number is in the function's attribute `dev`.
static enum outcome open_function(struct hid *hid, int which) {
    char device[32], path[64];
    unsigned major, minor;
    if (!attribute_read(device, sizeof device, "%s/functions/%s/dev", hid->gadget.path, functions[which])
        || sscanf(device, "%u:%u", &major, &minor) != 2) {
        complain("%s doesn't tell its device number", functions[which]);
        return OUTCOME_SYSTEM;
    }
    snprintf(path, sizeof path, "/dev/hidg%u", minor);
    struct deadline deadline = deadline_in(5000);
    while ((hid->fds[which] = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0) {
        if (deadline_passed(deadline)) {
            complain("%s: %s", path, strerror(errno));
            return OUTCOME_SYSTEM;
        }
        deadline_rest(deadline, 20);
    }
    return OUTCOME_OK;
}

static void close_all(struct hid *hid) {
    for (int i = 0; i < INTERFACES; i++) {
        if (hid->fds[i] >= 0) {
            close(hid->fds[i]);
        }
        hid->fds[i] = -1;
    }
}

static enum outcome plug(void *context) {
    struct hid *hid = context;
    enum outcome outcome = gadget_bind(&hid->gadget);
    for (int i = 0; outcome == OUTCOME_OK && i < INTERFACES; i++) {
        outcome = open_function(hid, i);
    }
    if (outcome != OUTCOME_OK && hid->gadget.udc[0]) {
        close_all(hid);
        gadget_release(&hid->gadget);
    }
    return outcome;
}

static enum outcome unplug(void *context) {
    struct hid *hid = context;
    enum outcome outcome = gadget_disconnect(&hid->gadget);
    close_all(hid);
    enum outcome released = gadget_release(&hid->gadget);
    return outcome ? outcome : released;
}

static enum outcome send(struct hid *hid, int which, const uint8_t *report, size_t size) {
    return write_all(hid->fds[which], report, size, deadline_in(FETCH_MS), "sending a report: does the host read the device");
}

/// Sends a code's reports: all of them, or the first only when `part`.
static enum outcome scan(struct hid *hid, const char *text, bool part) {
    size_t length = strlen(text);
    if (length == 0 || (part && length <= HIDPOS_DATA)) {
        complain(part ? "scan-part needs a code of more than 56 characters" : "scan needs a code");
        return OUTCOME_USAGE;
    }
    enum outcome outcome = OUTCOME_OK;
    for (size_t offset = 0; outcome == OUTCOME_OK && offset < length;) {
        uint8_t report[HIDPOS_REPORT];
        offset = hidpos_encode(report, "]Q1", text, length, offset);
        outcome = send(hid, SCANNER, report, sizeof report);
        if (part) {
            break;
        }
    }
    return outcome;
}

static nfds_t watch(void *context, struct pollfd *entries, int *milliseconds) {
    struct hid *hid = context;
    (void)entries;
    if (hid->shown[0]) {
        *milliseconds = deadline_left(hid->again);
    }
    return 0;
}

static void serve(void *context, const struct pollfd *entries, nfds_t count) {
    struct hid *hid = context;
    (void)entries;
    (void)count;
    if (hid->shown[0] && deadline_passed(hid->again)) {
        scan(hid, hid->shown, false);
        hid->again = deadline_in(AGAIN_MS);
    }
}

static enum outcome press(struct hid *hid, const char *name, bool hold) {
    const struct keypad_key *key = keypad_key(name);
    if (!key) {
        complain("there is no key '%s': 0 to 9 and enter", name);
        return OUTCOME_USAGE;
    }
    uint8_t report[KEYPAD_REPORT];
    keypad_encode(report, key);
    enum outcome outcome = send(hid, KEYPAD, report, sizeof report);
    if (outcome == OUTCOME_OK && !hold) {
        keypad_encode(report, NULL);
        outcome = send(hid, KEYPAD, report, sizeof report);
    }
    return outcome;
}

static enum outcome perform(void *context, const char *verb, const char *argument, char *reply) {
    struct hid *hid = context;
    (void)reply;
    if (strcmp(verb, "scan") == 0 || strcmp(verb, "scan-part") == 0) {
        return scan(hid, argument, strcmp(verb, "scan-part") == 0);
    }
    if (strcmp(verb, "show") == 0 || strcmp(verb, "hide") == 0) {
        snprintf(hid->shown, sizeof hid->shown, "%s", strcmp(verb, "show") == 0 ? argument : "");
        hid->again = deadline_in(0);
        return OUTCOME_OK;
    }
    if (strcmp(verb, "press") == 0 || strcmp(verb, "hold") == 0) {
        return press(hid, argument, strcmp(verb, "hold") == 0);
    }
    complain("'%s' is no verb of it; it knows scan, scan-part, show, hide, press, hold", verb);
    return OUTCOME_USAGE;
}

enum outcome device_hid(const struct options *options) {
    struct hid hid = {.fds = {-1, -1}};
    enum outcome outcome = gadget_prepare();
    outcome = outcome ? outcome : gadget_create(&hid.gadget, ID_VENDOR, ID_HID, "Virtual code scanner and keypad", options->name);
    outcome = outcome ? outcome : describe(&hid, SCANNER, "0", "0", "64", hidpos_descriptor, hidpos_descriptor_size);
    outcome = outcome ? outcome : describe(&hid, KEYPAD, "1", "1", "8", keypad_descriptor, keypad_descriptor_size);
    if (outcome == OUTCOME_OK) {
        outcome = device_run(&(struct device){
            .context = &hid, .plug = plug, .unplug = unplug, .perform = perform, .watch = watch, .serve = serve});
    }
    gadget_remove(&hid.gadget);
    return outcome;
}

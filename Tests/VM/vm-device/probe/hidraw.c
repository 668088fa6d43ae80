// Reads one code from a HID-POS scanner.
#include "../support/deadline.h"
#include "../support/ids.h"
#include "../support/sysfs.h"
#include "../wire/hidpos.h"
#include "probe.h"

#include <errno.h>
#include <linux/hidraw.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/// A scanner says at the head of its report descriptor: usage page 0x8C, usage 2. The keypad on the same device doesn't.
static bool is_scanner(int fd, const char *sysfs, void *context) {
    (void)sysfs;
    (void)context;
    struct hidraw_report_descriptor descriptor = {0};
    int size = 0;
    if (ioctl(fd, HIDIOCGRDESCSIZE, &size) < 0 || size < 4) {
        return false;
    }
    descriptor.size = (unsigned)size;
    static const uint8_t head[] = {0x05, 0x8C, 0x09, 0x02};
    return ioctl(fd, HIDIOCGRDESC, &descriptor) >= 0 && memcmp(descriptor.value, head, sizeof head) == 0;
}

static enum outcome read_code(int fd, char *code, size_t room, struct deadline deadline) {
    size_t length = 0;
    bool more = true;
    while (more) {
        enum outcome outcome = wait_for(fd, POLLIN, deadline, "waiting for a code");
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        uint8_t report[HIDPOS_REPORT + 1];
        ssize_t got = read(fd, report, sizeof report);
        if (got < 0) {
            if (errno == EAGAIN || errno == EINTR) {
                continue;
            }
            return failed("reading a report", errno);
        }
        const uint8_t *aim, *data;
        size_t part;
        if (got != HIDPOS_REPORT || !hidpos_decode(report, &aim, &data, &part, &more)) {
            complain("a report of %zd bytes that begins %02X %02X isn't a code's", got, report[0], report[1]);
            return OUTCOME_MISMATCH;
        }
        if (memcmp(aim, "]Q1", 3) != 0) {
            complain("the code's AIM id isn't a QR code's");
            return OUTCOME_MISMATCH;
        }
        if (length + part >= room) {
            complain("the code is longer than %zu characters", room - 1);
            return OUTCOME_MISMATCH;
        }
        memcpy(code + length, data, part);
        length += part;
        code[length] = 0;
        if (more) {
            probe_say("hidraw", "in use: %zu characters, more follow", length);
        }
    }
    return OUTCOME_OK;
}

enum outcome probe_hidraw(const struct options *options) {
    struct deadline deadline = deadline_in(options->deadline);
    struct usb_identity identity = {ID_VENDOR, ID_HID, options->name};
    char node[PATH_MAX], code[1024] = "";
    int fd;
    enum outcome outcome = open_node(&fd, node, "hidraw", "hidraw", &identity, is_scanner, NULL, deadline);
    if (outcome == OUTCOME_OK) {
        probe_say("hidraw", "in use: %s listens", node);
        outcome = read_code(fd, code, sizeof code, deadline);
        close(fd);
    }
    if (outcome == OUTCOME_OK && options->expect && strcmp(options->expect, code) != 0) {
        complain("the code is '%s' and not '%s'", code, options->expect);
        outcome = OUTCOME_MISMATCH;
    }
    if (outcome == OUTCOME_OK) {
        probe_say("hidraw", "ok code %s", code);
    }
    return probe_end("hidraw", outcome);
}

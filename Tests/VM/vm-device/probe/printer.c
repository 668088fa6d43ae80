// Prints a receipt on a USB printer through usblp and asks whether it has paper.
#include "../support/deadline.h"
#include "../support/ids.h"
#include "../support/sysfs.h"
#include "probe.h"

#include <errno.h>
#include <linux/lp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static enum outcome status(int fd, int *bits) {
    *bits = 0;
    return ioctl(fd, LPGETSTATUS, bits) < 0 ? failed("asking for the port status", errno) : OUTCOME_OK;
}

static enum outcome print(int fd, int bytes, uint32_t *hash, struct deadline deadline) {
    uint8_t line[256];
    *hash = 2166136261u;
    for (int sent = 0; sent < bytes;) {
        size_t count = 0;
        for (; count < sizeof line && sent < bytes; count++, sent++) {
            line[count] = sent % 32 == 31 ? '\n' : (uint8_t)('0' + sent % 10);
            *hash = (*hash ^ line[count]) * 16777619u;
        }
        enum outcome outcome = write_all(fd, line, count, deadline, "printing: is the printer jammed");
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        if (sent == (int)count) {
            probe_say("printer", "in use: %d of %d bytes sent", sent, bytes);
        }
    }
    // Closing the printer throws away what it hasn't taken: wait until it is ready for more.
    return wait_for(fd, POLLOUT, deadline, "waiting for the printer to take the rest");
}

static enum outcome use(int fd, int bytes, struct deadline deadline) {
    int bits;
    uint32_t hash = 0;
    enum outcome outcome = status(fd, &bits);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    if (bits & LP_POUTPA) {
        probe_say("printer", "ok paper empty, status %02X", bits);
        return OUTCOME_OK;
    }
    outcome = print(fd, bytes, &hash, deadline);
    outcome = outcome ? outcome : status(fd, &bits);
    if (outcome == OUTCOME_OK) {
        probe_say("printer", "ok %d bytes %08x, status %02X", bytes, hash, bits);
    }
    return outcome;
}

enum outcome probe_printer(const struct options *options) {
    struct deadline deadline = deadline_in(options->deadline);
    struct usb_identity identity = {ID_VENDOR, ID_PRINTER, options->name};
    char node[PATH_MAX];
    int fd;
    enum outcome outcome = open_node(&fd, node, "usbmisc", "lp", &identity, NULL, NULL, deadline);
    if (outcome == OUTCOME_OK) {
        outcome = use(fd, options->bytes, deadline);
        close(fd);
    }
    return probe_end("printer", outcome);
}

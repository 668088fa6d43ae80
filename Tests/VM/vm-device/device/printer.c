// A receipt printer of the USB printer class: counts what it is sent and tells whether it has paper; or, with --line, carries bytes between the host and a
// tty, where somebody else plays the printer.
#include "../support/deadline.h"
#include "../support/ids.h"
#include "device.h"
#include "gadget.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usb/g_printer.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FUNCTION "printer.receipts"

enum { NODES = 8 };

struct printer {
    struct gadget gadget;
    int fd;
    /// The tty behind it and its descriptor, -1 without one.
    const char *_Nullable line;
    int line_fd;
    /// What came from the host and the tty hasn't taken yet.
    uint8_t pending[4096];
    size_t filled;
    bool paper;
    /// The paper is jammed: nothing is taken from the host any more.
    bool jammed;
    size_t received;
    /// FNV-1a of all bytes since the plug.
    uint32_t hash;
};

static enum outcome show_status(struct printer *printer) {
    // USB printer class 1.1, 4.2.2: bit 5 paper empty, bit 4 selected, bit 3 not error.
    unsigned long status = PRINTER_SELECTED | (printer->paper ? PRINTER_NOT_ERROR : PRINTER_PAPER_EMPTY);
    if (ioctl(printer->fd, GADGET_SET_PRINTER_STATUS, status) < 0) {
        complain("setting the printer's status: %s", strerror(errno));
        return OUTCOME_SYSTEM;
    }
    return OUTCOME_OK;
}

static bool node_exists(int number) {
    char path[32];
    snprintf(path, sizeof path, "/dev/g_printer%d", number);
    return access(path, F_OK) == 0;
}

/// The function doesn't tell its number: it is the node that came with the binding.
static enum outcome open_new_node(struct printer *printer, const bool *before) {
    struct deadline deadline = deadline_in(5000);
    for (;;) {
        for (int i = 0; i < NODES; i++) {
            char path[32];
            snprintf(path, sizeof path, "/dev/g_printer%d", i);
            if (!before[i] && (printer->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) >= 0) {
                return OUTCOME_OK;
            }
        }
        if (deadline_passed(deadline)) {
            complain("no /dev/g_printer came with the gadget");
            return OUTCOME_SYSTEM;
        }
        deadline_rest(deadline, 20);
    }
}

static enum outcome plug(void *context) {
    struct printer *printer = context;
    bool before[NODES];
    for (int i = 0; i < NODES; i++) {
        before[i] = node_exists(i);
    }
    enum outcome outcome = gadget_bind(&printer->gadget);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    printer->received = 0;
    printer->hash = 2166136261u;
    printer->jammed = false;
    outcome = open_new_node(printer, before);
    outcome = outcome ? outcome : show_status(printer);
    printer->filled = 0;
    if (outcome == OUTCOME_OK && printer->line && (printer->line_fd = open(printer->line, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) < 0) {
        complain("opening %s: %s", printer->line, strerror(errno));
        outcome = OUTCOME_SYSTEM;
    }
    if (outcome != OUTCOME_OK) {
        gadget_release(&printer->gadget);
    }
    return outcome;
}

static enum outcome unplug(void *context) {
    struct printer *printer = context;
    enum outcome outcome = gadget_disconnect(&printer->gadget);
    close(printer->fd);
    printer->fd = -1;
    if (printer->line_fd >= 0) {
        close(printer->line_fd);
        printer->line_fd = -1;
    }
    enum outcome released = gadget_release(&printer->gadget);
    return outcome ? outcome : released;
}

static void take(struct printer *printer) {
    uint8_t buffer[8192];
    ssize_t count;
    while ((count = read(printer->fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            printer->hash = (printer->hash ^ buffer[i]) * 16777619u;
        }
        printer->received += (size_t)count;
    }
}

/// Only as much is taken from the host as the tty takes: a printer that is jammed there is one here.
static void carry(struct printer *printer) {
    for (;;) {
        if (printer->filled == 0) {
            ssize_t count = read(printer->fd, printer->pending, sizeof printer->pending);
            if (count <= 0) {
                break;
            }
            printer->filled = (size_t)count;
        }
        ssize_t taken = write(printer->line_fd, printer->pending, printer->filled);
        if (taken <= 0) {
            break;
        }
        printer->filled -= (size_t)taken;
        memmove(printer->pending, printer->pending + taken, printer->filled);
    }
    uint8_t answers[256];
    ssize_t count = read(printer->line_fd, answers, sizeof answers);
    if (count > 0 && write(printer->fd, answers, (size_t)count) < 0) {
        fprintf(stderr, "the host doesn't take the printer's answer: %s\n", strerror(errno));
    }
}

static nfds_t watch(void *context, struct pollfd *entries, int *milliseconds) {
    struct printer *printer = context;
    (void)milliseconds;
    if (printer->line_fd >= 0) {
        bool waiting = printer->filled > 0;
        entries[0] = (struct pollfd){.fd = printer->line_fd, .events = (short)(POLLIN | (waiting ? POLLOUT : 0))};
        entries[1] = (struct pollfd){.fd = printer->fd, .events = POLLIN};
        return waiting ? 1 : 2;
    }
    entries[0] = (struct pollfd){.fd = printer->fd, .events = POLLIN};
    return printer->jammed ? 0 : 1;
}

static void serve(void *context, const struct pollfd *entries, nfds_t count) {
    struct printer *printer = context;
    if (printer->line_fd >= 0) {
        carry(printer);
    } else if (count > 0 && entries[0].revents) {
        take(printer);
    }
}

static enum outcome perform(void *context, const char *verb, const char *argument, char *reply) {
    struct printer *printer = context;
    if (strcmp(verb, "paper") == 0 && (strcmp(argument, "in") == 0 || strcmp(argument, "out") == 0)) {
        printer->paper = strcmp(argument, "in") == 0;
        return show_status(printer);
    }
    if (strcmp(verb, "jam") == 0 || strcmp(verb, "free") == 0) {
        printer->jammed = strcmp(verb, "jam") == 0;
        return OUTCOME_OK;
    }
    if (strcmp(verb, "printed") == 0) {
        if (!printer->jammed) {
            take(printer);
        }
        snprintf(reply, REPLY_SIZE, "%zu bytes %08x", printer->received, printer->hash);
        return OUTCOME_OK;
    }
    complain("'%s %s' is no verb of it; it knows paper in|out, jam, free, printed", verb, argument);
    return OUTCOME_USAGE;
}

enum outcome device_printer(const struct options *options) {
    struct printer printer = {.fd = -1, .line = options->line, .line_fd = -1, .paper = true};
    struct gadget *gadget = &printer.gadget;
    enum outcome outcome = gadget_prepare();
    outcome = outcome ? outcome : gadget_create(gadget, ID_VENDOR, ID_PRINTER, "Virtual receipt printer", options->name);
    outcome = outcome ? outcome : gadget_add(gadget, FUNCTION);
    outcome = outcome ? outcome : gadget_set(gadget, FUNCTION, "pnp_string", "MFG:CivicKiosk;MDL:Virtual receipt printer;CLS:PRINTER;CMD:ESC/POS;");
    outcome = outcome ? outcome : gadget_link(gadget, FUNCTION);
    if (outcome == OUTCOME_OK) {
        const struct device device = {
            .context = &printer, .plug = plug, .unplug = unplug, .perform = perform, .watch = watch, .serve = serve};
        outcome = device_run(&device);
    }
    gadget_remove(gadget);
    return outcome;
}

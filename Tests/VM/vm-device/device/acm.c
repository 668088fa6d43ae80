// A locker board behind a USB serial port (CDC ACM).
#include "../support/deadline.h"
#include "../support/ids.h"
#include "../support/sysfs.h"
#include "../wire/locker.h"
#include "device.h"
#include "gadget.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define FUNCTION "acm.locker"

enum { BOARD = 1, FRAME_GAP_MS = 100 };

struct board {
    struct gadget gadget;
    int fd;
    /// Bit 0 is lock 1; set while it is open.
    uint32_t open;
    /// The line is RS-485 with an adapter that hears itself: each command comes back first.
    bool echo;
    /// Replies are withheld until `release`.
    bool held;
    uint8_t command[LOCKER_FRAME];
    size_t filled;
    /// When a command begun but not finished is thrown away.
    struct deadline gap;
    uint8_t reply[LOCKER_ALL];
    size_t reply_size;
};

static enum outcome plug(void *context) {
    struct board *board = context;
    enum outcome outcome = gadget_bind(&board->gadget);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    char number[16], path[48];
    attribute_read(number, sizeof number, "%s/functions/" FUNCTION "/port_num", board->gadget.path);
    snprintf(path, sizeof path, "/dev/ttyGS%s", number);
    board->filled = board->reply_size = 0;
    board->held = false;
    struct deadline deadline = deadline_in(5000);
    while ((board->fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) < 0) {
        if (deadline_passed(deadline)) {
            complain("%s: %s", path, strerror(errno));
            gadget_release(&board->gadget);
            return OUTCOME_SYSTEM;
        }
        deadline_rest(deadline, 20);
    }
    struct termios raw;
    tcgetattr(board->fd, &raw);
    cfmakeraw(&raw);
    tcsetattr(board->fd, TCSANOW, &raw);
    return OUTCOME_OK;
}

static enum outcome unplug(void *context) {
    struct board *board = context;
    enum outcome outcome = gadget_disconnect(&board->gadget);
    close(board->fd);
    board->fd = -1;
    enum outcome released = gadget_release(&board->gadget);
    return outcome ? outcome : released;
}

static void send(struct board *board, const uint8_t *bytes, size_t count) {
    write_all(board->fd, bytes, count, deadline_in(2000), "sending to the host");
}

static void release(struct board *board) {
    send(board, board->reply, board->reply_size);
    board->reply_size = 0;
}

/// A lock's state as the board says it: 00 open, 01 shut.
static uint8_t state(const struct board *board, uint8_t lock) { return board->open >> (lock - 1) & 1 ? 0x00 : 0x01; }

static void obey(struct board *board) {
    const uint8_t *command = board->command;
    if (board->echo) {
        send(board, command, LOCKER_FRAME);
    }
    // A board is silent about a damaged frame and about one that isn't for it.
    if (!locker_intact(command, LOCKER_FRAME) || command[1] != BOARD || command[2] > LOCKER_LOCKS) {
        return;
    }
    uint8_t lock = command[2];
    if (command[0] == 0x8A && command[3] == 0x11 && lock > 0) {
        board->open |= 1u << (lock - 1);
        locker_encode(board->reply, 0x8A, BOARD, lock, state(board, lock));
        board->reply_size = LOCKER_FRAME;
    } else if (command[0] == 0x80 && command[3] == 0x33 && lock > 0) {
        locker_encode(board->reply, 0x80, BOARD, lock, state(board, lock));
        board->reply_size = LOCKER_FRAME;
    } else if (command[0] == 0x80 && command[3] == 0x33) {
        locker_encode_all(board->reply, BOARD, ~board->open);
        board->reply_size = LOCKER_ALL;
    }
    if (!board->held) {
        release(board);
    }
}

static nfds_t watch(void *context, struct pollfd *entries, int *milliseconds) {
    struct board *board = context;
    entries[0] = (struct pollfd){.fd = board->fd, .events = POLLIN};
    if (board->filled > 0) {
        *milliseconds = deadline_left(board->gap);
    }
    return 1;
}

static void serve(void *context, const struct pollfd *entries, nfds_t count) {
    struct board *board = context;
    if (count == 0 || !(entries[0].revents & POLLIN)) {
        if (board->filled > 0 && deadline_passed(board->gap)) {
            board->filled = 0;
        }
        if (count > 0 && entries[0].revents & (POLLHUP | POLLERR)) {
            // Hung up until the host has opened the port: poll would return at once for ever.
            deadline_rest(deadline_in(20), 20);
        }
        return;
    }
    ssize_t got;
    while ((got = read(board->fd, board->command + board->filled, LOCKER_FRAME - board->filled)) > 0) {
        board->filled += (size_t)got;
        board->gap = deadline_in(FRAME_GAP_MS);
        if (board->filled == LOCKER_FRAME) {
            board->filled = 0;
            obey(board);
        }
    }
}

static enum outcome perform(void *context, const char *verb, const char *argument, char *reply) {
    struct board *board = context;
    if (strcmp(verb, "echo") == 0 && (strcmp(argument, "on") == 0 || strcmp(argument, "off") == 0)) {
        board->echo = strcmp(argument, "on") == 0;
    } else if (strcmp(verb, "withhold") == 0) {
        board->held = true;
    } else if (strcmp(verb, "release") == 0) {
        board->held = false;
        release(board);
    } else if (strcmp(verb, "shut") == 0 && atoi(argument) >= 1 && atoi(argument) <= LOCKER_LOCKS) {
        board->open &= ~(1u << (atoi(argument) - 1));
    } else if (strcmp(verb, "locks") == 0) {
        snprintf(reply, REPLY_SIZE, "open=%08x", board->open);
    } else {
        complain("'%s %s' is no verb of it; it knows echo on|off, withhold, release, shut LOCK, locks", verb, argument);
        return OUTCOME_USAGE;
    }
    return OUTCOME_OK;
}

enum outcome device_acm(const struct options *options) {
    struct board board = {.fd = -1};
    enum outcome outcome = gadget_prepare();
    outcome = outcome ? outcome : gadget_create(&board.gadget, ID_VENDOR, ID_ACM, "Virtual locker board", options->name);
    outcome = outcome ? outcome : gadget_add(&board.gadget, FUNCTION);
    outcome = outcome ? outcome : gadget_link(&board.gadget, FUNCTION);
    if (outcome == OUTCOME_OK) {
        const struct device device = {.context = &board, .plug = plug, .unplug = unplug, .perform = perform, .watch = watch, .serve = serve};
        outcome = device_run(&device);
    }
    gadget_remove(&board.gadget);
    return outcome;
}

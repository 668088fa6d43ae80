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

/// Where a driver is in the course of opening a lock: it asks, tells it to open, and asks again.
enum step { NO_STEP, QUERY, OPEN, STATE };

struct board {
    struct gadget gadget;
    int fd;
    /// Bit 0 is lock 1; set while it is open.
    uint32_t open;
    /// The line is RS-485 with an adapter that hears itself: each command comes back first.
    bool echo;
    /// Replies are withheld until `release`.
    bool held;
    /// Bytes that are none of a frame's come before each reply.
    bool noisy;
    /// An open lock is a set bit.
    bool open_is_one;
    /// Locks that stay shut when they are told to open.
    uint32_t stuck;
    /// A lock was told to open since the last question.
    bool opened;
    /// Where it pulls its own plug, and whether it got there.
    enum step pull;
    bool pulled;
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
    board->held = board->opened = false;
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
    if (board->noisy && board->reply_size > 0) {
        // The beginning of a frame is among it.
        send(board, (const uint8_t[]){0x00, 0x80, BOARD, 0x8A, 0xFF}, 5);
    }
    send(board, board->reply, board->reply_size);
    board->reply_size = 0;
}

/// A lock's state as the board says it: 00 open, 01 shut, or the other way round.
static uint8_t state(const struct board *board, uint8_t lock) {
    bool open = board->open >> (lock - 1) & 1;
    return open == board->open_is_one ? 0x01 : 0x00;
}

/// Whether the plug is to be pulled before this command is answered.
static bool pulls_at(struct board *board, const uint8_t *command) {
    enum step step = command[0] == 0x8A ? OPEN : board->opened ? STATE : QUERY;
    board->opened = step == OPEN;
    if (board->pull != step) {
        return false;
    }
    board->pull = NO_STEP;
    return board->pulled = true;
}

static void obey(struct board *board) {
    const uint8_t *command = board->command;
    if (board->echo) {
        send(board, command, LOCKER_FRAME);
    }
    // A board is silent about a damaged frame and about one that isn't for it.
    if (!locker_intact(command, LOCKER_FRAME) || command[1] != BOARD || command[2] > LOCKER_LOCKS) {
        return;
    }
    if (pulls_at(board, command)) {
        return;
    }
    uint8_t lock = command[2];
    if (command[0] == 0x8A && command[3] == 0x11 && lock > 0) {
        board->open |= (1u << (lock - 1)) & ~board->stuck;
        locker_encode(board->reply, 0x8A, BOARD, lock, state(board, lock));
        board->reply_size = LOCKER_FRAME;
    } else if (command[0] == 0x80 && command[3] == 0x33 && lock > 0) {
        locker_encode(board->reply, 0x80, BOARD, lock, state(board, lock));
        board->reply_size = LOCKER_FRAME;
    } else if (command[0] == 0x80 && command[3] == 0x33) {
        locker_encode_all(board->reply, BOARD, board->open_is_one ? board->open : ~board->open);
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

static enum step step_named(const char *name) {
    return strcmp(name, "query") == 0 ? QUERY : strcmp(name, "open") == 0 ? OPEN : strcmp(name, "state") == 0 ? STATE : NO_STEP;
}

static bool pulls(void *context) {
    struct board *board = context;
    bool pulled = board->pulled;
    board->pulled = false;
    return pulled;
}

static enum outcome perform(void *context, const char *verb, const char *argument, char *reply) {
    struct board *board = context;
    int lock = atoi(argument);
    uint32_t bit = lock >= 1 && lock <= LOCKER_LOCKS ? 1u << (lock - 1) : 0;
    if (strcmp(verb, "echo") == 0 && (strcmp(argument, "on") == 0 || strcmp(argument, "off") == 0)) {
        board->echo = strcmp(argument, "on") == 0;
    } else if (strcmp(verb, "withhold") == 0) {
        board->held = true;
    } else if (strcmp(verb, "release") == 0) {
        board->held = false;
        release(board);
    } else if (strcmp(verb, "noise") == 0 && (strcmp(argument, "on") == 0 || strcmp(argument, "off") == 0)) {
        board->noisy = strcmp(argument, "on") == 0;
    } else if (strcmp(verb, "polarity") == 0 && (strcmp(argument, "open-is-1") == 0 || strcmp(argument, "open-is-0") == 0)) {
        board->open_is_one = strcmp(argument, "open-is-1") == 0;
    } else if (strcmp(verb, "open") == 0 && bit) {
        board->open |= bit;
    } else if (strcmp(verb, "shut") == 0 && bit) {
        board->open &= ~bit;
    } else if (strcmp(verb, "stick") == 0 && bit) {
        board->stuck |= bit;
    } else if (strcmp(verb, "free") == 0 && bit) {
        board->stuck &= ~bit;
    } else if (strcmp(verb, "unplug-at") == 0 && step_named(argument) != NO_STEP) {
        board->pull = step_named(argument);
    } else if (strcmp(verb, "locks") == 0) {
        snprintf(reply, REPLY_SIZE, "open=%08x", board->open);
    } else {
        complain("'%s %s' is no verb of it; it knows echo on|off, noise on|off, polarity open-is-0|open-is-1, withhold, release, open LOCK, shut LOCK, "
                 "stick LOCK, free LOCK, locks, unplug-at query|open|state",
                 verb, argument);
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
        const struct device device = {
            .context = &board, .plug = plug, .unplug = unplug, .perform = perform, .watch = watch, .serve = serve,
            .pulls = pulls};
        outcome = device_run(&device);
    }
    gadget_remove(&board.gadget);
    return outcome;
}

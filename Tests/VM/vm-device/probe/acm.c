// Opens a lock as a locker driver would, and asks for its state.
#include "../support/deadline.h"
#include "../support/ids.h"
#include "../support/sysfs.h"
#include "probe.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static enum outcome prepare(int fd) {
    struct termios raw;
    if (tcgetattr(fd, &raw) != 0) {
        return failed("asking for the line's settings", errno);
    }
    cfmakeraw(&raw);
    raw.c_cflag |= CLOCAL | CREAD;
    raw.c_cflag &= ~(tcflag_t)CRTSCTS;
    cfsetispeed(&raw, B9600);
    cfsetospeed(&raw, B9600);
    if (tcsetattr(fd, TCSANOW, &raw) != 0 || tcflush(fd, TCIOFLUSH) != 0) {
        return failed("setting the line to 9600 8N1", errno);
    }
    return OUTCOME_OK;
}

/// Sends a command and takes its reply of five bytes; an echo of the command is skipped. The check byte is computed here, not by the code that the
/// board uses.
static enum outcome ask(int fd, const uint8_t command[5], uint8_t reply[5], int *echoes, struct deadline deadline) {
    enum outcome outcome = write_all(fd, command, 5, deadline, "sending a command");
    if (outcome == OUTCOME_OK) {
        probe_say("acm", "in use: command %02X for lock %d sent", command[0], command[2]);
        outcome = read_exactly(fd, reply, 5, deadline, "waiting for the board's reply");
    }
    if (outcome == OUTCOME_OK && memcmp(command, reply, 5) == 0) {
        *echoes += 1;
        outcome = read_exactly(fd, reply, 5, deadline, "waiting for the board's reply after the echo");
    }
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    if ((reply[0] ^ reply[1] ^ reply[2] ^ reply[3]) != reply[4]) {
        complain("the reply's check byte is wrong: %02X %02X %02X %02X %02X", reply[0], reply[1], reply[2], reply[3], reply[4]);
        return OUTCOME_MISMATCH;
    }
    if (reply[0] != command[0] || reply[1] != command[1] || reply[2] != command[2]) {
        complain("the reply isn't for this command: %02X %02X %02X %02X %02X", reply[0], reply[1], reply[2], reply[3], reply[4]);
        return OUTCOME_MISMATCH;
    }
    return OUTCOME_OK;
}

static enum outcome use(int fd, int lock, struct deadline deadline) {
    uint8_t open_command[5] = {0x8A, 0x01, (uint8_t)lock, 0x11, (uint8_t)(0x8A ^ 0x01 ^ lock ^ 0x11)};
    uint8_t query[5] = {0x80, 0x01, (uint8_t)lock, 0x33, (uint8_t)(0x80 ^ 0x01 ^ lock ^ 0x33)};
    uint8_t opened[5], state[5];
    int echoes = 0;
    enum outcome outcome = prepare(fd);
    outcome = outcome ? outcome : ask(fd, open_command, opened, &echoes, deadline);
    outcome = outcome ? outcome : ask(fd, query, state, &echoes, deadline);
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    if (opened[3] != 0x00 || state[3] != 0x00) {
        complain("lock %d is not open: %02X after the command, %02X when asked", lock, opened[3], state[3]);
        return OUTCOME_MISMATCH;
    }
    probe_say("acm", "ok lock %d open, %d echoes", lock, echoes);
    return OUTCOME_OK;
}

enum outcome probe_acm(const struct options *options) {
    struct deadline deadline = deadline_in(options->deadline);
    struct usb_identity identity = {ID_VENDOR, ID_ACM, options->name};
    char node[PATH_MAX];
    int fd;
    enum outcome outcome = open_node(&fd, node, "tty", "ttyACM", &identity, NULL, NULL, deadline);
    if (outcome == OUTCOME_OK) {
        outcome = use(fd, options->lock, deadline);
        // What can't be sent any more isn't waited for: closing a serial port otherwise drains it, for up to 30 s.
        tcflush(fd, TCIOFLUSH);
        close(fd);
    }
    return probe_end("acm", outcome);
}

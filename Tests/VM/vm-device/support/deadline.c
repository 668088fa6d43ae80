#include "deadline.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

struct deadline deadline_in(int milliseconds) { return (struct deadline){.at = now() + milliseconds}; }

bool deadline_passed(struct deadline deadline) { return now() >= deadline.at; }

int deadline_left(struct deadline deadline) {
    int64_t left = deadline.at - now();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

void deadline_rest(struct deadline deadline, int milliseconds) {
    int left = deadline_left(deadline);
    poll(NULL, 0, left < milliseconds ? left : milliseconds);
}

enum outcome wait_for(int fd, short events, struct deadline deadline, const char *what) {
    for (;;) {
        struct pollfd entry = {.fd = fd, .events = events};
        int ready = poll(&entry, 1, deadline_left(deadline));
        if (ready < 0 && errno != EINTR) {
            return failed(what, errno);
        }
        if (ready > 0) {
            if (entry.revents & events) {
                return OUTCOME_OK;
            }
            complain("%s: the device hung up", what);
            return OUTCOME_GONE;
        }
        if (ready == 0 || deadline_passed(deadline)) {
            complain("%s: no answer within the deadline", what);
            return OUTCOME_LATE;
        }
    }
}

enum outcome write_all(int fd, const void *bytes, size_t count, struct deadline deadline, const char *what) {
    const uint8_t *next = bytes;
    while (count > 0) {
        enum outcome outcome = wait_for(fd, POLLOUT, deadline, what);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        ssize_t written = write(fd, next, count);
        if (written < 0) {
            if (errno == EAGAIN || errno == EINTR) {
                continue;
            }
            return failed(what, errno);
        }
        next += written;
        count -= (size_t)written;
    }
    return OUTCOME_OK;
}

enum outcome read_exactly(int fd, void *bytes, size_t count, struct deadline deadline, const char *what) {
    uint8_t *next = bytes;
    while (count > 0) {
        enum outcome outcome = wait_for(fd, POLLIN, deadline, what);
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
        ssize_t got = read(fd, next, count);
        if (got == 0) {
            complain("%s: end of file, the device is gone", what);
            return OUTCOME_GONE;
        }
        if (got < 0) {
            if (errno == EAGAIN || errno == EINTR) {
                continue;
            }
            return failed(what, errno);
        }
        next += got;
        count -= (size_t)got;
    }
    return OUTCOME_OK;
}

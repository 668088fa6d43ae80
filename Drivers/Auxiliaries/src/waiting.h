#ifndef KIOSK_GPIO_WAITING_H
#define KIOSK_GPIO_WAITING_H

#include "kiosk_gpio.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

#pragma clang assume_nonnull begin

static inline int kiosk_gpio_failure(int error) {
    switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
    case EPIPE:
    case ECONNREFUSED:
    case ECONNRESET:
        return KIOSK_GPIO_GONE;
    case EACCES:
    case EPERM:
        return KIOSK_GPIO_ACCESS;
    case EBUSY:
        return KIOSK_GPIO_BUSY;
    case EINVAL:
    case ENOTTY:
    case ENAMETOOLONG:
        return KIOSK_GPIO_ARGUMENT;
    default:
        return KIOSK_GPIO_IO;
    }
}

/// The first entry is the eventfd that interrupts: what was written to it is taken. 1 when there is something to do, TIMEOUT or IO.
static inline int kiosk_gpio_poll(struct pollfd *entries, nfds_t count, int32_t deadline_ms) {
    int ready = poll(entries, count, deadline_ms);
    if (ready == 0) {
        return KIOSK_GPIO_TIMEOUT;
    }
    if (ready < 0) {
        // Whoever waits looks at its clock and waits again.
        return errno == EINTR ? 1 : KIOSK_GPIO_IO;
    }
    if (entries[0].revents != 0) {
        uint64_t number = 0;
        (void)!read(entries[0].fd, &number, sizeof number);
    }
    return 1;
}

static inline void kiosk_gpio_ring(int fd) {
    uint64_t one = 1;
    (void)!write(fd, &one, sizeof one);
}

#pragma clang assume_nonnull end

#endif

// Pins of a board that speaks on a Unix socket; the message is in the header.
#include "kiosk_clock.h"
#include "waiting.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef struct board {
    int fd;
    int interrupt;
    kiosk_gpio_pin pins[KIOSK_GPIO_MAX_PINS];
    size_t count;
    /// Active inputs, and those whose level was told at all. Read by any thread, written by the one that waits.
    atomic_uint active, known;
    char path[];
} board;

static int say(board *board, uint8_t kind, uint32_t offset, bool level) {
    const uint8_t message[4] = {kind, (uint8_t)offset, level, 0};
    ssize_t sent = send(board->fd, message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == (ssize_t)sizeof message ? 0 : kiosk_gpio_failure(errno);
}

/// Takes one message in and adds the inputs it tells of to `changed`. 0, GONE or IO.
static int hear(board *board, uint32_t *changed) {
    uint8_t message[4];
    ssize_t count = recv(board->fd, message, sizeof message, MSG_DONTWAIT);
    if (count <= 0) {
        return count == 0 ? KIOSK_GPIO_GONE : errno == EAGAIN || errno == EINTR ? 0 : kiosk_gpio_failure(errno);
    }
    for (size_t pin = 0; count == (ssize_t)sizeof message && message[0] == 'E' && pin < board->count; pin++) {
        if (board->pins[pin].offset == message[1] && !board->pins[pin].is_output) {
            uint32_t bit = UINT32_C(1) << pin;
            if ((message[2] != 0) != board->pins[pin].is_active_low) {
                atomic_fetch_or(&board->active, bit);
            } else {
                atomic_fetch_and(&board->active, ~bit);
            }
            atomic_fetch_or(&board->known, bit);
            *changed |= bit;
        }
    }
    return 0;
}

static int board_wait(void *context, uint32_t watched, uint32_t *changed, int32_t deadline_ms) {
    board *board = context;
    int64_t end = kiosk_end(deadline_ms);
    *changed = 0;
    for (;;) {
        struct pollfd entries[2] = {{.fd = board->interrupt, .events = POLLIN}, {.fd = board->fd, .events = POLLIN}};
        int result = kiosk_gpio_poll(entries, 2, deadline_ms < 0 ? -1 : kiosk_left(end));
        if (result < 0) {
            return result;
        }
        if (entries[1].revents != 0) {
            uint32_t heard = 0;
            result = hear(board, &heard);
            if (result < 0) {
                return result;
            }
            *changed |= heard & watched;
        }
        if (*changed != 0 || entries[0].revents != 0) {
            return 0;
        }
    }
}

static int board_set(void *context, size_t pin, bool active) {
    board *board = context;
    return say(board, 'S', board->pins[pin].offset, active != board->pins[pin].is_active_low);
}

static int board_get(void *context, size_t pin) {
    board *board = context;
    char byte;
    // A board that hung up has no levels any more.
    if (recv(board->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
        return KIOSK_GPIO_GONE;
    }
    return (int)(atomic_load(&board->active) >> pin & 1);
}

static int board_open(void *context, const kiosk_gpio_pin *pins, size_t count, int32_t deadline_ms) {
    board *board = context;
    int64_t end = kiosk_end(deadline_ms);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (count > KIOSK_GPIO_MAX_PINS || strlen(board->path) >= sizeof address.sun_path) {
        return KIOSK_GPIO_ARGUMENT;
    }
    memcpy(address.sun_path, board->path, strlen(board->path));
    board->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (board->fd < 0 || connect(board->fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        return kiosk_gpio_failure(errno);
    }
    memcpy(board->pins, pins, count * sizeof *pins);
    board->count = count;
    uint32_t inputs = 0;
    for (size_t pin = 0; pin < count; pin++) {
        if (pins[pin].offset > UINT8_MAX) {
            return KIOSK_GPIO_ARGUMENT;
        }
        inputs |= pins[pin].is_output ? 0 : UINT32_C(1) << pin;
        int result = say(board, pins[pin].is_output ? 'O' : 'I', pins[pin].offset, false);
        if (result == 0 && pins[pin].is_output) {
            result = board_set(board, pin, false);
        }
        if (result < 0) {
            return result;
        }
    }
    while ((atomic_load(&board->known) & inputs) != inputs) {
        uint32_t changed = 0;
        int result = board_wait(board, inputs, &changed, kiosk_left(end));
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

static void board_interrupt(void *context) { kiosk_gpio_ring(((board *)context)->interrupt); }

static void board_close(void *context) {
    board *board = context;
    if (board->fd >= 0) {
        for (size_t pin = 0; pin < board->count; pin++) {
            if (board->pins[pin].is_output) {
                (void)board_set(board, pin, false);
            }
        }
        close(board->fd);
    }
    close(board->interrupt);
    free(board);
}

int kiosk_gpio_socket(const char *path, kiosk_gpio *gpio) {
    size_t size = strlen(path) + 1;
    board *made = calloc(1, sizeof *made + size);
    if (made == NULL) {
        return KIOSK_GPIO_MEMORY;
    }
    made->fd = -1;
    made->interrupt = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->interrupt < 0) {
        free(made);
        return KIOSK_GPIO_IO;
    }
    memcpy(made->path, path, size);
    *gpio = (kiosk_gpio){.context = made, .open = board_open, .set = board_set, .get = board_get, .wait = board_wait,
                         .interrupt = board_interrupt, .close = board_close};
    return 0;
}

// Pins of the kernel's, through libgpiod 1.6 and the character device of a chip.
#include "waiting.h"

#include <gpiod.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

typedef struct chip {
    struct gpiod_chip *handle;
    struct gpiod_line *lines[KIOSK_GPIO_MAX_PINS];
    kiosk_gpio_pin pins[KIOSK_GPIO_MAX_PINS];
    size_t count;
    int interrupt;
    char name[];
} chip;

static int request(chip *chip, size_t pin) {
    struct gpiod_line *line = gpiod_chip_get_line(chip->handle, chip->pins[pin].offset);
    if (line == NULL) {
        return kiosk_gpio_failure(errno);
    }
    struct gpiod_line_request_config wanted = {
        .consumer = "kiosk",
        .request_type = chip->pins[pin].is_output ? GPIOD_LINE_REQUEST_DIRECTION_OUTPUT : GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES,
        .flags = chip->pins[pin].is_active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0,
    };
    if (gpiod_line_request(line, &wanted, 0) < 0) {
        return kiosk_gpio_failure(errno);
    }
    chip->lines[pin] = line;
    return 0;
}

static int chip_open(void *context, const kiosk_gpio_pin *pins, size_t count, int32_t deadline_ms) {
    (void)deadline_ms; // Nothing here waits.
    chip *chip = context;
    if (count > KIOSK_GPIO_MAX_PINS) {
        return KIOSK_GPIO_ARGUMENT;
    }
    chip->handle = gpiod_chip_open_lookup(chip->name);
    if (chip->handle == NULL) {
        // What isn't a label or a name at all is answered with EINVAL by some versions.
        int code = kiosk_gpio_failure(errno);
        return code == KIOSK_GPIO_ARGUMENT ? KIOSK_GPIO_GONE : code;
    }
    for (size_t pin = 0; pin < count; pin++) {
        chip->pins[pin] = pins[pin];
        chip->count = pin + 1;
        int result = request(chip, pin);
        if (result < 0) {
            return result;
        }
    }
    return 0;
}

static int chip_set(void *context, size_t pin, bool active) {
    chip *chip = context;
    return gpiod_line_set_value(chip->lines[pin], active) == 0 ? 0 : kiosk_gpio_failure(errno);
}

static int chip_get(void *context, size_t pin) {
    chip *chip = context;
    int value = gpiod_line_get_value(chip->lines[pin]);
    return value >= 0 ? value : kiosk_gpio_failure(errno);
}

static int chip_wait(void *context, uint32_t watched, uint32_t *changed, int32_t deadline_ms) {
    chip *chip = context;
    *changed = 0;
    struct pollfd entries[1 + KIOSK_GPIO_MAX_PINS] = {{.fd = chip->interrupt, .events = POLLIN}};
    size_t pins[1 + KIOSK_GPIO_MAX_PINS];
    nfds_t count = 1;
    for (size_t pin = 0; pin < chip->count; pin++) {
        if ((watched >> pin & 1) != 0 && !chip->pins[pin].is_output) {
            pins[count] = pin;
            entries[count++] = (struct pollfd){.fd = gpiod_line_event_get_fd(chip->lines[pin]), .events = POLLIN};
        }
    }
    int result = kiosk_gpio_poll(entries, count, deadline_ms);
    if (result < 0) {
        return result;
    }
    for (nfds_t i = 1; i < count; i++) {
        if ((entries[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
            return KIOSK_GPIO_GONE;
        }
        // As many as the kernel keeps. Which they were is of no matter: the level is what counts.
        struct gpiod_line_event events[16];
        if ((entries[i].revents & POLLIN) != 0) {
            if (gpiod_line_event_read_fd_multiple(entries[i].fd, events, 16) < 0) {
                return kiosk_gpio_failure(errno);
            }
            *changed |= UINT32_C(1) << pins[i];
        }
    }
    return 0;
}

static void chip_interrupt(void *context) { kiosk_gpio_ring(((chip *)context)->interrupt); }

static void chip_close(void *context) {
    chip *chip = context;
    for (size_t pin = 0; pin < chip->count; pin++) {
        if (chip->lines[pin] != NULL && chip->pins[pin].is_output) {
            (void)gpiod_line_set_value(chip->lines[pin], 0);
        }
    }
    if (chip->handle != NULL) {
        gpiod_chip_close(chip->handle); // Releases the lines.
    }
    close(chip->interrupt);
    free(chip);
}

int kiosk_gpio_chip(const char *name, kiosk_gpio *gpio) {
    size_t size = strlen(name) + 1;
    chip *made = calloc(1, sizeof *made + size);
    if (made == NULL) {
        return KIOSK_GPIO_MEMORY;
    }
    made->interrupt = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->interrupt < 0) {
        free(made);
        return KIOSK_GPIO_IO;
    }
    memcpy(made->name, name, size);
    *gpio = (kiosk_gpio){.context = made, .open = chip_open, .set = chip_set, .get = chip_get, .wait = chip_wait, .interrupt = chip_interrupt,
                         .close = chip_close};
    return 0;
}

/// Lights, a buzzer and sensors on the pins of a GPIO chip.
///
/// Contract: `wait` and `close` are called by one thread, `set`, `get` and `interrupt` by any; buffers belong to the caller; the call that can block
/// takes a deadline in milliseconds from now; a result is ≥ 0 or one of the negative codes below. No policy and no global state: what a pin means,
/// blinking and debouncing are the caller's.
#ifndef KIOSK_GPIO_H
#define KIOSK_GPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Why a call failed.
enum {
    KIOSK_GPIO_TIMEOUT = -1,
    /// There is no such chip, or it was unplugged.
    KIOSK_GPIO_GONE = -2,
    /// It exists and this user may not open it.
    KIOSK_GPIO_ACCESS = -3,
    /// Another process, or the kernel, has one of the pins.
    KIOSK_GPIO_BUSY = -4,
    /// The chip has no such pin, or the pin can't do it.
    KIOSK_GPIO_ARGUMENT = -5,
    KIOSK_GPIO_IO = -6,
    KIOSK_GPIO_MEMORY = -7,
};

/// Pins that one board may have: they are the bits of a mask.
enum { KIOSK_GPIO_MAX_PINS = 32 };

typedef struct kiosk_gpio_pin {
    /// The chip's number for it.
    uint32_t offset;
    bool is_output;
    /// It is active when the level is low.
    bool is_active_low;
} kiosk_gpio_pin;

/// All zero until one of the functions below has filled it in. Pins are counted as `open` was given them. `context` is freed by `close`, which is called
/// exactly once, after a failed `open` too.
typedef struct kiosk_gpio {
    void *_Nullable context;
    /// Takes the pins: outputs inactive, inputs watched on both edges. At most KIOSK_GPIO_MAX_PINS. 0 or a negative code.
    int (*_Nullable open)(void *_Nullable context, const kiosk_gpio_pin *pins, size_t count, int32_t deadline_ms);
    /// Makes an output active or not: 0 or a negative code.
    int (*_Nullable set)(void *_Nullable context, size_t pin, bool active);
    /// Whether an input is active: 1, 0 or a negative code.
    int (*_Nullable get)(void *_Nullable context, size_t pin);
    /// Waits until one of the inputs in `watched` (bit n is pin n) had an edge: 0 with those in `changed`, or with none when interrupted; or a negative
    /// code. A negative deadline is none. Edges of other inputs are kept for later, as far as the kernel does.
    int (*_Nullable wait)(void *_Nullable context, uint32_t watched, uint32_t *changed, int32_t deadline_ms);
    /// Ends a wait, or the next one.
    void (*_Nullable interrupt)(void *_Nullable context);
    /// Makes all outputs inactive and gives the pins back.
    void (*_Nullable close)(void *_Nullable context);
} kiosk_gpio;

static inline int kiosk_gpio_open(const kiosk_gpio *gpio, const kiosk_gpio_pin *pins, size_t count, int32_t deadline_ms) {
    return gpio->open(gpio->context, pins, count, deadline_ms);
}
static inline int kiosk_gpio_set(const kiosk_gpio *gpio, size_t pin, bool active) { return gpio->set(gpio->context, pin, active); }
static inline int kiosk_gpio_get(const kiosk_gpio *gpio, size_t pin) { return gpio->get(gpio->context, pin); }
static inline int kiosk_gpio_wait(const kiosk_gpio *gpio, uint32_t watched, uint32_t *changed, int32_t deadline_ms) {
    return gpio->wait(gpio->context, watched, changed, deadline_ms);
}
static inline void kiosk_gpio_interrupt(const kiosk_gpio *gpio) { gpio->interrupt(gpio->context); }
static inline void kiosk_gpio_close(const kiosk_gpio *gpio) { gpio->close(gpio->context); }

/// A chip of the kernel's by label, name or path (libgpiod 1.6): 0 with `gpio` filled in, IO or MEMORY.
int kiosk_gpio_chip(const char *chip, kiosk_gpio *gpio);

/// A board without a kernel: a SOCK_SEQPACKET Unix socket with messages of four bytes, `kind pin value 0`. To the board: `O` an output or `I` an input
/// is taken, `S` sets a level. From the board: `E` the level of an input, once when it is taken and at each edge. Pins are offsets below 256,
/// levels are 0 and 1. Codes as for a chip.
int kiosk_gpio_socket(const char *path, kiosk_gpio *gpio);

#pragma clang assume_nonnull end

#endif

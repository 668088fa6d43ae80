#include "kiosk_clock.h"
#include "kiosk_scanner.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sane/sane.h>

_Static_assert(KIOSK_SCANNER_UNSUPPORTED == -SANE_STATUS_UNSUPPORTED && KIOSK_SCANNER_CANCELLED == -SANE_STATUS_CANCELLED, "codes follow SANE");
_Static_assert(KIOSK_SCANNER_DEVICE_BUSY == -SANE_STATUS_DEVICE_BUSY && KIOSK_SCANNER_INVALID == -SANE_STATUS_INVAL, "codes follow SANE");
_Static_assert(KIOSK_SCANNER_EOF == -SANE_STATUS_EOF && KIOSK_SCANNER_JAMMED == -SANE_STATUS_JAMMED, "codes follow SANE");
_Static_assert(KIOSK_SCANNER_NO_DOCS == -SANE_STATUS_NO_DOCS && KIOSK_SCANNER_COVER_OPEN == -SANE_STATUS_COVER_OPEN, "codes follow SANE");
_Static_assert(KIOSK_SCANNER_IO_ERROR == -SANE_STATUS_IO_ERROR && KIOSK_SCANNER_NO_MEM == -SANE_STATUS_NO_MEM, "codes follow SANE");
_Static_assert(KIOSK_SCANNER_ACCESS_DENIED == -SANE_STATUS_ACCESS_DENIED, "codes follow SANE");

struct kiosk_scanner {
    SANE_Handle handle;
    /// -1 when the backend offers none for the running frame.
    int select_fd;
    /// When the last frame was started; 0 once bytes of it have come.
    int64_t started;
    /// When the last frame ended; 0 before one has.
    int64_t ended;
};

/// How often a running start, or a frame without a sign of data, is looked at.
enum { LOOK_AGAIN_MS = 20 };

/// So long a frame is left alone between its start and a cancel, unless bytes of it have come, and between its end and a close.
enum { START_REST_MS = 50, END_REST_MS = 200 };

static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;

int kiosk_scanner_init(void) {
    SANE_Status status = SANE_STATUS_GOOD;
    pthread_mutex_lock(&users_lock);
    // No authorisation callback: a kiosk has nobody to ask for a password.
    if (users == 0) status = sane_init(NULL, NULL);
    if (status == SANE_STATUS_GOOD) users++;
    pthread_mutex_unlock(&users_lock);
    return -(int)status;
}

static int pin_library(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    (void)context;
    // The reference isn't kept: RTLD_NODELETE is a property of the library from now on.
    void *library = info->dlpi_name[0] == '\0' ? NULL : dlopen(info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    if (library != NULL) dlclose(library);
    return 0;
}

void kiosk_scanner_exit(void) {
    pthread_mutex_lock(&users_lock);
    if (users > 0 && --users == 0) {
        // sane_exit unloads the backends and what they brought along (libxml2, gnutls), but not the per-thread destructors these have
        // registered: a thread that ends later would jump into a hole. So they stay mapped.
        dl_iterate_phdr(pin_library, NULL);
        sane_exit();
    }
    pthread_mutex_unlock(&users_lock);
}

static void copy_text(char *into, size_t capacity, const char *_Nullable text) {
    size_t length = text == NULL ? 0 : strnlen(text, capacity - 1);
    if (length > 0) memcpy(into, text, length);
    into[length] = '\0';
}

int kiosk_scanner_list(struct kiosk_scanner_device *devices, size_t capacity) {
    const SANE_Device **list = NULL;
    SANE_Status status = sane_get_devices(&list, SANE_FALSE);
    if (status != SANE_STATUS_GOOD) return -(int)status;
    int count = 0;
    for (; list != NULL && list[count] != NULL && count < INT_MAX; count++) {
        if (devices == NULL || (size_t)count >= capacity) continue;
        struct kiosk_scanner_device *device = &devices[count];
        copy_text(device->name, sizeof device->name, list[count]->name);
        copy_text(device->vendor, sizeof device->vendor, list[count]->vendor);
        copy_text(device->model, sizeof device->model, list[count]->model);
        copy_text(device->type, sizeof device->type, list[count]->type);
    }
    return count;
}

int kiosk_scanner_open(const char *name, kiosk_scanner **opened) {
    *opened = NULL;
    kiosk_scanner *scanner = calloc(1, sizeof *scanner);
    if (scanner == NULL) return KIOSK_SCANNER_NO_MEM;
    scanner->select_fd = -1;
    SANE_Status status = sane_open(name, &scanner->handle);
    if (status != SANE_STATUS_GOOD) {
        free(scanner);
        return -(int)status;
    }
    *opened = scanner;
    return 0;
}

static void rest(int64_t since, int rest_ms) {
    int64_t left = since + rest_ms - kiosk_now();
    if (since != 0 && left > 0) poll(NULL, 0, (int)left);
}

void kiosk_scanner_close(kiosk_scanner *scanner) {
    // sane-airscan asks for one picture more than a flatbed has. A close that crosses the answer takes its state machine out of its last state,
    // and sane_close then waits for that state for ever.
    rest(scanner->ended, END_REST_MS);
    sane_cancel(scanner->handle);
    sane_close(scanner->handle);
    free(scanner);
}

/// The number of the active option called `name`, or a negative code. Looked up at every call: setting one option may renumber nothing
/// but may switch others on and off (SANE_INFO_RELOAD_OPTIONS).
static int find_option(kiosk_scanner *scanner, const char *name, const SANE_Option_Descriptor **found) {
    SANE_Int count = 0;
    SANE_Status status = sane_control_option(scanner->handle, 0, SANE_ACTION_GET_VALUE, &count, NULL);
    if (status != SANE_STATUS_GOOD) return -(int)status;
    for (SANE_Int number = 1; number < count; number++) {
        const SANE_Option_Descriptor *option = sane_get_option_descriptor(scanner->handle, number);
        if (option == NULL || option->name == NULL || strcmp(option->name, name) != 0) continue;
        if (!SANE_OPTION_IS_ACTIVE(option->cap) || !SANE_OPTION_IS_SETTABLE(option->cap)) return KIOSK_SCANNER_NO_OPTION;
        *found = option;
        return number;
    }
    return KIOSK_SCANNER_NO_OPTION;
}

int kiosk_scanner_set_number(kiosk_scanner *scanner, const char *name, double value, double *applied) {
    const SANE_Option_Descriptor *option = NULL;
    int number = find_option(scanner, name, &option);
    if (number < 0) return number;
    bool fixed = option->type == SANE_TYPE_FIXED;
    if ((!fixed && option->type != SANE_TYPE_INT && option->type != SANE_TYPE_BOOL) || option->size != (SANE_Int)sizeof(SANE_Word)) {
        return KIOSK_SCANNER_WRONG_TYPE;
    }
    double scaled = fixed ? value * (1 << SANE_FIXED_SCALE_SHIFT) : value;
    if (!(scaled >= INT32_MIN && scaled <= INT32_MAX)) return KIOSK_SCANNER_INVALID;
    SANE_Word word = (SANE_Word)lround(scaled);
    if (option->type == SANE_TYPE_BOOL) word = value != 0 ? SANE_TRUE : SANE_FALSE;
    SANE_Status status = sane_control_option(scanner->handle, number, SANE_ACTION_SET_VALUE, &word, NULL);
    if (status != SANE_STATUS_GOOD) return -(int)status;
    if (applied != NULL) *applied = fixed ? SANE_UNFIX(word) : (double)word;
    return 0;
}

int kiosk_scanner_set_text(kiosk_scanner *scanner, const char *name, const char *value) {
    const SANE_Option_Descriptor *option = NULL;
    int number = find_option(scanner, name, &option);
    if (number < 0) return number;
    if (option->type != SANE_TYPE_STRING || option->size <= 0) return KIOSK_SCANNER_WRONG_TYPE;
    // The backend may write the text it took into the buffer, up to the option's full size.
    size_t size = (size_t)option->size;
    size_t length = strlen(value);
    if (length >= size) return KIOSK_SCANNER_INVALID;
    char *text = calloc(1, size);
    if (text == NULL) return KIOSK_SCANNER_NO_MEM;
    memcpy(text, value, length);
    SANE_Status status = sane_control_option(scanner->handle, number, SANE_ACTION_SET_VALUE, text, NULL);
    free(text);
    return -(int)status;
}

int kiosk_scanner_choice(kiosk_scanner *scanner, const char *name, size_t index, char *text, size_t capacity) {
    const SANE_Option_Descriptor *option = NULL;
    int number = find_option(scanner, name, &option);
    if (number < 0) return number;
    if (option->type != SANE_TYPE_STRING || capacity == 0) return KIOSK_SCANNER_WRONG_TYPE;
    if (option->constraint_type != SANE_CONSTRAINT_STRING_LIST) return KIOSK_SCANNER_EOF;
    const SANE_String_Const *choices = option->constraint.string_list;
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (i < index) continue;
        copy_text(text, capacity, choices[i]);
        return (int)strlen(text);
    }
    return KIOSK_SCANNER_EOF;
}

int kiosk_scanner_bounds_of(kiosk_scanner *scanner, const char *name, struct kiosk_scanner_bounds *bounds) {
    const SANE_Option_Descriptor *option = NULL;
    int number = find_option(scanner, name, &option);
    if (number < 0) return number;
    if (option->type != SANE_TYPE_INT && option->type != SANE_TYPE_FIXED) return KIOSK_SCANNER_WRONG_TYPE;
    *bounds = (struct kiosk_scanner_bounds){.unit = KIOSK_SCANNER_UNIT_OTHER};
    if (option->unit == SANE_UNIT_PIXEL) bounds->unit = KIOSK_SCANNER_UNIT_PIXEL;
    if (option->unit == SANE_UNIT_MM) bounds->unit = KIOSK_SCANNER_UNIT_MILLIMETRE;
    if (option->unit == SANE_UNIT_DPI) bounds->unit = KIOSK_SCANNER_UNIT_DPI;
    SANE_Word least = 0, most = 0;
    if (option->constraint_type == SANE_CONSTRAINT_RANGE) {
        least = option->constraint.range->min;
        most = option->constraint.range->max;
        bounds->bounded = true;
    } else if (option->constraint_type == SANE_CONSTRAINT_WORD_LIST && option->constraint.word_list[0] > 0) {
        const SANE_Word *words = option->constraint.word_list;
        least = most = words[1];
        for (SANE_Word i = 2; i <= words[0]; i++) {
            if (words[i] < least) least = words[i];
            if (words[i] > most) most = words[i];
        }
        bounds->bounded = true;
    }
    bool fixed = option->type == SANE_TYPE_FIXED;
    bounds->minimum = fixed ? SANE_UNFIX(least) : (double)least;
    bounds->maximum = fixed ? SANE_UNFIX(most) : (double)most;
    return 0;
}

int kiosk_scanner_nearest(kiosk_scanner *scanner, const char *name, double wanted, double *nearest) {
    const SANE_Option_Descriptor *option = NULL;
    int number = find_option(scanner, name, &option);
    if (number < 0) return number;
    if (option->type != SANE_TYPE_INT && option->type != SANE_TYPE_FIXED) return KIOSK_SCANNER_WRONG_TYPE;
    double unit = option->type == SANE_TYPE_FIXED ? 1.0 / (1 << SANE_FIXED_SCALE_SHIFT) : 1;
    *nearest = wanted;
    if (option->constraint_type == SANE_CONSTRAINT_WORD_LIST && option->constraint.word_list[0] > 0) {
        const SANE_Word *words = option->constraint.word_list;
        *nearest = words[1] * unit;
        for (SANE_Word i = 2; i <= words[0]; i++) {
            double offered = words[i] * unit, gain = fabs(*nearest - wanted) - fabs(offered - wanted);
            if (gain > 0 || (gain >= 0 && offered > *nearest)) *nearest = offered;
        }
    } else if (option->constraint_type == SANE_CONSTRAINT_RANGE) {
        double least = option->constraint.range->min * unit, most = option->constraint.range->max * unit;
        double step = option->constraint.range->quant * unit;
        if (step > 0) *nearest = least + round((wanted - least) / step) * step;
        if (*nearest > most) *nearest = most;
        if (*nearest < least) *nearest = least;
    }
    return 0;
}

int kiosk_scanner_parameters_of(kiosk_scanner *scanner, struct kiosk_scanner_parameters *parameters) {
    SANE_Parameters given;
    memset(&given, 0, sizeof given);
    SANE_Status status = sane_get_parameters(scanner->handle, &given);
    if (status != SANE_STATUS_GOOD) return -(int)status;
    *parameters = (struct kiosk_scanner_parameters){
        .format = (int32_t)given.format,
        .last_frame = given.last_frame != SANE_FALSE,
        .bytes_per_line = given.bytes_per_line,
        .pixels_per_line = given.pixels_per_line,
        .lines = given.lines,
        .depth = given.depth,
    };
    return 0;
}

/// Watches one sane_start, which may feed paper for seconds and knows no time-out.
struct guard {
    SANE_Handle handle;
    int64_t deadline;
    bool (*should_stop)(void *);
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool over;
    bool stopped;
    bool timed_out;
};

static void *watch(void *argument) {
    struct guard *guard = argument;
    pthread_mutex_lock(&guard->lock);
    while (!guard->over) {
        struct timespec next;
        clock_gettime(CLOCK_MONOTONIC, &next);
        next.tv_nsec += LOOK_AGAIN_MS * 1000000L;
        if (next.tv_nsec >= 1000000000L) {
            next.tv_nsec -= 1000000000L;
            next.tv_sec += 1;
        }
        if (pthread_cond_timedwait(&guard->ended, &guard->lock, &next) != ETIMEDOUT) continue;
        bool late = kiosk_now() >= guard->deadline;
        if (!late && !guard->should_stop(guard->context)) continue;
        guard->stopped = true;
        guard->timed_out = late;
        // Unlocked, so that a backend that waits in sane_cancel for its own sane_start doesn't wait for us.
        pthread_mutex_unlock(&guard->lock);
        sane_cancel(guard->handle);
        return NULL;
    }
    pthread_mutex_unlock(&guard->lock);
    return NULL;
}

int kiosk_scanner_start(kiosk_scanner *scanner, int timeout_ms, bool (*should_stop)(void *), void *context) {
    scanner->select_fd = -1;
    // Asked here first, so that the guard never cancels a start that has hardly begun: sane-airscan crashes on that.
    if (should_stop(context)) return KIOSK_SCANNER_CANCELLED;
    if (timeout_ms <= 0) return KIOSK_SCANNER_TIMED_OUT;
    struct guard guard = {
        .handle = scanner->handle,
        .deadline = kiosk_now() + timeout_ms,
        .should_stop = should_stop,
        .context = context,
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&guard.ended, &clock);
    pthread_condattr_destroy(&clock);
    pthread_t thread;
    int status = KIOSK_SCANNER_NO_MEM;
    if (pthread_create(&thread, NULL, watch, &guard) == 0) {
        status = -(int)sane_start(scanner->handle);
        pthread_mutex_lock(&guard.lock);
        guard.over = true;
        pthread_cond_signal(&guard.ended);
        pthread_mutex_unlock(&guard.lock);
        pthread_join(thread, NULL);
    }
    pthread_cond_destroy(&guard.ended);
    pthread_mutex_destroy(&guard.lock);
    if (guard.stopped) {
        // The start may have won the race; the frame it opened is given up all the same.
        sane_cancel(scanner->handle);
        return guard.timed_out ? KIOSK_SCANNER_TIMED_OUT : KIOSK_SCANNER_CANCELLED;
    }
    if (status != 0) return status;
    // Non-blocking mode is of use only with a descriptor to wait on.
    SANE_Int fd = -1;
    if (sane_get_select_fd(scanner->handle, &fd) == SANE_STATUS_GOOD && fd >= 0
        && sane_set_io_mode(scanner->handle, SANE_TRUE) == SANE_STATUS_GOOD) {
        scanner->select_fd = fd;
    }
    scanner->started = kiosk_now();
    return 0;
}

ssize_t kiosk_scanner_read(kiosk_scanner *scanner, void *bytes, size_t capacity, int timeout_ms) {
    SANE_Int most = capacity > INT_MAX ? INT_MAX : (SANE_Int)capacity;
    int64_t deadline = kiosk_now() + timeout_ms;
    for (;;) {
        SANE_Int length = 0;
        SANE_Status status = sane_read(scanner->handle, bytes, most, &length);
        if (status != SANE_STATUS_GOOD) {
            scanner->ended = kiosk_now();
            return -(ssize_t)status;
        }
        if (length > 0) scanner->started = 0;
        if (length < 0 || length > most) return KIOSK_SCANNER_IO_ERROR;
        int64_t left = deadline - kiosk_now();
        if (length > 0 || left <= 0) return length;
        // Never for long, so that a backend whose descriptor missed a beat isn't waited for. Without a descriptor this is a short rest.
        struct pollfd arrival = {.fd = scanner->select_fd, .events = POLLIN};
        poll(&arrival, 1, left < LOOK_AGAIN_MS ? (int)left : LOOK_AGAIN_MS);
    }
}

void kiosk_scanner_cancel(kiosk_scanner *scanner) {
    // Backends on sanei_thread kill their reader wherever it is. One that is hit inside malloc, as it sets out, leaves a lock of the heap taken for
    // good. While it waits for the device, or for us to read, it holds none.
    rest(scanner->started, START_REST_MS);
    scanner->started = 0;
    sane_cancel(scanner->handle);
}

/// A document scanner through libsane: a thin shell that turns SANE's C API into an opaque handle, caller-owned buffers and negative codes.
///
/// Contract
/// - A function returns a result ≥ 0 or a negative `kiosk_scanner_code`: -(SANE_Status), or one of the shell's own below -100.
/// - libsane isn't thread-safe: one thread at a time for everything here. `kiosk_scanner_cancel` alone may be called from another thread
///   while the handle is valid, as SANE promises for sane_cancel.
/// - SANE has no time-outs. `kiosk_scanner_start` and `kiosk_scanner_read` keep theirs where the backend lets them: start through an
///   asynchronous sane_cancel, read through the backend's select descriptor. Opening, listing and setting options can't be limited, nor can a backend
///   that sits in a kernel call: the host's watchdog ends the process then.
/// - Nothing is kept between calls but the handle; sane_init and sane_exit are counted.
#ifndef KIOSK_SCANNER_H
#define KIOSK_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/// SANE standard 1.06 §4.2.7, table 1, negated; 12 and 13 are the announced additions of sane.h.
enum kiosk_scanner_code {
    KIOSK_SCANNER_UNSUPPORTED = -1,
    KIOSK_SCANNER_CANCELLED = -2,
    KIOSK_SCANNER_DEVICE_BUSY = -3,
    KIOSK_SCANNER_INVALID = -4,
    KIOSK_SCANNER_EOF = -5,
    KIOSK_SCANNER_JAMMED = -6,
    KIOSK_SCANNER_NO_DOCS = -7,
    KIOSK_SCANNER_COVER_OPEN = -8,
    KIOSK_SCANNER_IO_ERROR = -9,
    KIOSK_SCANNER_NO_MEM = -10,
    KIOSK_SCANNER_ACCESS_DENIED = -11,
    KIOSK_SCANNER_WARMING_UP = -12,
    KIOSK_SCANNER_HW_LOCKED = -13,
    /// The time given has passed; the scan has been cancelled.
    KIOSK_SCANNER_TIMED_OUT = -101,
    /// The device has no such option, or it is inactive or read-only now.
    KIOSK_SCANNER_NO_OPTION = -102,
    /// The option is of another type than the call.
    KIOSK_SCANNER_WRONG_TYPE = -103,
};

/// One device as the backend lists it; texts are cut to size and always terminated.
struct kiosk_scanner_device {
    char name[256];
    char vendor[64];
    char model[128];
    char type[64];
};

enum kiosk_scanner_unit {
    KIOSK_SCANNER_UNIT_OTHER = 0,
    KIOSK_SCANNER_UNIT_PIXEL = 1,
    KIOSK_SCANNER_UNIT_MILLIMETRE = 2,
    KIOSK_SCANNER_UNIT_DPI = 3,
};

/// What a numeric option accepts now.
struct kiosk_scanner_bounds {
    /// enum kiosk_scanner_unit
    int32_t unit;
    /// false when the backend states neither range nor list; `minimum` and `maximum` are 0 then.
    bool bounded;
    double minimum;
    double maximum;
};

/// The frame being sent, SANE standard §4.3.8.
struct kiosk_scanner_parameters {
    /// 0 gray, 1 RGB, 2…4 one colour plane of a three-pass scan, anything else a format of that backend alone.
    int32_t format;
    /// false when further frames (planes) of the same page follow.
    bool last_frame;
    int32_t bytes_per_line;
    int32_t pixels_per_line;
    /// -1 when the length is only known at the end.
    int32_t lines;
    /// bits a sample
    int32_t depth;
};

struct kiosk_scanner;
typedef struct kiosk_scanner kiosk_scanner;

/// Starts libsane with the first caller (reads SANE_CONFIG_DIR, loads the backends).
int kiosk_scanner_init(void);

/// Undoes one `kiosk_scanner_init`; the last one ends libsane. Every handle must be closed before. A fresh init looks for devices anew,
/// which some backends (airscan) do at no other time.
void kiosk_scanner_exit(void);

/// Fills at most `capacity` entries and returns how many devices there are.
int kiosk_scanner_list(struct kiosk_scanner_device *_Nullable devices, size_t capacity);

/// Opens the device of that SANE name. KIOSK_SCANNER_INVALID when there is none.
int kiosk_scanner_open(const char *name, kiosk_scanner *_Nullable *_Nonnull opened);

/// Cancels what runs and gives the handle back.
void kiosk_scanner_close(kiosk_scanner *scanner);

/// Sets a whole-number, fixed-point or yes/no option by its well-known name (`resolution`, `br-x`; SANE standard §4.5). `applied`, when
/// given, receives the value that the device took, which may be rounded.
int kiosk_scanner_set_number(kiosk_scanner *scanner, const char *option, double value, double *_Nullable applied);

/// Sets a text option (`mode`, `source`).
int kiosk_scanner_set_text(kiosk_scanner *scanner, const char *option, const char *value);

/// Copies the `index`-th text that an option accepts; returns its length, or KIOSK_SCANNER_EOF past the last one.
int kiosk_scanner_choice(kiosk_scanner *scanner, const char *option, size_t index, char *text, size_t capacity);

/// What a numeric option accepts.
int kiosk_scanner_bounds_of(kiosk_scanner *scanner, const char *option, struct kiosk_scanner_bounds *bounds);

/// The value nearest to `wanted` that a numeric option accepts, the higher of two equally near: of its list, or within its range and on its steps.
int kiosk_scanner_nearest(kiosk_scanner *scanner, const char *option, double wanted, double *nearest);

/// Parameters of the frame being sent; before a start an estimate.
int kiosk_scanner_parameters_of(kiosk_scanner *scanner, struct kiosk_scanner_parameters *parameters);

/// Feeds and starts the next frame; for the next page of a stack call it again after KIOSK_SCANNER_EOF, without a cancel between.
/// `should_stop` is asked about every 20 ms from a thread that ends before the call returns; true, or `timeout_ms` over, cancels the scan:
/// KIOSK_SCANNER_CANCELLED or KIOSK_SCANNER_TIMED_OUT.
int kiosk_scanner_start(kiosk_scanner *scanner, int timeout_ms, bool (*should_stop)(void *_Nullable context), void *_Nullable context);

/// Reads what has arrived, at most `capacity` bytes. Returns 0 when nothing came within `timeout_ms`, KIOSK_SCANNER_EOF at the end of the
/// frame. A backend without a select descriptor waits for data however long it takes.
ssize_t kiosk_scanner_read(kiosk_scanner *scanner, void *bytes, size_t capacity, int timeout_ms);

/// Ends the scan; pages left in the feeder stay there or are ejected, as the device does. Safe when nothing runs.
void kiosk_scanner_cancel(kiosk_scanner *scanner);

#pragma clang assume_nonnull end

#endif

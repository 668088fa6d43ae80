/// Uninterruptible power supplies, as Network UPS Tools' server (upsd) tells of them.
///
/// Contract: buffers belong to the caller; the one call that can block takes a deadline in milliseconds from now; a result is ≥ 0 or one of the
/// negative codes below. Nothing is kept between calls. No policy and no global state.
#ifndef KIOSK_UPS_H
#define KIOSK_UPS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Why a call failed.
enum {
    /// The server said nothing, or not all, by the deadline.
    KIOSK_UPS_TIMEOUT = -1,
    /// The server can't be reached, or hung up.
    KIOSK_UPS_GONE = -2,
    KIOSK_UPS_MEMORY = -7,
    /// `ERR DATA-STALE`: its driver runs, and the device doesn't answer it.
    KIOSK_UPS_STALE = -16,
    /// `ERR DRIVER-NOT-CONNECTED`: its driver doesn't run.
    KIOSK_UPS_NO_DRIVER = -17,
    /// `ERR UNKNOWN-UPS`: the server has none of that name.
    KIOSK_UPS_UNKNOWN = -18,
    /// `ERR ACCESS-DENIED`.
    KIOSK_UPS_ACCESS = -19,
    /// Another `ERR`.
    KIOSK_UPS_REFUSED = -20,
    /// An answer to something else, or none of this protocol.
    KIOSK_UPS_PROTOCOL = -21,
};

/// Flags of the variable ups.status (NUT developer guide, "Status data").
enum {
    KIOSK_UPS_ONLINE = 1 << 0,          // OL
    KIOSK_UPS_ON_BATTERY = 1 << 1,      // OB
    KIOSK_UPS_LOW_BATTERY = 1 << 2,     // LB
    KIOSK_UPS_REPLACE_BATTERY = 1 << 3, // RB
    KIOSK_UPS_OFF = 1 << 4,             // OFF
    KIOSK_UPS_BYPASS = 1 << 5,          // BYPASS
    KIOSK_UPS_FORCED_SHUTDOWN = 1 << 6, // FSD
    KIOSK_UPS_CHARGING = 1 << 7,        // CHRG
    KIOSK_UPS_DISCHARGING = 1 << 8,     // DISCHRG
    KIOSK_UPS_ALARM = 1 << 9,           // ALARM
    KIOSK_UPS_OVERLOADED = 1 << 10,     // OVER
    KIOSK_UPS_COMMUNICATION_LOST = 1 << 11, // COMMBAD, NOCOMM
    KIOSK_UPS_WAITING = 1 << 12,        // WAIT: the driver has nothing to tell yet
    KIOSK_UPS_CALIBRATING = 1 << 13,    // CAL
    KIOSK_UPS_TRIMMING = 1 << 14,       // TRIM, BOOST: the voltage is corrected
    /// How many there are.
    KIOSK_UPS_FLAGS = 15,
};

/// A variable of the device, in the server's words: `battery.charge`, `85`.
typedef struct kiosk_ups_variable {
    char name[64];
    char value[128];
} kiosk_ups_variable;

// MARK: Bytes. Pure: no system call.

/// What one line of the answer to LIST VAR is.
enum { KIOSK_UPS_BEGIN = 0, KIOSK_UPS_VARIABLE = 1, KIOSK_UPS_END = 2 };

/// Reads one line, without its end, of the answer to `LIST VAR ups`. Returns what it is, with `variable` filled in for VARIABLE (a longer name or value
/// is cut), or STALE, NO_DRIVER, UNKNOWN, ACCESS, REFUSED or PROTOCOL.
int kiosk_ups_decode(const char *line, const char *ups, kiosk_ups_variable *variable);

/// The flags in a value of ups.status, in any order; words that nobody knows are passed over.
uint32_t kiosk_ups_status(const char *text);

// MARK: The server

/// Asks the server for everything it knows of one UPS, on a connection of its own. Returns how many variables were written (those beyond `capacity` are
/// left out), or a negative code. Looking `host` up, when it is a name, is outside the deadline; a server that sends a line byte by byte can pass it by
/// a second for each.
int kiosk_ups_read(const char *host, uint16_t port, const char *ups, kiosk_ups_variable *variables, size_t capacity, int32_t deadline_ms);

#pragma clang assume_nonnull end

#endif

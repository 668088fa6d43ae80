#ifndef KIOSK_PRINTER_H
#define KIOSK_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// One printer, spoken to directly over IPP (RFC 8010, RFC 8011) by libcups, without a print server between.
/// Every call opens its own connection and closes it: nothing is kept, so nothing can go stale when the printer sleeps or is swapped.
/// Each takes a deadline in milliseconds for connecting, sending and the answer together. Resolving a host name is outside it: give an address.
enum kiosk_printer_error {
    /// Nobody listens at the address, or the connection broke.
    KIOSK_PRINTER_UNREACHABLE = -1,
    /// The deadline passed.
    KIOSK_PRINTER_TIMEOUT = -2,
    /// `stop` answered true.
    KIOSK_PRINTER_STOPPED = -3,
    /// An answer that isn't IPP or lacks what the standard requires.
    KIOSK_PRINTER_PROTOCOL = -4,
    /// Not an ipp: or ipps: address.
    KIOSK_PRINTER_BAD_URI = -5,
    KIOSK_PRINTER_NO_MEMORY = -6,
    /// The printer refused: the code is this one less the IPP status (RFC 8011 appendix B), so that 0x0507, busy, is −0x10507.
    KIOSK_PRINTER_REFUSED = -0x10000,
};

/// bytes, the final NUL included
#define KIOSK_PRINTER_REASONS 512
#define KIOSK_PRINTER_MODEL 128

typedef struct kiosk_printer_status {
    /// `printer-state`: 3 idle, 4 processing, 5 stopped.
    int32_t state;
    /// `printer-is-accepting-jobs`
    bool accepting;
    /// `printer-state-reasons`, comma-separated, without `none`; whole keywords only.
    char reasons[KIOSK_PRINTER_REASONS];
    /// `printer-make-and-model`, cut to fit
    char model[KIOSK_PRINTER_MODEL];
} kiosk_printer_status;

typedef struct kiosk_job_status {
    /// `job-state`: 3 pending, 4 held, 5 processing, 6 stopped, 7 cancelled, 8 aborted, 9 completed.
    int32_t state;
    /// `job-media-sheets-completed`, else `job-impressions-completed`; −1 when the printer tells neither.
    int32_t sheets;
    /// `job-state-reasons`, as above
    char reasons[KIOSK_PRINTER_REASONS];
} kiosk_job_status;

/// Asked between blocks of a document and every 100 ms while the printer doesn't take one. True gives up.
typedef bool (*kiosk_printer_stop)(void *_Nullable context);

/// Get-Printer-Attributes. 0 or a negative code.
int kiosk_printer_query(const char *uri, int timeout_ms, kiosk_printer_status *status);

/// Create-Job with these `job-name`, `requesting-user-name` and `copies`. Returns the job's id ≥ 1. Nothing prints before a document follows.
int kiosk_printer_create_job(const char *uri, int timeout_ms, const char *title, const char *user, int copies);

/// Send-Document with the job's only document, of type application/pdf. 0 or a negative code.
int kiosk_printer_send_document(const char *uri, int timeout_ms, int job, const char *user, const void *bytes, size_t length,
                                kiosk_printer_stop _Nullable stop, void *_Nullable context);

/// Get-Job-Attributes. 0 or a negative code.
int kiosk_printer_query_job(const char *uri, int timeout_ms, int job, const char *user, kiosk_job_status *status);

/// Cancel-Job. 0 or a negative code; −0x10404 when the job had already ended.
int kiosk_printer_cancel_job(const char *uri, int timeout_ms, int job, const char *user);

#pragma clang assume_nonnull end
#endif

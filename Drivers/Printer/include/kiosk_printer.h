#ifndef KIOSK_PRINTER_H
#define KIOSK_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// One printer, or one queue of a print server, spoken to over IPP (RFC 8010, RFC 8011) by libcups.
/// A call opens its own connection and closes it, so that nothing can go stale when the printer sleeps or is swapped; only the calls that follow each
/// other closely, as those that hand in one job, may share one.
/// Resolving a host name is outside every deadline: give an address.
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
#define KIOSK_PRINTER_URI 1024
#define KIOSK_PRINTER_JOB_NAME 256

/// A connection that calls to one printer share, one after the other. It is made by the first of them; one that breaks, or that the printer closes,
/// is made anew by the next.
typedef struct kiosk_printer_connection kiosk_printer_connection;

/// NULL without memory.
kiosk_printer_connection *_Nullable kiosk_printer_connection_new(void);

void kiosk_printer_connection_free(kiosk_printer_connection *connection);

/// Where the requests go.
typedef struct kiosk_printer_address {
    /// `ipp://ADDRESS:PORT/ipp/print`, or `ipp://localhost/printers/QUEUE`
    const char *uri;
    /// the print server's domain socket, instead of the address in `uri`
    const char *_Nullable socket;
    /// NULL: one of the call's own
    kiosk_printer_connection *_Nullable connection;
} kiosk_printer_address;

/// Asked between blocks of a document, every 200 ms until the printer has taken the connection, and every 100 ms while it is silent. True gives up.
typedef bool (*kiosk_printer_stop)(void *_Nullable context);

/// How long a call may take.
typedef struct kiosk_printer_limit {
    /// milliseconds, for connecting, sending and the answer together
    int timeout_ms;
    /// Isn't asked while a connection to `socket` is made.
    kiosk_printer_stop _Nullable stop;
    void *_Nullable context;
} kiosk_printer_limit;

typedef struct kiosk_printer_status {
    /// `printer-state`: 3 idle, 4 processing, 5 stopped.
    int32_t state;
    /// `printer-is-accepting-jobs`
    bool accepting;
    /// `printer-state-reasons`, comma-separated, without `none`; whole keywords only.
    char reasons[KIOSK_PRINTER_REASONS];
} kiosk_printer_status;

/// What a printer can do. What it doesn't tell is taken to be there, sides and colours excepted.
typedef struct kiosk_printer_capabilities {
    /// `printer-make-and-model`, cut to fit
    char model[KIOSK_PRINTER_MODEL];
    /// `device-uri` of a print server's queue, else empty
    char device_uri[KIOSK_PRINTER_URI];
    /// `media-ready`, else empty; comma-separated, whole keywords only
    char media[KIOSK_PRINTER_REASONS];
    /// `printer-error-policy` of a print server's queue, else empty
    char error_policy[KIOSK_PRINTER_MODEL];
    /// `sides-supported`
    bool one_sided, two_sided_long_edge, two_sided_short_edge;
    /// `print-color-mode-supported`; `color` also by `color-supported`
    bool color, monochrome;
    /// `media-supported` has iso_a4_210x297mm
    bool a4;
    /// `document-format-supported` has application/pdf
    bool pdf;
    /// the most of `copies-supported`
    int32_t copies;
} kiosk_printer_capabilities;

/// What is to be printed. A keyword that is NULL isn't sent.
typedef struct kiosk_printer_job {
    /// `job-name`, `requesting-user-name`
    const char *title, *user;
    int copies;
    /// `sides`, `print-color-mode`, `media`
    const char *_Nullable sides, *_Nullable color, *_Nullable media;
} kiosk_printer_job;

typedef struct kiosk_job_status {
    /// `job-state`: 3 pending, 4 held, 5 processing, 6 stopped, 7 cancelled, 8 aborted, 9 completed.
    int32_t state;
    /// `job-media-sheets-completed`, `job-impressions-completed`; −1 when the printer doesn't tell.
    int32_t sheets, impressions;
    /// `job-state-reasons`, as above
    char reasons[KIOSK_PRINTER_REASONS];
} kiosk_job_status;

/// A job that hasn't ended.
typedef struct kiosk_printer_listed_job {
    int32_t id;
    /// `job-name`, cut to fit
    char name[KIOSK_PRINTER_JOB_NAME];
} kiosk_printer_listed_job;

/// Get-Printer-Attributes, what changes. 0 or a negative code.
int kiosk_printer_query(const kiosk_printer_address *address, const kiosk_printer_limit *limit, kiosk_printer_status *status);

/// Get-Printer-Attributes, what stays. 0 or a negative code.
int kiosk_printer_query_capabilities(
    const kiosk_printer_address *address, const kiosk_printer_limit *limit, kiosk_printer_capabilities *capabilities);

/// Create-Job. Returns the job's id ≥ 1. Nothing prints before a document follows.
int kiosk_printer_create_job(const kiosk_printer_address *address, const kiosk_printer_limit *limit, const kiosk_printer_job *job);

/// Send-Document with the job's only document, of type application/pdf. 0 or a negative code; `sent` counts the bytes that left, failed or not.
int kiosk_printer_send_document(const kiosk_printer_address *address, const kiosk_printer_limit *limit, int job, const char *user, const void *bytes,
                                size_t length, size_t *sent);

/// Get-Job-Attributes. 0 or a negative code.
int kiosk_printer_query_job(
    const kiosk_printer_address *address, const kiosk_printer_limit *limit, int job, const char *user, kiosk_job_status *status);

/// Cancel-Job. 0 or a negative code; −0x10404 when the job had already ended.
int kiosk_printer_cancel_job(const kiosk_printer_address *address, const kiosk_printer_limit *limit, int job, const char *user);

/// Resume-Printer (RFC 8011, 4.2.8). 0 or a negative code: −0x10401 or −0x10403 when the print server lets only administrators do that.
int kiosk_printer_resume(const kiosk_printer_address *address, const kiosk_printer_limit *limit, const char *user);

/// Get-Jobs: those of `user` that haven't ended, oldest first, or the last `capacity` that have, newest first (RFC 8011, 4.2.6). Returns how many
/// there are, which may be more than `capacity`, or a negative code.
int kiosk_printer_list_jobs(const kiosk_printer_address *address, const kiosk_printer_limit *limit, const char *user, bool ended,
                            kiosk_printer_listed_job *jobs, size_t capacity);

#pragma clang assume_nonnull end
#endif

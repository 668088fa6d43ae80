/// Receipt printers that speak ESC/POS, over a line.
///
/// Contract: a handle is opaque and used from one thread at a time; buffers belong to the caller; every call that can block takes a deadline
/// in milliseconds from now; a result is ≥ 0 or one of the line's negative codes. No policy (what to ask when, what a bit means for the kiosk) and no
/// global state.
#ifndef KIOSK_RECEIPTPRINTER_H
#define KIOSK_RECEIPTPRINTER_H

#include "kiosk_line.h"

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// MARK: Bytes (pure)

/// What a byte from the printer can be. Fixed bits tell them apart, so that no answer needs a length or a sequence number.
enum {
    /// An answer to DLE EOT n: bits 1 and 4 are set, 0 and 7 clear.
    KIOSK_RECEIPT_STATUS = 1,
    /// An answer to GS r 1: bits 4 and 7 are clear.
    KIOSK_RECEIPT_FENCE = 2,
    /// XON, XOFF, the first byte of an automatic status, line noise.
    KIOSK_RECEIPT_NOISE = 3,
};

int kiosk_receipt_kind(uint8_t byte);

enum {
    /// 1D 76 30 00 xL xH yL yH
    KIOSK_RECEIPT_BAND_HEADER = 8,
    /// Rows of a band, at most: one that was torn is made up for by so many empty rows.
    KIOSK_RECEIPT_BAND_ROWS = 24,
    /// Bytes of a row, at most: 1024 dots.
    KIOSK_RECEIPT_ROW_BYTES = 128,
    /// What is written at once: a tty, and usblp, take so much whole or not at all.
    KIOSK_RECEIPT_PIECE = 1024,
};

/// Writes GS v 0 for a band of `rows` rows of `row_bytes` bytes: its pixels follow. Returns 0, or ARGUMENT for a band beyond the bounds above.
int kiosk_receipt_band(size_t row_bytes, size_t rows, uint8_t header[_Nonnull KIOSK_RECEIPT_BAND_HEADER]);

/// The answer to DLE EOT `n`, 1 to 4, as flags. A bit that is reserved for that `n` says nothing. Returns the flags, or ARGUMENT when it is no such
/// answer.
int kiosk_receipt_flags(int n, uint8_t answer);

enum {
    /// n=1: offline, for whatever reason.
    KIOSK_RECEIPT_OFFLINE = 1 << 0,
    /// n=2
    KIOSK_RECEIPT_COVER_OPEN = 1 << 1,
    /// n=4, or n=2: there is none.
    KIOSK_RECEIPT_PAPER_OUT = 1 << 2,
    /// n=4
    KIOSK_RECEIPT_PAPER_LOW = 1 << 3,
    /// n=2: some error, which n=3 names
    KIOSK_RECEIPT_ERROR = 1 << 4,
    /// n=3: a jam or the like, which a technician clears
    KIOSK_RECEIPT_MECHANICAL = 1 << 5,
    /// n=3
    KIOSK_RECEIPT_CUTTER = 1 << 6,
    /// n=3: power supply or electronics
    KIOSK_RECEIPT_UNRECOVERABLE = 1 << 7,
    /// n=3: it mends itself: the head is too hot
    KIOSK_RECEIPT_RECOVERING = 1 << 8,
};

// MARK: The printer

typedef struct kiosk_receipt kiosk_receipt;

/// Opens a printer over a line, which it owns from the call on. Nothing is sent. Returns 0, MEMORY, or what the line's `open` returns.
int kiosk_receipt_open(const kiosk_line *line, int32_t deadline_ms, kiosk_receipt *_Nullable *_Nonnull printer);

/// Closes the line and frees the handle.
void kiosk_receipt_close(kiosk_receipt *printer);

/// Writes at most PIECE bytes. TIMEOUT: none of them went, and they may be written again. TORN: some of them went, and the printer must be brought
/// in step (README, Quirks).
int kiosk_receipt_write(kiosk_receipt *printer, const uint8_t *bytes, size_t count, int32_t deadline_ms);

/// Sends DLE EOT `n`; what had come in before is thrown away, but for the answer to a fence. Not within a band: a printer may take it for pixels.
int kiosk_receipt_ask(kiosk_receipt *printer, int n, int32_t deadline_ms);

/// Sends GS r 1, which unlike DLE EOT is carried out in its turn: once it is answered, all that was sent before has been printed.
int kiosk_receipt_fence(kiosk_receipt *printer, int32_t deadline_ms);

/// Waits for the answer to what was asked, and passes over everything else. Returns 0 with `answer`, TIMEOUT (it may be called again), or another code.
int kiosk_receipt_answer(kiosk_receipt *printer, uint8_t *answer, int32_t deadline_ms);

/// 1 once every fence of this handle has been answered, else 0: an answer has no number, so that a late one could be any fence's. What comes is read by
/// `kiosk_receipt_ask` and `kiosk_receipt_answer`.
int kiosk_receipt_fenced(const kiosk_receipt *printer);

/// No fence of before is waited for any more.
void kiosk_receipt_settle(kiosk_receipt *printer);

/// The node of the printer with these ids, `/dev/usb/lp0`, by `sysfs`/class/usbmisc (`sysfs` is "/sys"). Returns 0, GONE when there is none, ARGUMENT
/// when there are several, or when it does not fit into `capacity`.
int kiosk_receipt_find(const char *sysfs, uint16_t vendor, uint16_t product, char *node, size_t capacity);

#pragma clang assume_nonnull end

#endif

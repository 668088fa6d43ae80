/// Contact cards through PC/SC (libpcsclite), and what a social-security card answers.
///
/// Contract: a handle is opaque and used from one thread at a time; buffers belong to the caller; a result is ≥ 0, or negative: the PC/SC code as it is
/// (SCARD_E_TIMEOUT is 0x8010000A, which as an int32_t is negative). No policy and no global state.
///
/// Deadlines: waiting for a card has one. Connecting and transmitting have none in PC/SC: pcscd and the reader's driver bound them (seconds for a card
/// that falls silent), and the host's watchdog ends the process when they don't.
#ifndef KIOSK_SMARTCARD_H
#define KIOSK_SMARTCARD_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// MARK: Answers (pure)

enum {
    /// The longest answer to a short command: 256 bytes and the status word.
    KIOSK_SMARTCARD_MAX_REPLY = 258,
    /// The longest command.
    KIOSK_SMARTCARD_MAX_COMMAND = 261,
};

/// What an answer asks for next (ISO 7816-4, T=0).
enum {
    /// It is whole.
    KIOSK_SMARTCARD_DONE = 0,
    /// 61xx: GET RESPONSE fetches the rest.
    KIOSK_SMARTCARD_FETCH = 1,
    /// 6Cxx: the same command again, with that Le.
    KIOSK_SMARTCARD_REPEAT = 2,
};

/// Takes an answer apart. Returns one of the three above with `status` (both bytes) and `next` (the length of FETCH and REPEAT, 1…256), or -1 when it is
/// shorter than a status word.
int kiosk_smartcard_reply(const uint8_t *reply, size_t count, uint16_t *status, size_t *next);

/// A record of the files of a social-security card: a tag, a length, and so many bytes, with nothing behind them but zeros or FF. Returns 0 with where
/// the value lies, or -1.
int kiosk_smartcard_record(const uint8_t *bytes, size_t count, uint8_t *tag, size_t *offset, size_t *length);

/// GB18030 into UTF-8 by the platform's iconv; the bytes end at a zero, and blanks behind the text are left out. Returns the bytes written, or -1 when
/// it isn't GB18030, doesn't fit, or the platform hasn't the conversion.
int kiosk_smartcard_text(const uint8_t *bytes, size_t count, char *utf8, size_t capacity);

// MARK: Readers

typedef struct kiosk_smartcard kiosk_smartcard;

/// Connects to pcscd. Returns 0 or a PC/SC code.
int32_t kiosk_smartcard_open(kiosk_smartcard *_Nullable *_Nonnull handle);

/// Lets go of the card and of pcscd.
void kiosk_smartcard_close(kiosk_smartcard *handle);

/// The names of all readers, each with its zero, into `names`. Returns the bytes used, 0 for no reader, or a PC/SC code.
int32_t kiosk_smartcard_readers(kiosk_smartcard *handle, char *names, size_t capacity);

/// The reader's state now (SCARD_STATE_*). Returns 0 with `now`, or a PC/SC code.
int32_t kiosk_smartcard_state(kiosk_smartcard *handle, const char *reader, uint32_t *now);

/// Powers the card and takes it for this process alone. T=0 or T=1, as the card has it. Returns 0 or a PC/SC code.
int32_t kiosk_smartcard_connect(kiosk_smartcard *handle, const char *reader);

/// Takes the card's power. Does nothing when there is none.
void kiosk_smartcard_disconnect(kiosk_smartcard *handle);

/// Sends a command and fetches its whole answer (61xx and 6Cxx). Returns how many bytes of data, with the last `status`, or a PC/SC code:
/// SCARD_E_INSUFFICIENT_BUFFER when the data don't fit into `capacity`, SCARD_F_COMM_ERROR for an answer that can't be one.
int32_t kiosk_smartcard_transmit(kiosk_smartcard *handle, const uint8_t *command, size_t length, uint8_t *data, size_t capacity, uint16_t *status);

#pragma clang assume_nonnull end

#endif

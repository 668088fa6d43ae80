/// Second-generation ID-card readers: the SDT protocol (GA/T 467) over a line.
///
/// Contract: a handle is opaque and used from one thread at a time; buffers belong to the caller; every call that can block takes a deadline
/// in milliseconds from now; a result is ≥ 0 or one of the negative codes below. No policy (retries, order of commands) and no global state.
#ifndef KIOSK_IDCARDREADER_H
#define KIOSK_IDCARDREADER_H

#include "kiosk_line.h"

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Why a call failed; the line's codes are the first seven. None of them says anything about the card: that is the status word of an intact reply.
enum {
    /// Nothing that begins a reply came by the deadline.
    KIOSK_READER_TIMEOUT = KIOSK_LINE_TIMEOUT,
    KIOSK_READER_GONE = KIOSK_LINE_GONE,
    KIOSK_READER_ACCESS = KIOSK_LINE_ACCESS,
    KIOSK_READER_BUSY = KIOSK_LINE_BUSY,
    /// The port can't be what was asked for, or there is no such command; on USB no known layout of endpoints, or several readers.
    KIOSK_READER_ARGUMENT = KIOSK_LINE_ARGUMENT,
    KIOSK_READER_IO = KIOSK_LINE_IO,
    KIOSK_READER_MEMORY = KIOSK_LINE_MEMORY,
    /// A reply began and did not end by the deadline.
    KIOSK_READER_TRUNCATED = KIOSK_LINE_PROTOCOL,
    /// A reply's checksum is wrong.
    KIOSK_READER_CHECKSUM = KIOSK_LINE_PROTOCOL - 1,
    /// A reply's LEN is below the shortest or above the longest reply there is.
    KIOSK_READER_LENGTH = KIOSK_LINE_PROTOCOL - 2,
    /// Only intact replies to something else came by the deadline: late answers to earlier requests.
    KIOSK_READER_UNEXPECTED = KIOSK_LINE_PROTOCOL - 3,
    /// The reply is longer than the caller's buffer.
    KIOSK_READER_SPACE = KIOSK_LINE_PROTOCOL - 4,
    /// USB: an endpoint was halted. The halt is cleared, what was on its way is lost: open anew.
    KIOSK_READER_STALLED = KIOSK_LINE_PROTOCOL - 5,
    /// USB: the reader sent more than a packet may hold.
    KIOSK_READER_OVERFLOW = KIOSK_LINE_PROTOCOL - 6,
    /// USB, split frames: something else where a header belongs, or a body longer than its LEN. The two are out of step: open anew.
    KIOSK_READER_MISFRAMED = KIOSK_LINE_PROTOCOL - 7,
};

// MARK: Frames (pure)

enum {
    /// AA AA AA 96 69
    KIOSK_SDT_PREAMBLE = 5,
    /// Preamble and LEN.
    KIOSK_SDT_HEADER = 7,
    /// The longest reply: text, photo and two fingerprints (30 10).
    KIOSK_SDT_MAX_FRAME = 2321,
    /// The longest request data this encoder takes.
    KIOSK_SDT_MAX_REQUEST_DATA = 256,
};

/// A whole, intact reply inside a buffer of received bytes.
typedef struct kiosk_sdt_reply {
    uint8_t sw1, sw2, sw3;
    /// Where the data begins in the buffer, and how many bytes it has.
    size_t data_offset, data_length;
} kiosk_sdt_reply;

/// Writes `preamble | LEN | command | parameter | data | checksum`. Returns the frame's length, ARGUMENT when `length` is above the maximum,
/// SPACE when it does not fit into `capacity`.
int kiosk_sdt_encode(uint8_t command, uint8_t parameter, const uint8_t *_Nullable data, size_t length, uint8_t *frame, size_t capacity);

/// Looks for the first reply in `bytes`. Returns 1 with `reply` filled in, 0 when more bytes are needed, LENGTH or CHECKSUM for a broken frame.
/// `consumed` (always set, ≤ count) is how many leading bytes are done with: garbage before a preamble, or the frame itself.
int kiosk_sdt_decode(const uint8_t *bytes, size_t count, kiosk_sdt_reply *reply, size_t *consumed);

/// Where the parts of a card record (data of a reply to 30 01 or 30 10) lie.
typedef struct kiosk_card_layout {
    size_t text_offset, text_length;
    size_t photo_offset, photo_length;
    size_t fingerprint_offset, fingerprint_length;
} kiosk_card_layout;

/// Reads the length words (big-endian, two of them, or three with fingerprints) and checks them against `count`: text 256, photo 1024,
/// fingerprints 0, 512 or 1024, and nothing left over. Returns 0, or LENGTH.
int kiosk_card_locate(const uint8_t *data, size_t count, kiosk_card_layout *layout);

// MARK: The reader

typedef struct kiosk_reader kiosk_reader;

/// Opens a reader over a line, which it owns from the call on: a tty (`kiosk_line_serial`), or bulk endpoints. Returns 0, MEMORY, or what the
/// line's `open` returns.
int kiosk_reader_open(const kiosk_line *line, int32_t deadline_ms, kiosk_reader *_Nullable *_Nonnull reader);

/// Closes the line, clears and frees the handle.
void kiosk_reader_close(kiosk_reader *reader);

// MARK: Commands

/// The commands of a citizen's flow, with what an answer to each may look like.
enum {
    /// 10 FF: resets the security module.
    KIOSK_READER_RESET,
    /// 11 FF: SW3 90 when the security module is well.
    KIOSK_READER_STATUS,
    /// 12 FF: 16 bytes, little-endian 16, 16, 32, 32, 32 bits.
    KIOSK_READER_SAM_ID,
    /// 20 01: SW3 9F and 4 bytes when a card lies there.
    KIOSK_READER_FIND,
    /// 20 02: 8 bytes.
    KIOSK_READER_SELECT,
    /// 30 01: text and photo, 1284 bytes.
    KIOSK_READER_READ,
    /// 30 10: text, photo and fingerprints, 1286, 1798 or 2310 bytes.
    KIOSK_READER_READ_FINGERPRINTS,
    /// 30 03: the newest appended address, 70 bytes, or SW3 91 for none.
    KIOSK_READER_NEWEST_ADDRESS,
};

/// Sends a command. Whatever had come in before is thrown away first, so that no earlier answer can pass for this one's.
int kiosk_reader_send(kiosk_reader *reader, int command, int32_t deadline_ms);

/// Waits for the answer to the command sent last and copies its data. Returns the count of data bytes, with the status in `sw3`.
/// After TIMEOUT, TRUNCATED or UNEXPECTED it may be called again and goes on where it was: so a long read can be waited for in short steps.
/// An intact frame that can't be an answer to the command (a success of another length) is skipped.
int kiosk_reader_receive(kiosk_reader *reader, uint8_t *sw3, uint8_t *data, size_t capacity, int32_t deadline_ms);

/// Sends and receives within one deadline.
int kiosk_reader_run(kiosk_reader *reader, int command, uint8_t *sw3, uint8_t *data, size_t capacity, int32_t deadline_ms);

/// Any command, for tools and for what comes later: the first intact reply is the answer.
int kiosk_reader_exchange(kiosk_reader *reader, uint8_t command, uint8_t parameter, const uint8_t *_Nullable request, size_t request_length,
                          uint8_t *sw3, uint8_t *data, size_t capacity, int32_t deadline_ms);

#pragma clang assume_nonnull end

#endif

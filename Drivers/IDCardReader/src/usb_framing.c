#include "kiosk_clock.h"
#include "kiosk_idcardreader_usb.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    /// bmAttributes and bEndpointAddress (USB 2.0, 9.6.6).
    transfer_type = 0x03,
    bulk = 0x02,
    direction_in = 0x80,
    endpoint_number = 0x0F,
    packet_bits = 0x07FF,
    /// What a look costs when there is nothing: a reader that has something to send sends it within a frame of 1 ms; the rest is for the machine.
    look_ms = 5,
    /// What the body of a request gets at least, once its header is out: some frames of 1 ms, and the machine's own delays.
    finish_ms = 100,
    /// Bounds throwing away: far more than a reader can have in store.
    most_looks = 16,
    /// Whole packets of any size, and more than the longest frame.
    held_capacity = 3 * KIOSK_USB_MAX_PACKET,
};

// MARK: Layout

/// A bulk endpoint as the standard has it. Descriptors come from the device: they may say anything.
static bool usable(const kiosk_usb_endpoint *endpoint) {
    uint16_t packet = endpoint->max_packet & packet_bits;
    bool numbered = (endpoint->address & endpoint_number) != 0 && (endpoint->address & ~(direction_in | endpoint_number)) == 0;
    return numbered && (endpoint->attributes & transfer_type) == bulk && packet >= KIOSK_USB_MIN_PACKET && packet <= KIOSK_USB_MAX_PACKET;
}

int kiosk_usb_choose(const kiosk_usb_endpoint *endpoints, size_t count, kiosk_usb_layout *layout) {
    memset(layout, 0, sizeof *layout);
    const kiosk_usb_endpoint *out[2] = {NULL, NULL}, *in[2] = {NULL, NULL};
    size_t outs = 0, ins = 0;
    for (size_t i = 0; i < count; i++) {
        const kiosk_usb_endpoint *endpoint = &endpoints[i];
        bool is_in = (endpoint->address & direction_in) != 0;
        size_t *found = is_in ? &ins : &outs;
        if (*found == 2 || !usable(endpoint)) {
            return KIOSK_READER_ARGUMENT;
        }
        const kiosk_usb_endpoint **pair = is_in ? in : out;
        if (*found == 1 && pair[0]->address == endpoint->address) {
            return KIOSK_READER_ARGUMENT;
        }
        pair[(*found)++] = endpoint;
        if (*found == 2 && pair[0]->address > pair[1]->address) {
            pair[1] = pair[0];
            pair[0] = endpoint;
        }
    }
    if (outs == 0 || outs != ins) {
        return KIOSK_READER_ARGUMENT;
    }
    layout->framing = outs == 2 ? KIOSK_USB_SPLIT : KIOSK_USB_WHOLE;
    layout->out_header = out[0]->address;
    layout->out_body = out[outs - 1]->address;
    layout->in_header = in[0]->address;
    layout->in_body = in[ins - 1]->address;
    layout->in_header_packet = in[0]->max_packet & packet_bits;
    layout->in_body_packet = in[ins - 1]->max_packet & packet_bits;
    return 0;
}

size_t kiosk_usb_describe(const kiosk_usb_endpoint *endpoints, size_t count, char *text, size_t capacity) {
    static const char *const types[] = {"control", "isochronous", "bulk", "interrupt"};
    if (capacity == 0) {
        return 0;
    }
    size_t length = 0;
    int written = count == 0 ? snprintf(text, capacity, "no endpoints") : 0;
    text[count == 0 ? capacity - 1 : 0] = 0;
    for (size_t i = 0;; i++) {
        length += written < 0 ? 0 : (size_t)written;
        if (length >= capacity) {
            return capacity - 1;
        }
        if (i >= count) {
            return length;
        }
        written = snprintf(text + length, capacity - length, "%s%s %s %02X", i == 0 ? "" : ", ", types[endpoints[i].attributes & transfer_type],
                           (endpoints[i].address & direction_in) != 0 ? "IN" : "OUT", endpoints[i].address);
    }
}

// MARK: Frames on endpoints

typedef struct usb_line {
    kiosk_usb_pipe pipe;
    kiosk_usb_layout layout;
    /// Bytes of the reply under way that have still to come; 0 between replies, or when its beginning said nothing of its length.
    size_t pending;
    /// SPLIT: as much of the header as has come; a reader may send it in pieces.
    size_t header_length;
    uint8_t header[KIOSK_SDT_HEADER];
    /// What came with the last transfer and has not been handed over.
    size_t begin, end;
    uint8_t held[held_capacity];
} usb_line;

static void forget(usb_line *line) {
    // It held a citizen's record.
    explicit_bzero(line->held, sizeof line->held);
    line->begin = line->end = 0;
}

static size_t whole_packets(size_t count, size_t packet) {
    size_t most = held_capacity / packet, wanted = (count + packet - 1) / packet;
    return (wanted < most ? wanted : most) * packet;
}

/// One transfer from a reader into `held`, `moved` bytes of it. 0, or a negative code.
static int receive(usb_line *line, uint8_t endpoint, size_t count, size_t *moved, int32_t timeout_ms) {
    *moved = 0;
    int result = line->pipe.transfer(line->pipe.context, endpoint, line->held, count, moved, timeout_ms > look_ms ? timeout_ms : look_ms);
    // Packets that came before the time was up are as good as any.
    if (result == KIOSK_READER_TIMEOUT && *moved > 0) {
        return 0;
    }
    return result;
}

/// LEN when a reply's header stands at the beginning of `bytes`, with a length that a reply can have; otherwise 0.
static size_t body_length(const uint8_t *bytes, size_t count) {
    kiosk_sdt_reply reply;
    size_t consumed;
    // Only the header is shown: a good one makes the decoder wait for more, a bad one does not.
    if (count < KIOSK_SDT_HEADER || kiosk_sdt_decode(bytes, KIOSK_SDT_HEADER, &reply, &consumed) != 0 || consumed != 0) {
        return 0;
    }
    return (size_t)bytes[5] << 8 | bytes[6];
}

/// Adds a piece of a header. What neither is a header nor can become one has no place on the headers' endpoint.
static int account_header(usb_line *line, size_t moved) {
    if (moved > sizeof line->header - line->header_length) {
        return KIOSK_READER_MISFRAMED;
    }
    memcpy(line->header + line->header_length, line->held, moved);
    line->header_length += moved;
    kiosk_sdt_reply reply;
    size_t consumed;
    size_t shown = line->header_length < KIOSK_SDT_PREAMBLE ? line->header_length : KIOSK_SDT_PREAMBLE;
    (void)kiosk_sdt_decode(line->header, shown, &reply, &consumed);
    if (consumed != 0) {
        return KIOSK_READER_MISFRAMED;
    }
    if (line->header_length == sizeof line->header) {
        // 0 for a wrong LEN: the decoder, which is given the header, says so.
        line->pending = body_length(line->header, sizeof line->header);
        line->header_length = 0;
    }
    return 0;
}

static int account_body(usb_line *line, size_t moved) {
    if (moved > line->pending) {
        return KIOSK_READER_MISFRAMED;
    }
    line->pending -= moved;
    return 0;
}

/// One transfer may hold the end of a reply and the beginning of another, or noise: the decoder sorts that out.
static void account_whole(usb_line *line, size_t moved) {
    size_t pending = line->pending;
    if (pending == 0) {
        size_t length = body_length(line->held, moved);
        pending = length == 0 ? 0 : length + KIOSK_SDT_HEADER;
    }
    line->pending = pending > moved ? pending - moved : 0;
}

/// Forgets the reply under way.
static void restart(usb_line *line) {
    line->pending = 0;
    line->header_length = 0;
    forget(line);
}

/// One transfer of the reply under way. A transfer asks for no more than the packets that the rest of the reply fills: one that ends exactly
/// on a packet's boundary has no short packet to end a longer transfer, unless the reader adds an empty one, which then is the next transfer.
static int fill(usb_line *line, int32_t timeout_ms) {
    bool in_body = line->layout.framing == KIOSK_USB_SPLIT && line->pending > 0;
    uint8_t endpoint = in_body ? line->layout.in_body : line->layout.in_header;
    size_t packet = in_body ? line->layout.in_body_packet : line->layout.in_header_packet;
    size_t moved;
    int result = receive(line, endpoint, whole_packets(line->pending > 0 ? line->pending : 1, packet), &moved, timeout_ms);
    if (result == 0 && line->layout.framing == KIOSK_USB_WHOLE) {
        account_whole(line, moved);
    } else if (result == 0) {
        result = in_body ? account_body(line, moved) : account_header(line, moved);
    }
    if (result < 0) {
        if (result != KIOSK_READER_TIMEOUT) {
            restart(line);
        }
        return result;
    }
    line->begin = 0;
    line->end = moved;
    return 0;
}

static int line_read(void *context, uint8_t *bytes, size_t capacity, int32_t deadline_ms) {
    usb_line *line = context;
    int64_t end = kiosk_end(deadline_ms);
    while (line->begin == line->end) {
        int32_t left = kiosk_left(end);
        int filled = fill(line, left);
        if (filled < 0) {
            return filled;
        }
        // Empty packets for ever are silence too.
        if (line->begin == line->end && left == 0) {
            return KIOSK_READER_TIMEOUT;
        }
    }
    size_t count = line->end - line->begin;
    count = count < capacity ? count : capacity;
    memcpy(bytes, line->held + line->begin, count);
    line->begin += count;
    if (line->begin == line->end) {
        forget(line);
    }
    return (int)count;
}

static int send(usb_line *line, uint8_t endpoint, uint8_t *bytes, size_t count, int64_t end) {
    size_t sent = 0;
    while (sent < count) {
        int32_t left = kiosk_left(end);
        if (left == 0) {
            return KIOSK_READER_TIMEOUT;
        }
        size_t moved = 0;
        int result = line->pipe.transfer(line->pipe.context, endpoint, bytes + sent, count - sent, &moved, left);
        sent += moved;
        if (result < 0 && sent < count) {
            return result;
        }
    }
    return 0;
}

/// No empty packet follows a request that fills its last one: LEN tells the reader where it ends.
static int line_write(void *context, const uint8_t *bytes, size_t count, int32_t deadline_ms) {
    usb_line *line = context;
    int64_t end = kiosk_end(deadline_ms);
    restart(line);
    if (count <= KIOSK_SDT_HEADER || count > sizeof line->held) {
        return KIOSK_READER_ARGUMENT;
    }
    memcpy(line->held, bytes, count);
    size_t first = line->layout.framing == KIOSK_USB_SPLIT ? KIOSK_SDT_HEADER : count;
    int sent = send(line, line->layout.out_header, line->held, first, end);
    if (sent == 0 && first < count) {
        // A header without its body would leave the reader waiting for it, and the next request out of step.
        int64_t finish = kiosk_now() + finish_ms;
        sent = send(line, line->layout.out_body, line->held + first, count - first, end > finish ? end : finish);
    }
    forget(line);
    return sent;
}

/// Throws away what an endpoint holds. A halt that an earlier user left is cleared by coming upon it.
static int empty(usb_line *line, uint8_t endpoint, size_t packet, int64_t end) {
    for (int looks = 0; looks < most_looks && (looks == 0 || kiosk_left(end) > 0); looks++) {
        size_t moved;
        int result = receive(line, endpoint, whole_packets(held_capacity, packet), &moved, look_ms);
        forget(line);
        if (result < 0 && result != KIOSK_READER_STALLED) {
            return result == KIOSK_READER_TIMEOUT ? 0 : result;
        }
    }
    return 0;
}

static int line_open(void *context, int32_t deadline_ms) {
    usb_line *line = context;
    int64_t end = kiosk_end(deadline_ms);
    int result = line->pipe.open(line->pipe.context, &line->layout, deadline_ms);
    if (result == 0) {
        result = empty(line, line->layout.in_header, line->layout.in_header_packet, end);
    }
    if (result == 0 && line->layout.framing == KIOSK_USB_SPLIT) {
        result = empty(line, line->layout.in_body, line->layout.in_body_packet, end);
    }
    return result;
}

static void line_close(void *context) {
    usb_line *line = context;
    line->pipe.close(line->pipe.context);
    explicit_bzero(line, sizeof *line);
    free(line);
}

int kiosk_usb_line_over(const kiosk_usb_pipe *pipe, kiosk_line *line) {
    usb_line *made = calloc(1, sizeof *made);
    if (made == NULL) {
        pipe->close(pipe->context);
        return KIOSK_READER_MEMORY;
    }
    made->pipe = *pipe;
    *line = (kiosk_line){.context = made, .open = line_open, .write = line_write, .read = line_read, .close = line_close};
    return 0;
}

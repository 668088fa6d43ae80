// Everything a hostile reader can do on USB: any endpoint descriptors, and in both framings any packets, empty ones, halts, babble and silence
// at any place of a conversation. Built and run by `make fuzz`. The input: count of endpoints, four bytes for each, then transfers as
// `bus_transfer` reads them; seeds/usb-* hold one conversation in each framing.
#include "kiosk_idcardreader_usb.h"

#include <stdlib.h>
#include <string.h>

typedef struct bus {
    const uint8_t *bytes;
    size_t left;
    kiosk_usb_endpoint endpoints[KIOSK_USB_MAX_ENDPOINTS];
    size_t count;
    kiosk_usb_layout layout;
} bus;

static uint8_t next(bus *bus) {
    if (bus->left == 0) {
        return 0;
    }
    bus->left--;
    return *bus->bytes++;
}

static int bus_open(void *context, kiosk_usb_layout *layout, int32_t deadline_ms) {
    bus *bus = context;
    (void)deadline_ms;
    int chosen = kiosk_usb_choose(bus->endpoints, bus->count, layout);
    bus->layout = *layout;
    return chosen;
}

/// One byte says what becomes of a transfer: 0 silence, 1–5 a failure, 6 silence after some packets, otherwise success; two more how much comes.
static int bus_transfer(void *context, uint8_t endpoint, uint8_t *bytes, size_t count, size_t *moved, int32_t timeout_ms) {
    static const int failures[] = {KIOSK_READER_TIMEOUT, KIOSK_READER_STALLED, KIOSK_READER_OVERFLOW,
                                   KIOSK_READER_GONE,    KIOSK_READER_IO,      KIOSK_READER_BUSY};
    bus *bus = context;
    const kiosk_usb_layout *layout = &bus->layout;
    if (count == 0 || timeout_ms < 1) {
        abort();
    }
    *moved = 0;
    if ((endpoint & 0x80) == 0) {
        if (endpoint != layout->out_header && endpoint != layout->out_body) {
            abort();
        }
        uint8_t end = next(bus);
        if (end < 0xF8) {
            *moved = count;
            return 0;
        }
        *moved = (size_t)end % (count + 1);
        return failures[end % 6];
    }
    size_t packet = endpoint == layout->in_header ? layout->in_header_packet : layout->in_body_packet;
    if ((endpoint != layout->in_header && endpoint != layout->in_body) || count % packet != 0) {
        abort();
    }
    uint8_t end = next(bus);
    if (end < 6) {
        return failures[end];
    }
    size_t wanted = next(bus);
    wanted |= (size_t)(next(bus) & 0x0F) << 8;
    wanted = wanted < count ? wanted : count;
    wanted = wanted < bus->left ? wanted : bus->left;
    memcpy(bytes, bus->bytes, wanted);
    bus->bytes += wanted;
    bus->left -= wanted;
    *moved = wanted;
    return end == 6 ? KIOSK_READER_TIMEOUT : 0;
}

static void bus_close(void *context) { (void)context; }

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    bus source = {.bytes = bytes, .left = count};
    uint8_t options = next(&source);
    source.count = options % (KIOSK_USB_MAX_ENDPOINTS + 1);
    for (size_t i = 0; i < source.count; i++) {
        uint8_t address = next(&source), attributes = next(&source), low = next(&source);
        source.endpoints[i] = (kiosk_usb_endpoint){address, attributes, (uint16_t)(low | next(&source) << 8)};
    }
    char text[64];
    size_t capacity = (size_t)options % sizeof text + 1;
    if (kiosk_usb_describe(source.endpoints, source.count, text, capacity) != strlen(text) || strlen(text) >= capacity) {
        abort();
    }
    const kiosk_usb_pipe pipe = {.context = &source, .open = bus_open, .transfer = bus_transfer, .close = bus_close};
    kiosk_line bulk;
    kiosk_reader *reader = NULL;
    if (kiosk_usb_line_over(&pipe, &bulk) < 0 || kiosk_reader_open(&bulk, 0, &reader) < 0) {
        if (reader != NULL) {
            abort();
        }
        return 0;
    }
    uint8_t data[KIOSK_SDT_MAX_FRAME];
    size_t space = options >= 0x80 ? sizeof data : options;
    for (int turn = 0; turn < 8; turn++) {
        uint8_t sw3 = 0;
        int length = kiosk_reader_run(reader, (options + turn) % 8, &sw3, data, space, turn % 2 == 0 ? 1000 : 0);
        if (length > (int)space) {
            abort();
        }
        // What the driver does when it waits in steps.
        (void)kiosk_reader_receive(reader, &sw3, data, space, 0);
        (void)kiosk_reader_exchange(reader, 0x12, 0xFF, NULL, 0, &sw3, data, space, 0);
    }
    kiosk_reader_close(reader);
    return 0;
}

// Everything a hostile printer can send: status bytes straight into the table, and whole conversations through the handle, cut into arbitrary reads.
// Built and run by `make fuzz`; seeds/ holds a healthy printer's answers, and a noisy one's, each read behind a byte that says how long it is.
#include "kiosk_receiptprinter.h"

#include "../../Line/fuzz/fuzz_line.h"

static int line_write(void *context, const uint8_t *bytes, size_t count, int32_t deadline_ms) {
    (void)context;
    (void)deadline_ms;
    return bytes != NULL && count > 0 && count <= KIOSK_RECEIPT_PIECE ? 0 : KIOSK_LINE_IO;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (int n = 0; n <= 5; n++) {
            int flags = kiosk_receipt_flags(n, bytes[i]);
            // Only what a printer can have meant is taken, and no flag beyond those there are.
            if (flags >= 0 && ((bytes[i] & 0x93) != 0x12 || n == 0 || n == 5 || flags >= KIOSK_RECEIPT_RECOVERING << 1)) {
                abort();
            }
        }
    }
    line source = {.bytes = bytes, .left = count};
    const kiosk_line bytes_line = {.context = &source, .open = line_open, .write = line_write, .read = line_read, .close = line_close};
    kiosk_receipt *printer = NULL;
    if (kiosk_receipt_open(&bytes_line, 0, &printer) < 0 || printer == NULL) {
        abort();
    }
    for (int turn = 0; turn < 16; turn++) {
        uint8_t answer = 0;
        if (turn % 5 == 0 && kiosk_receipt_fence(printer, 0) < 0) {
            abort();
        }
        if (kiosk_receipt_ask(printer, 1 + turn % 4, 0) == 0 && kiosk_receipt_answer(printer, &answer, turn % 2 == 0 ? 1000 : 0) == 0 &&
            kiosk_receipt_flags(1 + turn % 4, answer) < 0) {
            abort();
        }
        (void)kiosk_receipt_fenced(printer);
    }
    kiosk_receipt_close(printer);
    return 0;
}

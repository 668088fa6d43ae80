// Everything a hostile scanner can send: report descriptors, reports and lines straight into the assembly, and whole conversations through the
// handle, cut into arbitrary reads. Built and run by `make fuzz`; seeds/ holds codes behind the control byte (even: reports, odd: lines) and the
// counts of the reads, and the descriptor of a scanner.
#include "kiosk_codescanner.h"

#include "../../Line/fuzz/fuzz_line.h"

#include <stdlib.h>
#include <string.h>

static int line_write(void *context, const uint8_t *bytes, size_t count, int32_t deadline_ms) {
    (void)context;
    (void)bytes;
    (void)count;
    (void)deadline_ms;
    abort(); // Nothing is ever said to a scanner.
}

static void check(const kiosk_code *code) {
    if (code->length < 1 || code->length > KIOSK_CODE_MAX || code->dropped || memchr(code->aim, 0, sizeof code->aim) == NULL) {
        abort();
    }
}

static void assemble(const uint8_t *bytes, size_t count, kiosk_code_form form) {
    kiosk_code *code = malloc(sizeof *code);
    if (code == NULL) {
        abort();
    }
    kiosk_code_clear(code, form);
    for (size_t offset = 0; offset < count;) {
        size_t part = form == KIOSK_CODE_REPORTS ? (bytes[offset] == 2 ? KIOSK_CODE_REPORT : 1) : count - offset;
        part = part < count - offset ? part : count - offset;
        size_t consumed = 0;
        int result = kiosk_code_add(code, bytes + offset, part, &consumed);
        if (consumed == 0 || consumed > part) {
            abort();
        }
        if (result > 0) {
            check(code);
            kiosk_code_clear(code, form);
        }
        offset += consumed;
    }
    free(code);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (count == 0) {
        return 0;
    }
    kiosk_code_form form = bytes[0] % 2 == 0 ? KIOSK_CODE_REPORTS : KIOSK_CODE_LINES;
    (void)kiosk_code_describes_scanner(bytes + 1, count - 1);
    assemble(bytes + 1, count - 1, form);
    line source = {.bytes = bytes + 1, .left = count - 1};
    const kiosk_line bytes_line = {
        .context = &source, .open = line_open, .write = line_write, .read = line_read, .close = line_close};
    kiosk_codescanner *scanner = NULL;
    if (kiosk_codescanner_open(&bytes_line, form, 0, &scanner) < 0 || scanner == NULL) {
        return 0;
    }
    static uint8_t data[KIOSK_CODE_MAX];
    size_t capacity = bytes[0] >= 0x80 ? sizeof data : bytes[0];
    for (int turn = 0; turn < 8; turn++) {
        char aim[4];
        int length = kiosk_codescanner_read(scanner, aim, data, capacity, turn % 2 == 0 ? 1000 : 0);
        if (length == 0 || length > (int)capacity) {
            abort();
        }
        if (turn == 4) {
            (void)kiosk_codescanner_discard(scanner);
        }
    }
    kiosk_codescanner_close(scanner);
    return 0;
}

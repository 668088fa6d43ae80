#include "kiosk_receiptprinter.h"

int kiosk_receipt_kind(uint8_t byte) {
    if ((byte & 0x93) == 0x12) {
        return KIOSK_RECEIPT_STATUS;
    }
    return (byte & 0x90) == 0 ? KIOSK_RECEIPT_FENCE : KIOSK_RECEIPT_NOISE;
}

int kiosk_receipt_band(size_t row_bytes, size_t rows, uint8_t header[KIOSK_RECEIPT_BAND_HEADER]) {
    if (row_bytes == 0 || row_bytes > KIOSK_RECEIPT_ROW_BYTES || rows == 0 || rows > KIOSK_RECEIPT_BAND_ROWS) {
        return KIOSK_LINE_ARGUMENT;
    }
    const uint8_t bytes[KIOSK_RECEIPT_BAND_HEADER] = {0x1D, 0x76, 0x30, 0, (uint8_t)row_bytes, 0, (uint8_t)rows, 0};
    for (size_t i = 0; i < sizeof bytes; i++) {
        header[i] = bytes[i];
    }
    return 0;
}

int kiosk_receipt_flags(int n, uint8_t answer) {
    static const struct {
        uint8_t n, bits;
        int flag;
    } table[] = {
        {1, 0x08, KIOSK_RECEIPT_OFFLINE},    {2, 0x04, KIOSK_RECEIPT_COVER_OPEN},    {2, 0x20, KIOSK_RECEIPT_PAPER_OUT},
        {2, 0x40, KIOSK_RECEIPT_ERROR},      {3, 0x04, KIOSK_RECEIPT_MECHANICAL},    {3, 0x08, KIOSK_RECEIPT_CUTTER},
        {3, 0x20, KIOSK_RECEIPT_UNRECOVERABLE}, {3, 0x40, KIOSK_RECEIPT_RECOVERING}, {4, 0x0C, KIOSK_RECEIPT_PAPER_LOW},
        {4, 0x60, KIOSK_RECEIPT_PAPER_OUT},
    };
    if (n < 1 || n > 4 || kiosk_receipt_kind(answer) != KIOSK_RECEIPT_STATUS) {
        return KIOSK_LINE_ARGUMENT;
    }
    int flags = 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        // Of the two paper sensors some printers report one bit only.
        flags |= table[i].n == n && (answer & table[i].bits) != 0 ? table[i].flag : 0;
    }
    return flags;
}

#include "kiosk_smartcard.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <winscard.h>

struct kiosk_smartcard {
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
    bool connected;
};

/// PC/SC codes are 32 bits in a LONG that may have 64.
static int32_t code(LONG result) { return (int32_t)(uint32_t)result; }

int32_t kiosk_smartcard_open(kiosk_smartcard **out) {
    *out = NULL;
    kiosk_smartcard *handle = calloc(1, sizeof *handle);
    if (handle == NULL) {
        return code(SCARD_E_NO_MEMORY);
    }
    LONG result = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &handle->context);
    if (result != SCARD_S_SUCCESS) {
        free(handle);
        return code(result);
    }
    *out = handle;
    return 0;
}

void kiosk_smartcard_close(kiosk_smartcard *handle) {
    kiosk_smartcard_disconnect(handle);
    SCardReleaseContext(handle->context);
    free(handle);
}

int32_t kiosk_smartcard_readers(kiosk_smartcard *handle, char *names, size_t capacity) {
    DWORD size = (DWORD)capacity;
    LONG result = SCardListReaders(handle->context, NULL, names, &size);
    if (result == SCARD_E_NO_READERS_AVAILABLE) {
        return 0;
    }
    // The list ends in an empty name.
    return result == SCARD_S_SUCCESS ? (int32_t)(size > 0 ? size - 1 : 0) : code(result);
}

int32_t kiosk_smartcard_state(kiosk_smartcard *handle, const char *reader, uint32_t *now) {
    SCARD_READERSTATE state = {.szReader = reader, .dwCurrentState = SCARD_STATE_UNAWARE};
    LONG result = SCardGetStatusChange(handle->context, 0, &state, 1);
    *now = (uint32_t)state.dwEventState & ~(uint32_t)SCARD_STATE_CHANGED;
    return code(result);
}

int32_t kiosk_smartcard_connect(kiosk_smartcard *handle, const char *reader) {
    kiosk_smartcard_disconnect(handle);
    LONG result = SCardConnect(handle->context, reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &handle->card, &handle->protocol);
    handle->connected = result == SCARD_S_SUCCESS;
    return code(result);
}

void kiosk_smartcard_disconnect(kiosk_smartcard *handle) {
    if (handle->connected) {
        SCardDisconnect(handle->card, SCARD_UNPOWER_CARD);
        handle->connected = false;
    }
}

/// One command and one answer.
static LONG exchange(kiosk_smartcard *handle, const uint8_t *command, size_t length, uint8_t *reply, size_t *count) {
    DWORD size = KIOSK_SMARTCARD_MAX_REPLY;
    const SCARD_IO_REQUEST *kind = handle->protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0;
    LONG result = SCardTransmit(handle->card, kind, command, (DWORD)length, NULL, reply, &size);
    *count = result == SCARD_S_SUCCESS && size <= KIOSK_SMARTCARD_MAX_REPLY ? (size_t)size : 0;
    return result;
}

int32_t kiosk_smartcard_transmit(kiosk_smartcard *handle, const uint8_t *command, size_t length, uint8_t *data, size_t capacity, uint16_t *status) {
    *status = 0;
    if (!handle->connected || length < 4 || length > KIOSK_SMARTCARD_MAX_COMMAND) {
        return code(SCARD_E_INVALID_PARAMETER);
    }
    uint8_t next[KIOSK_SMARTCARD_MAX_COMMAND], reply[KIOSK_SMARTCARD_MAX_REPLY];
    memcpy(next, command, length);
    size_t filled = 0;
    int32_t outcome = code(SCARD_F_COMM_ERROR);
    // A card that goes on announcing more than there is, is given up.
    for (int rounds = 0; rounds < 8; rounds++) {
        size_t count, wanted;
        LONG result = exchange(handle, next, length, reply, &count);
        if (result != SCARD_S_SUCCESS) {
            outcome = code(result);
            break;
        }
        int what = kiosk_smartcard_reply(reply, count, status, &wanted);
        if (what < 0) {
            break;
        }
        if (count - 2 > capacity - filled) {
            outcome = code(SCARD_E_INSUFFICIENT_BUFFER);
            break;
        }
        memcpy(data + filled, reply, count - 2);
        filled += count - 2;
        if (what == KIOSK_SMARTCARD_DONE) {
            outcome = (int32_t)filled;
            break;
        }
        if (what == KIOSK_SMARTCARD_FETCH) {
            const uint8_t get_response[] = {(uint8_t)(next[0] & 0x03), 0xC0, 0, 0, (uint8_t)wanted};
            memcpy(next, get_response, sizeof get_response);
            length = sizeof get_response;
        } else if (length == 4 || (length > 5 && length == 5 + (size_t)next[4])) {
            // Without an Le yet (ISO 7816-3, cases 1 and 3).
            next[length++] = (uint8_t)wanted;
        } else {
            next[length - 1] = (uint8_t)wanted;
        }
    }
    // They held a citizen's record.
    explicit_bzero(reply, sizeof reply);
    explicit_bzero(next, sizeof next);
    return outcome;
}

// Bytes of anybody where keys, ciphertexts and signatures are expected. The first byte says what the rest is: 0 a ciphertext to a fixed key, 1 a signature
// (64 bytes) and what it is of, 2 a point, 3 a pair and 4 a public key in PEM, 5 something to encrypt and to sign. Built and run by `make fuzz`.
#include "kiosk_national.h"

#include <stdlib.h>
#include <string.h>

// The key that GB/T 32918.5-2017 prints, in PKCS #8.
static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgOUUgj3shRLE/NuOK\n"
                          "xtOflYiTk2koYLUaQvuB7033xbihRANCAAQJ+d8xHlQhoVDdfRYeS8XGchefrRgz\n"
                          "/AdrsI/zVvNQIMzqSQziZ3WlLcbqcYzBqmAK7QX7814ISmYy9gctqa0T\n"
                          "-----END PRIVATE KEY-----\n";

static void demand(int holds) {
    if (!holds) {
        abort();
    }
}

/// A key that was read gives the same point again, however it is written.
static void look(kiosk_sm2 *key, int is_pair) {
    if (key == NULL) {
        return;
    }
    uint8_t point[KIOSK_SM2_POINT], again[KIOSK_SM2_POINT];
    char text[KIOSK_SM2_MAX_PEM];
    demand(kiosk_sm2_point(key, point) == 0);
    int count = is_pair ? kiosk_sm2_write_pair(key, text) : kiosk_sm2_write_public(key, text);
    demand(count > 0);
    kiosk_sm2 *copies[] = {kiosk_sm2_public(point), is_pair ? kiosk_sm2_read_pair(text, (size_t)count) : kiosk_sm2_read_public(text, (size_t)count)};
    for (int index = 0; index < 2; index++) {
        demand(copies[index] != NULL && kiosk_sm2_point(copies[index], again) == 0 && memcmp(point, again, sizeof point) == 0);
        kiosk_sm2_free(copies[index]);
    }
    kiosk_sm2_free(key);
}

/// What is sealed and signed opens and is genuine; with any byte changed it isn't.
static void round_trip(kiosk_sm2 *key, const uint8_t *bytes, size_t count) {
    uint8_t sealed[KIOSK_SM2_OVERHEAD + KIOSK_SM2_MAX_TEXT], text[KIOSK_SM2_MAX_TEXT], signature[KIOSK_SM2_SIGNATURE];
    demand(kiosk_sm2_sign(key, bytes, count, signature) == 0 && kiosk_sm2_verify(key, bytes, count, signature) == 0);
    signature[count % KIOSK_SM2_SIGNATURE] ^= 1;
    demand(kiosk_sm2_verify(key, bytes, count, signature) == KIOSK_NATIONAL_REFUSED);
    int result = kiosk_sm2_encrypt(key, bytes, count, sealed);
    demand(result == (count > 0 && count <= KIOSK_SM2_MAX_TEXT ? 0 : KIOSK_NATIONAL_REFUSED));
    if (result == 0) {
        size_t size = count + KIOSK_SM2_OVERHEAD;
        demand(kiosk_sm2_decrypt(key, sealed, size, text) == 0 && memcmp(text, bytes, count) == 0);
        sealed[bytes[0] % size] ^= 1;
        demand(kiosk_sm2_decrypt(key, sealed, size, text) == KIOSK_NATIONAL_REFUSED);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (count == 0) {
        return 0;
    }
    const uint8_t *rest = bytes + 1;
    size_t left = count - 1;
    kiosk_sm2 *key = kiosk_sm2_read_pair(pem, strlen(pem));
    demand(key != NULL);
    switch (bytes[0]) {
    case 0: {
        uint8_t text[KIOSK_SM2_MAX_TEXT];
        kiosk_sm2_decrypt(key, rest, left, text);
        break;
    }
    case 1:
        if (left >= KIOSK_SM2_SIGNATURE) {
            kiosk_sm2_verify(key, rest + KIOSK_SM2_SIGNATURE, left - KIOSK_SM2_SIGNATURE, rest);
        }
        break;
    case 2:
        if (left >= KIOSK_SM2_POINT) {
            look(kiosk_sm2_public(rest), 0);
        }
        break;
    case 3: look(kiosk_sm2_read_pair((const char *)rest, left), 1); break;
    case 4: look(kiosk_sm2_read_public((const char *)rest, left), 0); break;
    case 5: round_trip(key, rest, left); break;
    default: break;
    }
    kiosk_sm2_free(key);
    return 0;
}

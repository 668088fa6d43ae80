#include "openssl_peer.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 << 10, TAG = 16, NONCE = 12, KEY = 32 };

/// Returns the bytes of the sealed chunk, or -1.
static int seal(EVP_CIPHER_CTX *context, uint32_t index, const unsigned char *chunk, int count, unsigned char *sealed) {
    unsigned char nonce[NONCE] = {0};
    memcpy(nonce, &index, sizeof index);
    int length = 0;
    int rest = 0;
    if (EVP_EncryptInit_ex(context, NULL, NULL, NULL, nonce) != 1 || EVP_EncryptUpdate(context, sealed, &length, chunk, count) != 1 ||
        EVP_EncryptFinal_ex(context, sealed + length, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG, sealed + length + rest) != 1)
        return -1;
    return length + rest + TAG;
}

static int write_all(int file, const unsigned char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(file, bytes, count);
        if (written <= 0) return -1;
        bytes += written;
        count -= (size_t)written;
    }
    return 0;
}

static int store(EVP_CIPHER_CTX *context, int file, const unsigned char *bytes, size_t count) {
    static unsigned char sealed[CHUNK + TAG];
    unsigned char key[KEY];
    if (RAND_bytes(key, sizeof key) != 1 || EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, NULL) != 1) return -1;
    for (uint32_t index = 0; count > 0; index++) {
        int chunk = count < CHUNK ? (int)count : CHUNK;
        int length = seal(context, index, bytes, chunk, sealed);
        if (length < 0 || write_all(file, sealed, (size_t)length) != 0) return -1;
        bytes += chunk;
        count -= (size_t)chunk;
    }
    return fsync(file);
}

int openssl_peer_store(const char *path, const void *bytes, size_t count) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return -1;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int failed = context == NULL ? -1 : store(context, file, bytes, count);
    EVP_CIPHER_CTX_free(context);
    failed |= close(file);
    return failed == 0 ? 0 : -1;
}

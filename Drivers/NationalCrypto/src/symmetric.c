#include "kiosk_national.h"

#include "outcome.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdlib.h>

struct kiosk_national {
    EVP_MD *sm3;
    EVP_CIPHER *ctr;
    EVP_MAC *hmac;
    EVP_KDF *hkdf;
};

struct kiosk_sm3 {
    EVP_MD_CTX *context;
};

/// Without OpenSSL's own cleaning up at the program's end, which takes its tables from under the threads that seal or open then. It must be said before
/// anything else is asked of OpenSSL.
__attribute__((constructor)) static void keep_until_the_end(void) { OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL); }

static int done(int succeeded) { return outcome(succeeded, KIOSK_NATIONAL_FAILED); }

kiosk_national *kiosk_national_open(void) {
    kiosk_national *national = calloc(1, sizeof *national);
    if (national == NULL) {
        return NULL;
    }
    national->sm3 = EVP_MD_fetch(NULL, "SM3", NULL);
    national->ctr = EVP_CIPHER_fetch(NULL, "SM4-CTR", NULL);
    national->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    national->hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    if (done(national->sm3 != NULL && national->ctr != NULL && national->hmac != NULL && national->hkdf != NULL) != 0) {
        kiosk_national_close(national);
        return NULL;
    }
    return national;
}

void kiosk_national_close(kiosk_national *national) {
    EVP_MD_free(national->sm3);
    EVP_CIPHER_free(national->ctr);
    EVP_MAC_free(national->hmac);
    EVP_KDF_free(national->hkdf);
    free(national);
}

// MARK: SM3

/// With a context, which takes over; null without either.
static kiosk_sm3 *running(EVP_MD_CTX *context, int begun) {
    kiosk_sm3 *digest = done(context != NULL && begun) == 0 ? malloc(sizeof *digest) : NULL;
    if (digest == NULL) {
        EVP_MD_CTX_free(context);
        return NULL;
    }
    digest->context = context;
    return digest;
}

kiosk_sm3 *kiosk_sm3_begin(const kiosk_national *national) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    return running(context, context != NULL && EVP_DigestInit_ex2(context, national->sm3, NULL));
}

kiosk_sm3 *kiosk_sm3_copy(const kiosk_sm3 *digest) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    return running(context, context != NULL && EVP_MD_CTX_copy_ex(context, digest->context));
}

int kiosk_sm3_update(kiosk_sm3 *digest, const uint8_t *bytes, size_t count) { return done(EVP_DigestUpdate(digest->context, bytes, count)); }

int kiosk_sm3_end(kiosk_sm3 *digest, uint8_t out[KIOSK_SM3_SIZE]) { return done(EVP_DigestFinal_ex(digest->context, out, NULL)); }

void kiosk_sm3_free(kiosk_sm3 *digest) {
    EVP_MD_CTX_free(digest->context);
    free(digest);
}

// MARK: HMAC, HKDF

/// A parameter that names SM3; OpenSSL only reads it.
static OSSL_PARAM names_sm3(const char *parameter) {
    static char sm3[] = "SM3";
    return OSSL_PARAM_construct_utf8_string(parameter, sm3, 0);
}

int kiosk_national_hmac(const kiosk_national *national, const uint8_t *key, size_t key_count, const uint8_t *first, size_t first_count,
                        const uint8_t *second, size_t second_count, uint8_t out[KIOSK_SM3_SIZE]) {
    const OSSL_PARAM parameters[] = {names_sm3(OSSL_MAC_PARAM_DIGEST), OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(national->hmac);
    size_t count = 0;
    int succeeded = context != NULL && EVP_MAC_init(context, key, key_count, parameters) && EVP_MAC_update(context, first, first_count) &&
                    EVP_MAC_update(context, second, second_count) && EVP_MAC_final(context, out, &count, KIOSK_SM3_SIZE) && count == KIOSK_SM3_SIZE;
    EVP_MAC_CTX_free(context);
    return done(succeeded);
}

int kiosk_national_compare(const uint8_t left[KIOSK_SM3_SIZE], const uint8_t right[KIOSK_SM3_SIZE]) {
    return CRYPTO_memcmp(left, right, KIOSK_SM3_SIZE) == 0 ? 0 : KIOSK_NATIONAL_REFUSED;
}

int kiosk_national_hkdf(const kiosk_national *national, const uint8_t *secret, size_t secret_count, const uint8_t *info, size_t info_count,
                        uint8_t *out, size_t count) {
    const OSSL_PARAM parameters[] = {
        names_sm3(OSSL_KDF_PARAM_DIGEST), OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret, secret_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info, info_count), OSSL_PARAM_construct_end()};
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(national->hkdf);
    int succeeded = context != NULL && EVP_KDF_derive(context, out, count, parameters) > 0;
    EVP_KDF_CTX_free(context);
    return done(succeeded);
}

// MARK: SM4

int kiosk_national_ctr(const kiosk_national *national, const uint8_t *key, size_t key_count, const uint8_t counter[KIOSK_SM4_SIZE],
                       const uint8_t *bytes, size_t count, uint8_t *out) {
    if (key_count != KIOSK_SM4_SIZE || count > INT_MAX) {
        return KIOSK_NATIONAL_REFUSED;
    }
    if (count == 0) {
        return 0;
    }
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0;
    int succeeded = context != NULL && EVP_EncryptInit_ex2(context, national->ctr, key, counter, NULL) &&
                    EVP_EncryptUpdate(context, out, &written, bytes, (int)count) && (size_t)written == count;
    EVP_CIPHER_CTX_free(context);
    return done(succeeded);
}

void kiosk_national_wipe(void *bytes, size_t count) { OPENSSL_cleanse(bytes, count); }

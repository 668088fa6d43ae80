#include "kiosk_national.h"

#include "outcome.h"

#include <openssl/asn1.h>
#include <openssl/asn1t.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

struct kiosk_sm2 {
    EVP_PKEY *key;
};

enum {
    /// bytes of a coordinate, and of r and s
    FIELD = 32,
    UNCOMPRESSED = 4,
};

static const char name[] = "SM2";

/// Takes `key` over; null unless it is one of SM2 whose point is uncompressed: in PEM it may be compressed, hybrid, or at infinity.
static kiosk_sm2 *own(EVP_PKEY *key) {
    kiosk_sm2 *handle = outcome(key != NULL && EVP_PKEY_is_a(key, name), KIOSK_NATIONAL_REFUSED) == 0 ? malloc(sizeof *handle) : NULL;
    if (handle == NULL) {
        EVP_PKEY_free(key);
        return NULL;
    }
    handle->key = key;
    uint8_t point[KIOSK_SM2_POINT];
    if (kiosk_sm2_point(handle, point) != 0) {
        kiosk_sm2_free(handle);
        return NULL;
    }
    return handle;
}

int kiosk_sm2_lack(void) {
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(NULL, name, NULL);
    EVP_KEYMGMT_free(found);
    return outcome(found != NULL, KIOSK_NATIONAL_FAILED);
}

kiosk_sm2 *kiosk_sm2_make(void) { return own(EVP_PKEY_Q_keygen(NULL, NULL, name)); }

kiosk_sm2 *kiosk_sm2_public(const uint8_t point[KIOSK_SM2_POINT]) {
    // The other encodings of the same point would be other bytes for one key.
    if (point[0] != UNCOMPRESSED) {
        return NULL;
    }
    char group[] = "SM2";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, KIOSK_SM2_POINT), OSSL_PARAM_construct_end()};
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
    if (context != NULL && EVP_PKEY_fromdata_init(context) > 0) {
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
    }
    EVP_PKEY_CTX_free(context);
    return own(key);
}

void kiosk_sm2_free(kiosk_sm2 *key) {
    EVP_PKEY_free(key->key);
    free(key);
}

int kiosk_sm2_point(const kiosk_sm2 *key, uint8_t point[KIOSK_SM2_POINT]) {
    size_t count = 0;
    int succeeded = EVP_PKEY_get_octet_string_param(key->key, OSSL_PKEY_PARAM_PUB_KEY, point, KIOSK_SM2_POINT, &count) &&
                    count == KIOSK_SM2_POINT && point[0] == UNCOMPRESSED;
    return outcome(succeeded, KIOSK_NATIONAL_FAILED);
}

// MARK: PEM

/// In the place of a question at the terminal.
static int no_password(char *buffer, int size, int writing, void *context) {
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static BIO *reader(const char *pem, size_t count) { return count <= KIOSK_SM2_MAX_PEM ? BIO_new_mem_buf(pem, (int)count) : NULL; }

kiosk_sm2 *kiosk_sm2_read_pair(const char *pem, size_t count) {
    BIO *bio = reader(pem, count);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    EVP_PKEY_CTX *context = key != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
    if (context == NULL || EVP_PKEY_pairwise_check(context) <= 0) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return own(key);
}

kiosk_sm2 *kiosk_sm2_read_public(const char *pem, size_t count) {
    BIO *bio = reader(pem, count);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    return own(key);
}

/// Takes out what was written and frees it, cleansed.
static int written(BIO *bio, int succeeded, char pem[KIOSK_SM2_MAX_PEM]) {
    char *text = NULL;
    long count = succeeded ? BIO_get_mem_data(bio, &text) : 0;
    int result = count > 0 && count <= KIOSK_SM2_MAX_PEM ? (int)count : KIOSK_NATIONAL_FAILED;
    if (result > 0) {
        memcpy(pem, text, (size_t)count);
    }
    BIO_free(bio);
    outcome(result > 0, KIOSK_NATIONAL_FAILED);
    return result;
}

int kiosk_sm2_write_pair(const kiosk_sm2 *key, char pem[KIOSK_SM2_MAX_PEM]) {
    BIO *bio = BIO_new(BIO_s_mem());
    return written(bio, bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key->key, NULL, NULL, 0, NULL, NULL), pem);
}

int kiosk_sm2_write_public(const kiosk_sm2 *key, char pem[KIOSK_SM2_MAX_PEM]) {
    BIO *bio = BIO_new(BIO_s_mem());
    return written(bio, bio != NULL && PEM_write_bio_PUBKEY(bio, key->key), pem);
}

// MARK: Encryption

/// The form of GB/T 35276 that EVP knows: DER of C1's coordinates, C3 and C2.
typedef struct sealed_text {
    BIGNUM *x;
    BIGNUM *y;
    ASN1_OCTET_STRING *digest;
    ASN1_OCTET_STRING *text;
} sealed_text;

ASN1_SEQUENCE(sealed_text) = {
    ASN1_SIMPLE(sealed_text, x, BIGNUM),
    ASN1_SIMPLE(sealed_text, y, BIGNUM),
    ASN1_SIMPLE(sealed_text, digest, ASN1_OCTET_STRING),
    ASN1_SIMPLE(sealed_text, text, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(sealed_text)

IMPLEMENT_STATIC_ASN1_ENCODE_FUNCTIONS(sealed_text)
IMPLEMENT_STATIC_ASN1_ALLOC_FUNCTIONS(sealed_text)

/// bytes of DER around a text of the longest size
enum { MAX_DER = KIOSK_SM2_OVERHEAD + KIOSK_SM2_MAX_TEXT + 32 };

/// C1, C3, C2 out of DER.
static int flatten(const uint8_t *der, size_t size, size_t count, uint8_t *out) {
    sealed_text *parts = d2i_sealed_text(NULL, &der, (long)size);
    int succeeded = parts != NULL && ASN1_STRING_length(parts->digest) == KIOSK_SM3_SIZE && ASN1_STRING_length(parts->text) == (int)count &&
                    BN_bn2binpad(parts->x, out + 1, FIELD) == FIELD && BN_bn2binpad(parts->y, out + 1 + FIELD, FIELD) == FIELD;
    if (succeeded) {
        out[0] = UNCOMPRESSED;
        memcpy(out + KIOSK_SM2_POINT, ASN1_STRING_get0_data(parts->digest), KIOSK_SM3_SIZE);
        memcpy(out + KIOSK_SM2_OVERHEAD, ASN1_STRING_get0_data(parts->text), count);
    }
    sealed_text_free(parts);
    return succeeded;
}

/// DER out of C1, C3, C2. Returns its size, or 0.
static size_t unflatten(const uint8_t *sealed, size_t count, uint8_t der[MAX_DER]) {
    sealed_text *parts = sealed_text_new();
    int size = 0;
    if (parts != NULL && BN_bin2bn(sealed + 1, FIELD, parts->x) != NULL && BN_bin2bn(sealed + 1 + FIELD, FIELD, parts->y) != NULL &&
        ASN1_OCTET_STRING_set(parts->digest, sealed + KIOSK_SM2_POINT, KIOSK_SM3_SIZE) &&
        ASN1_OCTET_STRING_set(parts->text, sealed + KIOSK_SM2_OVERHEAD, (int)(count - KIOSK_SM2_OVERHEAD)) && i2d_sealed_text(parts, NULL) <= MAX_DER) {
        size = i2d_sealed_text(parts, &der);
    }
    sealed_text_free(parts);
    return size > 0 ? (size_t)size : 0;
}

int kiosk_sm2_encrypt(const kiosk_sm2 *key, const uint8_t *text, size_t count, uint8_t *out) {
    if (count == 0 || count > KIOSK_SM2_MAX_TEXT) {
        return KIOSK_NATIONAL_REFUSED;
    }
    uint8_t der[MAX_DER];
    size_t size = sizeof der;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL);
    int succeeded = context != NULL && EVP_PKEY_encrypt_init(context) > 0 && EVP_PKEY_encrypt(context, der, &size, text, count) > 0 &&
                    flatten(der, size, count, out);
    EVP_PKEY_CTX_free(context);
    return outcome(succeeded, KIOSK_NATIONAL_FAILED);
}

int kiosk_sm2_decrypt(const kiosk_sm2 *key, const uint8_t *sealed, size_t count, uint8_t *out) {
    if (count <= KIOSK_SM2_OVERHEAD || count > KIOSK_SM2_OVERHEAD + KIOSK_SM2_MAX_TEXT || sealed[0] != UNCOMPRESSED) {
        return KIOSK_NATIONAL_REFUSED;
    }
    uint8_t der[MAX_DER];
    size_t size = unflatten(sealed, count, der);
    size_t room = count - KIOSK_SM2_OVERHEAD;
    EVP_PKEY_CTX *context = size > 0 ? EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL) : NULL;
    int result = outcome(context != NULL && EVP_PKEY_decrypt_init(context) > 0, KIOSK_NATIONAL_FAILED);
    if (result == 0) {
        ERR_clear_error();
        result = verdict(EVP_PKEY_decrypt(context, out, &room, der, size) > 0 && room == count - KIOSK_SM2_OVERHEAD);
    }
    EVP_PKEY_CTX_free(context);
    return result;
}

// MARK: Signatures

/// A context for SM2 with SM3 under the id that whoever has none of his own has; null when OpenSSL lacks one of them.
static EVP_MD_CTX *signing(const kiosk_sm2 *key, int verifies) {
    static const char id[] = "1234567812345678";
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *settings = NULL;
    int begun = context == NULL ? 0
                : verifies      ? EVP_DigestVerifyInit_ex(context, &settings, "SM3", NULL, NULL, key->key, NULL)
                                : EVP_DigestSignInit_ex(context, &settings, "SM3", NULL, NULL, key->key, NULL);
    // Behind the start: OpenSSL 3.0 refuses it as a parameter of that.
    if (begun <= 0 || EVP_PKEY_CTX_set1_id(settings, id, sizeof id - 1) <= 0) {
        EVP_MD_CTX_free(context);
        return NULL;
    }
    return context;
}

int kiosk_sm2_sign(const kiosk_sm2 *key, const uint8_t *bytes, size_t count, uint8_t signature[KIOSK_SM2_SIGNATURE]) {
    uint8_t der[80];
    size_t size = sizeof der;
    EVP_MD_CTX *context = signing(key, 0);
    int succeeded = context != NULL && EVP_DigestSign(context, der, &size, bytes, count) > 0;
    EVP_MD_CTX_free(context);
    const uint8_t *next = der;
    ECDSA_SIG *pair = succeeded ? d2i_ECDSA_SIG(NULL, &next, (long)size) : NULL;
    succeeded = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, FIELD) == FIELD &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + FIELD, FIELD) == FIELD;
    ECDSA_SIG_free(pair);
    return outcome(succeeded, KIOSK_NATIONAL_FAILED);
}

int kiosk_sm2_verify(const kiosk_sm2 *key, const uint8_t *bytes, size_t count, const uint8_t signature[KIOSK_SM2_SIGNATURE]) {
    uint8_t der[80];
    int size = 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, FIELD, NULL);
    BIGNUM *s = BN_bin2bn(signature + FIELD, FIELD, NULL);
    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s)) {
        uint8_t *next = der;
        size = i2d_ECDSA_SIG(pair, &next);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    EVP_MD_CTX *context = size > 0 ? signing(key, 1) : NULL;
    int result = outcome(context != NULL, KIOSK_NATIONAL_FAILED);
    if (result == 0) {
        ERR_clear_error();
        result = verdict(EVP_DigestVerify(context, der, (size_t)size, bytes, count) == 1);
    }
    EVP_MD_CTX_free(context);
    return result;
}

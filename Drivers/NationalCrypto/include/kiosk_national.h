/// The national algorithms as sealed packets need them, through OpenSSL's EVP: SM2 (GB/T 32918), SM3 (GB/T 32905), SM4 in counter mode (GB/T 32907,
/// GB/T 17964), HMAC and HKDF with SM3. Nothing here is an algorithm of our own, and nothing composes them: that is Sources/PlatformAPI's.
///
/// Contract: handles are opaque, buffers belong to the caller. Algorithms and keys never change, so that any number of threads may use one at once; a
/// running digest is one thread's at a time. A pointer beside a count may be null when that is 0. Results are ≥ 0 or one of the codes below. Nothing waits
/// for anything, keeps a global of ours, logs, or asks at a terminal. This header needs none of OpenSSL's: Swift never sees its names beside those of
/// another library of that family.
#ifndef KIOSK_NATIONAL_H
#define KIOSK_NATIONAL_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum {
    /// OpenSSL lacks the algorithm, or memory.
    KIOSK_NATIONAL_FAILED = -1,
    /// These bytes aren't what they are to be: no such key, not sealed to it, not signed with it.
    KIOSK_NATIONAL_REFUSED = -2,
};

enum {
    /// bytes of SM3
    KIOSK_SM3_SIZE = 32,
    /// bytes of a key and of a block of SM4
    KIOSK_SM4_SIZE = 16,
    /// bytes of a public key: the point, uncompressed (04, x, y)
    KIOSK_SM2_POINT = 65,
    /// bytes of a signature: r, s
    KIOSK_SM2_SIGNATURE = 64,
    /// bytes by which a text grows when it is encrypted: C1 (a point), C3 (SM3)
    KIOSK_SM2_OVERHEAD = 97,
    /// bytes; the longest text that is encrypted to a key
    KIOSK_SM2_MAX_TEXT = 256,
    /// bytes; no key in PEM is longer
    KIOSK_SM2_MAX_PEM = 1024,
};

// MARK: Digests and ciphers

/// What OpenSSL has, looked up once.
typedef struct kiosk_national kiosk_national;

/// Null when it lacks any of them, or memory.
kiosk_national *_Nullable kiosk_national_open(void);
void kiosk_national_close(kiosk_national *national);

/// A running SM3.
typedef struct kiosk_sm3 kiosk_sm3;

/// Null without memory; so is a copy.
kiosk_sm3 *_Nullable kiosk_sm3_begin(const kiosk_national *national);
kiosk_sm3 *_Nullable kiosk_sm3_copy(const kiosk_sm3 *digest);
int kiosk_sm3_update(kiosk_sm3 *digest, const uint8_t *_Nullable bytes, size_t count);
/// Takes no more bytes afterwards.
int kiosk_sm3_end(kiosk_sm3 *digest, uint8_t out[_Nonnull KIOSK_SM3_SIZE]);
void kiosk_sm3_free(kiosk_sm3 *digest);

/// HMAC-SM3 (RFC 2104) over `first`, then `second`.
int kiosk_national_hmac(const kiosk_national *national, const uint8_t *_Nullable key, size_t key_count, const uint8_t *_Nullable first,
                        size_t first_count, const uint8_t *_Nullable second, size_t second_count, uint8_t out[_Nonnull KIOSK_SM3_SIZE]);

/// Whether two of them are the same, in a time that doesn't tell where they differ. Returns 0 or KIOSK_NATIONAL_REFUSED.
int kiosk_national_compare(const uint8_t left[_Nonnull KIOSK_SM3_SIZE], const uint8_t right[_Nonnull KIOSK_SM3_SIZE]);

/// HKDF (RFC 5869) with SM3 and without a salt.
int kiosk_national_hkdf(const kiosk_national *national, const uint8_t *_Nullable secret, size_t secret_count, const uint8_t *_Nullable info,
                        size_t info_count, uint8_t *_Nullable out, size_t count);

/// SM4 in counter mode: encrypts, or decrypts. `key` has KIOSK_SM4_SIZE bytes, or is refused; `counter` is the first counter block, counted up as a 128-bit
/// number; `out` has `count` bytes and may be `bytes`.
int kiosk_national_ctr(const kiosk_national *national, const uint8_t *_Nullable key, size_t key_count, const uint8_t counter[_Nonnull KIOSK_SM4_SIZE],
                       const uint8_t *_Nullable bytes, size_t count, uint8_t *_Nullable out);

/// Overwrites a secret, which a compiler can't leave out.
void kiosk_national_wipe(void *_Nullable bytes, size_t count);

// MARK: SM2, on the curve that GB/T 32918.5 recommends

/// A key pair, or a public key alone.
typedef struct kiosk_sm2 kiosk_sm2;

/// Why there is no key: KIOSK_NATIONAL_FAILED where OpenSSL has no SM2, so that it can't tell what the bytes are; else 0.
int kiosk_sm2_lack(void);

/// A fresh key pair from OpenSSL's random source, which the system's seeds. Null when OpenSSL lacks it.
kiosk_sm2 *_Nullable kiosk_sm2_make(void);

/// A public key. Null for what is no point of the curve.
kiosk_sm2 *_Nullable kiosk_sm2_public(const uint8_t point[_Nonnull KIOSK_SM2_POINT]);

/// Out of PEM: a key pair (PKCS #8), whose halves belong together, or a public key (SubjectPublicKeyInfo). Null for anything else, such as a key of
/// another curve, one under a password, or one whose point isn't uncompressed.
kiosk_sm2 *_Nullable kiosk_sm2_read_pair(const char *_Nullable pem, size_t count);
kiosk_sm2 *_Nullable kiosk_sm2_read_public(const char *_Nullable pem, size_t count);

void kiosk_sm2_free(kiosk_sm2 *key);

int kiosk_sm2_point(const kiosk_sm2 *key, uint8_t point[_Nonnull KIOSK_SM2_POINT]);

/// The same as PEM, without a zero at the end. Returns its bytes.
int kiosk_sm2_write_pair(const kiosk_sm2 *key, char pem[_Nonnull KIOSK_SM2_MAX_PEM]);
int kiosk_sm2_write_public(const kiosk_sm2 *key, char pem[_Nonnull KIOSK_SM2_MAX_PEM]);

/// Encrypts 1…KIOSK_SM2_MAX_TEXT bytes to a public key (GB/T 32918.4): C1, C3, C2, `count` + KIOSK_SM2_OVERHEAD bytes.
int kiosk_sm2_encrypt(const kiosk_sm2 *key, const uint8_t *_Nullable text, size_t count, uint8_t *out);

/// The reverse: `out` has `count` - KIOSK_SM2_OVERHEAD bytes. KIOSK_NATIONAL_REFUSED only for what wasn't encrypted to that key, or was changed.
int kiosk_sm2_decrypt(const kiosk_sm2 *key, const uint8_t *_Nullable sealed, size_t count, uint8_t *_Nullable out);

/// Signs (GB/T 32918.2) with SM3, under the id of GM/T 0009 for whoever has none of his own, `1234567812345678`.
int kiosk_sm2_sign(const kiosk_sm2 *key, const uint8_t *_Nullable bytes, size_t count, uint8_t signature[_Nonnull KIOSK_SM2_SIGNATURE]);

/// Returns 0, KIOSK_NATIONAL_REFUSED for no signature of that key, or KIOSK_NATIONAL_FAILED when it couldn't be looked at.
int kiosk_sm2_verify(const kiosk_sm2 *key, const uint8_t *_Nullable bytes, size_t count, const uint8_t signature[_Nonnull KIOSK_SM2_SIGNATURE]);

#pragma clang assume_nonnull end

#endif

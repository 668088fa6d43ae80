#ifndef KIOSK_NATIONAL_OUTCOME_H
#define KIOSK_NATIONAL_OUTCOME_H

#include "kiosk_national.h"

#include <openssl/err.h>

/// 0, or `otherwise` of what didn't succeed. OpenSSL's words on a failure would stay in the thread, for whoever asks it next.
static inline int outcome(int succeeded, int otherwise) {
    if (!succeeded) {
        ERR_clear_error();
    }
    return succeeded ? 0 : otherwise;
}

/// 0, or of what didn't succeed: KIOSK_NATIONAL_FAILED where OpenSSL lacked memory or an algorithm to look at it with, else KIOSK_NATIONAL_REFUSED.
/// Whoever asks has cleared the thread's errors before.
static inline int verdict(int succeeded) {
    int result = succeeded ? 0 : KIOSK_NATIONAL_REFUSED;
    for (unsigned long error = succeeded ? 0 : ERR_get_error(); error != 0; error = ERR_get_error()) {
        int reason = ERR_GET_REASON(error);
        if (reason == ERR_R_MALLOC_FAILURE || (ERR_GET_LIB(error) == ERR_LIB_EVP && reason == ERR_R_UNSUPPORTED)) {
            result = KIOSK_NATIONAL_FAILED;
        }
    }
    return result;
}

#endif

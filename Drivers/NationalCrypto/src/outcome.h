#ifndef KIOSK_NATIONAL_OUTCOME_H
#define KIOSK_NATIONAL_OUTCOME_H

#include <openssl/err.h>

/// 0, or `otherwise` of what didn't succeed. OpenSSL's words on a failure would stay in the thread, for whoever asks it next.
static inline int outcome(int succeeded, int otherwise) {
    if (!succeeded) {
        ERR_clear_error();
    }
    return succeeded ? 0 : otherwise;
}

#endif

#include "outcome.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char last[512];

const char *outcome_name(enum outcome outcome) {
    switch (outcome) {
    case OUTCOME_OK: return "ok";
    case OUTCOME_MISMATCH: return "mismatch";
    case OUTCOME_NOT_FOUND: return "not-found";
    case OUTCOME_GONE: return "gone";
    case OUTCOME_LATE: return "late";
    case OUTCOME_USAGE: return "usage";
    case OUTCOME_SYSTEM: return "system";
    }
    return "unknown";
}

void complain(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last, sizeof last, format, arguments);
    va_end(arguments);
    for (char *c = last; *c; c++) {
        if (*c == '\n') {
            *c = ' ';
        }
    }
    fprintf(stderr, "vm-device: %s\n", last);
}

const char *complaint(void) { return last; }

enum outcome failed(const char *what, int number) {
    complain("%s: %s", what, strerror(number));
    switch (number) {
    // Each driver has its own word for "unplugged": usblp and evdev ENODEV, hidraw and cdc-acm EIO, an endpoint ESHUTDOWN.
    case ENODEV:
    case EIO:
    case ENXIO:
    case ESHUTDOWN:
    case EPIPE:
    case EPROTO: return OUTCOME_GONE;
    case ETIMEDOUT: return OUTCOME_LATE;
    default: return OUTCOME_SYSTEM;
    }
}

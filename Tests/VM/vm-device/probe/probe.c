#include "probe.h"

#include <stdarg.h>
#include <stdio.h>

void probe_say(const char *kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("probe %s: ", kind);
    vprintf(format, arguments);
    printf("\n");
    fflush(stdout);
    va_end(arguments);
}

enum outcome probe_end(const char *kind, enum outcome outcome) {
    if (outcome != OUTCOME_OK) {
        probe_say(kind, "%s: %s", outcome_name(outcome), complaint());
    }
    return outcome;
}

#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum outcome number(int *value, const char *key, const char *text, long least, long most) {
    char *end = NULL;
    long parsed = strtol(text, &end, 10);
    if (end == text || *end || parsed < least || parsed > most) {
        complain("--%s takes a number from %ld to %ld, not '%s'", key, least, most, text);
        return OUTCOME_USAGE;
    }
    *value = (int)parsed;
    return OUTCOME_OK;
}

/// A name becomes a directory in configfs and a USB string: letters, digits and hyphens.
static enum outcome name(struct options *options, const char *text) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    size_t length = strlen(text);
    if (length == 0 || length > 30 || strspn(text, letters) != length) {
        complain("--name takes 1 to 30 letters, digits and hyphens, not '%s'", text);
        return OUTCOME_USAGE;
    }
    options->name = text;
    return OUTCOME_OK;
}

enum outcome options_parse(struct options *options, int count, char **arguments, const char *allowed) {
    for (int i = 0; i < count; i += 2) {
        const char *key = strncmp(arguments[i], "--", 2) == 0 ? arguments[i] + 2 : "";
        char wanted[32];
        snprintf(wanted, sizeof wanted, " %s ", key);
        if (!*key || !strstr(allowed, wanted)) {
            complain("'%s' is no option here; --help lists them", arguments[i]);
            return OUTCOME_USAGE;
        }
        if (i + 1 == count) {
            complain("--%s needs a value", key);
            return OUTCOME_USAGE;
        }
        const char *value = arguments[i + 1];
        enum outcome outcome = OUTCOME_OK;
        if (strcmp(key, "name") == 0) {
            outcome = name(options, value);
        } else if (strcmp(key, "expect") == 0) {
            options->expect = value;
        } else if (strcmp(key, "driver") == 0) {
            options->driver = value;
        } else if (strcmp(key, "line") == 0) {
            options->line = value;
        } else if (strcmp(key, "deadline") == 0) {
            outcome = number(&options->deadline, key, value, 1, 3600000);
        } else if (strcmp(key, "frames") == 0) {
            outcome = number(&options->frames, key, value, 0, 100000);
        } else if (strcmp(key, "bytes") == 0) {
            outcome = number(&options->bytes, key, value, 1, 64 << 20);
        } else if (strcmp(key, "lock") == 0) {
            outcome = number(&options->lock, key, value, 1, 32);
        }
        if (outcome != OUTCOME_OK) {
            return outcome;
        }
    }
    return OUTCOME_OK;
}

#include "rules.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const action_names[] = {
    "", "read", "open", "write", "truncate", "fsync", "fsyncdir", "create", "mkdir", "unlink", "rmdir", "rename", "link", "symlink", "attributes", "any",
};

static const struct {
    const char *name;
    int number;
} errors[] = {{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}};

bool action_counts(enum action action) {
    return action > ACTION_OPEN && action < ACTION_ANY;
}

static bool parse_number(const char *text, uint64_t most, uint64_t *number) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *number = value;
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && value <= most;
}

static const char *parse_field(struct rule *rule, const char *key, const char *value) {
    uint64_t delay;
    if (strcmp(key, "op") == 0) {
        for (size_t at = ACTION_READ; at <= ACTION_ANY; at++) {
            if (strcmp(value, action_names[at]) == 0) {
                rule->action = (enum action)at;
                return NULL;
            }
        }
        return "op must be one of read open write truncate fsync fsyncdir create mkdir unlink rmdir rename link symlink attributes any";
    }
    if (strcmp(key, "path") == 0) {
        return snprintf(rule->pattern, sizeof rule->pattern, "%s", value) < (int)sizeof rule->pattern ? NULL : "path must be at most 255 bytes long";
    }
    if (strcmp(key, "after") == 0) {
        return parse_number(value, UINT64_MAX, &rule->after) ? NULL : "after must be a number";
    }
    if (strcmp(key, "times") == 0) {
        return parse_number(value, UINT64_MAX, &rule->times) ? NULL : "times must be a number, 0 for always";
    }
    if (strcmp(key, "delay") == 0) {
        bool good = parse_number(value, 600000, &delay);
        rule->delay = (unsigned)delay;
        return good ? NULL : "delay must be a number of milliseconds up to 600000";
    }
    if (strcmp(key, "error") == 0) {
        for (size_t at = 0; at < sizeof errors / sizeof errors[0]; at++) {
            if (strcmp(value, errors[at].name) == 0) {
                rule->error = errors[at].number;
                return NULL;
            }
        }
        return "error must be one of EIO ENOSPC EDQUOT EROFS";
    }
    return "a rule has the fields op path after times error delay";
}

const char *rules_add(struct rules *rules, char *text) {
    if (rules->count == RULES_MAX) {
        return "there are 64 rules already: clear them";
    }
    struct rule rule = {.action = ACTION_ANY, .pattern = "*", .times = 0};
    char *rest;
    for (char *word = strtok_r(text, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        char *equals = strchr(word, '=');
        if (!equals) {
            return "a field is written key=value";
        }
        *equals = '\0';
        const char *problem = parse_field(&rule, word, equals + 1);
        if (problem) {
            return problem;
        }
    }
    if (rule.error == 0 && rule.delay == 0) {
        return "a rule needs an error or a delay";
    }
    rules->list[rules->count++] = rule;
    return NULL;
}

static bool matches(const struct rule *rule, enum action action, const char *path, const char *other) {
    return (rule->action == action || rule->action == ACTION_ANY)
        && (fnmatch(rule->pattern, path, 0) == 0 || (other && fnmatch(rule->pattern, other, 0) == 0));
}

struct verdict rules_apply(struct rules *rules, enum action action, const char *path, const char *other) {
    struct verdict verdict = {.error = 0};
    for (size_t at = 0; action != ACTION_LOOK && at < rules->count; at++) {
        struct rule *rule = &rules->list[at];
        if (!matches(rule, action, path, other)) {
            continue;
        }
        uint64_t number = rule->seen++;
        if (number < rule->after || (rule->times > 0 && number - rule->after >= rule->times)) {
            continue;
        }
        verdict.delay += rule->delay;
        verdict.error = verdict.error ? verdict.error : rule->error;
    }
    return verdict;
}

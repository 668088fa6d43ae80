#ifndef FORGETFS_RULES_H
#define FORGETFS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What a rule can name. The order is that of the names in rules.c.
enum action {
    ACTION_LOOK,
    ACTION_READ,
    ACTION_OPEN,
    ACTION_WRITE,
    ACTION_TRUNCATE,
    ACTION_FSYNC,
    ACTION_FSYNCDIR,
    ACTION_CREATE,
    ACTION_MKDIR,
    ACTION_UNLINK,
    ACTION_RMDIR,
    ACTION_RENAME,
    ACTION_LINK,
    ACTION_SYMLINK,
    ACTION_ATTRIBUTES,
    ACTION_ANY,
};

/// True for what changes or syncs something: what a cut "after N operations" counts.
bool action_counts(enum action action);

struct rule {
    enum action action;
    /// fnmatch(3), where * matches a slash too; "*" for everything.
    char pattern[256];
    /// Matching operations to let pass before the first.
    uint64_t after;
    /// How often it applies; 0 for always.
    uint64_t times;
    /// errno to answer with; 0 to let the operation happen.
    int error;
    /// Milliseconds before it.
    unsigned delay;
    uint64_t seen;
};

#define RULES_MAX 64

struct rules {
    struct rule list[RULES_MAX];
    size_t count;
};

/// What the rules say to one operation.
struct verdict {
    int error;
    unsigned delay;
};

/// Parses "op=fsync path=*.sealed after=2 times=1 error=EIO delay=10" and adds it. Changes `text`.
/// Returns NULL or what is wrong with it.
const char *rules_add(struct rules *rules, char *text);

/// `other` is the second path of a rename or link, or NULL.
struct verdict rules_apply(struct rules *rules, enum action action, const char *path, const char *other);

#endif

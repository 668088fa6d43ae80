#ifndef FORGETFS_JOURNAL_H
#define FORGETFS_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fs;
struct node;

enum change {
    CHANGE_CREATE,
    CHANGE_MKDIR,
    CHANGE_LINK,
    CHANGE_UNLINK,
    CHANGE_RMDIR,
    CHANGE_RENAME,
    CHANGE_EXCHANGE,
    CHANGE_COUNT,
};

struct place {
    struct node *directory;
    char *name;
};

/// A change of directory entries that no fsync of a directory has made durable yet.
struct operation {
    struct operation *previous, *next;
    uint64_t serial;
    enum change change;
    /// Where it happened; for a rename and an exchange from where and to where.
    struct place at, to;
    /// What was made, removed or moved.
    struct node *node;
    /// What a rename replaced, or NULL; what an exchange moved the other way.
    struct node *replaced;
    /// Of a rename: the directories on its way to the root that were unsynced themselves.
    struct node **above;
    size_t above_count;
    bool marked;
};

/// Pending changes, oldest first.
struct journal {
    struct operation *first, *last;
    uint64_t serial;
};

/// Allocates; NULL for want of memory. To be called before the change is made. `to` may be NULL.
struct operation *journal_prepare(struct fs *fs, enum change change, struct node *directory, const char *name, struct node *to, const char *to_name);

/// The change was made.
void journal_append(struct fs *fs, struct operation *operation, struct node *node, struct node *replaced);

/// The change failed.
void journal_discard(struct fs *fs, struct operation *operation);

/// fsync of a directory: what happened in it is durable, with what that rests on.
void journal_commit(struct fs *fs, const struct node *directory);

/// True when `later` makes no sense without `earlier`.
bool journal_depends(const struct operation *later, const struct operation *earlier);

/// Takes one change back in the backing tree; what depends on it was taken back before. Frees it. Returns 0 or an errno.
int journal_undo(struct fs *fs, struct operation *operation);

/// Frees a change that stays.
void journal_settle(struct fs *fs, struct operation *operation);

#endif

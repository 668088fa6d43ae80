#ifndef FORGETFS_FS_H
#define FORGETFS_FS_H

#include "cut.h"
#include "journal.h"
#include "node.h"
#include "rules.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/// The directory of the backing root where removed files wait, hidden from the mount, until their removal is durable.
#define LIMBO ".forgetfs"
#define PROC_PATH 32

/// The whole file system. Everything in it belongs to who holds the lock.
struct fs {
    pthread_mutex_t lock;
    /// Absolute, without symlinks.
    char *backing;
    int limbo_fd;
    /// The process may give files to others, as a file system does.
    bool owner_follows_caller;
    struct node *root;
    struct node_table nodes;
    struct node *first_unsynced, *last_unsynced;
    uint64_t file_serial;
    struct journal journal;
    struct rules rules;
    /// Mutating and syncing operations since the mount.
    uint64_t operations;
    bool armed;
    /// Operations that still happen when armed.
    uint64_t remaining;
    uint64_t seed;
    /// From here on everything fails.
    bool is_cut;
    struct cut_report report;
};

/// Opens the tree at `backing`. Returns 0 or an errno.
int fs_open(struct fs *fs, const char *backing);

/// Before an operation on `name` in `node` (or the node itself when NULL): takes the lock and keeps it, waits as the rules say.
/// `to` and `to_name` are a second place (rename, link) or NULL.
/// Returns 0, or the errno that the operation has to answer with. fs_leave is due in both cases.
int fs_enter(struct fs *fs, enum action action, struct node *node, const char *name, struct node *to, const char *to_name);

/// After it: counts it, makes the cut when it is due, gives the lock back.
void fs_leave(struct fs *fs, enum action action);

/// Arms the cut; `after` 0 is now.
void fs_arm(struct fs *fs, uint64_t after, uint64_t seed);

/// Writes "/proc/self/fd/N": the way to open again what an O_PATH descriptor holds.
void proc_path(int fd, char path[PROC_PATH]);

#endif

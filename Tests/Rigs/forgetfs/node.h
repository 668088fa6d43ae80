#ifndef FORGETFS_NODE_H
#define FORGETFS_NODE_H

#include "unsynced.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct fs;
struct operation;

/// A file, directory or symlink of the backing tree, known by its inode: a name may change under it.
struct node {
    struct node *chain;
    dev_t device;
    ino_t inode;
    mode_t type;
    /// O_PATH: holds the inode while the node lives, so that its number isn't used again.
    int fd;
    /// O_RDWR, opened with the first writer and then kept: a mode may change under it. -1 before.
    int rw;
    /// How often the kernel was told of it.
    uint64_t lookups;
    /// Handles, unsynced data, pending operations and children that hold it.
    unsigned pins;
    /// Of a directory: where it stands. NULL for the root and for what isn't a directory.
    struct node *parent;
    /// Of a directory: its mkdir while that is pending.
    struct operation *birth;
    /// Pending operations that removed it. Above 0 it has an entry in the limbo, from where an undone removal takes it back.
    unsigned graves;
    struct unsynced unsynced;
};

#define NODE_BUCKETS 4096

/// All nodes by inode.
struct node_table {
    struct node *buckets[NODE_BUCKETS];
};

/// Finds or makes the node of `name` in `directory`, pinned once for the caller (node_unpin). The lock is held.
/// Returns 0 or an errno.
int node_at(struct fs *fs, struct node *directory, const char *name, struct node **found);

/// Takes over `fd`, an O_PATH descriptor.
int node_adopt(struct fs *fs, int fd, struct node *parent, struct node **found);

void node_pin(struct node *node);
void node_unpin(struct fs *fs, struct node *node);

/// The kernel forgets `count` lookups.
void node_forget(struct fs *fs, struct node *node, uint64_t count);

/// Says where a directory stands from now on.
void node_move(struct fs *fs, struct node *node, struct node *parent);

/// Opens `rw` if it isn't. Returns 0 or an errno.
int node_open_rw(struct node *node);

/// What stat says of it, without what the limbo adds. Returns 0 or an errno.
int node_stat(struct fs *fs, struct node *node, struct stat *attributes);

/// Path below the mount point without a leading slash, of `name` in the node or of the node itself when that is NULL.
void node_path(struct fs *fs, struct node *node, const char *name, char *path, size_t size);

#endif

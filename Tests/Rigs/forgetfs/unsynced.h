#ifndef FORGETFS_UNSYNCED_H
#define FORGETFS_UNSYNCED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE ((off_t)4096)
#define SECTOR ((off_t)512)

struct fs;
struct node;

/// A page whose content on the disk isn't what a reader sees.
struct page {
    struct page *chain;
    uint64_t index;
    /// A failed fsync dropped it: clean for the kernel, never written.
    bool dropped;
    /// What the disk holds; NULL for nothing (a reader would see zeros).
    uint8_t *before;
};

/// What a file's next fsync would write: kept as the images of before, so that a cut writes back only what is lost.
struct unsynced {
    /// Anything to remember at all. The rest is meaningless without.
    bool tracked;
    /// Its place among the files by first unsynced change: what the draws of a cut go by.
    uint64_t serial;
    struct node *previous, *next;
    /// On the disk.
    off_t durable_size;
    /// The smallest it was since the last fsync: what lay above was cut off at some time.
    off_t lowest_size;
    struct page **buckets;
    size_t bucket_count, page_count;
};

/// To be called before the bytes change. All return 0 or an errno; the lock is held and the node's `rw` is open.
int unsynced_write(struct fs *fs, struct node *node, off_t offset, off_t length);
int unsynced_resize(struct fs *fs, struct node *node, off_t size);

/// fsync and fdatasync: everything but dropped pages is on the disk.
int unsynced_commit(struct fs *fs, struct node *node);

/// After a write with O_SYNC or O_DSYNC: these pages and the size are on the disk.
int unsynced_commit_range(struct fs *fs, struct node *node, off_t offset, off_t length);

/// An fsync that fails as Linux does: the pages are marked clean, a later fsync has nothing to write and succeeds.
void unsynced_drop(struct node *node);

/// Forgets that anything is unsynced.
void unsynced_end(struct fs *fs, struct node *node);

#endif

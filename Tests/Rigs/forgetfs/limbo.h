#ifndef FORGETFS_LIMBO_H
#define FORGETFS_LIMBO_H

#include <stdbool.h>

struct fs;
struct node;
struct place;

/// Gives a node that is about to lose the entry `name` an entry in the limbo; with `remove` the entry itself goes.
/// Returns 0 or an errno.
int limbo_keep(struct fs *fs, struct node *directory, const char *name, struct node *node, bool remove);

/// Undoes limbo_keep when the operation failed after it.
void limbo_return(struct fs *fs, struct node *directory, const char *name, struct node *node);

/// Takes the entry in the limbo away again when no pending removal needs it.
void limbo_release(struct fs *fs, struct node *node);

/// A pending removal is undone: gives `place` back what lies in the limbo. Returns 0 or an errno.
int limbo_exhume(struct fs *fs, struct node *node, const struct place *place);

/// Deletes everything in it. Returns 0 or an errno.
int limbo_empty(struct fs *fs);

#endif

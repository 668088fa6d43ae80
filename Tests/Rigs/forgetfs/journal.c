#include "journal.h"
#include "fs.h"
#include "limbo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_directory(const struct node *node) {
    return node && S_ISDIR(node->type);
}

/// Notes the unsynced directories that lead to where something is moved.
static int note_above(struct operation *operation, struct node *from) {
    for (struct node *node = from; node; node = node->parent) {
        if (!node->birth) {
            continue;
        }
        struct node **above = realloc(operation->above, (operation->above_count + 1) * sizeof *above);
        if (!above) {
            return ENOMEM;
        }
        operation->above = above;
        above[operation->above_count++] = node;
        node_pin(node);
    }
    return 0;
}

struct operation *journal_prepare(struct fs *fs, enum change change, struct node *directory, const char *name, struct node *to, const char *to_name) {
    struct operation *operation = calloc(1, sizeof *operation);
    if (!operation) {
        return NULL;
    }
    operation->change = change;
    operation->at = (struct place){directory, strdup(name)};
    node_pin(directory);
    if (to) {
        operation->to = (struct place){to, strdup(to_name)};
        node_pin(to);
    }
    bool both = change == CHANGE_EXCHANGE;
    if (!operation->at.name || (to && !operation->to.name) || note_above(operation, to) != 0 || note_above(operation, both ? directory : NULL) != 0) {
        journal_discard(fs, operation);
        return NULL;
    }
    return operation;
}

void journal_append(struct fs *fs, struct operation *operation, struct node *node, struct node *replaced) {
    struct journal *journal = &fs->journal;
    operation->serial = ++journal->serial;
    operation->node = node;
    node_pin(node);
    operation->replaced = replaced;
    if (replaced) {
        node_pin(replaced);
    }
    if (operation->change == CHANGE_MKDIR) {
        node->birth = operation;
    }
    operation->previous = journal->last;
    *(journal->last ? &journal->last->next : &journal->first) = operation;
    journal->last = operation;
}

void journal_discard(struct fs *fs, struct operation *operation) {
    for (size_t at = 0; at < operation->above_count; at++) {
        node_unpin(fs, operation->above[at]);
    }
    node_unpin(fs, operation->at.directory);
    if (operation->to.directory) {
        node_unpin(fs, operation->to.directory);
    }
    if (operation->node) {
        node_unpin(fs, operation->node);
    }
    if (operation->replaced) {
        node_unpin(fs, operation->replaced);
    }
    free(operation->above);
    free(operation->at.name);
    free(operation->to.name);
    free(operation);
}

static void take_out(struct fs *fs, struct operation *operation) {
    struct journal *journal = &fs->journal;
    *(operation->previous ? &operation->previous->next : &journal->first) = operation->next;
    *(operation->next ? &operation->next->previous : &journal->last) = operation->previous;
    if (operation->change == CHANGE_MKDIR && operation->node->birth == operation) {
        operation->node->birth = NULL;
    }
}

/// The node that lost a name by this change, if the limbo has it for that.
static struct node *buried(const struct operation *operation) {
    switch (operation->change) {
    case CHANGE_UNLINK:
    case CHANGE_RMDIR:
        return operation->node;
    case CHANGE_RENAME:
        return operation->replaced;
    default:
        return NULL;
    }
}

void journal_settle(struct fs *fs, struct operation *operation) {
    struct node *node = buried(operation);
    take_out(fs, operation);
    if (node) {
        node->graves--;
        limbo_release(fs, node);
    }
    journal_discard(fs, operation);
}

static bool touches(const struct operation *operation, const struct node *directory) {
    return operation->at.directory == directory || operation->to.directory == directory;
}

static bool same(const struct place *one, const struct place *other) {
    return one->directory && one->directory == other->directory && strcmp(one->name, other->name) == 0;
}

static bool moves_directory(const struct operation *operation) {
    return (operation->change == CHANGE_RENAME || operation->change == CHANGE_EXCHANGE)
        && (is_directory(operation->node) || is_directory(operation->replaced));
}

bool journal_depends(const struct operation *later, const struct operation *earlier) {
    if (same(&later->at, &earlier->at) || same(&later->at, &earlier->to) || same(&later->to, &earlier->at) || same(&later->to, &earlier->to)) {
        return true;
    }
    // A directory goes only when it is empty: what emptied it came first.
    const struct node *gone = buried(later);
    if (is_directory(gone) && touches(earlier, gone)) {
        return true;
    }
    // Two moves of directories, taken apart, could hang each below the other.
    if (moves_directory(later) && moves_directory(earlier)) {
        return true;
    }
    // A rename never loses both names: where it leads to is there before.
    for (size_t at = 0; at < later->above_count; at++) {
        if (earlier->change == CHANGE_MKDIR && earlier->node == later->above[at]) {
            return true;
        }
    }
    return false;
}

void journal_commit(struct fs *fs, const struct node *directory) {
    for (struct operation *operation = fs->journal.first; operation; operation = operation->next) {
        operation->marked = touches(operation, directory);
    }
    for (struct operation *later = fs->journal.last; later; later = later->previous) {
        for (struct operation *earlier = later->marked ? later->previous : NULL; earlier; earlier = earlier->previous) {
            earlier->marked = earlier->marked || journal_depends(later, earlier);
        }
    }
    for (struct operation *operation = fs->journal.first, *next; operation; operation = next) {
        next = operation->next;
        if (operation->marked) {
            journal_settle(fs, operation);
        }
    }
}

/// A directory that never was takes what is in it along; its name in the limbo can't be one of a node that waits there.
static int discard_directory(struct fs *fs, const struct operation *operation) {
    char name[PROC_PATH];
    snprintf(name, sizeof name, "gone-%llu", (unsigned long long)operation->serial);
    return renameat(operation->at.directory->fd, operation->at.name, fs->limbo_fd, name) == 0 ? 0 : errno;
}

static int undo(struct fs *fs, const struct operation *operation) {
    const struct place *at = &operation->at;
    const struct place *to = &operation->to;
    switch (operation->change) {
    case CHANGE_CREATE:
    case CHANGE_LINK:
        return unlinkat(at->directory->fd, at->name, 0) == 0 ? 0 : errno;
    case CHANGE_MKDIR:
        return discard_directory(fs, operation);
    case CHANGE_UNLINK:
    case CHANGE_RMDIR:
        return limbo_exhume(fs, operation->node, at);
    case CHANGE_RENAME:
        if (renameat(to->directory->fd, to->name, at->directory->fd, at->name) != 0) {
            return errno;
        }
        return operation->replaced ? limbo_exhume(fs, operation->replaced, to) : 0;
    case CHANGE_EXCHANGE:
        return renameat2(at->directory->fd, at->name, to->directory->fd, to->name, RENAME_EXCHANGE) == 0 ? 0 : errno;
    default:
        return EINVAL;
    }
}

int journal_undo(struct fs *fs, struct operation *operation) {
    int error = undo(fs, operation);
    take_out(fs, operation);
    journal_discard(fs, operation);
    return error;
}

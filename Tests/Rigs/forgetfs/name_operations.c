#include "operations.h"
#include "limbo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_limbo(const struct fs *fs, const struct node *directory, const char *name) {
    return directory == fs->root && strcmp(name, LIMBO) == 0;
}

static void reply_entry(fuse_req_t request, int error, const struct fuse_entry_param *entry) {
    if (error) {
        fuse_reply_err(request, error);
        return;
    }
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, entry->ino);
    if (fuse_reply_entry(request, entry) != 0) {
        // The caller was interrupted: the kernel doesn't hold it.
        pthread_mutex_lock(&fs->lock);
        node_forget(fs, node, 1);
        pthread_mutex_unlock(&fs->lock);
    }
}

void op_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
    struct fs *fs = fs_of(request);
    struct node *directory = node_of(request, parent);
    struct fuse_entry_param entry;
    struct node *node;
    int error = fs_enter(fs, ACTION_LOOK, directory, name, NULL, NULL);
    error = error ? error : node_at(fs, directory, name, &node);
    if (!error) {
        error = introduce(fs, node, &entry);
        node_unpin(fs, node);
    }
    fs_leave(fs, ACTION_LOOK);
    reply_entry(request, error, &entry);
}

/// Gives what was made to the caller, as a file system does; a directory with set-group-id gives its group on.
static int give(fuse_req_t request, const struct node *directory, const char *name) {
    const struct fuse_ctx *caller = fuse_req_ctx(request);
    struct stat above;
    if (!fs_of(request)->owner_follows_caller) {
        return 0;
    }
    if (fstat(directory->fd, &above) != 0) {
        return errno;
    }
    gid_t group = above.st_mode & S_ISGID ? above.st_gid : caller->gid;
    return fchownat(directory->fd, name, caller->uid, group, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

/// What a name is made from.
struct making {
    enum change change;
    mode_t mode;
    dev_t device;
    const char *target;
    /// Of a regular file: gets a descriptor.
    int *fd;
};

static int make_name(const struct node *directory, const char *name, const struct making *making) {
    if (making->fd) {
        *making->fd = openat(directory->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, making->mode);
        return *making->fd >= 0 ? 0 : errno;
    }
    int status;
    if (making->change == CHANGE_MKDIR) {
        status = mkdirat(directory->fd, name, making->mode);
    } else if (making->target) {
        status = symlinkat(making->target, directory->fd, name);
    } else {
        status = mknodat(directory->fd, name, making->mode, making->device);
    }
    return status == 0 ? 0 : errno;
}

/// Makes a name and notes it as unsynced. The node comes pinned.
static int make(fuse_req_t request, struct node *directory, const char *name, const struct making *making, struct node **made) {
    struct fs *fs = fs_of(request);
    if (is_limbo(fs, directory, name)) {
        return EPERM;
    }
    struct operation *operation = journal_prepare(fs, making->change, directory, name, NULL, NULL);
    if (!operation) {
        return ENOMEM;
    }
    int error = make_name(directory, name, making);
    if (error) {
        journal_discard(fs, operation);
        return error;
    }
    error = give(request, directory, name);
    error = error ? error : node_at(fs, directory, name, made);
    if (error) {
        unlinkat(directory->fd, name, making->change == CHANGE_MKDIR ? AT_REMOVEDIR : 0);
        if (making->fd) {
            close(*making->fd);
        }
        journal_discard(fs, operation);
        return error;
    }
    journal_append(fs, operation, *made, NULL);
    return 0;
}

static void make_and_reply(fuse_req_t request, fuse_ino_t parent, const char *name, enum action action, const struct making *making) {
    struct fs *fs = fs_of(request);
    struct node *directory = node_of(request, parent);
    struct fuse_entry_param entry;
    struct node *node;
    int error = fs_enter(fs, action, directory, name, NULL, NULL);
    error = error ? error : make(request, directory, name, making, &node);
    if (!error) {
        error = introduce(fs, node, &entry);
        node_unpin(fs, node);
    }
    fs_leave(fs, action);
    reply_entry(request, error, &entry);
}

void op_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, dev_t device) {
    struct making making = {.change = CHANGE_CREATE, .mode = mode, .device = device};
    make_and_reply(request, parent, name, ACTION_CREATE, &making);
}

void op_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode) {
    struct making making = {.change = CHANGE_MKDIR, .mode = mode};
    make_and_reply(request, parent, name, ACTION_MKDIR, &making);
}

void op_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name) {
    struct making making = {.change = CHANGE_CREATE, .target = target};
    make_and_reply(request, parent, name, ACTION_SYMLINK, &making);
}

/// Makes the file, or opens what another made in between. The node comes pinned.
static int create(fuse_req_t request, struct node *directory, const char *name, mode_t mode, struct fuse_file_info *info, struct node **made) {
    struct fs *fs = fs_of(request);
    int fd = -1;
    struct making making = {.change = CHANGE_CREATE, .mode = mode, .fd = &fd};
    int error = make(request, directory, name, &making, made);
    if (!error) {
        // It may be made without permission to open it again.
        (*made)->rw = fd;
    } else if (error == EEXIST && !(info->flags & O_EXCL)) {
        error = node_at(fs, directory, name, made);
        if (!error && (info->flags & O_TRUNC)) {
            error = resize(fs, *made, 0);
        }
        if (error && *made) {
            node_unpin(fs, *made);
        }
    }
    return error;
}

void op_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *info) {
    struct fs *fs = fs_of(request);
    struct node *directory = node_of(request, parent);
    struct fuse_entry_param entry;
    struct node *node = NULL;
    int error = fs_enter(fs, ACTION_CREATE, directory, name, NULL, NULL);
    error = error ? error : create(request, directory, name, mode, info, &node);
    if (!error) {
        // A reader's handle too: the new file's mode says nothing about who made it.
        error = handle_open(node, (info->flags & ~O_ACCMODE) | O_RDWR, info);
        error = error ? error : introduce(fs, node, &entry);
        node_unpin(fs, node);
    }
    fs_leave(fs, ACTION_CREATE);
    if (error) {
        fuse_reply_err(request, error);
    } else if (fuse_reply_create(request, &entry, info) != 0) {
        handle_close(fs, node, info);
        pthread_mutex_lock(&fs->lock);
        node_forget(fs, node, 1);
        pthread_mutex_unlock(&fs->lock);
    }
}

/// Adds a name. The lock is held.
static int add_link(struct fs *fs, struct node *node, struct node *directory, const char *name) {
    if (is_limbo(fs, directory, name)) {
        return EPERM;
    }
    struct operation *operation = journal_prepare(fs, CHANGE_LINK, directory, name, NULL, NULL);
    if (!operation) {
        return ENOMEM;
    }
    char path[PROC_PATH];
    proc_path(node->fd, path);
    if (linkat(AT_FDCWD, path, directory->fd, name, AT_SYMLINK_FOLLOW) != 0) {
        int error = errno;
        journal_discard(fs, operation);
        return error;
    }
    journal_append(fs, operation, node, NULL);
    return 0;
}

void op_link(fuse_req_t request, fuse_ino_t inode, fuse_ino_t parent, const char *name) {
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    struct node *directory = node_of(request, parent);
    struct fuse_entry_param entry;
    int error = fs_enter(fs, ACTION_LINK, directory, name, node, NULL);
    error = error ? error : add_link(fs, node, directory, name);
    error = error ? error : introduce(fs, node, &entry);
    fs_leave(fs, ACTION_LINK);
    reply_entry(request, error, &entry);
}

/// Removes a file's name or an empty directory. The lock is held.
static int take_away(struct fs *fs, enum change change, struct node *directory, const char *name) {
    struct node *node;
    int error = node_at(fs, directory, name, &node);
    if (error) {
        return error;
    }
    bool is_directory = S_ISDIR(node->type);
    if (change == CHANGE_RMDIR) {
        error = is_directory ? directory_empty(node) : ENOTDIR;
    } else {
        error = is_directory ? EISDIR : 0;
    }
    struct operation *operation = error ? NULL : journal_prepare(fs, change, directory, name, NULL, NULL);
    error = error ? error : operation ? limbo_keep(fs, directory, name, node, true) : ENOMEM;
    if (!error) {
        journal_append(fs, operation, node, NULL);
    } else if (operation) {
        journal_discard(fs, operation);
    }
    node_unpin(fs, node);
    return error;
}

static void take_away_and_reply(fuse_req_t request, enum action action, enum change change, fuse_ino_t parent, const char *name) {
    struct fs *fs = fs_of(request);
    struct node *directory = node_of(request, parent);
    int error = fs_enter(fs, action, directory, name, NULL, NULL);
    error = error ? error : take_away(fs, change, directory, name);
    fs_leave(fs, action);
    fuse_reply_err(request, error);
}

void op_unlink(fuse_req_t request, fuse_ino_t parent, const char *name) {
    take_away_and_reply(request, ACTION_UNLINK, CHANGE_UNLINK, parent, name);
}

void op_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name) {
    take_away_and_reply(request, ACTION_RMDIR, CHANGE_RMDIR, parent, name);
}

/// What is renamed, and what stands in the way. Both pinned.
struct renaming {
    struct node *from;
    const char *name;
    struct node *to;
    const char *to_name;
    struct node *node, *target;
};

static int exchange(struct fs *fs, const struct renaming *renaming) {
    if (!renaming->target) {
        return ENOENT;
    }
    struct operation *operation =
        journal_prepare(fs, CHANGE_EXCHANGE, renaming->from, renaming->name, renaming->to, renaming->to_name);
    if (!operation) {
        return ENOMEM;
    }
    if (renameat2(renaming->from->fd, renaming->name, renaming->to->fd, renaming->to_name, RENAME_EXCHANGE) != 0) {
        int error = errno;
        journal_discard(fs, operation);
        return error;
    }
    journal_append(fs, operation, renaming->node, renaming->target);
    node_move(fs, renaming->node, renaming->to);
    node_move(fs, renaming->target, renaming->from);
    return 0;
}

static int check_target(const struct renaming *renaming) {
    const struct node *target = renaming->target;
    bool is_directory = S_ISDIR(renaming->node->type);
    if (!target) {
        return 0;
    }
    if (S_ISDIR(target->type)) {
        return is_directory ? directory_empty(target) : EISDIR;
    }
    return is_directory ? ENOTDIR : 0;
}

static int move(struct fs *fs, const struct renaming *renaming) {
    struct node *target = renaming->target;
    int error = check_target(renaming);
    struct operation *operation =
        error ? NULL : journal_prepare(fs, CHANGE_RENAME, renaming->from, renaming->name, renaming->to, renaming->to_name);
    if (!operation) {
        return error ? error : ENOMEM;
    }
    // A file keeps its name until the rename takes it, atomically for who looks at the backing tree; a directory can't have two.
    error = target ? limbo_keep(fs, renaming->to, renaming->to_name, target, S_ISDIR(target->type)) : 0;
    if (!error && renameat(renaming->from->fd, renaming->name, renaming->to->fd, renaming->to_name) != 0) {
        error = errno;
        if (target) {
            limbo_return(fs, renaming->to, renaming->to_name, target);
        }
    }
    if (error) {
        journal_discard(fs, operation);
        return error;
    }
    journal_append(fs, operation, renaming->node, target);
    node_move(fs, renaming->node, renaming->to);
    return 0;
}

static int rename_name(struct fs *fs, struct renaming *renaming, unsigned flags) {
    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) {
        return EINVAL;
    }
    if (is_limbo(fs, renaming->from, renaming->name) || is_limbo(fs, renaming->to, renaming->to_name)) {
        return EPERM;
    }
    int error = node_at(fs, renaming->from, renaming->name, &renaming->node);
    if (error) {
        return error;
    }
    error = node_at(fs, renaming->to, renaming->to_name, &renaming->target);
    if (error && error != ENOENT) {
        return error;
    }
    if (flags & RENAME_EXCHANGE) {
        return exchange(fs, renaming);
    }
    if (renaming->target && (flags & RENAME_NOREPLACE)) {
        return EEXIST;
    }
    // Two names of one file: POSIX wants nothing done.
    return renaming->node == renaming->target ? 0 : move(fs, renaming);
}

void op_rename(fuse_req_t request, fuse_ino_t parent, const char *name, fuse_ino_t to, const char *to_name, unsigned flags) {
    struct fs *fs = fs_of(request);
    struct renaming renaming = {.from = node_of(request, parent), .name = name, .to = node_of(request, to), .to_name = to_name};
    int error = fs_enter(fs, ACTION_RENAME, renaming.from, name, renaming.to, to_name);
    error = error ? error : rename_name(fs, &renaming, flags);
    if (renaming.node) {
        node_unpin(fs, renaming.node);
    }
    if (renaming.target) {
        node_unpin(fs, renaming.target);
    }
    fs_leave(fs, ACTION_RENAME);
    fuse_reply_err(request, error);
}

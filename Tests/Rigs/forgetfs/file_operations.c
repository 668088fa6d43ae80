#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int handle_open(struct node *node, int flags, struct fuse_file_info *info) {
    struct handle *handle = calloc(1, sizeof *handle);
    if (!handle) {
        return ENOMEM;
    }
    handle->flags = flags;
    handle->fd = -1;
    int error = 0;
    if ((flags & O_ACCMODE) == O_RDONLY) {
        char path[PROC_PATH];
        proc_path(node->fd, path);
        handle->fd = open(path, O_RDONLY | O_CLOEXEC);
        error = handle->fd < 0 ? errno : 0;
    } else {
        // A writer reads too: what is about to be overwritten.
        error = node_open_rw(node);
    }
    if (error) {
        free(handle);
        return error;
    }
    node_pin(node);
    info->fh = (uint64_t)(uintptr_t)handle;
    // The backing tree changes through this mount alone.
    info->keep_cache = 1;
    return 0;
}

static struct handle *handle_of(const struct fuse_file_info *info) {
    return (struct handle *)(uintptr_t)info->fh;
}

void handle_close(struct fs *fs, struct node *node, struct fuse_file_info *info) {
    struct handle *handle = handle_of(info);
    pthread_mutex_lock(&fs->lock);
    if (handle->fd >= 0) {
        close(handle->fd);
    }
    free(handle);
    node_unpin(fs, node);
    pthread_mutex_unlock(&fs->lock);
}

void op_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    int error = fs_enter(fs, ACTION_OPEN, node, NULL, NULL, NULL);
    error = error ? error : handle_open(node, info->flags, info);
    fs_leave(fs, ACTION_OPEN);
    if (error) {
        fuse_reply_err(request, error);
    } else if (fuse_reply_open(request, info) != 0) {
        // The caller was interrupted: nobody will release it.
        handle_close(fs, node, info);
    }
}

void op_release(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    handle_close(fs_of(request), node_of(request, inode), info);
    fuse_reply_err(request, 0);
}

void op_read(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info) {
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    char *bytes = malloc(size > 0 ? size : 1);
    int error = fs_enter(fs, ACTION_READ, node, NULL, NULL, NULL);
    error = error ? error : bytes ? 0 : ENOMEM;
    size_t count = 0;
    while (!error && count < size) {
        int fd = handle_of(info)->fd >= 0 ? handle_of(info)->fd : node->rw;
        ssize_t got = pread(fd, bytes + count, size - count, offset + (off_t)count);
        if (got <= 0) {
            error = got < 0 ? errno : 0;
            break;
        }
        count += (size_t)got;
    }
    fs_leave(fs, ACTION_READ);
    if (error) {
        fuse_reply_err(request, error);
    } else {
        fuse_reply_buf(request, bytes, count);
    }
    free(bytes);
}

static int write_all(struct fs *fs, struct node *node, const char *bytes, size_t size, off_t offset, size_t *count) {
    int error = unsynced_write(fs, node, offset, (off_t)size);
    while (!error && *count < size) {
        ssize_t put = pwrite(node->rw, bytes + *count, size - *count, offset + (off_t)*count);
        if (put < 0) {
            error = errno;
        } else {
            *count += (size_t)put;
        }
    }
    return *count > 0 ? 0 : error;
}

void op_write(fuse_req_t request, fuse_ino_t inode, const char *bytes, size_t size, off_t offset, struct fuse_file_info *info) {
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    size_t count = 0;
    int error = fs_enter(fs, ACTION_WRITE, node, NULL, NULL, NULL);
    error = error ? error : write_all(fs, node, bytes, size, offset, &count);
    // O_SYNC contains O_DSYNC. Pages that the kernel writes back for a mapping aren't the handle's own.
    if (!error && count > 0 && !info->writepage && (handle_of(info)->flags & O_DSYNC)) {
        error = unsynced_commit_range(fs, node, offset, (off_t)count);
    }
    fs_leave(fs, ACTION_WRITE);
    if (error) {
        fuse_reply_err(request, error);
    } else {
        fuse_reply_write(request, count);
    }
}

void op_fsync(fuse_req_t request, fuse_ino_t inode, int data_only, struct fuse_file_info *info) {
    (void)data_only;
    (void)info;
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    int error = fs_enter(fs, ACTION_FSYNC, node, NULL, NULL, NULL);
    if (!error) {
        error = unsynced_commit(fs, node);
    } else if (!fs->is_cut) {
        unsynced_drop(node);
    }
    fs_leave(fs, ACTION_FSYNC);
    fuse_reply_err(request, error);
}

static int allocate(struct fs *fs, struct node *node, int mode, off_t end) {
    struct stat status;
    if (fstat(node->rw, &status) != 0) {
        return errno;
    }
    // Reserved space isn't modelled: only the size is seen.
    return mode == 0 && end > status.st_size ? resize(fs, node, end) : 0;
}

void op_fallocate(fuse_req_t request, fuse_ino_t inode, int mode, off_t offset, off_t length, struct fuse_file_info *info) {
    (void)info;
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    int error = fs_enter(fs, ACTION_TRUNCATE, node, NULL, NULL, NULL);
    if (!error) {
        error = mode == 0 || mode == FALLOC_FL_KEEP_SIZE ? allocate(fs, node, mode, offset + length) : EOPNOTSUPP;
    }
    fs_leave(fs, ACTION_TRUNCATE);
    fuse_reply_err(request, error);
}

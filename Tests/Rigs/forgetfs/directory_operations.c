#include "operations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct listing {
    DIR *directory;
    off_t offset;
};

static struct listing *listing_of(const struct fuse_file_info *info) {
    return (struct listing *)(uintptr_t)info->fh;
}

static DIR *open_directory(const struct node *node) {
    int fd = openat(node->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (!directory && fd >= 0) {
        close(fd);
    }
    return directory;
}

int directory_empty(const struct node *node) {
    DIR *directory = open_directory(node);
    if (!directory) {
        return errno;
    }
    int error = 0;
    for (struct dirent *entry; !error && (entry = readdir(directory));) {
        error = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 ? ENOTEMPTY : 0;
    }
    closedir(directory);
    return error;
}

void op_opendir(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    struct listing *listing = calloc(1, sizeof *listing);
    int error = fs_enter(fs, ACTION_LOOK, node, NULL, NULL, NULL);
    error = error ? error : listing ? 0 : ENOMEM;
    if (!error) {
        listing->directory = open_directory(node);
        error = listing->directory ? 0 : errno;
    }
    fs_leave(fs, ACTION_LOOK);
    if (error) {
        free(listing);
        fuse_reply_err(request, error);
        return;
    }
    info->fh = (uint64_t)(uintptr_t)listing;
    if (fuse_reply_open(request, info) != 0) {
        closedir(listing->directory);
        free(listing);
    }
}

void op_releasedir(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    (void)inode;
    closedir(listing_of(info)->directory);
    free(listing_of(info));
    fuse_reply_err(request, 0);
}

static int list(fuse_req_t request, const struct node *node, struct listing *listing, off_t offset, char *buffer, size_t size, size_t *used) {
    if (offset != listing->offset) {
        seekdir(listing->directory, offset);
        listing->offset = offset;
    }
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(listing->directory);
        if (!entry) {
            return errno;
        }
        off_t after = telldir(listing->directory);
        if (node != fs_of(request)->root || strcmp(entry->d_name, LIMBO) != 0) {
            struct stat status = {.st_ino = entry->d_ino, .st_mode = (mode_t)entry->d_type << 12};
            size_t length = fuse_add_direntry(request, buffer + *used, size - *used, entry->d_name, &status, after);
            if (length > size - *used) {
                // Read again with the next buffer.
                seekdir(listing->directory, listing->offset);
                return 0;
            }
            *used += length;
        }
        listing->offset = after;
    }
}

void op_readdir(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info) {
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    char *buffer = malloc(size > 0 ? size : 1);
    size_t used = 0;
    int error = fs_enter(fs, ACTION_LOOK, node, NULL, NULL, NULL);
    error = error ? error : buffer ? list(request, node, listing_of(info), offset, buffer, size, &used) : ENOMEM;
    fs_leave(fs, ACTION_LOOK);
    if (error && used == 0) {
        fuse_reply_err(request, error);
    } else {
        fuse_reply_buf(request, buffer, used);
    }
    free(buffer);
}

void op_fsyncdir(fuse_req_t request, fuse_ino_t inode, int data_only, struct fuse_file_info *info) {
    (void)data_only;
    (void)info;
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    int error = fs_enter(fs, ACTION_FSYNCDIR, node, NULL, NULL, NULL);
    if (!error) {
        journal_commit(fs, node);
    }
    fs_leave(fs, ACTION_FSYNCDIR);
    fuse_reply_err(request, error);
}

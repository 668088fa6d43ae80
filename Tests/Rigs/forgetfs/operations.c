#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

struct fs *fs_of(fuse_req_t request) {
    return fuse_req_userdata(request);
}

struct node *node_of(fuse_req_t request, fuse_ino_t inode) {
    // The kernel knows a node by its address; it holds it as long as it counts lookups.
    return inode == FUSE_ROOT_ID ? fs_of(request)->root : (struct node *)(uintptr_t)inode;
}

int introduce(struct fs *fs, struct node *node, struct fuse_entry_param *entry) {
    // No caching of names and attributes: after a cut nothing is answered from memory.
    *entry = (struct fuse_entry_param){.ino = (fuse_ino_t)(uintptr_t)node};
    int error = node_stat(fs, node, &entry->attr);
    if (!error) {
        node->lookups++;
    }
    return error;
}

static void op_init(void *user, struct fuse_conn_info *connection) {
    (void)user;
    // Truncation on open comes as one of its own; nobody changes the backing tree behind the kernel's page cache;
    // and the kernel, not this process, takes set-user-id bits away.
    connection->want &= ~(unsigned)(FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_HANDLE_KILLPRIV | FUSE_CAP_WRITEBACK_CACHE);
}

static void op_forget(fuse_req_t request, fuse_ino_t inode, uint64_t count) {
    struct fs *fs = fs_of(request);
    pthread_mutex_lock(&fs->lock);
    node_forget(fs, node_of(request, inode), count);
    pthread_mutex_unlock(&fs->lock);
    fuse_reply_none(request);
}

static void op_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info) {
    (void)info;
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    struct stat attributes;
    int error = fs_enter(fs, ACTION_LOOK, node, NULL, NULL, NULL);
    error = error ? error : node_stat(fs, node, &attributes);
    fs_leave(fs, ACTION_LOOK);
    if (error) {
        fuse_reply_err(request, error);
    } else {
        fuse_reply_attr(request, &attributes, 0);
    }
}

int resize(struct fs *fs, struct node *node, off_t size) {
    int error = node_open_rw(node);
    error = error ? error : unsynced_resize(fs, node, size);
    return error ? error : ftruncate(node->rw, size) == 0 ? 0 : errno;
}

static int set_times(const struct node *node, const struct stat *attributes, int which) {
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
    if (which & FUSE_SET_ATTR_ATIME_NOW) {
        times[0].tv_nsec = UTIME_NOW;
    } else if (which & FUSE_SET_ATTR_ATIME) {
        times[0] = attributes->st_atim;
    }
    if (which & FUSE_SET_ATTR_MTIME_NOW) {
        times[1].tv_nsec = UTIME_NOW;
    } else if (which & FUSE_SET_ATTR_MTIME) {
        times[1] = attributes->st_mtim;
    }
    return utimensat(node->fd, "", times, AT_EMPTY_PATH) == 0 ? 0 : errno;
}

static int set_attributes(struct fs *fs, struct node *node, const struct stat *attributes, int which) {
    char path[PROC_PATH];
    proc_path(node->fd, path);
    if ((which & FUSE_SET_ATTR_MODE) && chmod(path, attributes->st_mode & 07777) != 0) {
        return errno;
    }
    if (which & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) {
        uid_t user = which & FUSE_SET_ATTR_UID ? attributes->st_uid : (uid_t)-1;
        gid_t group = which & FUSE_SET_ATTR_GID ? attributes->st_gid : (gid_t)-1;
        if (fchownat(node->fd, "", user, group, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0) {
            return errno;
        }
    }
    if (which & FUSE_SET_ATTR_SIZE) {
        int error = resize(fs, node, attributes->st_size);
        if (error) {
            return error;
        }
    }
    bool timed = which & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW);
    return timed ? set_times(node, attributes, which) : 0;
}

void op_setattr(fuse_req_t request, fuse_ino_t inode, struct stat *attributes, int which, struct fuse_file_info *info) {
    (void)info;
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    struct stat result;
    enum action action = which & FUSE_SET_ATTR_SIZE ? ACTION_TRUNCATE : ACTION_ATTRIBUTES;
    int error = fs_enter(fs, action, node, NULL, NULL, NULL);
    error = error ? error : set_attributes(fs, node, attributes, which);
    error = error ? error : node_stat(fs, node, &result);
    fs_leave(fs, action);
    if (error) {
        fuse_reply_err(request, error);
    } else {
        fuse_reply_attr(request, &result, 0);
    }
}

static void op_readlink(fuse_req_t request, fuse_ino_t inode) {
    struct fs *fs = fs_of(request);
    struct node *node = node_of(request, inode);
    char target[4097];
    int error = fs_enter(fs, ACTION_LOOK, node, NULL, NULL, NULL);
    ssize_t length = error ? -1 : readlinkat(node->fd, "", target, sizeof target - 1);
    error = error ? error : length < 0 ? errno : 0;
    fs_leave(fs, ACTION_LOOK);
    if (error) {
        fuse_reply_err(request, error);
        return;
    }
    target[length] = '\0';
    fuse_reply_readlink(request, target);
}

static void op_statfs(fuse_req_t request, fuse_ino_t inode) {
    struct fs *fs = fs_of(request);
    struct statvfs status;
    int error = fs_enter(fs, ACTION_LOOK, node_of(request, inode), NULL, NULL, NULL);
    error = error ? error : fstatvfs(fs->root->fd, &status) == 0 ? 0 : errno;
    fs_leave(fs, ACTION_LOOK);
    if (error) {
        fuse_reply_err(request, error);
    } else {
        fuse_reply_statfs(request, &status);
    }
}

const struct fuse_lowlevel_ops operations = {
    .init = op_init,
    .lookup = op_lookup,
    .forget = op_forget,
    .getattr = op_getattr,
    .setattr = op_setattr,
    .readlink = op_readlink,
    .mknod = op_mknod,
    .mkdir = op_mkdir,
    .unlink = op_unlink,
    .rmdir = op_rmdir,
    .symlink = op_symlink,
    .rename = op_rename,
    .link = op_link,
    .open = op_open,
    .read = op_read,
    .write = op_write,
    .release = op_release,
    .fsync = op_fsync,
    .opendir = op_opendir,
    .readdir = op_readdir,
    .releasedir = op_releasedir,
    .fsyncdir = op_fsyncdir,
    .statfs = op_statfs,
    .create = op_create,
    .fallocate = op_fallocate,
};

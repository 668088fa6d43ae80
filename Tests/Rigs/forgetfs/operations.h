#ifndef FORGETFS_OPERATIONS_H
#define FORGETFS_OPERATIONS_H

#define FUSE_USE_VERSION 312
#include <fuse3/fuse_lowlevel.h>

#include "fs.h"

/// Everything the kernel may ask. The user data of the session is the `struct fs`.
extern const struct fuse_lowlevel_ops operations;

struct fs *fs_of(fuse_req_t request);
struct node *node_of(fuse_req_t request, fuse_ino_t inode);

/// An open file.
struct handle {
    /// For reading; a writer's is the node's `rw`.
    int fd;
    int flags;
};

/// Fills what the kernel is told of a node it will hold from now on. Returns 0 or an errno.
int introduce(struct fs *fs, struct node *node, struct fuse_entry_param *entry);

// Names: name_operations.c
void op_lookup(fuse_req_t request, fuse_ino_t parent, const char *name);
void op_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, dev_t device);
void op_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode);
void op_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name);
void op_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *info);
void op_link(fuse_req_t request, fuse_ino_t inode, fuse_ino_t parent, const char *name);
void op_unlink(fuse_req_t request, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name);
void op_rename(fuse_req_t request, fuse_ino_t parent, const char *name, fuse_ino_t to, const char *to_name, unsigned flags);

// Directories: directory_operations.c
void op_opendir(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info);
void op_readdir(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info);
void op_releasedir(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info);
void op_fsyncdir(fuse_req_t request, fuse_ino_t inode, int data_only, struct fuse_file_info *info);

/// Returns 0 when nothing is in it, or an errno.
int directory_empty(const struct node *node);

// Files: file_operations.c
/// The lock is held. Returns 0 or an errno.
int handle_open(struct node *node, int flags, struct fuse_file_info *info);
/// Takes the lock.
void handle_close(struct fs *fs, struct node *node, struct fuse_file_info *info);
void op_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info);
void op_release(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info);
void op_read(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info);
void op_write(fuse_req_t request, fuse_ino_t inode, const char *bytes, size_t size, off_t offset, struct fuse_file_info *info);
void op_fsync(fuse_req_t request, fuse_ino_t inode, int data_only, struct fuse_file_info *info);
void op_fallocate(fuse_req_t request, fuse_ino_t inode, int mode, off_t offset, off_t length, struct fuse_file_info *info);

// Attributes: operations.c
void op_setattr(fuse_req_t request, fuse_ino_t inode, struct stat *attributes, int which, struct fuse_file_info *info);

/// Truncates or extends; unsynced. Returns 0 or an errno.
int resize(struct fs *fs, struct node *node, off_t size);

#endif

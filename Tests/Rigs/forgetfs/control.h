#ifndef FORGETFS_CONTROL_H
#define FORGETFS_CONTROL_H

struct fs;

/// Listens at `path` and answers on threads of its own until the process ends. Returns 0 or an errno.
int control_start(struct fs *fs, const char *path);

#endif

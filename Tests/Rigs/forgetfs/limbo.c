#include "limbo.h"
#include "fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void limbo_name(const struct node *node, char name[PROC_PATH]) {
    snprintf(name, PROC_PATH, "%llx", (unsigned long long)node->inode);
}

int limbo_exhume(struct fs *fs, struct node *node, const struct place *place) {
    char name[PROC_PATH];
    limbo_name(node, name);
    node->graves--;
    if (S_ISDIR(node->type) || node->graves == 0) {
        return renameat(fs->limbo_fd, name, place->directory->fd, place->name) == 0 ? 0 : errno;
    }
    return linkat(fs->limbo_fd, name, place->directory->fd, place->name, 0) == 0 ? 0 : errno;
}

int limbo_keep(struct fs *fs, struct node *directory, const char *name, struct node *node, bool remove) {
    char kept[PROC_PATH];
    limbo_name(node, kept);
    bool link = node->graves == 0;
    int status = 0;
    if (link && remove) {
        status = renameat(directory->fd, name, fs->limbo_fd, kept);
    } else if (link) {
        status = linkat(directory->fd, name, fs->limbo_fd, kept, 0);
    } else if (remove) {
        status = unlinkat(directory->fd, name, 0);
    }
    if (status != 0) {
        return errno;
    }
    node->graves++;
    return 0;
}

void limbo_release(struct fs *fs, struct node *node) {
    if (node->graves > 0) {
        return;
    }
    char name[PROC_PATH];
    limbo_name(node, name);
    unlinkat(fs->limbo_fd, name, S_ISDIR(node->type) ? AT_REMOVEDIR : 0);
}

void limbo_return(struct fs *fs, struct node *directory, const char *name, struct node *node) {
    if (S_ISDIR(node->type)) {
        struct place place = {directory, (char *)name};
        limbo_exhume(fs, node, &place);
    } else {
        node->graves--;
        limbo_release(fs, node);
    }
}

static int empty(int fd);

/// Deletes what an entry names, with everything in it.
static int erase(int directory, const char *name) {
    if (unlinkat(directory, name, 0) == 0) {
        return 0;
    }
    if (errno != EISDIR) {
        return errno;
    }
    int error = empty(openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    return error ? error : unlinkat(directory, name, AT_REMOVEDIR) == 0 ? 0 : errno;
}

/// Deletes what is in the directory `fd` names, which it closes.
static int empty(int fd) {
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (!directory) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return error;
    }
    int error = 0;
    bool found;
    do {
        // What is removed while it is listed may hide a neighbour from the listing: until a listing is empty.
        found = false;
        rewinddir(directory);
        for (struct dirent *entry; !error && (entry = readdir(directory));) {
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
                found = true;
                error = erase(fd, entry->d_name);
            }
        }
    } while (found && !error);
    closedir(directory);
    return error;
}

int limbo_empty(struct fs *fs) {
    // A descriptor of its own: reading moves it.
    return empty(openat(fs->limbo_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

#include "node.h"
#include "fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct node **bucket(struct fs *fs, dev_t device, ino_t inode) {
    return &fs->nodes.buckets[(inode ^ (inode >> 12) ^ device) % NODE_BUCKETS];
}

void node_pin(struct node *node) {
    node->pins++;
}

static void release(struct fs *fs, struct node *node) {
    while (node && node != fs->root && node->pins == 0 && node->lookups == 0) {
        struct node **link = bucket(fs, node->device, node->inode);
        while (*link != node) {
            link = &(*link)->chain;
        }
        *link = node->chain;
        struct node *parent = node->parent;
        close(node->fd);
        if (node->rw >= 0) {
            close(node->rw);
        }
        free(node);
        // A child holds its parent: going on is a loop here, not a recursion as deep as the tree.
        if (parent) {
            parent->pins--;
        }
        node = parent;
    }
}

void node_unpin(struct fs *fs, struct node *node) {
    node->pins--;
    release(fs, node);
}

void node_forget(struct fs *fs, struct node *node, uint64_t count) {
    node->lookups -= count < node->lookups ? count : node->lookups;
    release(fs, node);
}

void node_move(struct fs *fs, struct node *node, struct node *parent) {
    if (!S_ISDIR(node->type) || node->parent == parent) {
        return;
    }
    struct node *before = node->parent;
    node->parent = parent;
    node_pin(parent);
    if (before) {
        node_unpin(fs, before);
    }
}

int node_adopt(struct fs *fs, int fd, struct node *parent, struct node **found) {
    struct stat status;
    if (fstatat(fd, "", &status, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0) {
        int error = errno;
        close(fd);
        return error;
    }
    struct node **head = bucket(fs, status.st_dev, status.st_ino);
    for (struct node *node = *head; node; node = node->chain) {
        if (node->inode == status.st_ino && node->device == status.st_dev) {
            close(fd);
            node_pin(node);
            *found = node;
            return 0;
        }
    }
    struct node *node = calloc(1, sizeof *node);
    if (!node) {
        close(fd);
        return ENOMEM;
    }
    node->device = status.st_dev;
    node->inode = status.st_ino;
    node->type = status.st_mode & S_IFMT;
    node->fd = fd;
    node->rw = -1;
    node->pins = 1;
    node->chain = *head;
    *head = node;
    if (S_ISDIR(node->type) && parent) {
        node->parent = parent;
        node_pin(parent);
    }
    *found = node;
    return 0;
}

int node_at(struct fs *fs, struct node *directory, const char *name, struct node **found) {
    if (directory == fs->root && strcmp(name, LIMBO) == 0) {
        return ENOENT;
    }
    int fd = openat(directory->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? errno : node_adopt(fs, fd, directory, found);
}

int node_open_rw(struct node *node) {
    if (node->rw < 0) {
        char path[PROC_PATH];
        proc_path(node->fd, path);
        node->rw = open(path, O_RDWR | O_CLOEXEC);
    }
    return node->rw < 0 ? errno : 0;
}

int node_stat(struct fs *fs, struct node *node, struct stat *attributes) {
    if (fstatat(node->fd, "", attributes, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0) {
        return errno;
    }
    if (node->graves > 0) {
        attributes->st_nlink = S_ISDIR(node->type) ? 0 : attributes->st_nlink - 1;
    } else if (node == fs->root && attributes->st_nlink > 2) {
        attributes->st_nlink--;
    }
    return 0;
}

void node_path(struct fs *fs, struct node *node, const char *name, char *path, size_t size) {
    char link[PROC_PATH];
    char real[4096];
    proc_path(node->fd, link);
    ssize_t length = readlink(link, real, sizeof real - 1);
    real[length < 0 ? 0 : length] = '\0';
    size_t prefix = strlen(fs->backing);
    const char *below = strncmp(real, fs->backing, prefix) == 0 ? real + prefix : "";
    while (*below == '/') {
        below++;
    }
    snprintf(path, size, "%s%s%s", below, name && *below ? "/" : "", name ? name : "");
}

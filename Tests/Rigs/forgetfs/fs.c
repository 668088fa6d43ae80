#include "fs.h"
#include "limbo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void proc_path(int fd, char path[PROC_PATH]) {
    snprintf(path, PROC_PATH, "/proc/self/fd/%d", fd);
}

int fs_open(struct fs *fs, const char *backing) {
    memset(fs, 0, sizeof *fs);
    pthread_mutex_init(&fs->lock, NULL);
    fs->owner_follows_caller = geteuid() == 0;
    fs->backing = realpath(backing, NULL);
    if (!fs->backing) {
        return errno;
    }
    int fd = open(fs->backing, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int error = node_adopt(fs, fd, NULL, &fs->root);
    if (error) {
        return error;
    }
    if (mkdirat(fd, LIMBO, 0700) != 0 && errno != EEXIST) {
        return errno;
    }
    fs->limbo_fd = openat(fd, LIMBO, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fs->limbo_fd < 0) {
        return errno;
    }
    // What a killed predecessor left behind was removed: it stays removed.
    return limbo_empty(fs);
}

static void sleep_milliseconds(unsigned delay) {
    struct timespec rest = {.tv_sec = delay / 1000, .tv_nsec = (long)(delay % 1000) * 1000000};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}

int fs_enter(struct fs *fs, enum action action, struct node *node, const char *name, struct node *to, const char *to_name) {
    pthread_mutex_lock(&fs->lock);
    if (fs->is_cut) {
        return EIO;
    }
    struct verdict verdict = {.error = 0};
    if (fs->rules.count > 0) {
        char path[8192];
        char other[8192];
        node_path(fs, node, name, path, sizeof path);
        if (to) {
            node_path(fs, to, to_name, other, sizeof other);
        }
        verdict = rules_apply(&fs->rules, action, path, to ? other : NULL);
    }
    if (verdict.delay > 0) {
        // The kernel keeps what the operation names alive; others go on meanwhile.
        pthread_mutex_unlock(&fs->lock);
        sleep_milliseconds(verdict.delay);
        pthread_mutex_lock(&fs->lock);
        if (fs->is_cut) {
            return EIO;
        }
    }
    return verdict.error;
}

static void cut_when_due(struct fs *fs) {
    if (fs->armed && fs->remaining == 0 && !fs->is_cut) {
        fs->is_cut = true;
        cut(fs, fs->seed, &fs->report);
    }
}

void fs_leave(struct fs *fs, enum action action) {
    if (!fs->is_cut && action_counts(action)) {
        fs->operations++;
        if (fs->armed && fs->remaining > 0) {
            fs->remaining--;
        }
        cut_when_due(fs);
    }
    pthread_mutex_unlock(&fs->lock);
}

void fs_arm(struct fs *fs, uint64_t after, uint64_t seed) {
    pthread_mutex_lock(&fs->lock);
    fs->armed = true;
    fs->remaining = after;
    fs->seed = seed;
    cut_when_due(fs);
    pthread_mutex_unlock(&fs->lock);
}

#include "control.h"
#include "fs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct connection {
    struct fs *fs;
    int fd;
};

static const char *const change_names[CHANGE_COUNT] = {"create", "mkdir", "link", "unlink", "rmdir", "rename", "exchange"};

static void answer_status(struct fs *fs, FILE *out) {
    pthread_mutex_lock(&fs->lock);
    const struct cut_report *report = &fs->report;
    if (report->error) {
        fprintf(out, "error the surviving tree couldn't be made: %s\n", strerror(report->error));
    } else {
        fprintf(out, "ok operations=%" PRIu64 " armed=%d cut=%d", fs->operations, fs->armed, fs->is_cut);
        for (size_t at = 0; fs->is_cut && at < CHANGE_COUNT; at++) {
            fprintf(out, " %s-lost=%" PRIu64 " %s-kept=%" PRIu64, change_names[at], report->lost[at], change_names[at], report->kept[at]);
        }
        if (fs->is_cut) {
            fprintf(out, " page-lost=%" PRIu64 " page-torn=%" PRIu64 " page-kept=%" PRIu64, report->pages_lost, report->pages_torn, report->pages_kept);
            fprintf(out, " size-lost=%" PRIu64 " size-kept=%" PRIu64, report->sizes_lost, report->sizes_kept);
        }
        fputc('\n', out);
    }
    pthread_mutex_unlock(&fs->lock);
}

static void answer_cut(struct fs *fs, const char *arguments, FILE *out) {
    uint64_t after;
    uint64_t seed;
    int end = 0;
    if (sscanf(arguments, "after=%" SCNu64 " seed=%" SCNu64 " %n", &after, &seed, &end) != 2 || arguments[end] != '\0') {
        fputs("error write cut after=OPERATIONS seed=NUMBER\n", out);
        return;
    }
    fs_arm(fs, after, seed);
    fputs("ok\n", out);
}

static void answer(struct fs *fs, char *line, FILE *out) {
    line[strcspn(line, "\r\n")] = '\0';
    char *arguments = line + strcspn(line, " ");
    if (*arguments) {
        *arguments++ = '\0';
    }
    if (strcmp(line, "status") == 0) {
        answer_status(fs, out);
    } else if (strcmp(line, "cut") == 0) {
        answer_cut(fs, arguments, out);
    } else if (strcmp(line, "rule") == 0) {
        pthread_mutex_lock(&fs->lock);
        const char *problem = rules_add(&fs->rules, arguments);
        pthread_mutex_unlock(&fs->lock);
        fprintf(out, problem ? "error %s\n" : "ok\n", problem);
    } else if (strcmp(line, "clear") == 0) {
        pthread_mutex_lock(&fs->lock);
        fs->rules.count = 0;
        pthread_mutex_unlock(&fs->lock);
        fputs("ok\n", out);
    } else {
        fputs("error the commands are: status, cut, rule, clear\n", out);
    }
    fflush(out);
}

static void *converse(void *argument) {
    struct connection connection = *(struct connection *)argument;
    free(argument);
    int other = dup(connection.fd);
    FILE *in = fdopen(connection.fd, "r");
    FILE *out = other < 0 ? NULL : fdopen(other, "w");
    char line[1024];
    while (in && out && fgets(line, sizeof line, in)) {
        answer(connection.fs, line, out);
    }
    if (in) {
        fclose(in);
    } else {
        close(connection.fd);
    }
    if (out) {
        fclose(out);
    } else if (other >= 0) {
        close(other);
    }
    return NULL;
}

static void *listen_for(void *argument) {
    struct connection *listener = argument;
    for (;;) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
        struct connection *connection = fd < 0 ? NULL : malloc(sizeof *connection);
        pthread_t thread;
        if (!connection) {
            if (fd >= 0) {
                close(fd);
            }
            continue;
        }
        *connection = (struct connection){listener->fs, fd};
        if (pthread_create(&thread, NULL, converse, connection) == 0) {
            pthread_detach(thread);
        } else {
            close(fd);
            free(connection);
        }
    }
    return NULL;
}

int control_start(struct fs *fs, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return ENAMETOOLONG;
    }
    strcpy(address.sun_path, path);
    struct connection *listener = malloc(sizeof *listener);
    if (!listener) {
        return ENOMEM;
    }
    *listener = (struct connection){fs, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    unlink(path);
    pthread_t thread;
    int error = listener->fd < 0 ? errno : 0;
    if (!error && (bind(listener->fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(listener->fd, 16) != 0)) {
        error = errno;
    }
    error = error ? error : pthread_create(&thread, NULL, listen_for, listener);
    if (error) {
        if (listener->fd >= 0) {
            close(listener->fd);
        }
        free(listener);
    }
    return error;
}

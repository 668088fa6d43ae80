#include "sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool attribute_read(char *text, size_t size, const char *format, ...) {
    char path[PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    text[0] = 0;
    if (length < 0 || (size_t)length >= sizeof path) {
        return false;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t count = read(fd, text, size - 1);
    close(fd);
    if (count < 0) {
        return false;
    }
    text[count] = 0;
    text[strcspn(text, "\n")] = 0;
    return true;
}

int attribute_write(const char *path, const void *bytes, size_t count) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    ssize_t written = write(fd, bytes, count);
    int number = written < 0 ? errno : 0;
    close(fd);
    return number;
}

static bool attribute_is(const char *directory, const char *name, const char *wanted) {
    char text[128];
    return attribute_read(text, sizeof text, "%s/%s", directory, name) && strcmp(text, wanted) == 0;
}

/// Walks up from a class device to the USB device that carries it and compares ids and serial number.
static bool has_identity(const char *sysfs, const struct usb_identity *identity) {
    char directory[PATH_MAX];
    if (!realpath(sysfs, directory)) {
        return false;
    }
    char vendor[8], product[8], id[16];
    snprintf(vendor, sizeof vendor, "%04x", identity->vendor);
    snprintf(product, sizeof product, "%04x", identity->product);
    for (;;) {
        if (attribute_read(id, sizeof id, "%s/idVendor", directory)) {
            return strcmp(id, vendor) == 0 && attribute_is(directory, "idProduct", product)
                && attribute_is(directory, "serial", identity->serial);
        }
        char *slash = strrchr(directory, '/');
        if (!slash || slash == directory) {
            return false;
        }
        *slash = 0;
    }
}

static bool open_once(
    int *fd, char node[PATH_MAX], const char *class, const char *prefix, const struct usb_identity *identity, node_check check,
    void *context) {
    char directory[64], sysfs[PATH_MAX];
    snprintf(directory, sizeof directory, "/sys/class/%s", class);
    DIR *entries = opendir(directory);
    if (!entries) {
        return false;
    }
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(entries));) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0) {
            continue;
        }
        snprintf(sysfs, sizeof sysfs, "%s/%s", directory, entry->d_name);
        if (identity && !has_identity(sysfs, identity)) {
            continue;
        }
        static const char *const folders[] = {"/dev", "/dev/usb", "/dev/input"};
        for (size_t i = 0; !found && i < sizeof folders / sizeof *folders; i++) {
            snprintf(node, PATH_MAX, "%s/%s", folders[i], entry->d_name);
            *fd = open(node, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
            if (*fd < 0) {
                continue;
            }
            found = !check || check(*fd, sysfs, context);
            if (!found) {
                close(*fd);
                break;
            }
        }
    }
    closedir(entries);
    return found;
}

enum outcome open_node(
    int *fd, char node[PATH_MAX], const char *class, const char *prefix, const struct usb_identity *identity, node_check check, void *context,
    struct deadline deadline) {
    for (;;) {
        if (open_once(fd, node, class, prefix, identity, check, context)) {
            return OUTCOME_OK;
        }
        if (deadline_passed(deadline)) {
            complain(
                "no %s device%s%s appeared within the deadline: is it plugged, and its driver loaded?", class, identity ? " of " : "",
                identity ? identity->serial : "");
            return OUTCOME_NOT_FOUND;
        }
        deadline_rest(deadline, 50);
    }
}

static bool is_plugged(const char *serial) {
    DIR *devices = opendir("/sys/bus/usb/devices");
    bool found = false;
    for (struct dirent *entry; devices && !found && (entry = readdir(devices));) {
        char directory[PATH_MAX];
        snprintf(directory, sizeof directory, "/sys/bus/usb/devices/%s", entry->d_name);
        found = attribute_is(directory, "serial", serial);
    }
    if (devices) {
        closedir(devices);
    }
    return found;
}

enum outcome wait_until_unplugged(const char *serial, struct deadline deadline) {
    while (is_plugged(serial)) {
        if (deadline_passed(deadline)) {
            complain("the host still has the device %s", serial);
            return OUTCOME_LATE;
        }
        deadline_rest(deadline, 20);
    }
    return OUTCOME_OK;
}

enum outcome load_module(const char *const *arguments) {
    const char *vector[8] = {"modprobe"};
    size_t count = 1;
    for (; arguments[count - 1] && count < 7; count++) {
        vector[count] = arguments[count - 1];
    }
    // Its own words become part of the complaint: on this program's stderr whoever reads the answers would take them for one.
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return failed("a pipe for modprobe", errno);
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    extern char **environ;
    pid_t child;
    int number = posix_spawnp(&child, "modprobe", &actions, NULL, (char *const *)(uintptr_t)vector, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (number != 0) {
        close(ends[0]);
        return failed("modprobe", number);
    }
    char said[256], piece[256];
    size_t filled = 0;
    for (ssize_t got; (got = read(ends[0], piece, sizeof piece)) > 0 || (got < 0 && errno == EINTR);) {
        size_t room = sizeof said - 1 - filled;
        size_t kept = got < 0 ? 0 : (size_t)got < room ? (size_t)got : room;
        memcpy(said + filled, piece, kept);
        filled += kept;
    }
    said[filled] = 0;
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            close(ends[0]);
            return failed("waiting for modprobe", errno);
        }
    }
    close(ends[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        complain("modprobe %s: %s (the kernel needs that module, and this program root)", arguments[0] ? arguments[0] : "", said);
        return OUTCOME_SYSTEM;
    }
    return OUTCOME_OK;
}

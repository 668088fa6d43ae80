#include "kiosk_codescanner.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Reads a file of sysfs: its length, or -1.
static ssize_t read_file(const char *root, const char *name, const char *file, void *bytes, size_t capacity) {
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s/device/%s", root, name, file);
    if (length < 0 || (size_t)length >= sizeof path) {
        return -1;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    size_t filled = 0;
    ssize_t count = 0;
    while (filled < capacity && (count = read(fd, (uint8_t *)bytes + filled, capacity - filled)) > 0) {
        filled += (size_t)count;
    }
    close(fd);
    return count < 0 ? -1 : (ssize_t)filled;
}

/// The value of `key` in a uevent, ended by a newline; NULL when there is none.
static const char *_Nullable value_of(const char *event, const char *key) {
    size_t length = strlen(key);
    for (const char *line = event; line != NULL && *line != 0;) {
        if (strncmp(line, key, length) == 0 && line[length] == '=') {
            return line + length + 1;
        }
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return NULL;
}

/// `HID_ID=0003:00000525:0000A4AC` and `HID_UNIQ=SERIAL`
static bool has_identity(const char *root, const char *name, uint16_t vendor, uint16_t product, const char *_Nullable serial) {
    char event[2048];
    ssize_t count = read_file(root, name, "uevent", event, sizeof event - 1);
    if (count < 0) {
        return false;
    }
    event[count] = 0;
    const char *ids = value_of(event, "HID_ID");
    unsigned bus, found_vendor, found_product;
    if (ids == NULL || sscanf(ids, "%x:%x:%x", &bus, &found_vendor, &found_product) != 3) {
        return false;
    }
    if (found_vendor != vendor || found_product != product) {
        return false;
    }
    if (serial == NULL) {
        return true;
    }
    const char *unique = value_of(event, "HID_UNIQ");
    size_t length = strlen(serial);
    return unique != NULL && strncmp(unique, serial, length) == 0 && (unique[length] == '\n' || unique[length] == 0);
}

int kiosk_codescanner_find(const char *root, uint16_t vendor, uint16_t product, const char *serial, char *node, size_t capacity) {
    DIR *directory = opendir(root);
    if (directory == NULL) {
        return KIOSK_CODE_GONE;
    }
    int result = KIOSK_CODE_GONE;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        const char *name = entry->d_name;
        // HID_MAX_DESCRIPTOR_SIZE
        uint8_t descriptor[4096];
        if (strncmp(name, "hidraw", 6) != 0 || !has_identity(root, name, vendor, product, serial)) {
            continue;
        }
        ssize_t count = read_file(root, name, "report_descriptor", descriptor, sizeof descriptor);
        if (count < 0 || !kiosk_code_describes_scanner(descriptor, (size_t)count)) {
            continue;
        }
        int length = snprintf(node, capacity, "/dev/%s", name);
        if (result == 0 || length < 0 || (size_t)length >= capacity) {
            result = KIOSK_CODE_ARGUMENT;
            break;
        }
        result = 0;
    }
    closedir(directory);
    return result;
}

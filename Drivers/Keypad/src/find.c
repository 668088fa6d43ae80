#include "kiosk_keypad.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char folder[] = "/sys/class/input";

/// Reads a small file of sysfs as text without its last newline; empty when it isn't there.
static void read_text(const char *event, const char *file, char *text, size_t capacity) {
    char path[320];
    text[0] = 0;
    if (snprintf(path, sizeof path, "%s/%s/device/%s", folder, event, file) >= (int)sizeof path) {
        return;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    ssize_t count = read(fd, text, capacity - 1);
    close(fd);
    text[count > 0 ? count : 0] = 0;
    text[strcspn(text, "\n")] = 0;
}

static uint32_t read_hex(const char *event, const char *file) {
    char text[16];
    read_text(event, file, text, sizeof text);
    return (uint32_t)(strtoul(text, NULL, 16) & 0xFFFF);
}

/// Fills `found` in when the event device is what was looked for.
static bool fits(const char *event, const kiosk_keypad_query *query, kiosk_keypad_found *found) {
    uint32_t ids = read_hex(event, "id/vendor") << 16 | read_hex(event, "id/product");
    char name[128];
    read_text(event, "name", name, sizeof name);
    if ((query->ids != 0 && query->ids != ids) || (query->name != NULL && strcmp(query->name, name) != 0)) {
        return false;
    }
    char keys[1024];
    read_text(event, "capabilities/key", keys, sizeof keys);
    if (!kiosk_keypad_has_digits(keys)) {
        return false;
    }
    *found = (kiosk_keypad_found){.ids = ids};
    if (snprintf(found->path, sizeof found->path, "/dev/input/%s", event) >= (int)sizeof found->path) {
        return false;
    }
    memcpy(found->name, name, sizeof name);
    read_text(event, "phys", found->place, sizeof found->place);
    return true;
}

int kiosk_keypad_find(const kiosk_keypad_query *query, kiosk_keypad_found *found) {
    DIR *all = opendir(folder);
    if (all == NULL) {
        // A kernel without input devices has no such folder.
        return errno == ENOENT ? KIOSK_KEYPAD_GONE : KIOSK_KEYPAD_IO;
    }
    int result = KIOSK_KEYPAD_GONE;
    for (struct dirent *entry = readdir(all); entry != NULL; entry = readdir(all)) {
        kiosk_keypad_found one;
        if (strncmp(entry->d_name, "event", 5) != 0 || !fits(entry->d_name, query, &one)) {
            continue;
        }
        if (result == 0) {
            result = KIOSK_KEYPAD_AMBIGUOUS;
            break;
        }
        *found = one;
        result = 0;
    }
    closedir(all);
    return result;
}

int kiosk_keypad_look(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        return errno == EACCES ? KIOSK_KEYPAD_ACCESS : KIOSK_KEYPAD_GONE;
    }
    if (!S_ISCHR(status.st_mode) && !S_ISSOCK(status.st_mode)) {
        return KIOSK_KEYPAD_ARGUMENT;
    }
    return access(path, R_OK) == 0 ? 0 : KIOSK_KEYPAD_ACCESS;
}

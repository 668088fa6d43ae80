#include "kiosk_link.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/// The nearest folder from `path` upwards that is a USB device: these, and not their interfaces, have a bus number.
static int place_above(char *path, char *place, size_t capacity) {
    char mark[PATH_MAX];
    for (char *slash = strrchr(path, '/'); slash != NULL && slash != path; slash = strrchr(path, '/')) {
        int length = snprintf(mark, sizeof mark, "%s/busnum", path);
        if (length > 0 && (size_t)length < sizeof mark && access(mark, F_OK) == 0) {
            length = snprintf(place, capacity, "%s", slash + 1);
            return length < 0 || (size_t)length >= capacity ? -ENAMETOOLONG : 0;
        }
        *slash = '\0';
    }
    return -ENODEV;
}

int kiosk_usb_place(const char *sysfs, const char *node, char *place, size_t capacity) {
    struct stat status;
    if (stat(node, &status) < 0) {
        return -errno;
    }
    if (!S_ISCHR(status.st_mode)) {
        return -ENODEV;
    }
    char link[PATH_MAX];
    int length = snprintf(link, sizeof link, "%s/dev/char/%u:%u", sysfs, major(status.st_rdev), minor(status.st_rdev));
    if (length < 0 || (size_t)length >= sizeof link) {
        return -ENAMETOOLONG;
    }
    char *path = realpath(link, NULL);
    if (path == NULL) {
        return -errno;
    }
    int error = place_above(path, place, capacity);
    free(path);
    return error;
}

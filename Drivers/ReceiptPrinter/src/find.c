#include "kiosk_receiptprinter.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Four hexadecimal digits of a file; -1 when it isn't there.
static long number_in(const char *path) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return -1;
    }
    char text[16];
    bool some = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    return some ? strtol(text, NULL, 16) : -1;
}

int kiosk_receipt_find(const char *sysfs, uint16_t vendor, uint16_t product, char *node, size_t capacity) {
    char path[512];
    snprintf(path, sizeof path, "%s/class/usbmisc", sysfs);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return KIOSK_LINE_GONE;
    }
    int found = KIOSK_LINE_GONE;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strncmp(entry->d_name, "lp", 2) != 0) {
            continue;
        }
        // `device` is the interface; what it belongs to has the ids.
        char ids[2][768];
        snprintf(ids[0], sizeof ids[0], "%s/%s/device/../idVendor", path, entry->d_name);
        snprintf(ids[1], sizeof ids[1], "%s/%s/device/../idProduct", path, entry->d_name);
        if (number_in(ids[0]) != vendor || number_in(ids[1]) != product) {
            continue;
        }
        int length = snprintf(node, capacity, "/dev/usb/%s", entry->d_name);
        if (found == 0 || length < 0 || (size_t)length >= capacity) {
            found = KIOSK_LINE_ARGUMENT;
            break;
        }
        found = 0;
    }
    closedir(folder);
    return found;
}

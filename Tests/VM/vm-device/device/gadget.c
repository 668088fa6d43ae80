#include "gadget.h"

#include "../support/deadline.h"
#include "../support/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIGFS "/sys/kernel/config"
#define GADGETS CONFIGFS "/usb_gadget"
#define LANGUAGE "0x409"

/// Joins into `path`; a name that doesn't fit is refused by the system call that gets the cut one.
static void join(char path[PATH_MAX], const char *a, const char *b, const char *c) {
    int length = snprintf(path, PATH_MAX, "%s/%s%s%s", a, b, *c ? "/" : "", c);
    if (length < 0 || length >= PATH_MAX) {
        path[0] = 0;
    }
}

static enum outcome set(const char *directory, const char *attribute, const char *value) {
    char path[PATH_MAX];
    join(path, directory, attribute, "");
    int number = attribute_write(path, value, strlen(value));
    if (number != 0) {
        complain("%s: %s", path, strerror(number));
        return OUTCOME_SYSTEM;
    }
    return OUTCOME_OK;
}

static enum outcome make(const char *path) {
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        complain("%s: %s", path, strerror(errno));
        return OUTCOME_SYSTEM;
    }
    return OUTCOME_OK;
}

enum outcome gadget_prepare(void) {
    enum outcome outcome = load_module((const char *const[]){"dummy_hcd", "num=8", NULL});
    if (outcome == OUTCOME_OK) {
        outcome = load_module((const char *const[]){"libcomposite", NULL});
    }
    if (outcome == OUTCOME_OK && access(GADGETS, F_OK) != 0 && mount("configfs", CONFIGFS, "configfs", 0, NULL) != 0 && errno != EBUSY) {
        complain("mounting configfs: %s", strerror(errno));
        return OUTCOME_SYSTEM;
    }
    return outcome;
}

enum outcome gadget_create(struct gadget *gadget, uint16_t vendor, uint16_t product, const char *title, const char *serial) {
    memset(gadget, 0, sizeof *gadget);
    join(gadget->path, GADGETS, serial, "");
    gadget_remove(gadget);
    char path[PATH_MAX], id[8];
    enum outcome outcome = make(gadget->path);
    snprintf(id, sizeof id, "0x%04x", vendor);
    outcome = outcome ? outcome : set(gadget->path, "idVendor", id);
    snprintf(id, sizeof id, "0x%04x", product);
    outcome = outcome ? outcome : set(gadget->path, "idProduct", id);
    join(path, gadget->path, "strings/" LANGUAGE, "");
    outcome = outcome ? outcome : make(path);
    outcome = outcome ? outcome : set(path, "manufacturer", "CivicKiosk");
    outcome = outcome ? outcome : set(path, "product", title);
    outcome = outcome ? outcome : set(path, "serialnumber", serial);
    join(path, gadget->path, "configs/c.1", "");
    return outcome ? outcome : make(path);
}

enum outcome gadget_add(struct gadget *gadget, const char *function) {
    char path[PATH_MAX];
    join(path, gadget->path, "functions", function);
    return make(path);
}

enum outcome gadget_set_bytes(struct gadget *gadget, const char *function, const char *attribute, const void *bytes, size_t count) {
    char directory[PATH_MAX], path[PATH_MAX];
    join(directory, gadget->path, "functions", function);
    join(path, directory, attribute, "");
    int number = attribute_write(path, bytes, count);
    if (number != 0) {
        complain("%s: %s", path, strerror(number));
        return OUTCOME_SYSTEM;
    }
    return OUTCOME_OK;
}

enum outcome gadget_set(struct gadget *gadget, const char *function, const char *attribute, const char *value) {
    return gadget_set_bytes(gadget, function, attribute, value, strlen(value));
}

enum outcome gadget_link(struct gadget *gadget, const char *function) {
    char target[PATH_MAX], link[PATH_MAX];
    join(target, gadget->path, "functions", function);
    join(link, gadget->path, "configs/c.1", function);
    if (symlink(target, link) != 0) {
        complain("%s: %s", link, strerror(errno));
        return OUTCOME_SYSTEM;
    }
    return OUTCOME_OK;
}

enum outcome gadget_bind(struct gadget *gadget) {
    char path[PATH_MAX];
    join(path, gadget->path, "UDC", "");
    DIR *controllers = opendir("/sys/class/udc");
    int number = ENODEV;
    for (struct dirent *entry; controllers && number != 0 && (entry = readdir(controllers));) {
        if (entry->d_name[0] != '.' && strlen(entry->d_name) < sizeof gadget->udc) {
            // A controller that another gadget has answers EBUSY: the next one.
            number = attribute_write(path, entry->d_name, strlen(entry->d_name));
            strcpy(gadget->udc, entry->d_name);
        }
    }
    if (controllers) {
        closedir(controllers);
    }
    if (number != 0) {
        gadget->udc[0] = 0;
        complain("no USB device controller takes the gadget: %s", strerror(number));
        return OUTCOME_SYSTEM;
    }
    return OUTCOME_OK;
}

enum outcome gadget_disconnect(struct gadget *gadget) {
    char path[PATH_MAX];
    join(path, "/sys/class/udc", gadget->udc, "soft_connect");
    int number = attribute_write(path, "disconnect", 10);
    if (number != 0) {
        complain("%s: %s", path, strerror(number));
        return OUTCOME_SYSTEM;
    }
    return OUTCOME_OK;
}

enum outcome gadget_release(struct gadget *gadget) {
    gadget->udc[0] = 0;
    enum outcome outcome = set(gadget->path, "UDC", "\n");
    // What is plugged next mustn't be taken for this one.
    return outcome ? outcome : wait_until_unplugged(strrchr(gadget->path, '/') + 1, deadline_in(10000));
}

/// Removes what a directory of the gadget holds: links with unlink, made directories with rmdir.
static void empty(const char *directory) {
    DIR *entries = opendir(directory);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        if (entry->d_name[0] != '.') {
            char path[PATH_MAX];
            join(path, directory, entry->d_name, "");
            if (unlink(path) != 0) {
                rmdir(path);
            }
        }
    }
    if (entries) {
        closedir(entries);
    }
}

void gadget_remove(struct gadget *gadget) {
    if (access(gadget->path, F_OK) != 0) {
        return;
    }
    char path[PATH_MAX];
    join(path, gadget->path, "UDC", "");
    attribute_write(path, "\n", 1);
    join(path, gadget->path, "configs/c.1", "");
    empty(path);
    rmdir(path);
    join(path, gadget->path, "functions", "");
    empty(path);
    join(path, gadget->path, "strings", "");
    empty(path);
    if (rmdir(gadget->path) != 0) {
        complain("%s can't be removed: %s", gadget->path, strerror(errno));
    }
}

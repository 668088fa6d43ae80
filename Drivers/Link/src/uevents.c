#include "kiosk_link.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const actions[] = {"add", "change", "bind"};
static const char *const subsystems[] = {"usb", "tty", "hidraw", "usbmisc", "video4linux", "input", "gpio"};

static bool is_one_of(const uint8_t *text, size_t length, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0) {
            return true;
        }
    }
    return false;
}

int kiosk_uevent_is_arrival(const uint8_t *bytes, size_t count) {
    static const char key[] = "SUBSYSTEM=";
    const size_t key_length = sizeof key - 1;
    const uint8_t *at = memchr(bytes, '@', count);
    if (at == NULL || !is_one_of(bytes, (size_t)(at - bytes), actions, sizeof actions / sizeof *actions)) {
        return 0;
    }
    for (size_t start = 0; start < count;) {
        const uint8_t *end = memchr(bytes + start, 0, count - start);
        size_t length = end == NULL ? count - start : (size_t)(end - bytes) - start;
        if (length > key_length && memcmp(bytes + start, key, key_length) == 0) {
            return is_one_of(bytes + start + key_length, length - key_length, subsystems, sizeof subsystems / sizeof *subsystems);
        }
        start += length + 1;
    }
    return 0;
}

int kiosk_uevents_open(void) {
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (fd < 0) {
        return -errno;
    }
    // Group 1 is the kernel's; 2 is udevd's, which a host in a sandbox doesn't hear.
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int kiosk_uevents_next(int fd, int timeout_ms) {
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    int ready = poll(&entry, 1, timeout_ms);
    if (ready <= 0) {
        return ready == 0 || errno == EINTR ? -EAGAIN : -errno;
    }
    uint8_t bytes[KIOSK_UEVENT_MAX];
    struct sockaddr_nl sender = {0};
    socklen_t size = sizeof sender;
    ssize_t count = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&sender, &size);
    if (count < 0) {
        return errno == ENOBUFS ? 1 : errno == EINTR ? -EAGAIN : -errno;
    }
    // Only the kernel has the number 0.
    return size == sizeof sender && sender.nl_pid == 0 ? kiosk_uevent_is_arrival(bytes, (size_t)count) : 0;
}

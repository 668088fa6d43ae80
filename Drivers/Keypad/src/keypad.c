#include "kiosk_clock.h"
#include "kiosk_keypad.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct kiosk_keypad {
    int fd;
    kiosk_key_stream stream;
};

static int failure(int error) {
    switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
    case EPIPE:
    case ECONNRESET:
    case ECONNREFUSED:
        return KIOSK_KEYPAD_GONE;
    case EACCES:
    case EPERM:
        return KIOSK_KEYPAD_ACCESS;
    case EBUSY:
        return KIOSK_KEYPAD_BUSY;
    case ENOTTY:
    case EINVAL:
    case ENAMETOOLONG:
        return KIOSK_KEYPAD_ARGUMENT;
    default:
        return KIOSK_KEYPAD_IO;
    }
}

/// A descriptor, or a negative code.
static int open_socket(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        return failure(ENAMETOOLONG);
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return KIOSK_KEYPAD_IO;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        int code = failure(errno);
        close(fd);
        return code;
    }
    return fd;
}

static int open_node(const char *path) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return failure(errno);
    }
    int version = 0;
    // The grab ends with the descriptor, however this process ends.
    if (ioctl(fd, EVIOCGVERSION, &version) < 0 || ioctl(fd, EVIOCGRAB, 1) < 0) {
        int code = failure(errno);
        close(fd);
        return code;
    }
    return fd;
}

int kiosk_keypad_open(const char *path, kiosk_keypad **opened) {
    struct stat status;
    if (stat(path, &status) != 0) {
        return failure(errno);
    }
    kiosk_keypad *keypad = calloc(1, sizeof *keypad);
    if (keypad == NULL) {
        return KIOSK_KEYPAD_MEMORY;
    }
    keypad->fd = S_ISSOCK(status.st_mode) ? open_socket(path) : open_node(path);
    if (keypad->fd < 0) {
        int code = keypad->fd;
        free(keypad);
        return code;
    }
    *opened = keypad;
    return 0;
}

int kiosk_keypad_read(kiosk_keypad *keypad, uint16_t codes[KIOSK_KEYPAD_MAX_KEYS], int32_t deadline_ms) {
    int64_t end = kiosk_end(deadline_ms);
    uint8_t bytes[(KIOSK_KEYPAD_MAX_KEYS - 1) * KIOSK_KEYPAD_EVENT];
    for (;;) {
        struct pollfd entry = {.fd = keypad->fd, .events = POLLIN};
        int ready = poll(&entry, 1, kiosk_left(end));
        if (ready < 0 && errno != EINTR) {
            return KIOSK_KEYPAD_IO;
        }
        if (ready == 0) {
            return KIOSK_KEYPAD_TIMEOUT;
        }
        if (ready < 0) {
            continue;
        }
        ssize_t count = read(keypad->fd, bytes, sizeof bytes);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
            return count == 0 ? KIOSK_KEYPAD_GONE : failure(errno);
        }
        if (count > 0) {
            size_t found = kiosk_key_stream_take(&keypad->stream, bytes, (size_t)count, codes, KIOSK_KEYPAD_MAX_KEYS);
            explicit_bzero(bytes, sizeof bytes);
            if (found > 0) {
                return (int)found;
            }
        }
        // Releases and repeats without end must not outlast the deadline.
        if (kiosk_left(end) == 0) {
            return KIOSK_KEYPAD_TIMEOUT;
        }
    }
}

void kiosk_keypad_close(kiosk_keypad *keypad) {
    close(keypad->fd);
    explicit_bzero(keypad, sizeof *keypad);
    free(keypad);
}

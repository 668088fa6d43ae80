#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

typedef struct serial {
    int fd;
    speed_t speed;
    char path[];
} serial;

static int failure(int error) {
    switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
    case EIO:
        return KIOSK_READER_GONE;
    case EACCES:
    case EPERM:
        return KIOSK_READER_ACCESS;
    case EBUSY:
    case EWOULDBLOCK:
        return KIOSK_READER_BUSY;
    case ENOTTY:
        return KIOSK_READER_ARGUMENT;
    default:
        return KIOSK_READER_IO;
    }
}

static int serial_open(void *context, int32_t deadline_ms) {
    (void)deadline_ms; // O_NONBLOCK: opening never waits for a carrier.
    serial *port = context;
    port->fd = open(port->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port->fd < 0) {
        return failure(errno);
    }
    struct termios settings;
    if (flock(port->fd, LOCK_EX | LOCK_NB) < 0 || tcgetattr(port->fd, &settings) < 0) {
        return failure(errno);
    }
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    settings.c_cflag &= ~(tcflag_t)(CRTSCTS | CSTOPB);
    // With VMIN 0 a silent line reads as 0 bytes, as a line that hung up does.
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    if (cfsetspeed(&settings, port->speed) < 0 || tcsetattr(port->fd, TCSANOW, &settings) < 0) {
        return failure(errno);
    }
    return 0;
}

/// 1 when the port is ready for `events`; TIMEOUT, GONE or IO.
static int wait_for(int fd, short events, int64_t end) {
    for (;;) {
        struct pollfd entry = {.fd = fd, .events = events};
        int ready = poll(&entry, 1, kiosk_left(end));
        if (ready < 0) {
            if (errno == EINTR) {
                continue;
            }
            return KIOSK_READER_IO;
        }
        if (ready == 0) {
            return KIOSK_READER_TIMEOUT;
        }
        return (entry.revents & events) != 0 ? 1 : KIOSK_READER_GONE;
    }
}

static int serial_write(void *context, const uint8_t *bytes, size_t count, int32_t deadline_ms) {
    serial *port = context;
    int64_t end = kiosk_now() + deadline_ms;
    size_t written = 0;
    while (written < count) {
        int ready = wait_for(port->fd, POLLOUT, end);
        if (ready < 0) {
            return ready;
        }
        ssize_t some = write(port->fd, bytes + written, count - written);
        if (some > 0) {
            written += (size_t)some;
        } else if (some < 0 && errno != EAGAIN && errno != EINTR) {
            return failure(errno);
        }
    }
    return 0;
}

static int serial_read(void *context, uint8_t *bytes, size_t capacity, int32_t deadline_ms) {
    serial *port = context;
    int64_t end = kiosk_now() + deadline_ms;
    for (;;) {
        int ready = wait_for(port->fd, POLLIN, end);
        if (ready < 0) {
            return ready;
        }
        ssize_t count = read(port->fd, bytes, capacity);
        if (count > 0) {
            return (int)count;
        }
        if (count == 0) {
            return KIOSK_READER_GONE;
        }
        if (errno != EAGAIN && errno != EINTR) {
            return failure(errno);
        }
    }
}

static void serial_close(void *context) {
    serial *port = context;
    if (port->fd >= 0) {
        close(port->fd);
    }
    free(port);
}

static speed_t speed_of(int32_t baud) {
    switch (baud) {
    case 9600:
        return B9600;
    case 19200:
        return B19200;
    case 38400:
        return B38400;
    case 57600:
        return B57600;
    case 115200:
        return B115200;
    default:
        return B0;
    }
}

int kiosk_reader_open_serial(const char *path, int32_t baud, kiosk_reader **reader) {
    *reader = NULL;
    speed_t speed = speed_of(baud);
    if (speed == B0) {
        return KIOSK_READER_ARGUMENT;
    }
    size_t size = strlen(path) + 1;
    serial *port = malloc(sizeof *port + size);
    if (port == NULL) {
        return KIOSK_READER_MEMORY;
    }
    port->fd = -1;
    port->speed = speed;
    memcpy(port->path, path, size);
    const kiosk_reader_transport transport = {
        .context = port, .open = serial_open, .write = serial_write, .read = serial_read, .close = serial_close};
    return kiosk_reader_open(&transport, 0, reader);
}

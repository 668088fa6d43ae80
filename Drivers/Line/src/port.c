#include "kiosk_clock.h"
#include "kiosk_line.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/lp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

typedef struct port {
    int fd;
    /// B0 for a node that is no tty.
    speed_t speed;
    char path[];
} port;

static int failure(int error) {
    switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
    case EIO:
    case EPIPE:
    case ESHUTDOWN:
        return KIOSK_LINE_GONE;
    case EACCES:
    case EPERM:
        return KIOSK_LINE_ACCESS;
    case EBUSY:
    case EWOULDBLOCK:
        return KIOSK_LINE_BUSY;
    case ENOTTY:
        return KIOSK_LINE_ARGUMENT;
    default:
        return KIOSK_LINE_IO;
    }
}

/// Raw, 8N1, without flow control.
static int make_raw(const port *port) {
    struct termios settings;
    if (tcgetattr(port->fd, &settings) < 0) {
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

static int port_open(void *context, int32_t deadline_ms) {
    (void)deadline_ms; // O_NONBLOCK: opening never waits for a carrier.
    port *port = context;
    port->fd = open(port->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port->fd < 0 || flock(port->fd, LOCK_EX | LOCK_NB) < 0) {
        return failure(errno);
    }
    return port->speed == B0 ? 0 : make_raw(port);
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
            return KIOSK_LINE_IO;
        }
        if (ready == 0) {
            return KIOSK_LINE_TIMEOUT;
        }
        return (entry.revents & events) != 0 ? 1 : KIOSK_LINE_GONE;
    }
}

static int port_write(void *context, const uint8_t *bytes, size_t count, int32_t deadline_ms) {
    port *port = context;
    int64_t end = kiosk_end(deadline_ms);
    size_t written = 0;
    while (written < count) {
        int ready = wait_for(port->fd, POLLOUT, end);
        if (ready < 0) {
            return ready == KIOSK_LINE_TIMEOUT && written > 0 ? KIOSK_LINE_TORN : ready;
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

static int port_read(void *context, uint8_t *bytes, size_t capacity, int32_t deadline_ms) {
    port *port = context;
    int64_t end = kiosk_end(deadline_ms);
    for (;;) {
        int ready = wait_for(port->fd, POLLIN, end);
        if (ready < 0) {
            return ready;
        }
        ssize_t count = read(port->fd, bytes, capacity);
        if (count > 0) {
            return (int)count;
        }
        if (count == 0 && port->speed != B0) {
            return KIOSK_LINE_GONE;
        }
        // A printer may answer with an empty packet: it has nothing to say. A node that is gone says so to poll.
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            return failure(errno);
        }
    }
}

static void port_close(void *context) {
    port *port = context;
    if (port->fd >= 0) {
        // What the line never took would be waited for, as long as closing_wait says (30 s).
        tcflush(port->fd, TCOFLUSH);
        close(port->fd);
    }
    free(port);
}

static int make(const char *path, speed_t speed, kiosk_line *line) {
    size_t size = strlen(path) + 1;
    port *made = malloc(sizeof *made + size);
    if (made == NULL) {
        return KIOSK_LINE_MEMORY;
    }
    made->fd = -1;
    made->speed = speed;
    memcpy(made->path, path, size);
    *line = (kiosk_line){.context = made, .open = port_open, .write = port_write, .read = port_read, .close = port_close};
    return 0;
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

int kiosk_line_serial(const char *path, int32_t baud, kiosk_line *line) {
    speed_t speed = speed_of(baud);
    return speed == B0 ? KIOSK_LINE_ARGUMENT : make(path, speed, line);
}

int kiosk_line_node(const char *path, kiosk_line *line) { return make(path, B0, line); }

int kiosk_line_printer_status(const kiosk_line *line, int32_t deadline_ms) {
    // USB_CTRL_GET_TIMEOUT of the kernel
    enum { longest_ms = 5000 };
    if (line->open != port_open) {
        return KIOSK_LINE_ARGUMENT;
    }
    const port *port = line->context;
    if (port->speed != B0) {
        return KIOSK_LINE_ARGUMENT;
    }
    if (deadline_ms < longest_ms) {
        return KIOSK_LINE_TIMEOUT;
    }
    int status = 0;
    if (ioctl(port->fd, LPGETSTATUS, &status) < 0) {
        return errno == ENOTTY || errno == EINVAL ? KIOSK_LINE_ARGUMENT : failure(errno);
    }
    return status & 0xFF;
}

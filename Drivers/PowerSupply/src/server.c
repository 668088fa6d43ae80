#include "kiosk_clock.h"
#include "kiosk_ups.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <upsclient.h>

/// Of a library that counts in seconds.
static time_t seconds_left(int64_t end) { return (kiosk_left(end) + 999) / 1000; }

/// What has come, and isn't a line yet.
typedef struct reader {
    int fd;
    size_t at, count;
    char bytes[UPSCLI_NETBUF_LEN];
} reader;

/// Waits for more and reads it: 0, TIMEOUT or GONE.
static int refill(reader *reader, int64_t end) {
    for (;;) {
        struct pollfd entry = {.fd = reader->fd, .events = POLLIN};
        int ready = poll(&entry, 1, kiosk_left(end));
        if (ready == 0) {
            return KIOSK_UPS_TIMEOUT;
        }
        ssize_t count = ready < 0 ? -1 : recv(reader->fd, reader->bytes, sizeof reader->bytes, MSG_DONTWAIT);
        if (count > 0) {
            reader->at = 0;
            reader->count = (size_t)count;
            return 0;
        }
        if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
            return KIOSK_UPS_GONE;
        }
    }
}

/// The next line, without its end: 0, TIMEOUT, GONE, or PROTOCOL for one that doesn't end. The library's own has a patience for each byte, and so none
/// for a server that sends one now and then.
static int read_line(reader *reader, char *line, size_t capacity, int64_t end) {
    for (size_t length = 0; length < capacity;) {
        if (reader->at == reader->count) {
            // A server that never falls silent must not outlast the deadline either.
            int result = kiosk_left(end) == 0 ? KIOSK_UPS_TIMEOUT : refill(reader, end);
            if (result < 0) {
                return result;
            }
        }
        char next = reader->bytes[reader->at++];
        if (next == '\n') {
            line[length] = 0;
            return 0;
        }
        line[length++] = next;
    }
    return KIOSK_UPS_PROTOCOL;
}

static int read_all(UPSCONN_t *server, const char *ups, kiosk_ups_variable *variables, size_t capacity, int64_t end) {
    char line[UPSCLI_NETBUF_LEN];
    int length = snprintf(line, sizeof line, "LIST VAR %s\n", ups);
    if (length < 0 || (size_t)length >= sizeof line) {
        return KIOSK_UPS_UNKNOWN;
    }
    if (upscli_sendline_timeout(server, line, (size_t)length, seconds_left(end)) != 0) {
        return KIOSK_UPS_GONE;
    }
    reader reader = {.fd = upscli_fd(server)};
    size_t count = 0;
    for (bool begun = false;;) {
        int result = read_line(&reader, line, sizeof line, end);
        if (result < 0) {
            return result;
        }
        kiosk_ups_variable variable;
        result = kiosk_ups_decode(line, ups, &variable);
        if (result < 0) {
            return result;
        }
        if (begun == (result == KIOSK_UPS_BEGIN)) {
            return KIOSK_UPS_PROTOCOL;
        }
        begun = true;
        if (result == KIOSK_UPS_END) {
            return (int)count;
        }
        if (result == KIOSK_UPS_VARIABLE && count < capacity) {
            variables[count++] = variable;
        }
        // A list without end.
        if (kiosk_left(end) == 0) {
            return KIOSK_UPS_TIMEOUT;
        }
    }
}

int kiosk_ups_read(const char *host, uint16_t port, const char *ups, kiosk_ups_variable *variables, size_t capacity, int32_t deadline_ms) {
    int64_t end = kiosk_end(deadline_ms);
    UPSCONN_t *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return KIOSK_UPS_MEMORY;
    }
    struct timeval patience = {.tv_sec = deadline_ms / 1000, .tv_usec = deadline_ms % 1000 * 1000};
    int result = upscli_tryconnect(server, host, port, 0, &patience);
    if (result < 0) {
        result = kiosk_left(end) == 0 ? KIOSK_UPS_TIMEOUT : KIOSK_UPS_GONE;
    } else {
        result = read_all(server, ups, variables, capacity, end);
        upscli_disconnect(server);
    }
    free(server);
    return result;
}

// The bench's frame source, which stands in where no video device exists. Clearly not a camera: a Unix socket, over which a program sends frames that
// it made up. The protocol is in the README; both ends are on one machine, so numbers are in its own byte order.
#include "source.h"

#include "kiosk_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    MAGIC = 0x4D41434B, // "KCAM"
    MOST_MODES = 32,
    OP_START = 1,
    OP_FRAME = 2,
    FLAG_DAMAGED = 1,
};

struct hello {
    uint32_t magic;
    uint32_t count;
    char card[32];
    char serial[32];
};

struct listed {
    uint32_t format;
    uint32_t width;
    uint32_t height;
};

struct request {
    uint32_t op;
    uint32_t format;
    uint32_t width;
    uint32_t height;
    uint32_t rate;
};

struct reply {
    /// errno of what a video device would have answered; 0 for a good answer
    uint32_t error;
    uint32_t sequence;
    uint32_t flags;
    uint32_t length;
};

struct stand_in {
    struct kiosk_camera base;
    struct sockaddr_un address;
    int fd;
    uint32_t count;
    struct kiosk_camera_mode modes[MOST_MODES];
    /// A frame has been asked for.
    bool asked;
    /// bytes of its reply, then of its frame, that have come
    struct reply reply;
    size_t got;
    uint8_t *_Nullable bytes;
    size_t capacity;
};

static struct stand_in *stand_in_of(kiosk_camera *camera) { return (struct stand_in *)camera; }

/// The code of a failed call on the socket: a source that hung up is a camera that was unplugged.
static int socket_failure(int error) {
    return error == ECONNREFUSED || error == ECONNRESET || error == EPIPE ? KIOSK_CAMERA_GONE : kiosk_camera_failure(error);
}

/// Reads what has come, at most `count` bytes, by `end`: how many, or a negative code.
static ssize_t receive(int fd, void *into, size_t count, int64_t end) {
    for (;;) {
        ssize_t got = recv(fd, into, count, MSG_DONTWAIT);
        if (got > 0) {
            return got;
        }
        if (got == 0) {
            return KIOSK_CAMERA_GONE;
        }
        if (errno != EAGAIN && errno != EINTR) {
            return socket_failure(errno);
        }
        int ready = kiosk_camera_wait(fd, kiosk_left(end));
        if (ready != 0) {
            return ready;
        }
    }
}

static int receive_all(int fd, void *into, size_t count, int64_t end) {
    for (size_t done = 0; done < count;) {
        ssize_t got = receive(fd, (uint8_t *)into + done, count - done, end);
        if (got < 0) {
            return (int)got;
        }
        done += (size_t)got;
    }
    return 0;
}

/// A request is shorter than any socket's buffer.
static int ask(int fd, const struct request *request) {
    ssize_t sent = send(fd, request, sizeof *request, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent == (ssize_t)sizeof *request ? 0 : sent < 0 ? socket_failure(errno) : KIOSK_CAMERA_IO;
}

static void hang_up(struct stand_in *stand_in) {
    if (stand_in->fd >= 0) {
        close(stand_in->fd);
    }
    stand_in->fd = -1;
    stand_in->asked = false;
    stand_in->got = 0;
}

static int call(struct stand_in *stand_in, int64_t end, struct hello *hello) {
    hang_up(stand_in);
    stand_in->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (stand_in->fd < 0 || connect(stand_in->fd, (const struct sockaddr *)&stand_in->address, sizeof stand_in->address) != 0) {
        return socket_failure(errno);
    }
    int result = receive_all(stand_in->fd, hello, sizeof *hello, end);
    if (result != 0) {
        return result;
    }
    if (hello->magic != MAGIC || hello->count > MOST_MODES) {
        return KIOSK_CAMERA_UNSUPPORTED;
    }
    stand_in->count = 0;
    for (uint32_t i = 0; i < hello->count; i++) {
        struct listed listed;
        result = receive_all(stand_in->fd, &listed, sizeof listed, end);
        if (result != 0) {
            return result;
        }
        if (listed.width > KIOSK_CAMERA_MAX_SIDE || listed.height > KIOSK_CAMERA_MAX_SIDE) {
            return KIOSK_CAMERA_UNSUPPORTED;
        }
        stand_in->modes[stand_in->count++] = (struct kiosk_camera_mode){
            .format = (int32_t)(listed.format & 0xFF), .width = (int32_t)listed.width, .height = (int32_t)listed.height};
    }
    return 0;
}

static int stand_in_modes(kiosk_camera *camera, struct kiosk_camera_mode *modes, size_t capacity) {
    struct stand_in *stand_in = stand_in_of(camera);
    for (uint32_t i = 0; i < stand_in->count && i < capacity; i++) {
        modes[i] = stand_in->modes[i];
    }
    return (int)stand_in->count;
}

static int stand_in_start(
    kiosk_camera *camera, const struct kiosk_camera_mode *mode, int32_t rate, int32_t deadline_ms, struct kiosk_camera_mode *agreed) {
    struct stand_in *stand_in = stand_in_of(camera);
    int64_t end = kiosk_end(deadline_ms);
    if (stand_in->fd < 0) {
        struct hello hello;
        int result = call(stand_in, end, &hello);
        if (result != 0) {
            return result;
        }
    }
    struct request request = {OP_START, (uint32_t)mode->format, (uint32_t)mode->width, (uint32_t)mode->height, (uint32_t)rate};
    struct reply reply;
    int result = ask(stand_in->fd, &request);
    result = result != 0 ? result : receive_all(stand_in->fd, &reply, sizeof reply, end);
    if (result != 0) {
        return result;
    }
    *agreed = *mode;
    agreed->stride = mode->format == KIOSK_CAMERA_YUYV ? mode->width * 2 : 0;
    return reply.error == 0 ? 0 : kiosk_camera_failure((int)(reply.error & 0xFFFF));
}

/// Room for a frame of that many bytes.
static int make_room(struct stand_in *stand_in, size_t count) {
    if (count > KIOSK_CAMERA_MAX_FRAME) {
        return KIOSK_CAMERA_IO;
    }
    if (count <= stand_in->capacity) {
        return 0;
    }
    uint8_t *bytes = realloc(stand_in->bytes, count);
    if (bytes == NULL) {
        return KIOSK_CAMERA_NO_MEMORY;
    }
    stand_in->bytes = bytes;
    stand_in->capacity = count;
    return 0;
}

/// What was received so far is kept over a time-out, as a camera's half-filled buffer is.
static int stand_in_take(kiosk_camera *camera, int32_t deadline_ms, struct kiosk_camera_frame *frame) {
    struct stand_in *stand_in = stand_in_of(camera);
    int64_t end = kiosk_end(deadline_ms);
    if (stand_in->fd < 0) {
        return KIOSK_CAMERA_GONE;
    }
    if (!stand_in->asked) {
        int result = ask(stand_in->fd, &(struct request){.op = OP_FRAME});
        if (result != 0) {
            return result;
        }
        stand_in->asked = true;
        stand_in->got = 0;
    }
    for (;;) {
        size_t header = sizeof stand_in->reply;
        bool heading = stand_in->got < header;
        if (!heading) {
            int result = stand_in->reply.error != 0 ? kiosk_camera_failure((int)(stand_in->reply.error & 0xFFFF))
                                                    : make_room(stand_in, stand_in->reply.length);
            if (result != 0) {
                return result;
            }
            if (stand_in->got - header == stand_in->reply.length) {
                break;
            }
        }
        uint8_t *into = heading ? (uint8_t *)&stand_in->reply + stand_in->got : stand_in->bytes + (stand_in->got - header);
        size_t rest = heading ? header - stand_in->got : stand_in->reply.length - (stand_in->got - header);
        ssize_t got = receive(stand_in->fd, into, rest, end);
        if (got < 0) {
            return (int)got;
        }
        stand_in->got += (size_t)got;
    }
    stand_in->asked = false;
    *frame = (struct kiosk_camera_frame){
        .bytes = stand_in->bytes,
        .length = stand_in->reply.length,
        .sequence = stand_in->reply.sequence,
        .damaged = (stand_in->reply.flags & FLAG_DAMAGED) != 0,
    };
    return 0;
}

/// There is one buffer, and the next frame isn't asked for before it is wanted.
static int stand_in_give_back(kiosk_camera *camera, const struct kiosk_camera_frame *frame) {
    (void)camera;
    (void)frame;
    return 0;
}

static void stand_in_stop(kiosk_camera *camera) { hang_up(stand_in_of(camera)); }

static void stand_in_close(kiosk_camera *camera) {
    struct stand_in *stand_in = stand_in_of(camera);
    hang_up(stand_in);
    free(stand_in->bytes);
    free(stand_in);
}

static const struct kiosk_camera_source stand_in_source = {
    .modes = stand_in_modes,
    .start = stand_in_start,
    .take = stand_in_take,
    .give_back = stand_in_give_back,
    .stop = stand_in_stop,
    .close = stand_in_close,
};

int kiosk_camera_open_stand_in(const char *socket, int32_t deadline_ms, struct kiosk_camera_candidate *candidate, kiosk_camera **opened) {
    *opened = NULL;
    struct stand_in *stand_in = calloc(1, sizeof *stand_in);
    if (stand_in == NULL) {
        return KIOSK_CAMERA_NO_MEMORY;
    }
    stand_in->base.source = &stand_in_source;
    stand_in->fd = -1;
    stand_in->address.sun_family = AF_UNIX;
    struct hello hello;
    int result = KIOSK_CAMERA_UNSUPPORTED;
    if (strlen(socket) < sizeof stand_in->address.sun_path) {
        strcpy(stand_in->address.sun_path, socket);
        result = call(stand_in, kiosk_end(deadline_ms), &hello);
    }
    if (result != 0) {
        stand_in_close(&stand_in->base);
        return result;
    }
    *candidate = (struct kiosk_camera_candidate){.node = "socket", .bus = "socket", .driver = "stand-in"};
    memcpy(candidate->card, hello.card, sizeof candidate->card - 1);
    memcpy(candidate->serial, hello.serial, sizeof hello.serial - 1);
    *opened = &stand_in->base;
    return 0;
}

// A USB camera. Every descriptor and every video request is answered here, through gadgetfs: the kernel's own camera function streams over an
// isochronous endpoint, and dummy_hcd fails every isochronous transfer. So this is a camera with a bulk endpoint, as many document cameras are.
#include "../support/deadline.h"
#include "../support/sysfs.h"
#include "../wire/picture.h"
#include "../wire/uvc.h"
#include "device.h"
#include "gadget.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/gadgetfs.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOUNT "/run/vm-device-gadgetfs"
#define ENDPOINT MOUNT "/ep1in-bulk"

struct camera {
    const char *name;
    char control[PATH_MAX];
    int fd;
    int endpoint;
    pthread_t streamer;
    bool streaming;
    /// The streamer ends.
    atomic_bool ending;
    /// How often the host has negotiated, and how often the streamer has begun anew for it.
    atomic_uint negotiations;
    atomic_uint restarts;
    /// The streamer stops in the middle of a frame.
    atomic_bool stalled;
    /// The parameters that the host has been offered.
    uint8_t block[UVC_BLOCK];
};

// MARK: The stream

/// Interrupts a write(2) to the endpoint; nothing else to do.
static void wake(int signal) { (void)signal; }

static bool is_interrupted(struct camera *camera) {
    return atomic_load(&camera->ending) || atomic_load(&camera->restarts) != atomic_load(&camera->negotiations);
}

/// Sends one payload of a frame; false when it was interrupted or the plug was pulled.
static bool send_payload(struct camera *camera, const uint8_t *bytes, size_t count, bool id, bool end) {
    uint8_t payload[UVC_PAYLOAD];
    uvc_header(payload, id, end);
    memcpy(payload + UVC_HEADER, bytes, count);
    ssize_t written;
    do {
        written = write(camera->endpoint, payload, UVC_HEADER + count);
        // A signal sent for a restart that has happened meanwhile must not cost the new frame a payload.
    } while (written < 0 && errno == EINTR && !is_interrupted(camera));
    return written == (ssize_t)(UVC_HEADER + count);
}

static bool send_frame(struct camera *camera, const uint8_t *frame, size_t size, bool id) {
    for (size_t offset = 0; offset < size;) {
        size_t count = size - offset < UVC_PAYLOAD - UVC_HEADER ? size - offset : UVC_PAYLOAD - UVC_HEADER;
        while (offset > 0 && atomic_load(&camera->stalled) && !is_interrupted(camera)) {
            poll(NULL, 0, 10);
        }
        if (is_interrupted(camera) || !send_payload(camera, frame + offset, count, id, offset + count == size)) {
            return false;
        }
        offset += count;
    }
    return true;
}

static void *stream(void *context) {
    struct camera *camera = context;
    uint8_t frame[PICTURE_ROOM];
    for (uint32_t number = 1; !atomic_load(&camera->ending); number++) {
        atomic_store(&camera->restarts, atomic_load(&camera->negotiations));
        if (!send_frame(camera, frame, picture_encode(frame, number), number & 1) && !is_interrupted(camera)) {
            // The host reset the endpoint, or took the configuration away: that event comes next.
            poll(NULL, 0, 10);
        }
    }
    return NULL;
}

/// Lets the streamer throw away the rest of a frame that nobody fetched and begin with a new one. The host negotiates only while nothing streams, and
/// waits for the answer: what it fetches next is a frame's begin.
static void restart_stream(struct camera *camera) {
    atomic_fetch_add(&camera->negotiations, 1);
    struct deadline deadline = deadline_in(2000);
    // The signal may come just before the write that it should interrupt: it is repeated until the streamer has seen it.
    while (camera->streaming && atomic_load(&camera->restarts) != atomic_load(&camera->negotiations) && !deadline_passed(deadline)) {
        pthread_kill(camera->streamer, SIGUSR1);
        deadline_rest(deadline, 2);
    }
}

static void start_stream(struct camera *camera) {
    if (camera->streaming) {
        return;
    }
    uint8_t description[32];
    size_t size = uvc_endpoint(description);
    camera->endpoint = open(ENDPOINT, O_RDWR | O_CLOEXEC);
    if (camera->endpoint < 0 || write(camera->endpoint, description, size) != (ssize_t)size) {
        complain(ENDPOINT ": %s", strerror(errno));
        return;
    }
    atomic_store(&camera->ending, false);
    camera->streaming = pthread_create(&camera->streamer, NULL, stream, camera) == 0;
}

static void end_stream(struct camera *camera) {
    if (camera->streaming) {
        atomic_store(&camera->ending, true);
        // The signal may come just before the write that it should interrupt: the thread is told until it has ended.
        while (pthread_kill(camera->streamer, SIGUSR1) == 0 && pthread_tryjoin_np(camera->streamer, NULL) != 0) {
            poll(NULL, 0, 5);
        }
        camera->streaming = false;
    }
    if (camera->endpoint >= 0) {
        close(camera->endpoint);
        camera->endpoint = -1;
    }
}

// MARK: Requests

static uint16_t word(__u16 value) {
    uint8_t bytes[2];
    memcpy(bytes, &value, 2);
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/// Refuses a request: gadgetfs stalls when it is accessed in the wrong direction.
static void stall(struct camera *camera, bool in) {
    uint8_t nothing = 0;
    ssize_t count = in ? read(camera->fd, &nothing, 0) : write(camera->fd, &nothing, 0);
    (void)count;
}

static void reply(struct camera *camera, const uint8_t *bytes, size_t count, size_t wanted) {
    ssize_t written = write(camera->fd, bytes, count < wanted ? count : wanted);
    if (written < 0) {
        complain("answering a request: %s", strerror(errno));
    }
}

/// Takes the data of a SET_CUR; gadgetfs may need a moment until it is there. It doesn't rest meanwhile: gadgetfs ends the request by itself, and once
/// the host has sent the next one, reading would refuse that.
static bool take_data(struct camera *camera, uint8_t *bytes, size_t count) {
    struct deadline deadline = deadline_in(1000);
    while (!deadline_passed(deadline)) {
        ssize_t got = read(camera->fd, bytes, count);
        if (got == (ssize_t)count) {
            return true;
        }
        if (got >= 0 || errno != EAGAIN) {
            return false;
        }
        sched_yield();
    }
    return false;
}

/// UVC 1.0, 4.3: probe and commit of the streaming interface.
static bool video_request(struct camera *camera, uint8_t request, uint8_t selector, size_t wanted) {
    if (selector != UVC_PROBE && selector != UVC_COMMIT) {
        return false;
    }
    switch (request) {
    case UVC_SET_CUR: {
        uint8_t asked[64];
        if (wanted > sizeof asked || !take_data(camera, asked, wanted)) {
            return false;
        }
        uvc_block(camera->block);
        if (selector == UVC_PROBE) {
            restart_stream(camera);
        }
        return true;
    }
    case UVC_GET_CUR:
    case UVC_GET_MIN:
    case UVC_GET_MAX:
    case UVC_GET_DEF: reply(camera, camera->block, sizeof camera->block, wanted); return true;
    case UVC_GET_LEN: reply(camera, (const uint8_t[]){UVC_BLOCK, 0}, 2, wanted); return true;
    case UVC_GET_INFO: reply(camera, (const uint8_t[]){0x03}, 1, wanted); return true;
    default: return false;
    }
}

static void setup(struct camera *camera, const struct usb_ctrlrequest *request) {
    uint8_t buffer[128];
    bool in = request->bRequestType & USB_DIR_IN;
    uint16_t value = word(request->wValue), index = word(request->wIndex), length = word(request->wLength);
    bool answered = false;
    if (request->bRequestType == 0x00 && request->bRequest == USB_REQ_SET_CONFIGURATION) {
        if (value) {
            start_stream(camera);
        } else {
            end_stream(camera);
        }
        answered = read(camera->fd, buffer, 0) >= 0;
    } else if (request->bRequestType == 0x01 && request->bRequest == USB_REQ_SET_INTERFACE) {
        answered = read(camera->fd, buffer, 0) >= 0;
    } else if (request->bRequestType == 0x81 && request->bRequest == USB_REQ_GET_INTERFACE) {
        reply(camera, (const uint8_t[]){0}, 1, length);
        answered = true;
    } else if (request->bRequestType == 0x80 && request->bRequest == USB_REQ_GET_DESCRIPTOR && value >> 8 == USB_DT_STRING) {
        size_t size = uvc_string(buffer, value & 0xFF, camera->name);
        answered = size > 0;
        if (answered) {
            reply(camera, buffer, size, length);
        }
    } else if ((request->bRequestType & 0x7F) == 0x21 && (index & 0xFF) == 1) {
        answered = video_request(camera, request->bRequest, (uint8_t)(value >> 8), length);
    }
    if (!answered) {
        stall(camera, in);
    }
}

static nfds_t watch(void *context, struct pollfd *entries, int *milliseconds) {
    struct camera *camera = context;
    (void)milliseconds;
    entries[0] = (struct pollfd){.fd = camera->fd, .events = POLLIN};
    return 1;
}

static void serve(void *context, const struct pollfd *entries, nfds_t count) {
    struct camera *camera = context;
    struct usb_gadgetfs_event event;
    if (count == 0 || !entries[0].revents) {
        return;
    }
    // One event at a time: a request's data must be taken before the next event.
    if (read(camera->fd, &event, sizeof event) != (ssize_t)sizeof event) {
        return;
    }
    if (event.type == GADGETFS_SETUP) {
        setup(camera, &event.u.setup);
    } else if (event.type == GADGETFS_DISCONNECT) {
        // Also a bus reset, which comes before the host's SET_CONFIGURATION.
        end_stream(camera);
    }
}

// MARK: The plug

static enum outcome plug(void *context) {
    struct camera *camera = context;
    camera->fd = open(camera->control, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (camera->fd < 0) {
        complain("%s: %s", camera->control, strerror(errno));
        return OUTCOME_SYSTEM;
    }
    uint8_t descriptors[1024];
    size_t size = uvc_descriptors(descriptors);
    uvc_block(camera->block);
    atomic_store(&camera->stalled, false);
    if (write(camera->fd, descriptors, size) != (ssize_t)size) {
        complain("plugging the camera into a USB device controller: %s", strerror(errno));
        close(camera->fd);
        return OUTCOME_SYSTEM;
    }
    // gadgetfs answers requests itself until its file has been read once; there is no event yet.
    struct usb_gadgetfs_event event;
    if (read(camera->fd, &event, sizeof event) == (ssize_t)sizeof event && event.type == GADGETFS_SETUP) {
        setup(camera, &event.u.setup);
    }
    return OUTCOME_OK;
}

/// The controller that gadgetfs took: it doesn't say, and takes any that is free.
static bool find_controller(struct gadget *gadget) {
    DIR *controllers = opendir("/sys/class/udc");
    bool found = false;
    for (struct dirent *entry; controllers && !found && (entry = readdir(controllers));) {
        char function[64];
        found = strlen(entry->d_name) < sizeof gadget->udc
            && attribute_read(function, sizeof function, "/sys/class/udc/%s/function", entry->d_name)
            && strcmp(function, "USB Gadget filesystem") == 0;
        if (found) {
            strcpy(gadget->udc, entry->d_name);
        }
    }
    if (controllers) {
        closedir(controllers);
    }
    return found;
}

static enum outcome unplug(void *context) {
    struct camera *camera = context;
    struct gadget gadget = {0};
    if (!find_controller(&gadget)) {
        complain("no USB device controller has the camera");
        return OUTCOME_SYSTEM;
    }
    enum outcome outcome = gadget_disconnect(&gadget);
    // The streamer first: while it waits in a write, gadgetfs can't be closed (it waits for the endpoint's lock).
    end_stream(camera);
    close(camera->fd);
    camera->fd = -1;
    return outcome ? outcome : wait_until_unplugged(camera->name, deadline_in(10000));
}

static enum outcome perform(void *context, const char *verb, const char *argument, char *reply) {
    struct camera *camera = context;
    (void)argument;
    (void)reply;
    if (strcmp(verb, "stall") == 0 || strcmp(verb, "resume") == 0) {
        atomic_store(&camera->stalled, strcmp(verb, "stall") == 0);
        return OUTCOME_OK;
    }
    complain("'%s' is no verb of it; it knows stall, resume", verb);
    return OUTCOME_USAGE;
}

/// Mounts gadgetfs; its control file is named for the controller and is the only one until the camera is plugged.
static enum outcome prepare(struct camera *camera) {
    enum outcome outcome = gadget_prepare();
    outcome = outcome ? outcome : load_module((const char *const[]){"gadgetfs", NULL});
    // udev loads it for the first camera, which on a machine that still boots has been late, or never.
    outcome = outcome ? outcome : load_module((const char *const[]){"uvcvideo", NULL});
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    umount2(MOUNT, MNT_DETACH);
    if ((mkdir(MOUNT, 0700) != 0 && errno != EEXIST) || mount("gadgetfs", MOUNT, "gadgetfs", 0, NULL) != 0) {
        complain("mounting gadgetfs: %s; it carries one camera at a time and needs a free controller", strerror(errno));
        return OUTCOME_SYSTEM;
    }
    DIR *entries = opendir(MOUNT);
    for (struct dirent *entry; entries && !camera->control[0] && (entry = readdir(entries));) {
        if (entry->d_name[0] != '.') {
            snprintf(camera->control, sizeof camera->control, MOUNT "/%s", entry->d_name);
        }
    }
    if (entries) {
        closedir(entries);
    }
    return OUTCOME_OK;
}

enum outcome device_uvc(const struct options *options) {
    struct camera camera = {.name = options->name, .fd = -1, .endpoint = -1};
    struct sigaction action = {.sa_handler = wake};
    sigaction(SIGUSR1, &action, NULL);
    // Whoever started this may have held it back.
    sigset_t waking;
    sigemptyset(&waking);
    sigaddset(&waking, SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &waking, NULL);
    // A request must be answered before the host's next one (take_data): on a busy machine only a program that is let run at once does that.
    // The streamer inherits nothing of it.
    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &(struct sched_param){.sched_priority = 1});
    enum outcome outcome = prepare(&camera);
    if (outcome == OUTCOME_OK) {
        const struct device device = {
            .context = &camera, .plug = plug, .unplug = unplug, .perform = perform, .watch = watch, .serve = serve};
        outcome = device_run(&device);
    }
    umount2(MOUNT, MNT_DETACH);
    return outcome;
}

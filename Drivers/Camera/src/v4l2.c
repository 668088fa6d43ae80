// Video4Linux2 by its own ioctls. Not libv4l2: it would decode MJPEG, which is wanted as it comes, copy every frame once more, and invent formats that
// the camera hasn't got.
#include "source.h"

#include "kiosk_clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
    BUFFERS = 4,
    /// A camera that was just plugged in may fail a negotiation on the bus: it is asked again after that many milliseconds.
    NEGOTIATE_AGAIN_MS = 100,
    /// formats and sizes looked at; a driver that lists more without end is left there
    MOST_LISTED = 256,
};

struct video {
    struct kiosk_camera base;
    int fd;
    bool streaming;
    uint32_t count;
    struct {
        void *_Nullable memory;
        size_t length;
    } buffers[BUFFERS];
};

static struct video *video_of(kiosk_camera *camera) { return (struct video *)camera; }

/// An ioctl that no signal interrupts.
static int control(int fd, unsigned long request, void *argument) {
    int result;
    do {
        result = ioctl(fd, request, argument);
    } while (result < 0 && errno == EINTR);
    return result;
}

// MARK: Finding

static void copy_text(char *into, size_t capacity, const char *text, size_t most) {
    size_t length = strnlen(text, most < capacity - 1 ? most : capacity - 1);
    memcpy(into, text, length);
    into[length] = '\0';
}

/// The serial number of the USB device behind a node: its interface's parent in sysfs has it.
static void read_serial(const char *name, char *serial, size_t capacity) {
    char path[128];
    snprintf(path, sizeof path, "/sys/class/video4linux/%s/device/../serial", name);
    serial[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    ssize_t length = read(fd, serial, capacity - 1);
    close(fd);
    serial[length > 0 ? length : 0] = '\0';
    serial[strcspn(serial, "\n")] = '\0';
}

static int capability_of(int fd, struct v4l2_capability *capability) {
    if (control(fd, VIDIOC_QUERYCAP, capability) != 0) {
        return kiosk_camera_failure(errno);
    }
    uint32_t needed = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    uint32_t can = capability->capabilities & V4L2_CAP_DEVICE_CAPS ? capability->device_caps : capability->capabilities;
    return (can & needed) == needed ? 0 : KIOSK_CAMERA_UNSUPPORTED;
}

int kiosk_camera_list(struct kiosk_camera_candidate *candidates, size_t capacity) {
    DIR *directory = opendir("/dev");
    if (directory == NULL) {
        return kiosk_camera_failure(errno);
    }
    int count = 0;
    bool forbidden = false;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        unsigned number;
        int end = 0;
        if (sscanf(entry->d_name, "video%3u%n", &number, &end) != 1 || entry->d_name[end] != '\0') {
            continue;
        }
        struct kiosk_camera_candidate candidate = {0};
        snprintf(candidate.node, sizeof candidate.node, "/dev/video%u", number);
        int fd = open(candidate.node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0) {
            forbidden = forbidden || errno == EACCES || errno == EPERM;
            continue;
        }
        struct v4l2_capability capability = {0};
        int usable = capability_of(fd, &capability);
        close(fd);
        if (usable != 0) {
            continue;
        }
        copy_text(candidate.card, sizeof candidate.card, (const char *)capability.card, sizeof capability.card);
        copy_text(candidate.bus, sizeof candidate.bus, (const char *)capability.bus_info, sizeof capability.bus_info);
        copy_text(candidate.driver, sizeof candidate.driver, (const char *)capability.driver, sizeof capability.driver);
        read_serial(entry->d_name, candidate.serial, sizeof candidate.serial);
        if (candidates != NULL && (size_t)count < capacity) {
            candidates[count] = candidate;
        }
        count++;
    }
    closedir(directory);
    return count == 0 && forbidden ? KIOSK_CAMERA_ACCESS : count;
}

// MARK: Modes

struct listing {
    struct kiosk_camera_mode *modes;
    size_t capacity;
    int count;
};

static void add(struct listing *listing, int32_t format, uint32_t width, uint32_t height) {
    if (width == 0 || height == 0 || width > KIOSK_CAMERA_MAX_SIDE || height > KIOSK_CAMERA_MAX_SIDE) {
        return;
    }
    if ((size_t)listing->count < listing->capacity) {
        listing->modes[listing->count] = (struct kiosk_camera_mode){.format = format, .width = (int32_t)width, .height = (int32_t)height};
    }
    listing->count++;
}

static void add_stepwise(struct listing *listing, int32_t format, const struct v4l2_frmsize_stepwise *sizes) {
    static const uint32_t usual[][2] = {{640, 480}, {1280, 720}, {1920, 1080}, {2592, 1944}, {3840, 2160}};
    add(listing, format, sizes->min_width, sizes->min_height);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        uint32_t width = usual[i][0], height = usual[i][1];
        bool across = width > sizes->min_width && width < sizes->max_width && sizes->step_width && (width - sizes->min_width) % sizes->step_width == 0;
        bool down = height > sizes->min_height && height < sizes->max_height && sizes->step_height
            && (height - sizes->min_height) % sizes->step_height == 0;
        if (across && down) {
            add(listing, format, width, height);
        }
    }
    add(listing, format, sizes->max_width, sizes->max_height);
}

static void list_sizes(int fd, struct listing *listing, uint32_t pixels, int32_t format) {
    for (uint32_t index = 0; index < MOST_LISTED; index++) {
        struct v4l2_frmsizeenum size = {.index = index, .pixel_format = pixels};
        if (control(fd, VIDIOC_ENUM_FRAMESIZES, &size) != 0) {
            return;
        }
        if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
            add_stepwise(listing, format, &size.stepwise);
            return;
        }
        add(listing, format, size.discrete.width, size.discrete.height);
    }
}

static int video_modes(kiosk_camera *camera, struct kiosk_camera_mode *modes, size_t capacity) {
    struct video *video = video_of(camera);
    struct listing listing = {modes, capacity, 0};
    for (uint32_t index = 0; index < MOST_LISTED; index++) {
        struct v4l2_fmtdesc format = {.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
        if (control(video->fd, VIDIOC_ENUM_FMT, &format) != 0) {
            if (errno != EINVAL) {
                return kiosk_camera_failure(errno);
            }
            break;
        }
        if (format.pixelformat == V4L2_PIX_FMT_MJPEG) {
            list_sizes(video->fd, &listing, format.pixelformat, KIOSK_CAMERA_MJPEG);
        } else if (format.pixelformat == V4L2_PIX_FMT_YUYV) {
            list_sizes(video->fd, &listing, format.pixelformat, KIOSK_CAMERA_YUYV);
        }
    }
    return listing.count;
}

// MARK: Streaming

static int negotiate(int fd, const struct kiosk_camera_mode *mode, int32_t deadline_ms, struct kiosk_camera_mode *agreed) {
    int64_t end = kiosk_end(deadline_ms);
    uint32_t wanted = mode->format == KIOSK_CAMERA_MJPEG ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_YUYV;
    struct v4l2_format format;
    for (;;) {
        format = (struct v4l2_format){.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
        format.fmt.pix.width = (uint32_t)mode->width;
        format.fmt.pix.height = (uint32_t)mode->height;
        format.fmt.pix.pixelformat = wanted;
        format.fmt.pix.field = V4L2_FIELD_ANY;
        if (control(fd, VIDIOC_S_FMT, &format) == 0) {
            break;
        }
        if (errno != EIO || kiosk_left(end) == 0) {
            return kiosk_camera_failure(errno);
        }
        struct timespec pause = {.tv_nsec = NEGOTIATE_AGAIN_MS * 1000000};
        nanosleep(&pause, NULL);
    }
    const struct v4l2_pix_format *taken = &format.fmt.pix;
    if (taken->pixelformat != wanted || taken->width > KIOSK_CAMERA_MAX_SIDE || taken->height > KIOSK_CAMERA_MAX_SIDE
        || taken->bytesperline > KIOSK_CAMERA_MAX_SIDE * 4) {
        return KIOSK_CAMERA_UNSUPPORTED;
    }
    *agreed = (struct kiosk_camera_mode){.format = mode->format, .width = (int32_t)taken->width, .height = (int32_t)taken->height};
    if (mode->format == KIOSK_CAMERA_YUYV) {
        agreed->stride = taken->bytesperline ? (int32_t)taken->bytesperline : (int32_t)taken->width * 2;
        uint32_t range = taken->quantization;
        if (range == V4L2_QUANTIZATION_DEFAULT) {
            range = V4L2_MAP_QUANTIZATION_DEFAULT(false, taken->colorspace, taken->ycbcr_enc);
        }
        agreed->limited = range == V4L2_QUANTIZATION_LIM_RANGE;
    }
    return 0;
}

/// Asks for a rate; what the camera makes of it is its own affair, and many can't be asked at all.
static void ask_rate(int fd, int32_t rate) {
    struct v4l2_streamparm parameters = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    parameters.parm.capture.timeperframe = (struct v4l2_fract){.numerator = 1, .denominator = (uint32_t)rate};
    control(fd, VIDIOC_S_PARM, &parameters);
}

static int map_buffers(struct video *video) {
    struct v4l2_requestbuffers request = {.count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    if (control(video->fd, VIDIOC_REQBUFS, &request) != 0) {
        return kiosk_camera_failure(errno);
    }
    uint32_t given = request.count < BUFFERS ? request.count : BUFFERS;
    for (uint32_t i = 0; i < given; i++) {
        struct v4l2_buffer buffer = {.index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
        if (control(video->fd, VIDIOC_QUERYBUF, &buffer) != 0) {
            return kiosk_camera_failure(errno);
        }
        void *memory = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, video->fd, (off_t)buffer.m.offset);
        if (memory == MAP_FAILED) {
            return kiosk_camera_failure(errno);
        }
        video->buffers[i].memory = memory;
        video->buffers[i].length = buffer.length;
        video->count = i + 1;
        if (control(video->fd, VIDIOC_QBUF, &buffer) != 0) {
            return kiosk_camera_failure(errno);
        }
    }
    return given > 0 ? 0 : KIOSK_CAMERA_NO_MEMORY;
}

static int video_start(
    kiosk_camera *camera, const struct kiosk_camera_mode *mode, int32_t rate, int32_t deadline_ms, struct kiosk_camera_mode *agreed) {
    struct video *video = video_of(camera);
    int result = negotiate(video->fd, mode, deadline_ms, agreed);
    if (result != 0) {
        return result;
    }
    if (rate > 0) {
        ask_rate(video->fd, rate);
    }
    result = map_buffers(video);
    if (result != 0) {
        return result;
    }
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (control(video->fd, VIDIOC_STREAMON, &type) != 0) {
        return kiosk_camera_failure(errno);
    }
    video->streaming = true;
    return 0;
}

/// After EIO, and after EINVAL, which is what a call hears whose stream the kernel stopped while it waited: whether the camera is there at all.
static int failure_of(struct video *video, int error) {
    struct v4l2_capability capability;
    bool doubtful = error == EIO || error == EINVAL;
    return doubtful && control(video->fd, VIDIOC_QUERYCAP, &capability) != 0 ? KIOSK_CAMERA_GONE : kiosk_camera_failure(error);
}

static int video_take(kiosk_camera *camera, int32_t deadline_ms, struct kiosk_camera_frame *frame) {
    struct video *video = video_of(camera);
    int64_t end = kiosk_end(deadline_ms);
    for (;;) {
        int result = kiosk_camera_wait(video->fd, kiosk_left(end));
        if (result != 0) {
            return result;
        }
        // A hang-up or an error of the queue is told by this call, too.
        struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
        if (control(video->fd, VIDIOC_DQBUF, &buffer) != 0) {
            if (errno != EAGAIN) {
                return failure_of(video, errno);
            }
            if (kiosk_left(end) == 0) {
                return KIOSK_CAMERA_TIMEOUT;
            }
            continue;
        }
        if (buffer.index >= video->count || buffer.bytesused > video->buffers[buffer.index].length) {
            return KIOSK_CAMERA_IO;
        }
        *frame = (struct kiosk_camera_frame){
            .bytes = video->buffers[buffer.index].memory,
            .length = buffer.bytesused,
            .sequence = buffer.sequence,
            .damaged = (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0,
            .slot = buffer.index,
        };
        return 0;
    }
}

static int video_give_back(kiosk_camera *camera, const struct kiosk_camera_frame *frame) {
    struct video *video = video_of(camera);
    struct v4l2_buffer buffer = {.index = frame->slot, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    return control(video->fd, VIDIOC_QBUF, &buffer) == 0 ? 0 : failure_of(video, errno);
}

static void video_stop(kiosk_camera *camera) {
    struct video *video = video_of(camera);
    if (video->streaming) {
        int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        control(video->fd, VIDIOC_STREAMOFF, &type);
        video->streaming = false;
    }
    for (uint32_t i = 0; i < video->count; i++) {
        munmap(video->buffers[i].memory, video->buffers[i].length);
        video->buffers[i].memory = NULL;
    }
    video->count = 0;
    // Gives the memory back, and with it the right to stream, so that another process may.
    struct v4l2_requestbuffers none = {.count = 0, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    control(video->fd, VIDIOC_REQBUFS, &none);
}

static void video_close(kiosk_camera *camera) {
    close(video_of(camera)->fd);
    free(camera);
}

static const struct kiosk_camera_source video_source = {
    .modes = video_modes,
    .start = video_start,
    .take = video_take,
    .give_back = video_give_back,
    .stop = video_stop,
    .close = video_close,
};

int kiosk_camera_open(const char *node, kiosk_camera **opened) {
    *opened = NULL;
    struct video *video = calloc(1, sizeof *video);
    if (video == NULL) {
        return KIOSK_CAMERA_NO_MEMORY;
    }
    video->base.source = &video_source;
    video->fd = open(node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct v4l2_capability capability = {0};
    int result = video->fd < 0 ? kiosk_camera_failure(errno) : capability_of(video->fd, &capability);
    if (result != 0) {
        if (video->fd >= 0) {
            close(video->fd);
        }
        free(video);
        return result;
    }
    *opened = &video->base;
    return 0;
}

// Streams pictures from a camera: MJPEG from the one on USB, YUYV from vivid, and looks at what is in them.
#include "../support/deadline.h"
#include "../support/ids.h"
#include "../support/sysfs.h"
#include "probe.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    BUFFERS = 4,
    /// A negotiation that failed on the bus is tried so often: a camera that was just plugged in may stall one.
    NEGOTIATIONS = 10,
    /// A stream may begin in the middle of a picture: so many that aren't whole may come before the first that is.
    CUT_PICTURES = 3,
};

struct camera {
    int fd;
    uint32_t format;
    uint32_t width, height, stride;
    void *buffers[BUFFERS];
    size_t lengths[BUFFERS];
    uint32_t count;
    uint32_t last_number;
    /// Pictures passed over at the begin of the stream.
    int cut;
};

/// An ioctl that no signal interrupts.
static int control(int fd, unsigned long request, void *argument) {
    int result;
    do {
        result = ioctl(fd, request, argument);
    } while (result < 0 && errno == EINTR);
    return result;
}

/// The node of that driver that captures; a camera has others, for its metadata.
static bool captures(int fd, const char *sysfs, void *context) {
    struct v4l2_capability capability = {0};
    const char *driver = context;
    (void)sysfs;
    return control(fd, VIDIOC_QUERYCAP, &capability) == 0 && strcmp((const char *)capability.driver, driver) == 0
        && capability.device_caps & V4L2_CAP_VIDEO_CAPTURE && capability.device_caps & V4L2_CAP_STREAMING;
}

// MARK: Negotiation

static enum outcome negotiate(struct camera *camera, uint32_t wanted, uint32_t width, uint32_t height, struct deadline deadline) {
    struct v4l2_format format;
    for (int attempt = 1;; attempt++) {
        format = (struct v4l2_format){.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
        format.fmt.pix.width = width;
        format.fmt.pix.height = height;
        format.fmt.pix.pixelformat = wanted;
        format.fmt.pix.field = V4L2_FIELD_ANY;
        if (control(camera->fd, VIDIOC_S_FMT, &format) == 0) {
            break;
        }
        if (errno != EIO || attempt == NEGOTIATIONS || deadline_passed(deadline)) {
            return failed("setting the format", errno);
        }
        deadline_rest(deadline, 200);
    }
    camera->format = format.fmt.pix.pixelformat;
    camera->width = format.fmt.pix.width;
    camera->height = format.fmt.pix.height;
    camera->stride = format.fmt.pix.bytesperline;
    if (camera->format != wanted || camera->width != width || camera->height != height) {
        complain("the camera gives %.4s of %ux%u", (const char *)&camera->format, camera->width, camera->height);
        return OUTCOME_MISMATCH;
    }
    return OUTCOME_OK;
}

static enum outcome start(struct camera *camera) {
    struct v4l2_requestbuffers request = {.count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    if (control(camera->fd, VIDIOC_REQBUFS, &request) != 0) {
        return failed("asking for buffers", errno);
    }
    camera->count = request.count < BUFFERS ? request.count : BUFFERS;
    for (uint32_t i = 0; i < camera->count; i++) {
        struct v4l2_buffer buffer = {.index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
        if (control(camera->fd, VIDIOC_QUERYBUF, &buffer) != 0) {
            return failed("asking for a buffer", errno);
        }
        void *memory = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, camera->fd, buffer.m.offset);
        if (memory == MAP_FAILED) {
            return failed("mapping a buffer", errno);
        }
        camera->buffers[i] = memory;
        camera->lengths[i] = buffer.length;
        if (control(camera->fd, VIDIOC_QBUF, &buffer) != 0) {
            return failed("queueing a buffer", errno);
        }
    }
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    return control(camera->fd, VIDIOC_STREAMON, &type) != 0 ? failed("starting the stream", errno) : OUTCOME_OK;
}

static void stop(struct camera *camera) {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    control(camera->fd, VIDIOC_STREAMOFF, &type);
    for (uint32_t i = 0; i < camera->count; i++) {
        if (camera->buffers[i]) {
            munmap(camera->buffers[i], camera->lengths[i]);
        }
    }
}

// MARK: What is in a picture

static uint32_t crc32(uint32_t sum, const uint8_t *bytes, size_t count) {
    sum = ~sum;
    for (size_t i = 0; i < count; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            sum = sum & 1 ? sum >> 1 ^ 0xEDB88320u : sum >> 1;
        }
    }
    return ~sum;
}

/// The synthetic camera's JPEG: colour bars whose checksum is known (CRC-32, of the file that libjpeg-turbo made), and a comment with the frame's
/// number, which must grow, and bytes that count on from it. `whole` becomes false for a picture that the stream's begin cut.
static enum outcome check_jpeg(struct camera *camera, const uint8_t *bytes, size_t count, bool *whole) {
    static const uint8_t head[] = {0xFF, 0xD8, 0xFF, 0xFE};
    if (camera->last_number == 0 && (count < 10 || memcmp(bytes, head, sizeof head) != 0) && camera->cut < CUT_PICTURES) {
        camera->cut++;
        *whole = false;
        return OUTCOME_OK;
    }
    if (count < 10 || memcmp(bytes, head, sizeof head) != 0) {
        complain("a frame of %zu bytes isn't a JPEG with a comment", count);
        return OUTCOME_MISMATCH;
    }
    size_t comment = (size_t)(bytes[4] << 8 | bytes[5]);
    uint32_t number = (uint32_t)bytes[6] | (uint32_t)bytes[7] << 8 | (uint32_t)bytes[8] << 16 | (uint32_t)bytes[9] << 24;
    if (comment != 16002 || 4 + comment >= count) {
        complain("the comment of a frame is %zu of %zu bytes", comment, count);
        return OUTCOME_MISMATCH;
    }
    for (size_t i = 4; i < comment - 2; i++) {
        if (bytes[6 + i] != (uint8_t)(number + i)) {
            complain("frame %u is damaged at byte %zu of %zu", number, 6 + i, count);
            return OUTCOME_MISMATCH;
        }
    }
    uint32_t sum = crc32(crc32(0, bytes, 2), bytes + 4 + comment, count - 4 - comment);
    if (sum != 0xE60655B8u) {
        complain("frame %u holds another picture: CRC-32 %08x", number, sum);
        return OUTCOME_MISMATCH;
    }
    if (number <= camera->last_number) {
        complain("frame %u came after frame %u", number, camera->last_number);
        return OUTCOME_MISMATCH;
    }
    camera->last_number = number;
    return OUTCOME_OK;
}

/// vivid's first test pattern: 75 % colour bars. Their luma, in ITU-R BT.601 of limited range, is in every textbook; an overlaid clock and counters
/// stand in the upper left, so the row looked at is in the lower quarter.
static enum outcome check_bars(struct camera *camera, const uint8_t *bytes, size_t count) {
    static const int luma[8] = {180, 162, 131, 112, 84, 65, 35, 16};
    if (camera->stride == 0 || count < (size_t)camera->stride * camera->height) {
        complain("a frame of %zu bytes is too small", count);
        return OUTCOME_MISMATCH;
    }
    const uint8_t *row = bytes + (size_t)camera->stride * (camera->height * 7 / 8);
    for (uint32_t bar = 0; bar < 8; bar++) {
        uint32_t x = (2 * bar + 1) * camera->width / 16;
        int seen = row[2 * x];
        if (abs(seen - luma[bar]) > 8) {
            complain("colour bar %u has luma %d and not %d", bar + 1, seen, luma[bar]);
            return OUTCOME_MISMATCH;
        }
    }
    return OUTCOME_OK;
}

static enum outcome take_frame(struct camera *camera, bool *taken, struct deadline deadline) {
    *taken = false;
    enum outcome outcome = wait_for(camera->fd, POLLIN, deadline, "waiting for a frame");
    if (outcome != OUTCOME_OK) {
        return outcome;
    }
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    if (control(camera->fd, VIDIOC_DQBUF, &buffer) != 0) {
        int number = errno;
        struct v4l2_capability capability;
        // The kernel stopped the stream while the call waited: EINVAL says so, and the next one why.
        if (number == EINVAL && control(camera->fd, VIDIOC_QUERYCAP, &capability) != 0) {
            number = errno;
        }
        return number == EAGAIN ? OUTCOME_OK : failed("taking a frame", number);
    }
    // A driver marks a frame that the transport damaged, and one that an unplugging cut short may be empty; the next one is waited for.
    if (!(buffer.flags & V4L2_BUF_FLAG_ERROR) && buffer.bytesused > 0) {
        const uint8_t *bytes = camera->buffers[buffer.index];
        *taken = true;
        outcome = camera->format == V4L2_PIX_FMT_MJPEG ? check_jpeg(camera, bytes, buffer.bytesused, taken)
                                                       : check_bars(camera, bytes, buffer.bytesused);
    }
    if (outcome == OUTCOME_OK && control(camera->fd, VIDIOC_QBUF, &buffer) != 0) {
        return failed("giving a buffer back", errno);
    }
    return outcome;
}

static enum outcome use(struct camera *camera, int frames, bool usb, struct deadline deadline) {
    enum outcome outcome =
        usb ? negotiate(camera, V4L2_PIX_FMT_MJPEG, 128, 96, deadline) : negotiate(camera, V4L2_PIX_FMT_YUYV, 320, 180, deadline);
    outcome = outcome ? outcome : start(camera);
    for (int seen = 0; outcome == OUTCOME_OK && (frames == 0 || seen < frames);) {
        bool taken;
        outcome = take_frame(camera, &taken, deadline);
        if (outcome == OUTCOME_OK && taken && ++seen == 1) {
            probe_say("v4l2", "in use: %.4s of %ux%u", (const char *)&camera->format, camera->width, camera->height);
        }
    }
    return outcome;
}

enum outcome probe_v4l2(const struct options *options) {
    struct deadline deadline = deadline_in(options->deadline);
    struct usb_identity identity = {ID_UVC_VENDOR, ID_UVC, options->name};
    char driver[32], node[PATH_MAX];
    snprintf(driver, sizeof driver, "%s", options->driver ? options->driver : "uvcvideo");
    bool usb = strcmp(driver, "vivid") != 0;
    struct camera camera = {.fd = -1};
    enum outcome outcome = open_node(&camera.fd, node, "video4linux", "video", usb ? &identity : NULL, captures, driver, deadline);
    if (outcome == OUTCOME_OK) {
        outcome = use(&camera, options->frames, usb, deadline);
        stop(&camera);
        close(camera.fd);
    }
    if (outcome == OUTCOME_OK) {
        probe_say("v4l2", "ok %d frames of %.4s %ux%u", options->frames, (const char *)&camera.format, camera.width, camera.height);
    }
    return probe_end("v4l2", outcome);
}

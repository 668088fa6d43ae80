#include "source.h"

#include "kiosk_clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>

int kiosk_camera_failure(int error) {
    switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
    case ESHUTDOWN:
        return KIOSK_CAMERA_GONE;
    case EACCES:
    case EPERM:
        return KIOSK_CAMERA_ACCESS;
    case EBUSY:
        return KIOSK_CAMERA_BUSY;
    case ENOSPC:
        return KIOSK_CAMERA_BANDWIDTH;
    case EINVAL:
    case ENOTTY:
        return KIOSK_CAMERA_UNSUPPORTED;
    case ENOMEM:
        return KIOSK_CAMERA_NO_MEMORY;
    default:
        return KIOSK_CAMERA_IO;
    }
}

int kiosk_camera_wait(int fd, int32_t deadline_ms) {
    int64_t end = kiosk_end(deadline_ms);
    for (;;) {
        struct pollfd entry = {.fd = fd, .events = POLLIN};
        int ready = poll(&entry, 1, kiosk_left(end));
        if (ready > 0) {
            return 0;
        }
        if (ready == 0) {
            return KIOSK_CAMERA_TIMEOUT;
        }
        if (errno != EINTR) {
            return KIOSK_CAMERA_IO;
        }
    }
}

int64_t kiosk_camera_presence(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) {
        return kiosk_camera_failure(errno);
    }
    // devtmpfs makes a node anew with every plug: another inode, or at least another time.
    uint64_t mark = (uint64_t)status.st_ino * 1000003u ^ (uint64_t)status.st_rdev * 65537u ^ (uint64_t)status.st_ctim.tv_sec * 1000000000u
        ^ (uint64_t)status.st_ctim.tv_nsec;
    return (int64_t)(mark & INT64_MAX);
}

void kiosk_camera_close(kiosk_camera *camera) {
    camera->source->stop(camera);
    camera->source->close(camera);
}

int kiosk_camera_modes(kiosk_camera *camera, struct kiosk_camera_mode *modes, size_t capacity) {
    return camera->source->modes(camera, modes, capacity);
}

int kiosk_camera_start(
    kiosk_camera *camera, const struct kiosk_camera_mode *mode, int32_t rate, int32_t deadline_ms, struct kiosk_camera_mode *agreed) {
    camera->source->stop(camera);
    int result = camera->source->start(camera, mode, rate, deadline_ms, agreed);
    if (result == 0) {
        bool sides = agreed->width > 0 && agreed->width <= KIOSK_CAMERA_MAX_SIDE && agreed->height > 0 && agreed->height <= KIOSK_CAMERA_MAX_SIDE;
        bool rows = agreed->format == KIOSK_CAMERA_MJPEG
            || (agreed->format == KIOSK_CAMERA_YUYV && agreed->width % 2 == 0 && agreed->stride >= agreed->width * 2
                && agreed->stride <= KIOSK_CAMERA_MAX_SIDE * 4);
        result = sides && rows ? 0 : KIOSK_CAMERA_UNSUPPORTED;
    }
    if (result != 0) {
        camera->source->stop(camera);
    }
    return result;
}

int kiosk_camera_take(kiosk_camera *camera, int32_t deadline_ms, struct kiosk_camera_frame *frame) {
    return camera->source->take(camera, deadline_ms, frame);
}

int kiosk_camera_give_back(kiosk_camera *camera, const struct kiosk_camera_frame *frame) {
    return camera->source->give_back(camera, frame);
}

void kiosk_camera_stop(kiosk_camera *camera) { camera->source->stop(camera); }

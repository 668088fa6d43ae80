/// What a source of frames is: Video4Linux2, or the bench's stand-in.
#ifndef KIOSK_CAMERA_SOURCE_H
#define KIOSK_CAMERA_SOURCE_H

#include "kiosk_camera.h"

#pragma clang assume_nonnull begin

struct kiosk_camera_source {
    int (*modes)(kiosk_camera *camera, struct kiosk_camera_mode *modes, size_t capacity);
    int (*start)(kiosk_camera *camera, const struct kiosk_camera_mode *mode, int32_t rate, int32_t deadline_ms, struct kiosk_camera_mode *agreed);
    int (*take)(kiosk_camera *camera, int32_t deadline_ms, struct kiosk_camera_frame *frame);
    int (*give_back)(kiosk_camera *camera, const struct kiosk_camera_frame *frame);
    void (*stop)(kiosk_camera *camera);
    void (*close)(kiosk_camera *camera);
};

/// The first member of each source's own struct.
struct kiosk_camera {
    const struct kiosk_camera_source *source;
};

/// The code of a failed system call.
int kiosk_camera_failure(int error);

/// Waits until `fd` can be read: 0, TIMEOUT or IO. What poll(2) says of an error is left to the read that follows.
int kiosk_camera_wait(int fd, int32_t deadline_ms);

#pragma clang assume_nonnull end

#endif

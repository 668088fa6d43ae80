/// A camera: Video4Linux2 by its own ioctls, or the bench's frame source on a Unix socket, which stands in where no video device exists.
///
/// Contract
/// - A function returns a result ≥ 0 or a negative `kiosk_camera_error`. No policy: which camera, which mode and what a failure means is the caller's.
/// - A handle is used by one thread at a time. Nothing is kept between calls but the handle.
/// - Every call that waits takes a deadline in milliseconds from now. What the kernel driver does inside one ioctl can't be limited (uvcvideo gives a
///   control request five seconds): the host's watchdog ends the process then.
/// - A frame's bytes are the camera's: whatever they say is checked by `kiosk_camera_check` before anybody reads on.
#ifndef KIOSK_CAMERA_H
#define KIOSK_CAMERA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

enum kiosk_camera_error {
    /// No whole frame by the deadline.
    KIOSK_CAMERA_TIMEOUT = -1,
    /// The camera isn't there, or was unplugged.
    KIOSK_CAMERA_GONE = -2,
    /// The node exists and this user may not open it.
    KIOSK_CAMERA_ACCESS = -3,
    /// Another process streams from it.
    KIOSK_CAMERA_BUSY = -4,
    /// The USB controller has no room for the stream (ENOSPC).
    KIOSK_CAMERA_BANDWIDTH = -5,
    /// The node captures no video, or the camera didn't take a mode that it lists.
    KIOSK_CAMERA_UNSUPPORTED = -6,
    /// Any other failed system call.
    KIOSK_CAMERA_IO = -7,
    KIOSK_CAMERA_NO_MEMORY = -8,
    /// A frame that isn't whole, of another size than agreed, or no picture at all.
    KIOSK_CAMERA_DAMAGED = -9,
    /// The result doesn't fit into the caller's buffer.
    KIOSK_CAMERA_TOO_LARGE = -10,
    /// libjpeg-turbo or zbar refused for a reason of its own.
    KIOSK_CAMERA_LIBRARY = -11,
};

/// pixels, on either side
#define KIOSK_CAMERA_MAX_SIDE 8192
/// bytes of one frame
#define KIOSK_CAMERA_MAX_FRAME (32 << 20)

enum kiosk_camera_format {
    /// A JPEG a frame, perhaps without Huffman tables (they are the standard's then), perhaps with padding behind it.
    KIOSK_CAMERA_MJPEG = 1,
    /// Two bytes a pixel: Y0 U Y1 V.
    KIOSK_CAMERA_YUYV = 2,
};

/// What a node of /dev says of itself; texts are cut to size and always terminated.
struct kiosk_camera_candidate {
    /// `/dev/video0`
    char node[32];
    /// the name of the model: `Integrated Camera: Integrated C`
    char card[32];
    /// where it is plugged in, as the kernel names it: `usb-0000:00:14.0-1`
    char bus[32];
    /// `uvcvideo`
    char driver[16];
    /// the USB serial number; empty for none
    char serial[64];
};

struct kiosk_camera_mode {
    /// enum kiosk_camera_format
    int32_t format;
    /// pixels
    int32_t width;
    int32_t height;
    /// bytes from one row to the next, once the camera streams; 0 for MJPEG
    int32_t stride;
    /// YUYV in limited range (black is 16, white 235), as the kernel says of most cameras; a JPEG has the full one.
    bool limited;
};

/// A frame as it lies in the camera's own memory, valid until it is given back.
struct kiosk_camera_frame {
    const uint8_t *_Nullable bytes;
    size_t length;
    /// counted by the camera from the start of the stream
    uint32_t sequence;
    /// The driver says that the transport damaged it.
    bool damaged;
    /// the camera's own, for giving it back
    uint32_t slot;
};

struct kiosk_camera;
typedef struct kiosk_camera kiosk_camera;

// MARK: Finding and opening

/// Looks at every /dev/video* and fills at most `capacity` entries with those that capture and stream. Returns how many there are, or ACCESS when
/// there is none but some that this user may not open.
int kiosk_camera_list(struct kiosk_camera_candidate *_Nullable candidates, size_t capacity);

/// A number that stays as long as a node (or the stand-in's socket) does, and is another one after it was plugged in anew; GONE without one. Opens
/// nothing, so that an idle camera isn't woken.
int64_t kiosk_camera_presence(const char *path);

/// Opens a video node.
int kiosk_camera_open(const char *node, kiosk_camera *_Nullable *_Nonnull opened);

/// Opens the bench's frame source on that Unix socket (Sources/Bench/Camera). `candidate` is filled as a node would be.
int kiosk_camera_open_stand_in(
    const char *socket, int32_t deadline_ms, struct kiosk_camera_candidate *candidate, kiosk_camera *_Nullable *_Nonnull opened);

/// Ends the stream and gives the handle back.
void kiosk_camera_close(kiosk_camera *camera);

/// Fills at most `capacity` modes with what the camera lists in the formats above, and returns how many there are. A size that it takes in steps is
/// listed as its least, its largest, and the usual ones between.
int kiosk_camera_modes(kiosk_camera *camera, struct kiosk_camera_mode *modes, size_t capacity);

// MARK: Streaming

/// Agrees on that mode and at most `rate` frames a second where the camera can be told, maps four buffers and starts. `agreed` is what the camera
/// will send, within the bounds above. After a failure nothing streams.
int kiosk_camera_start(
    kiosk_camera *camera, const struct kiosk_camera_mode *mode, int32_t rate, int32_t deadline_ms, struct kiosk_camera_mode *agreed);

/// Waits for a frame: 0, TIMEOUT, or another negative code. A deadline of 0 only looks. Every frame taken is given back.
int kiosk_camera_take(kiosk_camera *camera, int32_t deadline_ms, struct kiosk_camera_frame *frame);
int kiosk_camera_give_back(kiosk_camera *camera, const struct kiosk_camera_frame *frame);

/// Ends the stream; safe when nothing streams.
void kiosk_camera_stop(kiosk_camera *camera);

// MARK: Pictures: pure

/// Whether `bytes` are a whole frame of the agreed mode. Returns how many of them are the picture (a camera may pad), or DAMAGED.
/// MJPEG: from SOI through well-formed segments, a frame header (SOF0…SOF2) of exactly the agreed sides, a scan, to EOI. YUYV: every row is there.
ssize_t kiosk_camera_check(const struct kiosk_camera_mode *mode, const uint8_t *bytes, size_t length);

/// The frame, which was checked, in gray at `eighths`/8 of its sides (1, 2, 4 or 8), rows without padding. Returns the bytes written.
ssize_t kiosk_camera_gray(
    const struct kiosk_camera_mode *mode, const uint8_t *bytes, size_t length, int32_t eighths, uint8_t *out, size_t capacity, int32_t *width,
    int32_t *height);

/// A YUYV frame, which was checked, as a JPEG of that quality (1…100), in full range, chroma as dense as it came (4:2:2). Returns the bytes written.
ssize_t kiosk_camera_encode(
    const struct kiosk_camera_mode *mode, const uint8_t *bytes, size_t length, int32_t quality, uint8_t *out, size_t capacity);

/// Bytes that `kiosk_camera_encode` needs at most.
size_t kiosk_camera_encode_bound(const struct kiosk_camera_mode *mode);

/// Looks for QR codes and the usual bar codes in a gray picture. Fills the content of the first, as the bytes that were encoded, and its AIM symbology
/// identifier (ISO/IEC 15424: `]Q1`), terminated. Returns the length of the content, 0 for no code. Nothing of it is logged or sent anywhere.
ssize_t kiosk_camera_find_code(
    const uint8_t *gray, int32_t width, int32_t height, char symbology[_Nonnull 4], uint8_t *content, size_t capacity);

#pragma clang assume_nonnull end

#endif

/// Linux calls that DeviceLink needs and Swift can't import: variadic ones and the CMSG_* macros.
///
/// Contract: every function returns a result ≥ 0 or a negated errno; none keeps state; buffers belong to the caller.
#ifndef KIOSK_LINK_H
#define KIOSK_LINK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/// The most files one message may carry.
enum { KIOSK_LINK_MAX_FILES = 64 };

/// A new anonymous memory file that can be sealed and is closed on exec; `name` is shown in /proc only.
int kiosk_memfd_create(const char *name);

/// Fixes size and content for ever: F_SEAL_SHRINK, GROW, WRITE and SEAL. No writable mapping may exist.
int kiosk_memfd_seal(int fd);

/// 1 when `fd` carries all four seals above, 0 when it lacks one, -EINVAL when it isn't a memory file.
int kiosk_memfd_is_sealed(int fd);

/// Listens on a SOCK_SEQPACKET Unix socket at `path` (mode 0600, an older one is unlinked).
int kiosk_link_listen(const char *path);

/// Connects to such a socket.
int kiosk_link_connect(const char *path);

/// Accepts one connection; not blocking, -EAGAIN when there is none.
int kiosk_link_accept(int listener);

/// Process, user and group that hold the other end (SO_PEERCRED).
int kiosk_link_peer(int fd, int32_t *pid, uint32_t *uid, uint32_t *gid);

/// Sends one message with its files. Waits at most `timeout_ms` (-1: for ever) for room; -ETIMEDOUT, -EPIPE when the peer is gone,
/// -EINVAL for an empty message, -EMSGSIZE for too many files or more bytes than the socket's buffer holds.
int kiosk_link_send(int fd, const void *bytes, size_t length, const int32_t *_Nullable files, size_t file_count, int timeout_ms);

/// Receives one message. Returns its length, 0 when the peer is gone, -EAGAIN after `timeout_ms` (-1 waits for ever), -EMSGSIZE when message
/// or files were cut off (the files that came are closed). Received files are closed on exec.
ssize_t kiosk_link_receive(int fd, void *bytes, size_t capacity, int32_t *files, size_t *file_count, int timeout_ms);

/// Starts the program at `path` as leader of its own process group, with default signals, nothing on its standard input, and no other descriptor than
/// a pipe for both its outputs, whose reading end (not blocking, closed on exec) is put into `output`. `arguments` and `environment` end with NULL.
int kiosk_process_spawn(const char *path, char *_Nullable const *_Nonnull arguments, char *_Nullable const *_Nonnull environment, int32_t *pid,
                        int32_t *output);

/// A descriptor (pidfd) of the child `pid`, which reads as ready once the child has ended. The child must not have been waited for.
int kiosk_process_open(int32_t pid);

/// Names the calling thread in /proc; only the first 15 bytes count.
void kiosk_thread_name(const char *name);

/// For a device host: end with the thread that started it (PR_SET_PDEATHSIG), no core dump and no ptrace by others (PR_SET_DUMPABLE 0,
/// RLIMIT_CORE 0), since its memory holds what was read from a card.
int kiosk_process_confine(void);

/// Gives free memory back to the system, whole pages of it: what was worked on is neither kept nor paid for. Takes about a millisecond.
void kiosk_memory_give_back(void);

/// In a build with the address sanitizer: 1 when memory was lost, which is then told on standard error. 0 in any other.
int kiosk_leaks_found(void);

// MARK: Where a device is plugged in

/// The place of the USB device behind a device node, bus and ports as sysfs names it: `1-2.4`. `sysfs` is "/sys". 0, -ENODEV when there is no USB device
/// behind the node, -ENAMETOOLONG, or what stat and realpath say.
int kiosk_usb_place(const char *sysfs, const char *node, char *place, size_t capacity);

// MARK: What the kernel says when a device comes (NETLINK_KOBJECT_UEVENT, group 1)

/// Bytes of the longest message: the kernel's own bound (UEVENT_BUFFER_SIZE) and its heading.
enum { KIOSK_UEVENT_MAX = 4096 };

/// Whether a message, `ACTION@PATH` and then `KEY=VALUE`, each ended by 0, tells of a device that a host could use now: the action is add, change or
/// bind, and the subsystem usb, tty, hidraw, usbmisc, video4linux, input or gpio. Pure: 1 or 0.
int kiosk_uevent_is_arrival(const uint8_t *bytes, size_t count);

/// A socket that hears them, closed on exec. A sandbox may refuse it.
int kiosk_uevents_open(void);

/// Waits for one message, at most `timeout_ms` (-1: for ever). 1 when the kernel told of an arrival, or of so much that something was lost; 0 when it
/// told of something else, or another process sent it; -EAGAIN when nothing came.
int kiosk_uevents_next(int fd, int timeout_ms);

#pragma clang assume_nonnull end

#endif

#include "kiosk_link.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int all_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

static int result(int value) { return value < 0 ? -errno : value; }

void kiosk_memory_give_back(void) { malloc_trim(0); }

int kiosk_memfd_create(const char *name) { return result(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)); }

int kiosk_memfd_seal(int fd) { return result(fcntl(fd, F_ADD_SEALS, all_seals)); }

int kiosk_memfd_is_sealed(int fd) {
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0) {
        return -errno;
    }
    return (seals & all_seals) == all_seals;
}

static int address_of(const char *path, struct sockaddr_un *address) {
    size_t length = strlen(path);
    if (length >= sizeof address->sun_path) {
        return -ENAMETOOLONG;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length);
    return 0;
}

static int close_with(int fd, int error) {
    close(fd);
    return -error;
}

int kiosk_link_listen(const char *path) {
    struct sockaddr_un address;
    int named = address_of(path, &address);
    if (named < 0) {
        return named;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    if (unlink(path) < 0 && errno != ENOENT) {
        return close_with(fd, errno);
    }
    mode_t mask = umask(0177);
    int bound = bind(fd, (const struct sockaddr *)&address, sizeof address);
    int error = errno;
    umask(mask);
    if (bound < 0) {
        return close_with(fd, error);
    }
    if (listen(fd, 16) < 0) {
        return close_with(fd, errno);
    }
    return fd;
}

int kiosk_link_connect(const char *path) {
    struct sockaddr_un address;
    int named = address_of(path, &address);
    if (named < 0) {
        return named;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        return close_with(fd, errno);
    }
    return fd;
}

int kiosk_link_accept(int listener) { return result(accept4(listener, NULL, NULL, SOCK_CLOEXEC)); }

int kiosk_link_peer(int fd, int32_t *pid, uint32_t *uid, uint32_t *gid) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) {
        return -errno;
    }
    *pid = credentials.pid;
    *uid = credentials.uid;
    *gid = credentials.gid;
    return 0;
}

int kiosk_process_open(int32_t pid) { return result((int)syscall(SYS_pidfd_open, pid, 0)); }

static int spawn(const char *path, char *const *arguments, char *const *environment, int output, int32_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return -error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -error;
    }
    bool ready = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
                 posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) == 0 &&
                 posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO) == 0 &&
                 posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1) == 0 &&
                 posix_spawnattr_setsigmask(&attributes, &none) == 0 && posix_spawnattr_setsigdefault(&attributes, &all) == 0 &&
                 posix_spawnattr_setpgroup(&attributes, 0) == 0 &&
                 posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) == 0;
    pid_t child = 0;
    error = ready ? posix_spawn(&child, path, &actions, &attributes, arguments, environment) : ENOMEM;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    *pid = child;
    return -error;
}

int kiosk_process_spawn(const char *path, char *const *arguments, char *const *environment, int32_t *pid, int32_t *output) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -errno;
    }
    int spawned = spawn(path, arguments, environment, ends[1], pid);
    close(ends[1]);
    // Only kioskd's end: a host that writes faster than it is read must wait, not lose lines.
    if (spawned == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
        spawned = -errno;
        kill(-*pid, SIGKILL);
        waitpid(*pid, NULL, 0);
    }
    if (spawned < 0) {
        close(ends[0]);
        return spawned;
    }
    *output = ends[0];
    return 0;
}

void kiosk_thread_name(const char *name) { (void)prctl(PR_SET_NAME, name, 0, 0, 0); }

int kiosk_process_confine(void) {
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0) {
        return -errno;
    }
    return 0;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// The end of a wait that starts now: a signal or a false wake-up must not start it anew. Negative: never.
static int64_t end_of(int timeout_ms) { return timeout_ms < 0 ? -1 : now_ms() + timeout_ms; }

static int wait_until(int fd, short events, int64_t end_ms) {
    for (;;) {
        int64_t left = end_ms < 0 ? -1 : end_ms - now_ms();
        if (end_ms >= 0 && left < 0) {
            left = 0;
        }
        struct pollfd entry = {.fd = fd, .events = events};
        int ready = poll(&entry, 1, (int)left);
        if (ready >= 0 || errno != EINTR) {
            return result(ready);
        }
    }
}

int kiosk_link_send(int fd, const void *bytes, size_t length, const int32_t *files, size_t file_count, int timeout_ms) {
    if (file_count > KIOSK_LINK_MAX_FILES) {
        return -EMSGSIZE;
    }
    if (length == 0) {
        return -EINVAL; // would read as the end of the link
    }
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int32_t) * KIOSK_LINK_MAX_FILES)];
    } control;
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (file_count > 0 && files != NULL) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.space;
        message.msg_controllen = CMSG_SPACE(sizeof(int32_t) * file_count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int32_t) * file_count);
        memcpy(CMSG_DATA(header), files, sizeof(int32_t) * file_count);
    }
    int64_t end = end_of(timeout_ms);
    for (;;) {
        if (sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
            return 0;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno != EAGAIN) {
            return -errno;
        }
        int ready = wait_until(fd, POLLOUT, end);
        if (ready < 0) {
            return ready;
        }
        if (ready == 0) {
            return -ETIMEDOUT;
        }
    }
}

ssize_t kiosk_link_receive(int fd, void *bytes, size_t capacity, int32_t *files, size_t *file_count, int timeout_ms) {
    *file_count = 0;
    int ready = wait_until(fd, POLLIN, end_of(timeout_ms));
    if (ready < 0) {
        return ready;
    }
    if (ready == 0) {
        return -EAGAIN;
    }
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int32_t) * KIOSK_LINK_MAX_FILES)];
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    ssize_t length;
    do {
        length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (length < 0 && errno == EINTR);
    if (length < 0) {
        return -errno;
    }
    size_t count = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t carried = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int32_t);
        for (size_t i = 0; i < carried; i++) {
            int32_t file;
            memcpy(&file, CMSG_DATA(header) + i * sizeof file, sizeof file);
            if (count < KIOSK_LINK_MAX_FILES) {
                files[count++] = file;
            } else {
                close(file);
            }
        }
    }
    bool cut = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    if (cut || length == 0) {
        // An empty datagram can't be told from the end of the link, but may bring files.
        for (size_t i = 0; i < count; i++) {
            close(files[i]);
        }
        return cut ? -EMSGSIZE : 0;
    }
    *file_count = count;
    return length;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define KIOSK_FINDS_LEAKS 1
#endif
#endif

int kiosk_leaks_found(void) {
#ifdef KIOSK_FINDS_LEAKS
    // The checker traces this process, which its confinement forbids.
    prctl(PR_SET_DUMPABLE, 1);
    return __lsan_do_recoverable_leak_check();
#else
    return 0;
#endif
}

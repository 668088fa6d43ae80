#include "kiosk_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const int all_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

static int result(int value) { return value < 0 ? -errno : value; }

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

static int wait_for(int fd, short events, int timeout_ms) {
    struct pollfd entry = {.fd = fd, .events = events};
    int ready;
    do {
        ready = poll(&entry, 1, timeout_ms);
    } while (ready < 0 && errno == EINTR);
    return result(ready);
}

int kiosk_link_send(int fd, const void *bytes, size_t length, const int32_t *files, size_t file_count, int timeout_ms) {
    if (file_count > KIOSK_LINK_MAX_FILES) {
        return -EMSGSIZE;
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
        int ready = wait_for(fd, POLLOUT, timeout_ms);
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
    int ready = wait_for(fd, POLLIN, timeout_ms);
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
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        for (size_t i = 0; i < count; i++) {
            close(files[i]);
        }
        return -EMSGSIZE;
    }
    *file_count = count;
    return length;
}

#include "kiosk_clock.h"
#include "kiosk_photodecoder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct kiosk_decoder {
    pid_t pid;
    /// Reads as ready once the process has ended; -1 for none.
    int process;
    /// Our ends of its standard input and output; -1 once closed. Both are sockets: writing to one whose reader is gone raises no signal.
    int input, output;
    size_t sent, received;
    uint8_t photo[KIOSK_PHOTO_BYTES];
    /// One byte more than the longest picture, so that a longer one shows.
    uint8_t answer[KIOSK_PHOTO_HEADER + KIOSK_PHOTO_PIXELS + 1];
};

static void close_end(int *fd) {
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/// In the child, between fork and exec: only what a signal handler may call. `report` gets errno when there is no exec.
static _Noreturn void become(const char *path, int input, int output, int report, pid_t parent) {
    static const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    char *const arguments[] = {(char *)(uintptr_t)path, NULL};
    char *const environment[] = {NULL};
    // Out of the way of 0 to 3, which the copies are to get.
    int in = fcntl(input, F_DUPFD, 10);
    int out = fcntl(output, F_DUPFD, 10);
    int say = fcntl(report, F_DUPFD, 10);
    int nowhere = open("/dev/null", O_WRONLY);
    if (in >= 0 && out >= 0 && say >= 0 && nowhere >= 0 && dup2(nowhere, STDERR_FILENO) >= 0 && dup2(in, STDIN_FILENO) >= 0 &&
        dup2(out, STDOUT_FILENO) >= 0 && dup3(say, 3, O_CLOEXEC) >= 0 && syscall(SYS_close_range, 4U, ~0U, 0U) == 0 && setpgid(0, 0) == 0 &&
        setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent) {
        sigset_t signals;
        for (int number = 1; number < NSIG; number++) {
            (void)signal(number, SIG_DFL);
        }
        sigemptyset(&signals);
        sigprocmask(SIG_SETMASK, &signals, NULL);
        execve(path, arguments, environment);
    }
    int error = errno;
    ssize_t written = write(3, &error, sizeof error);
    _exit(written == sizeof error ? 127 : 126);
}

static int failure(int error) {
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return KIOSK_DECODER_ABSENT;
    case EACCES:
    case EPERM:
        return KIOSK_DECODER_ACCESS;
    case ENOEXEC:
    case ELIBBAD:
        return KIOSK_DECODER_FORMAT;
    default:
        return KIOSK_DECODER_SYSTEM;
    }
}

/// Starts it and waits for exec, which either happens at once or says why not. Returns 0 or an errno.
static int launch(kiosk_decoder *decoder, const char *path, int input, int output) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) {
        return errno;
    }
    // No signal may reach the child while it still has our handlers.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        become(path, input, output, report[1], parent);
    }
    int error = child < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (child > 0) {
        decoder->pid = child;
        decoder->process = (int)syscall(SYS_pidfd_open, child, 0);
        error = decoder->process < 0 ? errno : 0;
        int said = 0;
        ssize_t count = read(report[0], &said, sizeof said);
        if (error == 0 && count != 0) {
            error = count == sizeof said && said != 0 ? said : EIO;
        }
    }
    close(report[0]);
    return error;
}

int kiosk_decoder_start(const char *path, const uint8_t *photo, kiosk_decoder **out) {
    *out = NULL;
    kiosk_decoder *decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL) {
        return KIOSK_DECODER_SYSTEM;
    }
    decoder->process = decoder->input = decoder->output = -1;
    memcpy(decoder->photo, photo, sizeof decoder->photo);
    int in[2];
    int result = ENOMEM;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) == 0) {
        int answer[2];
        decoder->input = in[0];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, answer) == 0) {
            decoder->output = answer[0];
            result = launch(decoder, path, in[1], answer[1]);
            close(answer[1]);
        }
        close(in[1]);
    }
    if (result != 0) {
        kiosk_decoder_end(decoder);
        return failure(result);
    }
    *out = decoder;
    return 0;
}

/// Sends what it takes now. A program that stops reading early may still have a picture: that isn't judged here.
static void feed(kiosk_decoder *decoder) {
    ssize_t count = send(decoder->input, decoder->photo + decoder->sent, KIOSK_PHOTO_BYTES - decoder->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
        decoder->sent += (size_t)count;
    }
    if (decoder->sent == KIOSK_PHOTO_BYTES || (count < 0 && errno != EAGAIN && errno != EINTR)) {
        close_end(&decoder->input);
    }
}

/// Takes what is there now; false when that is more than a picture may have.
static bool take(kiosk_decoder *decoder) {
    size_t room = sizeof decoder->answer - decoder->received;
    ssize_t count = recv(decoder->output, decoder->answer + decoder->received, room, MSG_DONTWAIT);
    if (count > 0) {
        decoder->received += (size_t)count;
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_end(&decoder->output);
    }
    return decoder->received < sizeof decoder->answer;
}

/// Its exit code is looked at without reaping it: the id stays its own until `end`.
static int judge(kiosk_decoder *decoder, uint8_t *pixels) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(P_PID, (id_t)decoder->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
        return KIOSK_DECODER_SYSTEM;
    }
    if (info.si_code != CLD_EXITED) {
        return KIOSK_DECODER_CRASHED;
    }
    if (info.si_status != 0) {
        return KIOSK_DECODER_FAILED;
    }
    int offset = kiosk_photo_locate(decoder->answer, decoder->received);
    if (offset < 0) {
        return offset;
    }
    memcpy(pixels, decoder->answer + offset, KIOSK_PHOTO_PIXELS);
    return 0;
}

int kiosk_decoder_wait(kiosk_decoder *decoder, uint8_t *pixels, int32_t deadline_ms) {
    int64_t end = kiosk_end(deadline_ms);
    for (;;) {
        struct pollfd entries[] = {
            {.fd = decoder->process, .events = POLLIN},
            {.fd = decoder->output, .events = POLLIN},
            {.fd = decoder->input, .events = POLLOUT},
        };
        int ready = poll(entries, 3, kiosk_left(end));
        if (ready < 0 && errno != EINTR) {
            return KIOSK_DECODER_SYSTEM;
        }
        if (ready == 0) {
            return KIOSK_DECODER_TIMEOUT;
        }
        if (ready > 0 && entries[2].revents != 0) {
            feed(decoder);
        }
        if (ready > 0 && entries[1].revents != 0 && !take(decoder)) {
            return KIOSK_DECODER_PICTURE;
        }
        // Once it has ended, what it wrote is here: everything that can still be read is, and a child of its own that holds the line isn't waited for.
        if (ready > 0 && entries[0].revents != 0 && (decoder->output < 0 || entries[1].revents == 0)) {
            return judge(decoder, pixels);
        }
    }
}

void kiosk_decoder_end(kiosk_decoder *decoder) {
    if (decoder->pid > 0) {
        // The group may not be there yet, or no more; the process is, until it is reaped.
        kill(-decoder->pid, SIGKILL);
        kill(decoder->pid, SIGKILL);
        while (waitpid(decoder->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    close_end(&decoder->process);
    close_end(&decoder->input);
    close_end(&decoder->output);
    // It held a citizen's photo.
    explicit_bzero(decoder, sizeof *decoder);
    free(decoder);
}

#include "control.h"
#include "limbo.h"
#include "operations.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_UNMOUNTED = 0, EXIT_USAGE = 64, EXIT_NO_BACKING = 66, EXIT_NO_MOUNT = 69, EXIT_LOOP = 70, EXIT_NO_CONTROL = 73 };

static const char help[] =
    "usage: forgetfs --backing DIR --control SOCKET [--allow-other] MOUNTPOINT\n"
    "\n"
    "A file system that forgets what was never fsynced. Passes through to DIR; a cut, asked for at SOCKET,\n"
    "leaves in DIR what a power cut could have left. Stays in the foreground, prints \"ready\" when mounted,\n"
    "unmounts on SIGTERM or SIGINT.\n"
    "\n"
    "  --backing DIR     holds the files; its entry .forgetfs is forgetfs's own and hidden\n"
    "  --control SOCKET  Unix socket for lines: status | cut after=N seed=S | clear |\n"
    "                    rule op=OP path=GLOB after=N times=N error=EIO|ENOSPC|EDQUOT|EROFS delay=MS\n"
    "  --allow-other     other users may use the mount (root, or user_allow_other in /etc/fuse.conf)\n"
    "\n"
    "exit codes: 0 unmounted; 64 wrong arguments; 66 DIR can't be used; 69 the mount failed;\n"
    "            70 the connection to the kernel broke; 73 SOCKET can't be made\n";

struct options {
    const char *backing, *control, *mountpoint;
    bool allow_other;
};

/// Returns -1 to go on, or an exit code.
static int parse(int count, char **arguments, struct options *options) {
    static const struct option known[] = {
        {"backing", required_argument, NULL, 'b'},
        {"control", required_argument, NULL, 'c'},
        {"allow-other", no_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(count, arguments, "h", known, NULL)) != -1;) {
        switch (option) {
        case 'b':
            options->backing = optarg;
            break;
        case 'c':
            options->control = optarg;
            break;
        case 'o':
            options->allow_other = true;
            break;
        case 'h':
            fputs(help, stdout);
            return EXIT_UNMOUNTED;
        default:
            return EXIT_USAGE;
        }
    }
    if (!options->backing || !options->control || optind != count - 1) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    options->mountpoint = arguments[optind];
    return -1;
}

/// Every file known holds descriptors.
static void raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int fail(int code, const char *what, const char *which, int error) {
    fprintf(stderr, "forgetfs: %s %s: %s\n", what, which, strerror(error));
    return code;
}

static int serve(struct fuse_session *session, struct fs *fs, const struct options *options) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    // The control threads inherit a full mask: signals are the main thread's.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = control_start(fs, options->control);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        return fail(EXIT_NO_CONTROL, "can't make the control socket", options->control, error);
    }
    puts("ready");
    fflush(stdout);
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    // Slow operations each hold a thread while others go on.
    fuse_loop_cfg_set_max_threads(config, 64);
    int status = fuse_session_loop_mt(session, config);
    fuse_loop_cfg_destroy(config);
    unlink(options->control);
    // A signal ends the loop with its number; what else is below zero is the kernel's end of the connection gone wrong.
    return status < 0 ? fail(EXIT_LOOP, "the kernel's requests end at", options->mountpoint, -status) : EXIT_UNMOUNTED;
}

/// Starts a process that takes the mount away when this one is killed. What libfuse has for it (`auto_unmount`) first looks whether the file system is
/// dead, which it isn't yet when the look comes early, and then leaves the mount for ever. Returns a descriptor: a byte written there tells that
/// nothing is left to do. Negative errno on failure.
static int start_guard(const char *mountpoint) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -errno;
    }
    pid_t guard = fork();
    if (guard < 0) {
        int error = errno;
        close(ends[0]);
        close(ends[1]);
        return -error;
    }
    if (guard == 0) {
        // In a session of its own: what kills the group of its parent mustn't kill it.
        setsid();
        close(ends[1]);
        char byte;
        ssize_t count;
        do {
            count = read(ends[0], &byte, 1);
        } while (count < 0 && errno == EINTR);
        if (count == 0) {
            execlp("fusermount3", "fusermount3", "-u", "-z", "-q", "--", mountpoint, (char *)NULL);
        }
        _exit(0);
    }
    close(ends[0]);
    return ends[1];
}

static int mount_and_serve(struct fs *fs, const struct options *options) {
    struct fuse_args arguments = FUSE_ARGS_INIT(0, NULL);
    fuse_opt_add_arg(&arguments, "forgetfs");
    fuse_opt_add_arg(&arguments, "-odefault_permissions,fsname=forgetfs,subtype=forgetfs");
    if (options->allow_other) {
        fuse_opt_add_arg(&arguments, "-oallow_other");
    }
    struct fuse_session *session = fuse_session_new(&arguments, &operations, sizeof operations, fs);
    fuse_opt_free_args(&arguments);
    if (!session) {
        return EXIT_NO_MOUNT;
    }
    int code = EXIT_NO_MOUNT;
    if (fuse_set_signal_handlers(session) == 0) {
        int guard = start_guard(options->mountpoint);
        if (guard < 0) {
            code = fail(EXIT_NO_MOUNT, "can't guard", options->mountpoint, -guard);
        } else if (fuse_session_mount(session, options->mountpoint) == 0) {
            code = serve(session, fs, options);
            fuse_session_unmount(session);
        }
        if (guard >= 0) {
            (void)!write(guard, "", 1);
            close(guard);
        }
        fuse_remove_signal_handlers(session);
    }
    fuse_session_destroy(session);
    return code;
}

int main(int count, char **arguments) {
    struct options options = {0};
    int code = parse(count, arguments, &options);
    if (code >= 0) {
        return code;
    }
    static struct fs fs;
    umask(0);
    raise_file_limit();
    int error = fs_open(&fs, options.backing);
    if (error) {
        return fail(EXIT_NO_BACKING, "can't use the directory", options.backing, error);
    }
    signal(SIGPIPE, SIG_IGN);
    code = mount_and_serve(&fs, &options);
    // What was removed stays removed: an unmount in order forgets nothing.
    pthread_mutex_lock(&fs.lock);
    limbo_empty(&fs);
    unlinkat(fs.root->fd, LIMBO, AT_REMOVEDIR);
    return code;
}

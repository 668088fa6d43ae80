// A decoder by the protocol of docs/photo-decoder.md, for synthetic photos alone: byte 8 of the photo tells how to behave, and the pixels repeat
// what follows the header, so that a test sees that all of the photo came. No real photo looks like anything to it.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { photo_bytes = 1024, width = 102, height = 126 };

/// How many descriptors are open beside the standard ones.
static int others(void) {
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    if (folder == NULL) {
        return -1;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        int number = atoi(entry->d_name);
        count += entry->d_name[0] != '.' && number > 2 && number != dirfd(folder);
    }
    closedir(folder);
    return count;
}

static bool is_confined(int count) {
    struct rlimit core;
    return count == 1 && environ[0] == NULL && others() == 0 && getpgrp() == getpid() && getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0;
}

static void picture(const char *header, const uint8_t *photo, size_t count) {
    fputs(header, stdout);
    for (size_t i = 0; i < count; i++) {
        putchar(photo[8 + i % (photo_bytes - 8)]);
    }
    fflush(stdout);
}

int main(int count, char **arguments) {
    (void)arguments;
    uint8_t photo[photo_bytes + 1];
    size_t whole = (size_t)width * height * 3;
    if (fread(photo, 1, sizeof photo, stdin) != photo_bytes || photo[0] != 'W' || photo[1] != 'L') {
        return 2;
    }
    switch (photo[8]) {
    case 'c': // crashes
        // Whatever handler a runtime has put there: a vendor's library has none.
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
        return 1;
    case 'h': // hangs, with half a picture written and a child that hangs too
        picture("P6 102 126 255\n", photo, whole / 2);
        if (fork() >= 0) {
            for (;;) {
                pause();
            }
        }
        return 1;
    case 'f': // fails, with a picture
        picture("P6\n102 126\n255\n", photo, whole);
        return 3;
    case 's': // a smaller picture
        picture("P6\n10 10\n255\n", photo, 300);
        return 0;
    case 'l': // says more than it has
        picture("P6\n102 126\n255\n", photo, whole - 1);
        return 0;
    case 'm': // has more than it says
        picture("P6\n102 126\n255\n", photo, whole + 1);
        return 0;
    case 'e': // never ends to write
        for (;;) {
            picture("P6\n102 126\n255\n", photo, whole);
        }
    case 'n': // nothing at all
        return 0;
    case 'p': // a picture only if it was started as promised
        if (!is_confined(count)) {
            return 4;
        }
        picture("P6\n102 126\n255\n", photo, whole);
        return 0;
    case 'b': // the picture is whole, and a child of its own holds the line
        picture("P6 # synthetic\n102 126\n255\n", photo, whole);
        if (fork() == 0) {
            for (;;) {
                pause();
            }
        }
        return 0;
    default:
        picture("P6\n102 126\n255\n", photo, whole);
        return 0;
    }
}

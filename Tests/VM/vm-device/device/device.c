#include "device.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stopping;

static void stop(int signal) {
    (void)signal;
    stopping = 1;
}

static enum outcome obey(const struct device *device, bool *plugged, char *line, char *reply) {
    char *argument = strchr(line, ' ');
    if (argument) {
        *argument++ = 0;
    } else {
        argument = line + strlen(line);
    }
    if (strcmp(line, "plugged") == 0) {
        strcpy(reply, *plugged ? "yes" : "no");
        return OUTCOME_OK;
    }
    bool plug = strcmp(line, "plug") == 0;
    if (!plug && strcmp(line, "unplug") != 0) {
        if (!*plugged) {
            complain("'%s' needs a plugged device", line);
            return OUTCOME_USAGE;
        }
        return device->perform(device->context, line, argument, reply);
    }
    if (plug == *plugged) {
        complain("the device is %s already", plug ? "plugged" : "unplugged");
        return OUTCOME_USAGE;
    }
    enum outcome outcome = plug ? device->plug(device->context) : device->unplug(device->context);
    if (outcome == OUTCOME_OK) {
        *plugged = plug;
    }
    return outcome;
}

static void answer(const struct device *device, bool *plugged, char *line) {
    char reply[REPLY_SIZE] = "";
    enum outcome outcome = obey(device, plugged, line, reply);
    if (outcome == OUTCOME_OK) {
        printf("ok%s%s\n", *reply ? " " : "", reply);
    } else {
        printf("error %s: %s\n", outcome_name(outcome), complaint());
    }
}

enum outcome device_run(const struct device *device) {
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ready\n");
    char line[1024];
    size_t filled = 0;
    bool plugged = false;
    while (!stopping) {
        struct pollfd entries[1 + WATCHED] = {{.fd = STDIN_FILENO, .events = POLLIN}};
        int milliseconds = -1;
        nfds_t count = plugged && device->watch ? device->watch(device->context, entries + 1, &milliseconds) : 0;
        if (poll(entries, count + 1, milliseconds) < 0 && errno != EINTR) {
            failed("waiting for a command", errno);
            break;
        }
        if (plugged && device->serve) {
            device->serve(device->context, entries + 1, count);
        }
        if (plugged && device->pulls && device->pulls(device->context)) {
            plugged = device->unplug(device->context) != OUTCOME_OK;
        }
        if (!entries[0].revents) {
            continue;
        }
        ssize_t got = read(STDIN_FILENO, line + filled, sizeof line - filled);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            break;
        }
        filled += (size_t)got;
        for (char *end; (end = memchr(line, '\n', filled));) {
            *end = 0;
            size_t used = (size_t)(end - line) + 1;
            answer(device, &plugged, line);
            memmove(line, line + used, filled - used);
            filled -= used;
        }
        if (filled == sizeof line) {
            printf("error usage: the line is longer than %zu bytes\n", sizeof line);
            break;
        }
    }
    return plugged ? device->unplug(device->context) : OUTCOME_OK;
}

// vm-device: the kernel devices of the virtual machine that aren't card readers, and the probes that use them.
#include "device/device.h"
#include "probe/probe.h"
#include "support/options.h"
#include "wire/selftest.h"

#include <stdio.h>
#include <string.h>

static enum outcome run_self_test(const struct options *options) {
    (void)options;
    return self_test();
}

static const struct command {
    const char *name;
    /// The options it takes, each between blanks.
    const char *options;
    const char *help;
    enum outcome (*run)(const struct options *options);
} commands[] = {
    {"vivid", " name ", "vivid, the kernel's virtual camera", device_vivid},
    {"uvc", " name ", "a camera on USB: MJPEG over a bulk endpoint. Verbs: stall, resume", device_uvc},
    {"hid", " name ", "a code scanner and a keypad on USB. Verbs: scan CODE, scan-part CODE, show CODE, hide, press KEY, hold KEY", device_hid},
    {"printer", " name line ", "a receipt printer on USB. Verbs: paper in|out, jam, free, printed", device_printer},
    {"acm", " name ", "a locker board on a USB serial port. Verbs: see its README", device_acm},
    {"cp2112", " name ", "a USB bridge with eight GPIO pins. Verbs: see its README", device_cp2112},
    {"uinput", " name ", "a keypad made through uinput. Verbs: press KEY, hold KEY", device_uinput},
    {"probe-v4l2", " name driver frames deadline ", "streams and checks pictures (--driver uvcvideo|vivid, --frames 0: until unplugged)", probe_v4l2},
    {"probe-hidraw", " name expect deadline ", "reads one code from the scanner", probe_hidraw},
    {"probe-evdev", " name expect deadline ", "reads keys until enter", probe_evdev},
    {"probe-printer", " name bytes deadline ", "prints and asks for the status", probe_printer},
    {"probe-acm", " name lock deadline ", "opens a lock and asks for its state", probe_acm},
    {"self-test", " ", "compares the shared encodings with literal bytes; needs no device", run_self_test},
};

static void help(void) {
    printf(
        "usage: vm-device COMMAND [--name NAME] [--OPTION VALUE]...\n\n"
        "Devices: run until stdin ends, take a line with plug, unplug or a verb, and answer `ok TEXT` or `error OUTCOME: REASON`.\n"
        "Probes: find the device by its ids, print `probe KIND: in use: …` in the middle of its use and `probe KIND: ok …` at its end.\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        printf("  %-14s %s\n", commands[i].name, commands[i].help);
    }
    printf("\nOptions:\n"
           "  --name NAME      the device's name, also its USB serial number (default: vm-device)\n"
           "  --line PATH      the tty on which the printer is played, and not here\n"
           "  --deadline MS    the probe's time, finding the device included (default: 30000)\n"
           "  --expect TEXT    the code or keys that the probe must read\n"
           "  --driver NAME    the camera's driver (default: uvcvideo)\n"
           "  --frames N       how many pictures (default: 3)\n"
           "  --bytes N        how much to print (default: 2000)\n"
           "  --lock N         the lock to open, 1 to 32 (default: 3)\n"
           "\nExit codes:\n"
           "  0   as expected\n"
           "  1   the device answered, but with something else\n"
           "  2   no such device within the deadline\n"
           "  3   the device was unplugged in the middle\n"
           "  4   no answer within the deadline\n"
           "  64  the command line is wrong\n"
           "  71  the system refused something: a module is missing, or the rights are\n");
}

int main(int count, char *arguments[]) {
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--help") == 0) {
            help();
            return OUTCOME_OK;
        }
    }
    struct options options = {.name = "vm-device", .deadline = 30000, .frames = 3, .bytes = 2000, .lock = 3};
    for (size_t i = 0; count > 1 && i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, arguments[1]) == 0) {
            enum outcome outcome = options_parse(&options, count - 2, arguments + 2, commands[i].options);
            return (int)(outcome == OUTCOME_OK ? commands[i].run(&options) : outcome);
        }
    }
    complain(count > 1 ? "there is no command '%s'; --help lists them" : "which command? --help lists them%s", count > 1 ? arguments[1] : "");
    return OUTCOME_USAGE;
}

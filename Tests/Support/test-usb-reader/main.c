// ID-card readers on an emulated USB, for the part of the driver that stands on libusb: umockdev answers sysfs, udev and usbfs for this process
// alone. The usbfs here is small: URBs in and out, halts, another claimant, and a plug that can be pulled. The reader knows one answer, its SAM id.
//   umockdev-wrapper test-usb-reader     a line for each case; exit code 0 when all are ok
#include "kiosk_idcardreader_usb.h"

#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <umockdev.h>

// MARK: The reader

enum { most_urbs = 16, in_endpoints = 2 };

/// The SAM id's answer; its header is 7 bytes.
static const uint8_t sam_id[] = {0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 20, 0, 0, 0x90, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0x94};
enum { header = 7, answer = sizeof sam_id };

/// A submitted URB that hasn't been reaped; `data` NULL is a free place.
typedef struct urb {
    UMockdevIoctlData *data;
    bool is_done;
    unsigned char type, endpoint;
    int capacity, status, moved;
} urb;

typedef struct reader {
    GMutex lock;
    UMockdevTestbed *bed;
    UMockdevIoctlBase *handler;
    char *device;
    char node[32];
    const char *serial;
    bool is_split;
    // What it does.
    bool is_gone, is_claimed, is_silent, babbles;
    uint8_t halted;
    // What it saw.
    int claims, releases, discards, cleared;
    size_t heard;
    /// What lies on the IN endpoints, from where to where in the answer.
    size_t begin[in_endpoints], end[in_endpoints];
    urb urbs[most_urbs];
} reader;

static void done(urb *urb, int status, size_t count) {
    urb->status = status;
    urb->moved = (int)count;
    urb->is_done = true;
}

/// Of a control transfer that reads a string descriptor: the languages, or the serial number.
static void answer_control(reader *reader, urb *urb, UMockdevIoctlData *buffer) {
    const uint8_t *setup = buffer->data;
    uint8_t text[8 + 64] = {0};
    size_t length = 4;
    memcpy(text, setup, 8);
    if (setup[1] != 6 || setup[3] != 3 || reader->serial == NULL) {
        done(urb, -EPIPE, 0);
        return;
    }
    if (setup[2] == 0) {
        text[10] = 0x09, text[11] = 0x04;
    } else {
        length = 2 + 2 * strlen(reader->serial);
        for (size_t i = 0; reader->serial[i] != 0; i++) {
            text[10 + 2 * i] = (uint8_t)reader->serial[i];
        }
    }
    text[8] = (uint8_t)length, text[9] = 3;
    umockdev_ioctl_data_update(buffer, 0, text, (int)(8 + length));
    done(urb, 0, length);
}

static void answer_out(reader *reader, urb *urb) {
    done(urb, 0, (size_t)urb->capacity);
    reader->heard += (size_t)urb->capacity;
    if (reader->heard >= 10 && !reader->is_silent) {
        reader->begin[0] = 0;
        reader->end[0] = reader->begin[1] = reader->is_split ? header : answer;
        reader->end[1] = answer;
    }
    if (reader->heard >= 10) {
        reader->heard = 0;
    }
}

/// Ends what can end now.
static void serve(reader *reader) {
    for (int i = 0; i < most_urbs; i++) {
        urb *urb = &reader->urbs[i];
        if (urb->data == NULL || urb->is_done) {
            continue;
        }
        if (reader->is_gone) {
            done(urb, -ESHUTDOWN, 0);
        } else if (urb->endpoint == reader->halted) {
            done(urb, -EPIPE, 0);
        } else if ((urb->endpoint & 0x80) != 0 && urb->type == USBDEVFS_URB_TYPE_BULK) {
            int place = urb->endpoint == 0x81 ? 0 : 1;
            size_t count = reader->end[place] - reader->begin[place];
            if (count == 0) {
                continue;
            }
            if (reader->babbles || count > (size_t)urb->capacity) {
                done(urb, -EOVERFLOW, 0);
                continue;
            }
            UMockdevIoctlData *buffer =
                umockdev_ioctl_data_resolve(urb->data, offsetof(struct usbdevfs_urb, buffer), (gsize)urb->capacity, NULL);
            umockdev_ioctl_data_update(buffer, 0, (uint8_t *)sam_id + reader->begin[place], (int)count);
            g_object_unref(buffer);
            reader->begin[place] = reader->end[place];
            done(urb, 0, count);
        }
    }
}

static int submit(reader *reader, UMockdevIoctlData *argument) {
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(argument, 0, sizeof(struct usbdevfs_urb), NULL);
    for (int i = 0; i < most_urbs && data != NULL; i++) {
        urb *urb = &reader->urbs[i];
        if (urb->data != NULL) {
            continue;
        }
        *urb = (struct urb){.data = data};
        const struct usbdevfs_urb *head = (const struct usbdevfs_urb *)(const void *)data->data;
        urb->type = head->type;
        urb->endpoint = head->endpoint;
        urb->capacity = head->buffer_length;
        UMockdevIoctlData *buffer =
            umockdev_ioctl_data_resolve(data, offsetof(struct usbdevfs_urb, buffer), (gsize)urb->capacity, NULL);
        if (urb->type == USBDEVFS_URB_TYPE_CONTROL) {
            answer_control(reader, urb, buffer);
        } else if ((urb->endpoint & 0x80) == 0 && urb->endpoint != reader->halted) {
            answer_out(reader, urb);
        }
        g_object_unref(buffer);
        serve(reader);
        return 0;
    }
    return ENOMEM;
}

static int reap(reader *reader, UMockdevIoctlData *argument) {
    for (int i = 0; i < most_urbs; i++) {
        urb *urb = &reader->urbs[i];
        if (urb->data == NULL || !urb->is_done) {
            continue;
        }
        // The two fields alone: the pointers beside them are umockdev's to translate.
        umockdev_ioctl_data_update(urb->data, offsetof(struct usbdevfs_urb, status), (uint8_t *)&urb->status, sizeof urb->status);
        umockdev_ioctl_data_update(urb->data, offsetof(struct usbdevfs_urb, actual_length), (uint8_t *)&urb->moved, sizeof urb->moved);
        UMockdevIoctlData *place = umockdev_ioctl_data_resolve(argument, 0, sizeof(void *), NULL);
        umockdev_ioctl_data_set_ptr(place, 0, urb->data);
        g_object_unref(place);
        g_object_unref(urb->data);
        urb->data = NULL;
        return 0;
    }
    return reader->is_gone ? ENODEV : EAGAIN;
}

static int discard(reader *reader, UMockdevIoctlData *argument) {
    unsigned long address;
    memcpy(&address, argument->data, sizeof address);
    for (int i = 0; i < most_urbs; i++) {
        urb *urb = &reader->urbs[i];
        if (urb->data != NULL && !urb->is_done && urb->data->client_addr == address) {
            reader->discards++;
            done(urb, -ENOENT, 0);
            return 0;
        }
    }
    return EINVAL;
}

static int carry_out(reader *reader, unsigned long request, UMockdevIoctlData *argument) {
    UMockdevIoctlData *number = NULL;
    switch (request) {
    case USBDEVFS_REAPURBNDELAY:
    case USBDEVFS_REAPURB:
        return reap(reader, argument);
    case USBDEVFS_DISCARDURB:
        return discard(reader, argument);
    }
    if (reader->is_gone) {
        return ENODEV;
    }
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES:
        number = umockdev_ioctl_data_resolve(argument, 0, sizeof(uint32_t), NULL);
        umockdev_ioctl_data_update(number, 0, (uint8_t[]){USBDEVFS_CAP_BULK_CONTINUATION, 0, 0, 0}, 4);
        g_object_unref(number);
        return 0;
    case USBDEVFS_SUBMITURB:
        return submit(reader, argument);
    case USBDEVFS_CLAIMINTERFACE:
    case USBDEVFS_DISCONNECT_CLAIM:
        reader->claims += !reader->is_claimed;
        return reader->is_claimed ? EBUSY : 0;
    case USBDEVFS_RELEASEINTERFACE:
        reader->releases++;
        return 0;
    case USBDEVFS_CLEAR_HALT:
        reader->cleared++;
        reader->halted = 0;
        return 0;
    case USBDEVFS_IOCTL: // no kernel driver to put back
    case USBDEVFS_GETDRIVER:
        return ENODATA;
    default:
        return ENOTTY;
    }
}

/// On umockdev's thread.
static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer context) {
    (void)base;
    reader *reader = context;
    g_mutex_lock(&reader->lock);
    UMockdevIoctlData *argument = umockdev_ioctl_client_get_arg(client);
    int error = carry_out(reader, umockdev_ioctl_client_get_request(client), argument);
    g_mutex_unlock(&reader->lock);
    umockdev_ioctl_client_complete(client, error == 0 ? 0 : -1, error);
    return TRUE;
}

// MARK: The plug

/// Device and configuration descriptor, as sysfs has them.
static size_t descriptors(const reader *reader, uint8_t *bytes) {
    static const uint8_t device[] = {18, 1, 0x10, 1, 0, 0, 0, 64, 0x00, 0x04, 0x5A, 0xC3, 0, 1, 0, 0, 1, 1};
    static const uint8_t split[] = {0x02, 0x06, 0x81, 0x85}, whole[] = {0x02, 0x81};
    const uint8_t *endpoints = reader->is_split ? split : whole;
    uint8_t count = reader->is_split ? 4 : 2;
    uint8_t total = (uint8_t)(18 + 7 * count);
    const uint8_t configuration[] = {9, 2, total, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, count, 0xFF, 0, 0, 0};
    memcpy(bytes, device, sizeof device);
    memcpy(bytes + sizeof device, configuration, sizeof configuration);
    uint8_t *next = bytes + sizeof device + sizeof configuration;
    for (uint8_t i = 0; i < count; i++) {
        const uint8_t endpoint[] = {7, 5, endpoints[i], 2, 64, 0, 0};
        memcpy(next, endpoint, sizeof endpoint);
        next += sizeof endpoint;
    }
    return (size_t)(next - bytes);
}

/// Plugs it in at 1-PORT.
static void plug(reader *reader, int port) {
    uint8_t bytes[64];
    size_t length = descriptors(reader, bytes);
    char hex[2 * sizeof bytes + 1], text[1024];
    for (size_t i = 0; i < length; i++) {
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
    snprintf(reader->node, sizeof reader->node, "/dev/bus/usb/001/%03d", port + 1);
    snprintf(text, sizeof text,
             "P: /devices/1-%d\nN: bus/usb/001/%03d\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: DEVNAME=%s\nE: BUSNUM=001\nE: DEVNUM=%03d\n"
             "A: busnum=1\\n\nA: devnum=%d\\n\nA: speed=12\\n\nA: bConfigurationValue=1\\n\nA: idVendor=0400\\n\nA: idProduct=c35a\\n\n"
             "H: descriptors=%s\n\n",
             port, port + 1, reader->node, port + 1, port + 1, hex);
    GError *error = NULL;
    reader->is_gone = false;
    if (!umockdev_testbed_add_from_string(reader->bed, text, &error)) {
        fprintf(stderr, "test-usb-reader: %s\n", error->message);
        exit(2);
    }
    reader->device = g_strdup_printf("/sys/devices/1-%d", port);
    if (reader->handler == NULL) {
        reader->handler = umockdev_ioctl_base_new();
        g_signal_connect(reader->handler, "handle-ioctl", G_CALLBACK(on_ioctl), reader);
    }
    if (!umockdev_testbed_attach_ioctl(reader->bed, reader->node, reader->handler, &error)) {
        fprintf(stderr, "attach: %s\n", error->message);
        exit(2);
    }
}

static void unplug(reader *reader) {
    g_mutex_lock(&reader->lock);
    reader->is_gone = true;
    serve(reader);
    g_mutex_unlock(&reader->lock);
    umockdev_testbed_detach_ioctl(reader->bed, reader->node, NULL);
    umockdev_testbed_uevent(reader->bed, reader->device, "remove");
    umockdev_testbed_remove_device(reader->bed, reader->device);
    g_free(reader->device);
    reader->device = NULL;
}

// MARK: The driver

/// Opens the one reader; its handle, or NULL with the code in `result`.
static kiosk_reader *open_reader(const char *serial, const char *path, kiosk_usb_found *found, int *result) {
    kiosk_line line;
    kiosk_reader *opened = NULL;
    *result = kiosk_usb_line(0x0400, 0xC35A, serial, path, found, &line);
    if (*result == 0) {
        *result = kiosk_reader_open(&line, 2000, &opened);
    }
    return opened;
}

static int failed = 0;

static void expect(bool fine, const char *what) {
    printf("%s %s\n", fine ? "ok" : "not ok", what);
    fflush(stdout);
    failed += !fine;
}

static int ask(kiosk_reader *reader, int32_t deadline_ms) {
    uint8_t sw3 = 0, data[64];
    int count = kiosk_reader_run(reader, KIOSK_READER_SAM_ID, &sw3, data, sizeof data, deadline_ms);
    return count == 16 && (sw3 != 0x90 || memcmp(data, sam_id + 10, 16) != 0) ? 1000 : count;
}

static void try_framing(UMockdevTestbed *bed, bool is_split) {
    reader one = {.bed = bed, .is_split = is_split, .serial = "R1"};
    const char *framing = is_split ? "split" : "whole";
    char what[100];
#define EXPECT(condition, text) (snprintf(what, sizeof what, "%s: %s", framing, text), expect(condition, what))
    kiosk_usb_found found;
    int result;
    kiosk_reader *handle = open_reader(NULL, NULL, &found, &result);
    EXPECT(handle == NULL && result == KIOSK_READER_GONE, "no reader on the bus");

    plug(&one, 1);
    handle = open_reader(NULL, NULL, &found, &result);
    EXPECT(handle != NULL && result == 0 && one.claims == 1, "found and claimed");
    EXPECT(strcmp(found.path, "1-1") == 0 && found.framing == (is_split ? KIOSK_USB_SPLIT : KIOSK_USB_WHOLE), "path and framing");
    if (handle == NULL) {
        fprintf(stderr, "test-usb-reader: code %d, %s\n", result, found.detail);
        return;
    }
    EXPECT(ask(handle, 2000) == 16, "answers");
    int before = one.discards;
    one.is_silent = true;
    EXPECT(ask(handle, 300) == KIOSK_READER_TIMEOUT, "silence is a time-out");
    EXPECT(one.discards > before, "and its transfer is taken back");
    one.is_silent = false;
    EXPECT(ask(handle, 2000) == 16, "and the next question is answered");
    one.halted = 0x81;
    int cleared = one.cleared;
    EXPECT(ask(handle, 2000) == KIOSK_READER_STALLED && one.cleared == cleared + 1, "a halt is told and cleared");
    kiosk_reader_close(handle);
    EXPECT(one.releases == 1, "released");
    handle = open_reader("R1", "1-1", &found, &result);
    EXPECT(handle != NULL && ask(handle, 2000) == 16, "found by its serial number and path");
    one.babbles = true;
    EXPECT(handle != NULL && ask(handle, 2000) == KIOSK_READER_OVERFLOW, "babble is told");
    one.babbles = false;
    if (handle != NULL) {
        kiosk_reader_close(handle);
    }
    handle = open_reader("R2", NULL, &found, &result);
    EXPECT(handle == NULL && result == KIOSK_READER_GONE && strstr(found.detail, "1-1") != NULL, "another serial number is another reader");

    one.is_claimed = true;
    handle = open_reader(NULL, NULL, &found, &result);
    EXPECT(handle == NULL && result == KIOSK_READER_BUSY, "claimed by another");
    one.is_claimed = false;

    reader two = {.bed = bed, .is_split = is_split};
    plug(&two, 2);
    handle = open_reader(NULL, NULL, &found, &result);
    EXPECT(handle == NULL && result == KIOSK_READER_ARGUMENT && strstr(found.detail, "1-1") != NULL && strstr(found.detail, "1-2") != NULL, "two readers are not guessed between");
    handle = open_reader(NULL, "1-2", &found, &result);
    EXPECT(handle != NULL && ask(handle, 2000) == 16 && strcmp(found.path, "1-2") == 0, "one of two by its path");
    unplug(&one);
    unplug(&two);
    EXPECT(handle != NULL && ask(handle, 2000) == KIOSK_READER_GONE, "unplugged while open");
    if (handle != NULL) {
        kiosk_reader_close(handle);
    }
    handle = open_reader(NULL, NULL, &found, &result);
    EXPECT(handle == NULL && result == KIOSK_READER_GONE, "gone from the bus");

    plug(&one, 3);
    handle = open_reader(NULL, NULL, &found, &result);
    EXPECT(handle != NULL && ask(handle, 2000) == 16 && strcmp(found.path, "1-3") == 0, "back at another port");
    if (handle != NULL) {
        kiosk_reader_close(handle);
    }
    unplug(&one);
}

int main(void) {
    UMockdevTestbed *bed = umockdev_testbed_new();
    if (!umockdev_in_mock_environment()) {
        fputs("test-usb-reader: run it by umockdev-wrapper\n", stderr);
        return 64;
    }
    try_framing(bed, false);
    try_framing(bed, true);
    g_object_unref(bed);
    return failed == 0 ? 0 : 1;
}

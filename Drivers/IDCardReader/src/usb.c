#include "kiosk_clock.h"
#include "kiosk_idcardreader_usb.h"

#include <libusb.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct usb_device {
    uint16_t vendor, product;
    /// The caller's; NULL as soon as opening has ended.
    const char *_Nullable serial, *_Nullable path;
    kiosk_usb_found *_Nullable found;
    libusb_context *_Nullable context;
    libusb_device_handle *_Nullable handle;
    /// Claimed when ≥ 0.
    int interface;
} usb_device;

static int failure(int error) {
    switch (error) {
    case LIBUSB_SUCCESS:
        return 0;
    case LIBUSB_ERROR_TIMEOUT:
        return KIOSK_READER_TIMEOUT;
    case LIBUSB_ERROR_PIPE:
        return KIOSK_READER_STALLED;
    case LIBUSB_ERROR_OVERFLOW:
        return KIOSK_READER_OVERFLOW;
    case LIBUSB_ERROR_NO_DEVICE:
    case LIBUSB_ERROR_NOT_FOUND:
        return KIOSK_READER_GONE;
    case LIBUSB_ERROR_ACCESS:
        return KIOSK_READER_ACCESS;
    case LIBUSB_ERROR_BUSY:
        return KIOSK_READER_BUSY;
    case LIBUSB_ERROR_NO_MEM:
        return KIOSK_READER_MEMORY;
    default:
        return KIOSK_READER_IO;
    }
}

/// libusb takes 0 for "no limit".
static unsigned bounded(int32_t timeout_ms) { return timeout_ms > 0 ? (unsigned)timeout_ms : 1; }

/// A list of what was found, for the technician; cut where it is full.
typedef struct list {
    char text[192];
} list;

/// Adds an entry.
__attribute__((format(printf, 2, 3))) static void add(list *list, const char *format, ...) {
    size_t length = strlen(list->text);
    va_list values;
    va_start(values, format);
    if (length > 0) {
        length += (size_t)snprintf(list->text + length, sizeof list->text - length, "; ");
    }
    if (length < sizeof list->text) {
        vsnprintf(list->text + length, sizeof list->text - length, format, values);
    }
    va_end(values);
}

/// The sentence for the technician.
static void say(kiosk_usb_found *found, const char *sentence, const list *_Nullable entries) {
    snprintf(found->detail, sizeof found->detail, "%s%s", sentence, entries == NULL ? "" : entries->text);
}

// MARK: Finding the reader

/// Bus and ports, as sysfs names a device.
static void name_path(libusb_device *device, char *text, size_t capacity) {
    uint8_t ports[7];
    int count = libusb_get_port_numbers(device, ports, sizeof ports);
    int length = snprintf(text, capacity, "%d", libusb_get_bus_number(device));
    for (int i = 0; i < count && length > 0 && (size_t)length < capacity; i++) {
        length += snprintf(text + length, capacity - (size_t)length, "%c%d", i == 0 ? '-' : '.', ports[i]);
    }
}

static int string_descriptor(libusb_device_handle *handle, uint8_t index, uint16_t language, uint8_t *bytes, uint16_t capacity, int64_t end) {
    int count = libusb_control_transfer(handle, LIBUSB_ENDPOINT_IN, LIBUSB_REQUEST_GET_DESCRIPTOR, (uint16_t)(LIBUSB_DT_STRING << 8 | index), language,
                                        bytes, capacity, bounded(kiosk_left(end)));
    if (count < 0) {
        return failure(count);
    }
    return count >= 2 && bytes[0] <= count && bytes[1] == LIBUSB_DT_STRING ? bytes[0] : KIOSK_READER_IO;
}

/// 1 when the device has this serial number, 0 when it has another or none, or a negative code.
/// Not with libusb's own function, which waits up to a second twice.
static int has_serial(libusb_device *device, uint8_t index, const char *serial, int64_t end) {
    if (index == 0) {
        return 0;
    }
    libusb_device_handle *handle = NULL;
    int result = failure(libusb_open(device, &handle));
    if (result < 0 || handle == NULL) {
        return result;
    }
    uint8_t bytes[255];
    result = string_descriptor(handle, 0, 0, bytes, sizeof bytes, end);
    if (result >= 4) {
        result = string_descriptor(handle, index, (uint16_t)(bytes[2] | bytes[3] << 8), bytes, sizeof bytes, end);
    }
    libusb_close(handle);
    if (result < 0) {
        return result;
    }
    size_t length = strlen(serial);
    if ((size_t)result != 2 + 2 * length) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        if (bytes[2 + 2 * i] != (uint8_t)serial[i] || bytes[3 + 2 * i] != 0) {
            return 0;
        }
    }
    return 1;
}

/// 1 when this device of the right ids is one that was asked for; 0, or a negative code.
static int matches(const usb_device *usb, libusb_device *device, uint8_t serial_index, const char *path, int64_t end) {
    if (usb->path != NULL && strcmp(usb->path, path) != 0) {
        return 0;
    }
    return usb->serial == NULL ? 1 : has_serial(device, serial_index, usb->serial, end);
}

/// Opens the one device that was asked for.
static int find(usb_device *usb, kiosk_usb_found *found, int64_t end) {
    libusb_device **devices = NULL;
    ssize_t count = libusb_get_device_list(usb->context, &devices);
    if (count < 0) {
        return failure((int)count);
    }
    libusb_device *chosen = NULL;
    list matching = {""}, others = {""};
    int result = KIOSK_READER_GONE;
    bool several = false;
    for (ssize_t i = 0; i < count; i++) {
        struct libusb_device_descriptor descriptor;
        if (libusb_get_device_descriptor(devices[i], &descriptor) < 0 || descriptor.idVendor != usb->vendor ||
            descriptor.idProduct != usb->product) {
            continue;
        }
        char path[sizeof found->path];
        name_path(devices[i], path, sizeof path);
        int match = matches(usb, devices[i], descriptor.iSerialNumber, path, end);
        if (match < 0 && match != KIOSK_READER_GONE) {
            // Its serial number can't be read: worth telling unless another one fits.
            result = match;
        }
        add(match > 0 ? &matching : &others, "%s", path);
        if (match > 0) {
            several = chosen != NULL;
            chosen = devices[i];
            memcpy(found->path, path, sizeof path);
        }
    }
    if (several) {
        found->path[0] = 0;
        say(found, "several readers match, choose one with path= or serial=: ", &matching);
        result = KIOSK_READER_ARGUMENT;
    } else if (chosen != NULL) {
        result = failure(libusb_open(chosen, &usb->handle));
    } else if (others.text[0] != 0) {
        say(found, "no reader is the one that path= or serial= names; readers are at ", &others);
    }
    libusb_free_device_list(devices, 1);
    return result;
}

// MARK: Taking the interface

typedef struct choice {
    int interface, alternate;
    kiosk_usb_layout layout;
} choice;

/// Looks at one alternate setting and names what it has. True when it fits, with `choice` filled in.
static bool consider(const struct libusb_interface_descriptor *setting, choice *choice, list *settings) {
    kiosk_usb_endpoint endpoints[KIOSK_USB_MAX_ENDPOINTS];
    size_t count = setting->bNumEndpoints < KIOSK_USB_MAX_ENDPOINTS ? setting->bNumEndpoints : KIOSK_USB_MAX_ENDPOINTS;
    for (size_t i = 0; i < count; i++) {
        const struct libusb_endpoint_descriptor *endpoint = &setting->endpoint[i];
        endpoints[i] = (kiosk_usb_endpoint){endpoint->bEndpointAddress, endpoint->bmAttributes, endpoint->wMaxPacketSize};
    }
    char text[128];
    kiosk_usb_describe(endpoints, count, text, sizeof text);
    add(settings, "interface %d.%d: %s", setting->bInterfaceNumber, setting->bAlternateSetting, text);
    kiosk_usb_layout layout;
    if (kiosk_usb_choose(endpoints, count, &layout) < 0) {
        return false;
    }
    choice->interface = setting->bInterfaceNumber;
    choice->alternate = setting->bAlternateSetting;
    choice->layout = layout;
    return true;
}

/// The one interface that fits, in the first of its alternate settings that does. Two are not guessed between: a composite device may well have
/// a disk beside the reader, with the same endpoints.
static int choose(const usb_device *usb, kiosk_usb_found *found, choice *choice) {
    struct libusb_config_descriptor *configuration = NULL;
    int result = libusb_get_active_config_descriptor(libusb_get_device(usb->handle), &configuration);
    if (result == LIBUSB_ERROR_NOT_FOUND) {
        say(found, "the kernel has not configured the reader: replug it", NULL);
        return KIOSK_READER_ARGUMENT;
    }
    if (result < 0) {
        return failure(result);
    }
    list settings = {""};
    int fitting = 0;
    for (int i = 0; i < configuration->bNumInterfaces; i++) {
        const struct libusb_interface *interface = &configuration->interface[i];
        for (int j = 0; j < interface->num_altsetting; j++) {
            if (consider(&interface->altsetting[j], choice, &settings)) {
                fitting++;
                break;
            }
        }
    }
    libusb_free_config_descriptor(configuration);
    if (fitting == 1) {
        return 0;
    }
    say(found,
        fitting == 0 ? "no interface has one or two bulk endpoints in each direction and nothing else, as a reader has: "
                     : "several interfaces could be the reader's, and this device isn't supported: ",
        &settings);
    return KIOSK_READER_ARGUMENT;
}

static int take(usb_device *usb, const choice *choice) {
    // Where it isn't supported there is no kernel driver to take it from.
    (void)libusb_set_auto_detach_kernel_driver(usb->handle, 1);
    int result = libusb_claim_interface(usb->handle, choice->interface);
    if (result < 0) {
        return failure(result);
    }
    usb->interface = choice->interface;
    return choice->alternate == 0 ? 0 : failure(libusb_set_interface_alt_setting(usb->handle, choice->interface, choice->alternate));
}

// MARK: The pipe

static int usb_open(void *context, kiosk_usb_layout *layout, int32_t deadline_ms) {
    usb_device *usb = context;
    int64_t end = kiosk_end(deadline_ms);
    kiosk_usb_found *found = usb->found;
    choice choice;
    int result = failure(libusb_init(&usb->context));
    if (result == 0) {
        result = find(usb, found, end);
    }
    if (result == 0) {
        result = choose(usb, found, &choice);
    }
    if (result == 0) {
        result = take(usb, &choice);
    }
    if (result == 0) {
        *layout = choice.layout;
        found->framing = choice.layout.framing;
    }
    usb->found = NULL;
    usb->serial = usb->path = NULL;
    return result;
}

static int usb_transfer(void *context, uint8_t endpoint, uint8_t *bytes, size_t count, size_t *moved, int32_t timeout_ms) {
    usb_device *usb = context;
    int some = 0;
    int result = libusb_bulk_transfer(usb->handle, endpoint, bytes, (int)count, &some, bounded(timeout_ms));
    *moved = some > 0 ? (size_t)some : 0;
    if (result == LIBUSB_ERROR_PIPE) {
        int cleared = libusb_clear_halt(usb->handle, endpoint);
        return cleared == LIBUSB_ERROR_NO_DEVICE ? KIOSK_READER_GONE : KIOSK_READER_STALLED;
    }
    return failure(result);
}

static void usb_close(void *context) {
    usb_device *usb = context;
    if (usb->handle != NULL) {
        if (usb->interface >= 0) {
            (void)libusb_release_interface(usb->handle, usb->interface);
        }
        libusb_close(usb->handle);
    }
    if (usb->context != NULL) {
        libusb_exit(usb->context);
    }
    free(usb);
}

int kiosk_usb_line(uint16_t vendor, uint16_t product, const char *serial, const char *path, kiosk_usb_found *found, kiosk_line *line) {
    memset(found, 0, sizeof *found);
    usb_device *usb = calloc(1, sizeof *usb);
    if (usb == NULL) {
        return KIOSK_READER_MEMORY;
    }
    *usb = (usb_device){.vendor = vendor, .product = product, .serial = serial, .path = path, .found = found, .interface = -1};
    const kiosk_usb_pipe pipe = {.context = usb, .open = usb_open, .transfer = usb_transfer, .close = usb_close};
    return kiosk_usb_line_over(&pipe, line);
}

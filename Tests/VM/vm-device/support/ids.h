#ifndef VM_DEVICE_IDS_H
#define VM_DEVICE_IDS_H

/// The USB ids of the gadgets, by which the probes look for them. They are the ids that the Linux-USB project set aside for gadgets of these kinds.
enum {
    ID_VENDOR = 0x0525,
    ID_PRINTER = 0xA4A8,
    ID_ACM = 0xA4A7,
    ID_HID = 0xA4AC,
    ID_UVC_VENDOR = 0x1D6B,
    ID_UVC = 0x0102,
};

#endif

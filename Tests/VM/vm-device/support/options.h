#ifndef VM_DEVICE_OPTIONS_H
#define VM_DEVICE_OPTIONS_H

#include "outcome.h"

#pragma clang assume_nonnull begin

/// What stands after the subcommand. A subcommand takes the options that its help names; the others are refused.
struct options {
    /// `--name`: the device's name, also its USB serial number, by which a probe finds it.
    const char *name;
    /// `--expect`: what a probe must see.
    const char *_Nullable expect;
    /// `--driver`: which V4L2 driver to look for.
    const char *_Nullable driver;
    /// `--line`: the tty on which somebody else plays the device.
    const char *_Nullable line;
    /// `--deadline`: milliseconds for the whole probe, finding the device included.
    int deadline;
    /// `--frames`: how many pictures; 0 goes on until the camera is unplugged.
    int frames;
    /// `--bytes`: how much to print.
    int bytes;
    /// `--lock`: which lock to open.
    int lock;
};

/// Reads `--key value` pairs; `allowed` lists the keys as ` name expect `. USAGE, with a complaint, for anything else.
enum outcome options_parse(struct options *options, int count, char *_Nonnull *_Nonnull arguments, const char *allowed);

#pragma clang assume_nonnull end
#endif

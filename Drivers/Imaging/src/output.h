#ifndef KIOSK_IMAGING_OUTPUT_H
#define KIOSK_IMAGING_OUTPUT_H

#include <cairo.h>
#include <stdbool.h>

#include "kiosk_imaging.h"

/// The caller's buffer, filled from the front by cairo.
typedef struct output {
    uint8_t *bytes;
    size_t capacity;
    size_t used;
    bool overflow;
} output;

/// A cairo_write_func_t over an `output`.
cairo_status_t output_write(void *closure, const unsigned char *data, unsigned int length);

/// A PDF surface of this size in points that writes to `to`, with title and without a date.
cairo_surface_t *output_pdf(output *to, double width, double height, const char *title);

/// What a surface's or context's status means to the caller.
int output_error(const output *from, cairo_status_t status);

#endif

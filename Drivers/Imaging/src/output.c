#include "output.h"

#include <cairo-pdf.h>
#include <string.h>

cairo_status_t output_write(void *closure, const unsigned char *data, unsigned int length) {
    output *to = closure;
    if (to->overflow || length > to->capacity - to->used) {
        to->overflow = true;
        return CAIRO_STATUS_WRITE_ERROR;
    }
    memcpy(to->bytes + to->used, data, length);
    to->used += length;
    return CAIRO_STATUS_SUCCESS;
}

cairo_surface_t *output_pdf(output *to, double width, double height, const char *title) {
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(output_write, to, width, height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
    // Not a date, hence none is written: two runs over the same pages must give the same bytes.
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "");
    return surface;
}

int output_error(const output *from, cairo_status_t status) {
    // First, whatever cairo made of the refused write: a document that was cut must never pass for a whole one.
    if (from->overflow) {
        return KIOSK_IMAGING_TOO_LARGE;
    }
    if (status == CAIRO_STATUS_SUCCESS) {
        return 0;
    }
    switch (status) {
    case CAIRO_STATUS_NO_MEMORY: return KIOSK_IMAGING_NO_MEMORY;
    case CAIRO_STATUS_INVALID_STRING: return KIOSK_IMAGING_BAD_TEXT;
    default: return KIOSK_IMAGING_LIBRARY;
    }
}

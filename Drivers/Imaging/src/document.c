#include <cairo-pdf.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include "output.h"
#include "page.h"

struct kiosk_pdf {
    output to;
    cairo_surface_t *surface;
    cairo_t *context;
};

/// points
static double points(int64_t pixels, int64_t resolution) { return (double)pixels * 72.0 / (double)resolution; }

kiosk_pdf *kiosk_pdf_open(const char *title, uint8_t *out, size_t capacity) {
    kiosk_pdf *pdf = calloc(1, sizeof *pdf);
    if (pdf == NULL) {
        return NULL;
    }
    pdf->to = (output){.bytes = out, .capacity = capacity};
    // Every page sets its own size before anything is drawn on it.
    pdf->surface = output_pdf(&pdf->to, 1, 1, title);
    pdf->context = cairo_create(pdf->surface);
    if (cairo_status(pdf->context) != CAIRO_STATUS_SUCCESS) {
        kiosk_pdf_close(pdf);
        return NULL;
    }
    return pdf;
}

static void free_jpeg(void *jpeg) { tjFree(jpeg); }

int kiosk_pdf_add(kiosk_pdf *pdf, const kiosk_page *page, int quality) {
    if (kiosk_imaging_check(page) < 0 || quality < 1 || quality > 100) {
        return KIOSK_IMAGING_BAD_PAGE;
    }
    unsigned char *jpeg;
    unsigned long length;
    int error = page_compress(page, quality, &jpeg, &length);
    if (error < 0) {
        return error;
    }
    // cairo carries an image's JPEG over as it is and never looks at the pixels beside it: they are untouched zero pages, which take up no memory.
    cairo_surface_t *image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)page->width, (int)page->height);
    cairo_status_t attached = cairo_surface_set_mime_data(image, CAIRO_MIME_TYPE_JPEG, jpeg, length, free_jpeg, jpeg);
    if (attached != CAIRO_STATUS_SUCCESS) {
        tjFree(jpeg);
        cairo_surface_destroy(image);
        return output_error(&pdf->to, attached);
    }
    cairo_pdf_surface_set_size(pdf->surface, points(page->width, page->resolution), points(page->height, page->resolution));
    cairo_save(pdf->context);
    cairo_scale(pdf->context, 72.0 / (double)page->resolution, 72.0 / (double)page->resolution);
    cairo_set_source_surface(pdf->context, image, 0, 0);
    cairo_paint(pdf->context);
    cairo_restore(pdf->context);
    cairo_show_page(pdf->context);
    cairo_surface_destroy(image);
    cairo_status_t status = cairo_status(pdf->context);
    return output_error(&pdf->to, status != CAIRO_STATUS_SUCCESS ? status : cairo_surface_status(pdf->surface));
}

ssize_t kiosk_pdf_finish(kiosk_pdf *pdf) {
    cairo_surface_finish(pdf->surface);
    int error = output_error(&pdf->to, cairo_surface_status(pdf->surface));
    return error < 0 ? error : (ssize_t)pdf->to.used;
}

void kiosk_pdf_close(kiosk_pdf *pdf) {
    cairo_destroy(pdf->context);
    cairo_surface_destroy(pdf->surface);
    free(pdf);
}

#include <qrencode.h>
#include <string.h>

#include "output.h"
#include "text.h"

// Dots of 1/8 mm, as nearly every thermal head has them: characters of 3 mm, and modules that a phone reads at arm's length.
static const double title_size = 34, value_size = 26, label_size = 22, gap = 8, feed = 24;
enum { LARGEST_MODULE = 8, LEAST_MODULE = 3, QUIET_ZONE = 4 };

typedef struct roll {
    cairo_t *context;
    double width;
    double top;
    /// false while the length is only being found out
    int draws;
} roll;

static void put_text(roll *on, const char *text, double size, int bold, PangoAlignment alignment) {
    PangoLayout *layout = text_layout(on->context, text, on->width, size, bold, alignment);
    int height;
    pango_layout_get_size(layout, NULL, &height);
    if (on->draws) {
        cairo_move_to(on->context, 0, on->top);
        pango_cairo_show_layout(on->context, layout);
    }
    g_object_unref(layout);
    // Whole dots, so that the second run comes to the height of the first.
    on->top += PANGO_PIXELS_CEIL(height);
}

static void put_rule(roll *on) {
    if (on->draws) {
        cairo_rectangle(on->context, 0, on->top, on->width, 2);
        cairo_fill(on->context);
    }
    on->top += 2 + gap;
}

static int put_code(roll *on, const char *text) {
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (code == NULL) {
        return KIOSK_IMAGING_BAD_TEXT;
    }
    int modules = code->width + 2 * QUIET_ZONE, module = (int)on->width / modules;
    module = module > LARGEST_MODULE ? LARGEST_MODULE : module;
    if (module < LEAST_MODULE) {
        QRcode_free(code);
        return KIOSK_IMAGING_BAD_TEXT;
    }
    int left = ((int)on->width - modules * module) / 2 + QUIET_ZONE * module, top = (int)on->top + QUIET_ZONE * module;
    for (int y = 0; on->draws && y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            if (code->data[y * code->width + x] & 1) {
                cairo_rectangle(on->context, left + x * module, top + y * module, module, module);
            }
        }
    }
    if (on->draws) {
        cairo_fill(on->context);
    }
    QRcode_free(code);
    on->top += modules * module;
    return 0;
}

static int put_receipt(roll *on, const kiosk_receipt *receipt) {
    on->top = gap;
    put_text(on, receipt->title, title_size, 1, PANGO_ALIGN_CENTER);
    on->top += gap;
    put_rule(on);
    for (size_t i = 0; receipt->lines != NULL && i < receipt->line_count; i++) {
        // Below each other: on 48 mm a value beside its label would break after every few characters.
        put_text(on, receipt->lines[i].label, label_size, 0, PANGO_ALIGN_LEFT);
        put_text(on, receipt->lines[i].value, value_size, 1, PANGO_ALIGN_LEFT);
        on->top += gap;
        if (on->top > KIOSK_IMAGING_MAX_RASTER_HEIGHT) {
            return KIOSK_IMAGING_BAD_TEXT;
        }
    }
    put_rule(on);
    if (receipt->code != NULL) {
        int error = put_code(on, receipt->code);
        if (error < 0) {
            return error;
        }
    }
    put_text(on, receipt->footer, label_size, 0, PANGO_ALIGN_CENTER);
    on->top += feed;
    return on->top > KIOSK_IMAGING_MAX_RASTER_HEIGHT ? KIOSK_IMAGING_BAD_TEXT : 0;
}

/// Coverage of half and more becomes black. Highest bit to the left.
static void pack(cairo_surface_t *surface, int width, int height, uint8_t *out) {
    cairo_surface_flush(surface);
    const uint8_t *pixels = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    memset(out, 0, (size_t)(width / 8) * (size_t)height);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            if (pixels[(size_t)y * (size_t)stride + (size_t)x] >= 0x80) {
                uint8_t *byte = out + (size_t)y * (size_t)(width / 8) + x / 8;
                *byte = (uint8_t)(*byte | 0x80 >> x % 8);
            }
        }
    }
}

/// A surface of coverage without colour, and a context on it. NULL without memory.
static cairo_t *paper(int width, int height) {
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
    cairo_t *context = cairo_create(surface);
    cairo_surface_destroy(surface);
    if (cairo_status(context) == CAIRO_STATUS_SUCCESS) {
        return context;
    }
    cairo_destroy(context);
    return NULL;
}

ssize_t kiosk_imaging_receipt_raster(const kiosk_receipt *receipt, int32_t width, uint8_t *out, size_t capacity) {
    if (width < KIOSK_IMAGING_MIN_RASTER || width > KIOSK_IMAGING_MAX_RASTER || width % 8 != 0) {
        return KIOSK_IMAGING_BAD_PAGE;
    }
    if (!text_is_valid(receipt)) {
        return KIOSK_IMAGING_BAD_TEXT;
    }
    roll measured = {.context = paper(1, 1), .width = width, .draws = 0};
    if (measured.context == NULL) {
        return KIOSK_IMAGING_NO_MEMORY;
    }
    int error = put_receipt(&measured, receipt);
    cairo_destroy(measured.context);
    if (error < 0) {
        return error;
    }
    int height = (int)measured.top;
    size_t bytes = (size_t)(width / 8) * (size_t)height;
    if (bytes > capacity) {
        return KIOSK_IMAGING_TOO_LARGE;
    }
    roll drawn = {.context = paper(width, height), .width = width, .draws = 1};
    if (drawn.context == NULL) {
        return KIOSK_IMAGING_NO_MEMORY;
    }
    error = put_receipt(&drawn, receipt);
    cairo_status_t status = cairo_status(drawn.context);
    if (error == 0 && status != CAIRO_STATUS_SUCCESS) {
        error = output_error(&(output){.capacity = capacity}, status);
    }
    if (error == 0) {
        pack(cairo_get_target(drawn.context), width, height, out);
    }
    cairo_destroy(drawn.context);
    return error < 0 ? error : (ssize_t)bytes;
}

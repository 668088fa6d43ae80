#include <cairo-pdf.h>
#include <qrencode.h>

#include "output.h"
#include "text.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
#define KIOSK_FINDS_LEAKS 1
#endif
#endif

// points; A4 with margins of 25 mm.
static const double sheet_width = 595.276, sheet_height = 841.890, margin = 70.866;
static const double column_gap = 12, label_width = 140, line_gap = 8;
// 45 mm: read from half a metre by a phone.
static const double code_side = 127.559;

typedef struct sheet {
    cairo_t *context;
    double top;
} sheet;

/// A wrapped paragraph. Returns its height in points; nothing is drawn beyond the lower margin.
static double draw_text(sheet *on, const char *text, double x, double width, double size, int bold, PangoAlignment alignment) {
    PangoLayout *layout = text_layout(on->context, text, width, size, bold, alignment);
    int height;
    pango_layout_get_size(layout, NULL, &height);
    double tall = (double)height / PANGO_SCALE;
    if (on->top + tall <= sheet_height - margin) {
        cairo_move_to(on->context, x, on->top);
        pango_cairo_show_layout(on->context, layout);
    }
    g_object_unref(layout);
    return tall;
}

static void draw_rule(sheet *on) {
    cairo_set_line_width(on->context, 0.5);
    cairo_move_to(on->context, margin, on->top);
    cairo_line_to(on->context, sheet_width - margin, on->top);
    cairo_stroke(on->context);
}

/// Black modules as one filled path, with the quiet zone of four modules inside `code_side` (ISO/IEC 18004).
static int draw_code(sheet *on, const char *text) {
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (code == NULL) {
        return KIOSK_IMAGING_BAD_TEXT;
    }
    double module = code_side / (code->width + 8), left = (sheet_width - code_side) / 2 + 4 * module, top = on->top + 4 * module;
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            int from = x;
            while (x < code->width && (code->data[y * code->width + x] & 1)) {
                x++;
            }
            if (x > from) {
                cairo_rectangle(on->context, left + from * module, top + y * module, (x - from) * module, module);
            }
        }
    }
    cairo_fill(on->context);
    QRcode_free(code);
    on->top += code_side;
    return 0;
}

static int draw(cairo_t *context, const kiosk_receipt *receipt) {
    sheet on = {.context = context, .top = margin};
    double width = sheet_width - 2 * margin, value_left = margin + label_width + column_gap;
    on.top += draw_text(&on, receipt->title, margin, width, 22, 1, PANGO_ALIGN_CENTER) + 2 * line_gap;
    draw_rule(&on);
    on.top += 2 * line_gap;
    for (size_t i = 0; receipt->lines != NULL && i < receipt->line_count; i++) {
        const kiosk_receipt_line *line = receipt->lines + i;
        double label = draw_text(&on, line->label, margin, label_width, 13, 0, PANGO_ALIGN_LEFT);
        double value = draw_text(&on, line->value, value_left, sheet_width - margin - value_left, 13, 1, PANGO_ALIGN_LEFT);
        on.top += (label > value ? label : value) + line_gap;
        if (on.top > sheet_height - margin) {
            return KIOSK_IMAGING_BAD_TEXT;
        }
    }
    on.top += line_gap;
    draw_rule(&on);
    on.top += line_gap;
    if (receipt->code != NULL) {
        if (on.top + code_side > sheet_height - margin) {
            return KIOSK_IMAGING_BAD_TEXT;
        }
        int error = draw_code(&on, receipt->code);
        if (error < 0) {
            return error;
        }
        on.top += line_gap;
    }
    on.top += draw_text(&on, receipt->footer, margin, width, 11, 0, PANGO_ALIGN_CENTER);
    return on.top > sheet_height - margin ? KIOSK_IMAGING_BAD_TEXT : 0;
}

/// cairo 1.16 loses 768 bytes for each CFF font that it embeds, which it does here. A checker that traces leaks is told to look away for that alone.
static void finish(cairo_surface_t *surface) {
#ifdef KIOSK_FINDS_LEAKS
    __lsan_disable();
#endif
    cairo_surface_finish(surface);
#ifdef KIOSK_FINDS_LEAKS
    __lsan_enable();
#endif
}

ssize_t kiosk_imaging_receipt(const kiosk_receipt *receipt, uint8_t *out, size_t capacity) {
    if (!text_is_valid(receipt)) {
        return KIOSK_IMAGING_BAD_TEXT;
    }
    output to = {.bytes = out, .capacity = capacity};
    cairo_surface_t *surface = output_pdf(&to, sheet_width, sheet_height, receipt->title);
    cairo_t *context = cairo_create(surface);
    int error = draw(context, receipt);
    cairo_show_page(context);
    cairo_status_t status = cairo_status(context);
    cairo_destroy(context);
    finish(surface);
    if (status == CAIRO_STATUS_SUCCESS) {
        status = cairo_surface_status(surface);
    }
    cairo_surface_destroy(surface);
    if (error == 0) {
        error = output_error(&to, status);
    }
    return error < 0 ? error : (ssize_t)to.used;
}

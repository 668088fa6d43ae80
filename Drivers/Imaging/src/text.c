#include "text.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
// fontconfig refers to the parts of a pattern by offsets, not by pointers, so that its cache can be mapped anywhere: what it holds looks lost.
const char *__lsan_default_suppressions(void) { return "leak:libfontconfig\n"; }
#endif
#endif

static const char family[] = "Noto Sans CJK SC, Noto Sans, sans-serif";

PangoLayout *text_layout(cairo_t *context, const char *text, double width, double size, int bold, PangoAlignment alignment) {
    PangoLayout *layout = pango_cairo_create_layout(context);
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family_static(font, family);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    // Han characters have national shapes: ask for the mainland's whatever the locale of the process is.
    pango_context_set_language(pango_layout_get_context(layout), pango_language_from_string("zh-cn"));
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout, alignment);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

static int is_text(const char *text) { return g_utf8_validate(text, -1, NULL); }

int text_is_valid(const kiosk_receipt *receipt) {
    if (!is_text(receipt->title) || !is_text(receipt->footer) || (receipt->code != NULL && !is_text(receipt->code))) {
        return 0;
    }
    for (size_t i = 0; receipt->lines != NULL && i < receipt->line_count; i++) {
        if (!is_text(receipt->lines[i].label) || !is_text(receipt->lines[i].value)) {
            return 0;
        }
    }
    return 1;
}

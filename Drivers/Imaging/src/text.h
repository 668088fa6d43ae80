#ifndef KIOSK_IMAGING_TEXT_H
#define KIOSK_IMAGING_TEXT_H

#include <pango/pangocairo.h>

#include "kiosk_imaging.h"

/// A paragraph wrapped to `width`, `size` the height of the em square, both in the context's units. Freed with g_object_unref.
PangoLayout *text_layout(cairo_t *context, const char *text, double width, double size, int bold, PangoAlignment alignment);

/// Whether all of a receipt's text is UTF-8.
int text_is_valid(const kiosk_receipt *receipt);

#endif

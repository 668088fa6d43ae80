#ifndef KIOSK_IMAGING_PAGE_H
#define KIOSK_IMAGING_PAGE_H

#include <leptonica/allheaders.h>

#include "kiosk_imaging.h"

/// Compresses a checked page. `*jpeg` is libturbojpeg's and freed with tjFree.
int page_compress(const kiosk_page *page, int quality, unsigned char **jpeg, unsigned long *length);

/// A checked page as Leptonica holds it: 8 bits, or 32. NULL without memory. Freed with pixDestroy.
PIX *page_pix(const kiosk_page *page);

/// Rows without padding, one byte a pixel (`gray`) or three; `pixels` has room for them.
void page_rows(PIX *pix, int gray, uint8_t *pixels);

static inline int is_stopped(const kiosk_stop *stop) { return stop != NULL && stop->asked(stop->context); }

#endif

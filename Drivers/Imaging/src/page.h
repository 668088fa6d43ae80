#ifndef KIOSK_IMAGING_PAGE_H
#define KIOSK_IMAGING_PAGE_H

#include "kiosk_imaging.h"

/// Compresses a checked page. `*jpeg` is libturbojpeg's and freed with tjFree.
int page_compress(const kiosk_page *page, int quality, unsigned char **jpeg, unsigned long *length);

#endif

/// One request to a printer and its answer, within a time and stoppable, over whichever connection leads there.
#ifndef KIOSK_PRINTER_EXCHANGE_H
#define KIOSK_PRINTER_EXCHANGE_H

#include "kiosk_printer.h"

#include <cups/cups.h>

/// What goes with a request.
typedef struct kiosk_document {
    const void *bytes;
    size_t length;
    /// How many bytes left, failed or not.
    size_t *sent;
} kiosk_document;

/// A request with what every one of ours says; `job` is 0 for none. NULL without memory.
ipp_t *kiosk_exchange_request(ipp_op_t operation, const char *uri, int job, const char *user);

/// Sends the request and, if any, the document, and reads the answer. Frees the request, which may be NULL. `*answer` is the caller's to free
/// when the result is 0; else it is a negative code.
int kiosk_exchange(const kiosk_printer_address *address, const kiosk_printer_limit *limit, ipp_t *request, const kiosk_document *document,
                   ipp_t **answer);

#endif

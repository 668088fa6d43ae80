#include "kiosk_printer.h"

#include <cups/cups.h>
#include <errno.h>
#include <string.h>
#include <time.h>

/// One exchange with the printer. Lives on the caller's stack: libcups' time-out callback never outlives the call.
typedef struct exchange {
    cups_dest_t *destination;
    http_t *http;
    /// as the request line has it: `/ipp/print`
    char resource[1024];
    /// CLOCK_MONOTONIC, milliseconds
    int64_t deadline;
    kiosk_printer_stop stop;
    void *context;
    bool late;
    bool stopped;
} exchange;

static int64_t now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool must_end(exchange *with) {
    with->late = with->late || now_ms() >= with->deadline;
    with->stopped = with->stopped || (with->stop != NULL && with->stop(with->context));
    return with->late || with->stopped;
}

/// libcups asks this whenever a read or write has waited 100 ms: 1 goes on waiting.
static int keep_waiting(http_t *http, void *with) {
    (void)http;
    return !must_end(with);
}

/// libcups would ask for a password on the terminal; a kiosk's printer has none.
static const char *no_password(const char *prompt, http_t *http, const char *method, const char *resource, void *context) {
    (void)prompt, (void)http, (void)method, (void)resource, (void)context;
    return NULL;
}

static void end(exchange *with) {
    httpClose(with->http);
    cupsFreeDests(1, with->destination);
}

static int begin(exchange *with, const char *uri, int timeout_ms, kiosk_printer_stop stop, void *context) {
    *with = (exchange){.deadline = now_ms() + timeout_ms, .stop = stop, .context = context};
    if (strncmp(uri, "ipp://", 6) != 0 && strncmp(uri, "ipps://", 7) != 0) {
        return KIOSK_PRINTER_BAD_URI;
    }
    if (timeout_ms <= 0) {
        return KIOSK_PRINTER_TIMEOUT;
    }
    with->destination = cupsGetDestWithURI("kiosk", uri);
    if (with->destination == NULL) {
        return KIOSK_PRINTER_BAD_URI;
    }
    cupsSetPasswordCB2(no_password, NULL);
    // Unconnected at first, so that the time-outs already hold during the TLS handshake.
    with->http = cupsConnectDest(
        with->destination, CUPS_DEST_FLAGS_DEVICE | CUPS_DEST_FLAGS_UNCONNECTED, timeout_ms, NULL, with->resource, sizeof with->resource, NULL,
        NULL);
    if (with->http == NULL) {
        cupsFreeDests(1, with->destination);
        return KIOSK_PRINTER_UNREACHABLE;
    }
    httpSetTimeout(with->http, 0.1, keep_waiting, with);
    int cancel = 0;
    if (httpReconnect2(with->http, timeout_ms, &cancel) != 0) {
        int error = now_ms() >= with->deadline ? KIOSK_PRINTER_TIMEOUT : KIOSK_PRINTER_UNREACHABLE;
        end(with);
        return error;
    }
    return 0;
}

static ipp_t *new_request(ipp_op_t operation, const char *uri, int job, const char *user) {
    ipp_t *request = ippNewRequest(operation);
    if (request == NULL) {
        return NULL;
    }
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", NULL, uri);
    if (job > 0) {
        ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "job-id", job);
    }
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME, "requesting-user-name", NULL, user);
    return request;
}

/// What a failed exchange means; `otherwise` when neither deadline nor caller ended it.
static int reason(exchange *with, int otherwise) {
    must_end(with);
    return with->stopped ? KIOSK_PRINTER_STOPPED : with->late ? KIOSK_PRINTER_TIMEOUT : otherwise;
}

static int send_bytes(exchange *with, const char *bytes, size_t length) {
    static const size_t block = 64 << 10;
    for (size_t sent = 0; sent < length;) {
        if (must_end(with)) {
            return reason(with, KIOSK_PRINTER_TIMEOUT);
        }
        size_t part = length - sent < block ? length - sent : block;
        http_status_t status = cupsWriteRequestData(with->http, bytes + sent, part);
        if (status != HTTP_STATUS_CONTINUE) {
            // The printer may have answered before the end; the answer says why.
            return status >= HTTP_STATUS_OK ? 0 : reason(with, KIOSK_PRINTER_UNREACHABLE);
        }
        sent += part;
    }
    return 0;
}

/// Sends the request and, if any, the document, and reads the answer. Frees the request. `*answer` is the caller's to free when the result is 0.
static int converse(exchange *with, ipp_t *request, const void *bytes, size_t length, ipp_t **answer) {
    http_status_t status = cupsSendRequest(with->http, request, with->resource, ippLength(request) + length);
    ippDelete(request);
    if (status != HTTP_STATUS_CONTINUE && status != HTTP_STATUS_OK) {
        return reason(with, status == HTTP_STATUS_ERROR || status == HTTP_STATUS_SERVICE_UNAVAILABLE ? KIOSK_PRINTER_UNREACHABLE
                                                                                                     : KIOSK_PRINTER_PROTOCOL);
    }
    if (bytes != NULL) {
        int error = send_bytes(with, bytes, length);
        if (error < 0) {
            return error;
        }
    }
    *answer = cupsGetResponse(with->http, with->resource);
    if (*answer == NULL) {
        return reason(with, httpError(with->http) != 0 ? KIOSK_PRINTER_UNREACHABLE : KIOSK_PRINTER_PROTOCOL);
    }
    // A half-read answer is libcups' to return, not ours to believe.
    if (ippGetState(*answer) != IPP_STATE_DATA) {
        ippDelete(*answer);
        return reason(with, KIOSK_PRINTER_PROTOCOL);
    }
    ipp_status_t code = ippGetStatusCode(*answer);
    if (code > IPP_STATUS_OK_EVENTS_COMPLETE) {
        ippDelete(*answer);
        return KIOSK_PRINTER_REFUSED - (int)code;
    }
    return 0;
}

/// One whole operation without a document.
static int operate(const char *uri, int timeout_ms, ipp_t *request, ipp_t **answer) {
    if (request == NULL) {
        return KIOSK_PRINTER_NO_MEMORY;
    }
    exchange with;
    int error = begin(&with, uri, timeout_ms, NULL, NULL);
    if (error < 0) {
        ippDelete(request);
        return error;
    }
    error = converse(&with, request, NULL, 0, answer);
    end(&with);
    return error;
}

static int integer(ipp_t *answer, const char *name, ipp_tag_t tag, int missing) {
    ipp_attribute_t *attribute = ippFindAttribute(answer, name, tag);
    return attribute == NULL ? missing : ippGetInteger(attribute, 0);
}

static void copy_text(char *to, size_t capacity, const char *from) {
    size_t length = strnlen(from, capacity - 1);
    memcpy(to, from, length);
    to[length] = '\0';
}

/// A list of keywords that doesn't fit loses whole keywords from its end: half a keyword would be another word.
static void copy_keywords(ipp_t *answer, const char *name, char *to, size_t capacity) {
    to[0] = '\0';
    size_t used = 0;
    ipp_attribute_t *attribute = ippFindAttribute(answer, name, IPP_TAG_KEYWORD);
    for (int i = 0; attribute != NULL && i < ippGetCount(attribute); i++) {
        const char *word = ippGetString(attribute, i, NULL);
        if (word == NULL || strcmp(word, "none") == 0) {
            continue;
        }
        size_t length = strlen(word), comma = used > 0;
        if (used + comma + length >= capacity) {
            return;
        }
        if (comma) {
            to[used++] = ',';
        }
        memcpy(to + used, word, length + 1);
        used += length;
    }
}

int kiosk_printer_query(const char *uri, int timeout_ms, kiosk_printer_status *status) {
    static const char *const wanted[] = {"printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "printer-make-and-model"};
    memset(status, 0, sizeof *status);
    ipp_t *request = new_request(IPP_OP_GET_PRINTER_ATTRIBUTES, uri, 0, "kiosk");
    if (request != NULL) {
        ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", 4, NULL, wanted);
    }
    ipp_t *answer;
    int error = operate(uri, timeout_ms, request, &answer);
    if (error < 0) {
        return error;
    }
    status->state = integer(answer, "printer-state", IPP_TAG_ENUM, 0);
    ipp_attribute_t *accepting = ippFindAttribute(answer, "printer-is-accepting-jobs", IPP_TAG_BOOLEAN);
    status->accepting = accepting == NULL || ippGetBoolean(accepting, 0);
    copy_keywords(answer, "printer-state-reasons", status->reasons, sizeof status->reasons);
    ipp_attribute_t *model = ippFindAttribute(answer, "printer-make-and-model", IPP_TAG_TEXT);
    const char *name = model == NULL ? NULL : ippGetString(model, 0, NULL);
    if (name != NULL) {
        copy_text(status->model, sizeof status->model, name);
    }
    ippDelete(answer);
    return status->state < IPP_PSTATE_IDLE || status->state > IPP_PSTATE_STOPPED ? KIOSK_PRINTER_PROTOCOL : 0;
}

int kiosk_printer_create_job(const char *uri, int timeout_ms, const char *title, const char *user, int copies) {
    ipp_t *request = new_request(IPP_OP_CREATE_JOB, uri, 0, user);
    if (request != NULL) {
        ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME, "job-name", NULL, title);
        ippAddInteger(request, IPP_TAG_JOB, IPP_TAG_INTEGER, "copies", copies);
    }
    ipp_t *answer;
    int error = operate(uri, timeout_ms, request, &answer);
    if (error < 0) {
        return error;
    }
    int job = integer(answer, "job-id", IPP_TAG_INTEGER, 0);
    ippDelete(answer);
    return job > 0 ? job : KIOSK_PRINTER_PROTOCOL;
}

int kiosk_printer_send_document(const char *uri, int timeout_ms, int job, const char *user, const void *bytes, size_t length,
                                kiosk_printer_stop stop, void *context) {
    ipp_t *request = new_request(IPP_OP_SEND_DOCUMENT, uri, job, user);
    if (request == NULL) {
        return KIOSK_PRINTER_NO_MEMORY;
    }
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_MIMETYPE, "document-format", NULL, "application/pdf");
    ippAddBoolean(request, IPP_TAG_OPERATION, "last-document", 1);
    exchange with;
    int error = begin(&with, uri, timeout_ms, stop, context);
    if (error < 0) {
        ippDelete(request);
        return error;
    }
    ipp_t *answer;
    error = converse(&with, request, bytes, length, &answer);
    end(&with);
    if (error == 0) {
        ippDelete(answer);
    }
    return error;
}

int kiosk_printer_query_job(const char *uri, int timeout_ms, int job, const char *user, kiosk_job_status *status) {
    static const char *const wanted[] = {"job-state", "job-state-reasons", "job-media-sheets-completed", "job-impressions-completed"};
    memset(status, 0, sizeof *status);
    ipp_t *request = new_request(IPP_OP_GET_JOB_ATTRIBUTES, uri, job, user);
    if (request != NULL) {
        ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", 4, NULL, wanted);
    }
    ipp_t *answer;
    int error = operate(uri, timeout_ms, request, &answer);
    if (error < 0) {
        return error;
    }
    status->state = integer(answer, "job-state", IPP_TAG_ENUM, 0);
    int impressions = integer(answer, "job-impressions-completed", IPP_TAG_INTEGER, -1);
    status->sheets = integer(answer, "job-media-sheets-completed", IPP_TAG_INTEGER, impressions);
    copy_keywords(answer, "job-state-reasons", status->reasons, sizeof status->reasons);
    ippDelete(answer);
    return status->state < IPP_JSTATE_PENDING || status->state > IPP_JSTATE_COMPLETED ? KIOSK_PRINTER_PROTOCOL : 0;
}

int kiosk_printer_cancel_job(const char *uri, int timeout_ms, int job, const char *user) {
    ipp_t *answer;
    int error = operate(uri, timeout_ms, new_request(IPP_OP_CANCEL_JOB, uri, job, user), &answer);
    if (error == 0) {
        ippDelete(answer);
    }
    return error;
}

#include "exchange.h"
#include "kiosk_clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct kiosk_printer_connection {
    cups_dest_t *destination;
    /// NULL before the first exchange, and after one that failed.
    http_t *http;
    /// as the request line has it: `/ipp/print`
    char resource[1024];
};

/// One exchange with the printer. Lives on the caller's stack: libcups' time-out callback never outlives the call.
typedef struct exchange {
    kiosk_printer_connection *over;
    /// CLOCK_MONOTONIC, milliseconds
    int64_t deadline;
    kiosk_printer_stop stop;
    void *context;
    bool late;
    bool stopped;
} exchange;

static bool must_end(exchange *with) {
    with->late = with->late || kiosk_now() >= with->deadline;
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

static int wait_no_more(http_t *http, void *context) {
    (void)http, (void)context;
    return 0;
}

static void disconnect(kiosk_printer_connection *connection) {
    if (connection->http != NULL) {
        httpSetTimeout(connection->http, 0.1, wait_no_more, NULL);
        httpClose(connection->http);
    }
    cupsFreeDests(connection->destination != NULL, connection->destination);
    connection->http = NULL;
    connection->destination = NULL;
}

kiosk_printer_connection *kiosk_printer_connection_new(void) { return calloc(1, sizeof(kiosk_printer_connection)); }

void kiosk_printer_connection_free(kiosk_printer_connection *connection) {
    disconnect(connection);
    free(connection);
}

/// To the print server on this machine.
static int connect_socket(exchange *with, const kiosk_printer_address *address) {
    const char *path = strchr(address->uri + strlen("ipp://"), '/');
    if (address->socket[0] != '/' || path == NULL || strlen(path) >= sizeof with->over->resource) {
        return KIOSK_PRINTER_BAD_URI;
    }
    strcpy(with->over->resource, path);
    with->over->http = httpConnect2(address->socket, 0, NULL, AF_UNSPEC, HTTP_ENCRYPTION_NEVER, 1, (int)(with->deadline - kiosk_now()), NULL);
    if (with->over->http == NULL) {
        return KIOSK_PRINTER_UNREACHABLE;
    }
    httpSetTimeout(with->over->http, 0.1, keep_waiting, with);
    return 0;
}

/// What a failed exchange means; `otherwise` when neither deadline nor caller ended it.
static int reason(exchange *with, int otherwise) {
    must_end(with);
    return with->stopped ? KIOSK_PRINTER_STOPPED : with->late ? KIOSK_PRINTER_TIMEOUT : otherwise;
}

/// libcups asks nobody while it waits for a printer to take the connection, so it is given a short time, again and again. Only a failure before the
/// end of that time is one.
static int connect_network(exchange *with) {
    enum { step_ms = 200 };
    while (!must_end(with)) {
        int64_t began = kiosk_now(), left = with->deadline - began;
        int step = (int)(left < step_ms ? left : step_ms), cancel = 0;
        if (httpReconnect2(with->over->http, step, &cancel) == 0) {
            return 0;
        }
        if (kiosk_now() - began < step || cupsLastError() == IPP_STATUS_ERROR_CUPS_PKI) {
            return reason(with, KIOSK_PRINTER_UNREACHABLE);
        }
    }
    return reason(with, KIOSK_PRINTER_TIMEOUT);
}

/// Between two requests nothing may be waiting to be read: not the end of the connection, nor a word about it.
static bool has_hung_up(http_t *http) {
    char byte;
    return recv(httpGetFd(http), &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EINTR);
}

/// Leaves the connection closed when it fails.
static int begin(exchange *with, const kiosk_printer_address *address, const kiosk_printer_limit *limit) {
    if (strncmp(address->uri, "ipp://", 6) != 0 && strncmp(address->uri, "ipps://", 7) != 0) {
        return KIOSK_PRINTER_BAD_URI;
    }
    if (limit->timeout_ms <= 0) {
        return KIOSK_PRINTER_TIMEOUT;
    }
    cupsSetPasswordCB2(no_password, NULL);
    if (with->over->http != NULL && has_hung_up(with->over->http)) {
        disconnect(with->over);
    }
    if (with->over->http != NULL) {
        httpSetTimeout(with->over->http, 0.1, keep_waiting, with);
        return 0;
    }
    if (address->socket != NULL) {
        return connect_socket(with, address);
    }
    with->over->destination = cupsGetDestWithURI("kiosk", address->uri);
    if (with->over->destination == NULL) {
        return KIOSK_PRINTER_BAD_URI;
    }
    // Unconnected at first, so that the time-outs already hold during the TLS handshake.
    with->over->http = cupsConnectDest(
        with->over->destination, CUPS_DEST_FLAGS_DEVICE | CUPS_DEST_FLAGS_UNCONNECTED, limit->timeout_ms, NULL, with->over->resource,
        sizeof with->over->resource, NULL, NULL);
    if (with->over->http == NULL) {
        disconnect(with->over);
        return KIOSK_PRINTER_UNREACHABLE;
    }
    httpSetTimeout(with->over->http, 0.1, keep_waiting, with);
    int error = connect_network(with);
    if (error < 0) {
        disconnect(with->over);
    }
    return error;
}

ipp_t *kiosk_exchange_request(ipp_op_t operation, const char *uri, int job, const char *user) {
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

static int send_bytes(exchange *with, const char *bytes, size_t length, size_t *sent) {
    static const size_t block = 64 << 10;
    while (*sent < length) {
        if (must_end(with)) {
            return reason(with, KIOSK_PRINTER_TIMEOUT);
        }
        size_t part = length - *sent < block ? length - *sent : block;
        const char *from = bytes + *sent;
        // A block that failed half-way left all the same.
        *sent += part;
        http_status_t status = cupsWriteRequestData(with->over->http, from, part);
        if (status != HTTP_STATUS_CONTINUE) {
            // The printer may have answered before the end; the answer says why.
            return status >= HTTP_STATUS_OK ? 0 : reason(with, KIOSK_PRINTER_UNREACHABLE);
        }
    }
    return 0;
}

/// Sends the request and, if any, the document, and reads the answer. Frees the request. `*answer` is the caller's to free when the result is 0.
static int converse(exchange *with, ipp_t *request, const kiosk_document *document, ipp_t **answer) {
    size_t length = ippLength(request) + (document != NULL ? document->length : 0);
    http_status_t status = cupsSendRequest(with->over->http, request, with->over->resource, length);
    ippDelete(request);
    if (status != HTTP_STATUS_CONTINUE && status != HTTP_STATUS_OK) {
        return reason(with, status == HTTP_STATUS_ERROR || status == HTTP_STATUS_SERVICE_UNAVAILABLE ? KIOSK_PRINTER_UNREACHABLE
                                                                                                     : KIOSK_PRINTER_PROTOCOL);
    }
    if (document != NULL) {
        int error = send_bytes(with, document->bytes, document->length, document->sent);
        if (error < 0) {
            return error;
        }
    }
    *answer = cupsGetResponse(with->over->http, with->over->resource);
    if (*answer == NULL) {
        return reason(with, httpError(with->over->http) != 0 ? KIOSK_PRINTER_UNREACHABLE : KIOSK_PRINTER_PROTOCOL);
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

int kiosk_exchange(const kiosk_printer_address *address, const kiosk_printer_limit *limit, ipp_t *request, const kiosk_document *document,
                   ipp_t **answer) {
    if (request == NULL) {
        return KIOSK_PRINTER_NO_MEMORY;
    }
    kiosk_printer_connection own = {0};
    exchange with = {
        .over = address->connection != NULL ? address->connection : &own,
        .deadline = kiosk_now() + limit->timeout_ms,
        .stop = limit->stop,
        .context = limit->context,
    };
    int error = begin(&with, address, limit);
    if (error < 0) {
        ippDelete(request);
        return error;
    }
    error = converse(&with, request, document, answer);
    // Kept only behind a whole answer, and where the printer says that it keeps it: one that hangs up just as a job is made would leave that in doubt.
    bool is_whole = (error == 0 || error <= KIOSK_PRINTER_REFUSED) && (document == NULL || *document->sent == document->length);
    bool is_kept = strcasecmp(httpGetField(with.over->http, HTTP_FIELD_CONNECTION), "keep-alive") == 0;
    if (address->connection == NULL || !is_whole || !is_kept) {
        disconnect(with.over);
    } else {
        httpSetTimeout(with.over->http, 0.1, wait_no_more, NULL);
    }
    return error;
}

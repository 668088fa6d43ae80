#include "exchange.h"

#include <string.h>

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

static void copy_first_text(ipp_t *answer, const char *name, ipp_tag_t tag, char *to, size_t capacity) {
    ipp_attribute_t *attribute = ippFindAttribute(answer, name, tag);
    const char *text = attribute == NULL ? NULL : ippGetString(attribute, 0, NULL);
    copy_text(to, capacity, text == NULL ? "" : text);
}

/// Whether a list has the word; `missing` when there is no such list.
static bool has(ipp_t *answer, const char *name, const char *word, bool missing) {
    ipp_attribute_t *attribute = ippFindAttribute(answer, name, IPP_TAG_ZERO);
    return attribute == NULL ? missing : ippContainsString(attribute, word) != 0;
}

int kiosk_printer_query(const kiosk_printer_address *address, const kiosk_printer_limit *limit, kiosk_printer_status *status) {
    static const char *const wanted[] = {"printer-state", "printer-state-reasons", "printer-is-accepting-jobs"};
    memset(status, 0, sizeof *status);
    ipp_t *request = kiosk_exchange_request(IPP_OP_GET_PRINTER_ATTRIBUTES, address->uri, 0, "kiosk");
    if (request != NULL) {
        ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", 3, NULL, wanted);
    }
    ipp_t *answer;
    int error = kiosk_exchange(address, limit, request, NULL, &answer);
    if (error < 0) {
        return error;
    }
    status->state = integer(answer, "printer-state", IPP_TAG_ENUM, 0);
    ipp_attribute_t *accepting = ippFindAttribute(answer, "printer-is-accepting-jobs", IPP_TAG_BOOLEAN);
    status->accepting = accepting == NULL || ippGetBoolean(accepting, 0);
    copy_keywords(answer, "printer-state-reasons", status->reasons, sizeof status->reasons);
    ippDelete(answer);
    return status->state < IPP_PSTATE_IDLE || status->state > IPP_PSTATE_STOPPED ? KIOSK_PRINTER_PROTOCOL : 0;
}

int kiosk_printer_query_capabilities(
    const kiosk_printer_address *address, const kiosk_printer_limit *limit, kiosk_printer_capabilities *capabilities) {
    static const char *const wanted[] = {
        "printer-make-and-model", "device-uri", "media-ready", "printer-error-policy", "sides-supported", "print-color-mode-supported",
        "color-supported", "media-supported", "document-format-supported", "copies-supported",
    };
    memset(capabilities, 0, sizeof *capabilities);
    ipp_t *request = kiosk_exchange_request(IPP_OP_GET_PRINTER_ATTRIBUTES, address->uri, 0, "kiosk");
    if (request != NULL) {
        int count = (int)(sizeof wanted / sizeof wanted[0]);
        ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", count, NULL, wanted);
    }
    ipp_t *answer;
    int error = kiosk_exchange(address, limit, request, NULL, &answer);
    if (error < 0) {
        return error;
    }
    copy_first_text(answer, "printer-make-and-model", IPP_TAG_TEXT, capabilities->model, sizeof capabilities->model);
    copy_first_text(answer, "device-uri", IPP_TAG_URI, capabilities->device_uri, sizeof capabilities->device_uri);
    copy_first_text(answer, "printer-error-policy", IPP_TAG_NAME, capabilities->error_policy, sizeof capabilities->error_policy);
    copy_keywords(answer, "media-ready", capabilities->media, sizeof capabilities->media);
    capabilities->one_sided = has(answer, "sides-supported", "one-sided", false);
    capabilities->two_sided_long_edge = has(answer, "sides-supported", "two-sided-long-edge", false);
    capabilities->two_sided_short_edge = has(answer, "sides-supported", "two-sided-short-edge", false);
    ipp_attribute_t *color = ippFindAttribute(answer, "color-supported", IPP_TAG_BOOLEAN);
    capabilities->color = has(answer, "print-color-mode-supported", "color", false) || (color != NULL && ippGetBoolean(color, 0));
    capabilities->monochrome = has(answer, "print-color-mode-supported", "monochrome", false);
    capabilities->a4 = has(answer, "media-supported", "iso_a4_210x297mm", true);
    capabilities->pdf = has(answer, "document-format-supported", "application/pdf", true);
    ipp_attribute_t *copies = ippFindAttribute(answer, "copies-supported", IPP_TAG_RANGE);
    int most = 0;
    if (copies != NULL) {
        ippGetRange(copies, 0, &most);
    }
    capabilities->copies = copies == NULL ? INT32_MAX : most;
    ippDelete(answer);
    return 0;
}

static void add_keyword(ipp_t *request, const char *name, const char *keyword) {
    if (keyword != NULL) {
        ippAddString(request, IPP_TAG_JOB, IPP_TAG_KEYWORD, name, NULL, keyword);
    }
}

int kiosk_printer_create_job(const kiosk_printer_address *address, const kiosk_printer_limit *limit, const kiosk_printer_job *job) {
    ipp_t *request = kiosk_exchange_request(IPP_OP_CREATE_JOB, address->uri, 0, job->user);
    if (request != NULL) {
        ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_NAME, "job-name", NULL, job->title);
        ippAddInteger(request, IPP_TAG_JOB, IPP_TAG_INTEGER, "copies", job->copies);
        add_keyword(request, "sides", job->sides);
        add_keyword(request, "print-color-mode", job->color);
        add_keyword(request, "media", job->media);
    }
    ipp_t *answer;
    int error = kiosk_exchange(address, limit, request, NULL, &answer);
    if (error < 0) {
        return error;
    }
    int id = integer(answer, "job-id", IPP_TAG_INTEGER, 0);
    ippDelete(answer);
    return id > 0 ? id : KIOSK_PRINTER_PROTOCOL;
}

int kiosk_printer_send_document(const kiosk_printer_address *address, const kiosk_printer_limit *limit, int job, const char *user, const void *bytes,
                                size_t length, size_t *sent) {
    *sent = 0;
    ipp_t *request = kiosk_exchange_request(IPP_OP_SEND_DOCUMENT, address->uri, job, user);
    if (request == NULL) {
        return KIOSK_PRINTER_NO_MEMORY;
    }
    ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_MIMETYPE, "document-format", NULL, "application/pdf");
    ippAddBoolean(request, IPP_TAG_OPERATION, "last-document", 1);
    ipp_t *answer;
    int error = kiosk_exchange(address, limit, request, &(kiosk_document){bytes, length, sent}, &answer);
    if (error == 0) {
        ippDelete(answer);
    }
    return error;
}

int kiosk_printer_query_job(
    const kiosk_printer_address *address, const kiosk_printer_limit *limit, int job, const char *user, kiosk_job_status *status) {
    static const char *const wanted[] = {"job-state", "job-state-reasons", "job-media-sheets-completed", "job-impressions-completed"};
    memset(status, 0, sizeof *status);
    ipp_t *request = kiosk_exchange_request(IPP_OP_GET_JOB_ATTRIBUTES, address->uri, job, user);
    if (request != NULL) {
        ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", 4, NULL, wanted);
    }
    ipp_t *answer;
    int error = kiosk_exchange(address, limit, request, NULL, &answer);
    if (error < 0) {
        return error;
    }
    status->state = integer(answer, "job-state", IPP_TAG_ENUM, 0);
    status->impressions = integer(answer, "job-impressions-completed", IPP_TAG_INTEGER, -1);
    status->sheets = integer(answer, "job-media-sheets-completed", IPP_TAG_INTEGER, -1);
    copy_keywords(answer, "job-state-reasons", status->reasons, sizeof status->reasons);
    ippDelete(answer);
    return status->state < IPP_JSTATE_PENDING || status->state > IPP_JSTATE_COMPLETED ? KIOSK_PRINTER_PROTOCOL : 0;
}

/// For an operation whose answer is its status.
static int order(const kiosk_printer_address *address, const kiosk_printer_limit *limit, ipp_op_t operation, int job, const char *user) {
    ipp_t *answer;
    int error = kiosk_exchange(address, limit, kiosk_exchange_request(operation, address->uri, job, user), NULL, &answer);
    if (error == 0) {
        ippDelete(answer);
    }
    return error;
}

int kiosk_printer_cancel_job(const kiosk_printer_address *address, const kiosk_printer_limit *limit, int job, const char *user) {
    return order(address, limit, IPP_OP_CANCEL_JOB, job, user);
}

int kiosk_printer_resume(const kiosk_printer_address *address, const kiosk_printer_limit *limit, const char *user) {
    return order(address, limit, IPP_OP_RESUME_PRINTER, 0, user);
}

/// One job of an answer to Get-Jobs, from its first attribute to the separator behind it. Returns the attribute after that.
static ipp_attribute_t *read_listed(ipp_t *answer, ipp_attribute_t *attribute, const char *user, kiosk_printer_listed_job *job, bool *is_wanted) {
    bool is_user = false;
    *job = (kiosk_printer_listed_job){0};
    for (; attribute != NULL && ippGetGroupTag(attribute) == IPP_TAG_JOB; attribute = ippNextAttribute(answer)) {
        const char *name = ippGetName(attribute), *text = ippGetString(attribute, 0, NULL);
        if (name == NULL) {
            break;
        }
        if (strcmp(name, "job-id") == 0 && ippGetValueTag(attribute) == IPP_TAG_INTEGER) {
            job->id = ippGetInteger(attribute, 0);
        } else if (strcmp(name, "job-name") == 0 && text != NULL) {
            copy_text(job->name, sizeof job->name, text);
        } else if (strcmp(name, "job-originating-user-name") == 0 && text != NULL) {
            is_user = strcmp(text, user) == 0;
        }
    }
    *is_wanted = is_user && job->id > 0;
    return attribute;
}

int kiosk_printer_list_jobs(const kiosk_printer_address *address, const kiosk_printer_limit *limit, const char *user, bool ended,
                            kiosk_printer_listed_job *jobs, size_t capacity) {
    static const char *const wanted[] = {"job-id", "job-name", "job-originating-user-name"};
    ipp_t *request = kiosk_exchange_request(IPP_OP_GET_JOBS, address->uri, 0, user);
    if (request != NULL) {
        ippAddString(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "which-jobs", NULL, ended ? "completed" : "not-completed");
        if (ended) {
            ippAddInteger(request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "limit", (int)capacity);
        }
        ippAddBoolean(request, IPP_TAG_OPERATION, "my-jobs", 1);
        ippAddStrings(request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", 3, NULL, wanted);
    }
    ipp_t *answer;
    int error = kiosk_exchange(address, limit, request, NULL, &answer);
    if (error < 0) {
        return error;
    }
    int count = 0;
    ipp_attribute_t *attribute = ippFirstAttribute(answer);
    while (attribute != NULL) {
        if (ippGetGroupTag(attribute) != IPP_TAG_JOB) {
            attribute = ippNextAttribute(answer);
            continue;
        }
        kiosk_printer_listed_job job;
        bool is_wanted;
        attribute = read_listed(answer, attribute, user, &job, &is_wanted);
        if (is_wanted) {
            if ((size_t)count < capacity) {
                jobs[count] = job;
            }
            count += 1;
        }
        if (attribute != NULL && ippGetName(attribute) == NULL) {
            attribute = ippNextAttribute(answer);
        }
    }
    ippDelete(answer);
    return count;
}

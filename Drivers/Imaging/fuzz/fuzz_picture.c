// What a document camera's JPEG can do to the worker: any bytes are a page, or one of the codes, and the page is what it says it is.
#include <stdlib.h>
#include <string.h>

#include <leptonica/allheaders.h>

#include "kiosk_imaging.h"

/// Small enough for the fuzzer, large enough for the seeds.
enum { CAPACITY = 4 << 20 };

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    // Leptonica explains every refusal on the standard error.
    setMsgSeverity(L_SEVERITY_NONE);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    // A header may announce fifty million pixels: true, and too slow to be fuzzed. 0xFFC0 to 0xFFC2 carry the size.
    for (size_t i = 0; i + 8 < size; i++) {
        if (data[i] == 0xFF && data[i + 1] >= 0xC0 && data[i + 1] <= 0xC2 && (data[i + 5] > 2 || data[i + 7] > 2)) {
            return 0;
        }
    }
    static uint8_t out[CAPACITY];
    enum kiosk_imaging_format format = size % 2 ? KIOSK_IMAGING_RGB24 : KIOSK_IMAGING_GRAY8;
    kiosk_page page;
    memset(&page, 0, sizeof page);
    ssize_t bytes = kiosk_imaging_straighten(data, size, 297, format, NULL, &page, out, sizeof out);
    if (bytes < 0) {
        if (bytes < KIOSK_IMAGING_NO_PAGE) {
            abort();
        }
        return 0;
    }
    kiosk_quality quality;
    if (bytes > CAPACITY || (size_t)bytes != page.length || kiosk_imaging_check(&page) < 0 || kiosk_imaging_quality(&page, NULL, &quality) < 0) {
        abort();
    }
    return 0;
}

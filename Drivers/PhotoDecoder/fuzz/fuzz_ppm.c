// What a decoder may write for a picture. Built and run by `make fuzz`; a whole picture is longer than libFuzzer's inputs here, so the pixels are
// laid behind the header that it makes up.
#include "kiosk_photodecoder.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (kiosk_photo_locate(data, size) >= 0) {
        abort(); // no header is a picture
    }
    uint8_t *whole = malloc(size + KIOSK_PHOTO_PIXELS);
    if (whole == NULL) {
        abort();
    }
    memcpy(whole, data, size);
    memset(whole + size, 0x20, KIOSK_PHOTO_PIXELS);
    int offset = kiosk_photo_locate(whole, size + KIOSK_PHOTO_PIXELS);
    if (offset >= 0 && (size_t)offset != size) {
        abort();
    }
    free(whole);
    return 0;
}

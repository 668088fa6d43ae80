// Everything that can stand in a message about devices. Built and run by `make fuzz`; seeds/ holds some as the kernel sends them.
#include "kiosk_link.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    int found = kiosk_uevent_is_arrival(bytes, count);
    if (found != 0 && found != 1) {
        abort();
    }
    if (found == 1 && (memchr(bytes, '@', count) == NULL || memmem(bytes, count, "SUBSYSTEM=", 10) == NULL)) {
        abort();
    }
    return 0;
}

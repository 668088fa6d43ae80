// Whatever a server can say: lines of an answer, and words of a status. Built and run by `make fuzz`; seeds/ holds one of each kind.
#include "kiosk_ups.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    char *text = malloc(count + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, bytes, count);
    text[count] = 0;
    if (kiosk_ups_status(text) >> KIOSK_UPS_FLAGS != 0) {
        abort();
    }
    for (char *line = text; line != NULL && line <= text + count;) {
        char *end = memchr(line, '\n', (size_t)(text + count - line));
        if (end != NULL) {
            *end = 0;
        }
        kiosk_ups_variable variable;
        memset(&variable, 'x', sizeof variable);
        int result = kiosk_ups_decode(line, "kiosk", &variable);
        if (result > KIOSK_UPS_END || result < KIOSK_UPS_PROTOCOL) {
            abort();
        }
        if (result == KIOSK_UPS_VARIABLE &&
            (memchr(variable.name, 0, sizeof variable.name) == NULL || variable.name[0] == 0 ||
             memchr(variable.value, 0, sizeof variable.value) == NULL)) {
            abort();
        }
        line = end != NULL ? end + 1 : NULL;
    }
    free(text);
    return 0;
}

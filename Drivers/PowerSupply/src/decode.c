#include "kiosk_ups.h"

#include <stdbool.h>
#include <string.h>

/// Takes `word` and the blank or the end behind it off the line.
static bool take(const char **line, const char *word) {
    size_t length = strlen(word);
    if (strncmp(*line, word, length) != 0 || ((*line)[length] != ' ' && (*line)[length] != 0)) {
        return false;
    }
    *line += length;
    *line += **line == ' ';
    return true;
}

static int refusal(const char *line) {
    static const struct {
        const char *word;
        int code;
    } words[] = {
        {"DATA-STALE", KIOSK_UPS_STALE},
        {"DRIVER-NOT-CONNECTED", KIOSK_UPS_NO_DRIVER},
        {"UNKNOWN-UPS", KIOSK_UPS_UNKNOWN},
        {"ACCESS-DENIED", KIOSK_UPS_ACCESS},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (take(&line, words[i].word)) {
            return words[i].code;
        }
    }
    return KIOSK_UPS_REFUSED;
}

static void put(char *text, size_t capacity, size_t *length, char character) {
    if (*length + 1 < capacity) {
        text[(*length)++] = character;
        text[*length] = 0;
    }
}

int kiosk_ups_decode(const char *line, const char *ups, kiosk_ups_variable *variable) {
    if (take(&line, "ERR")) {
        return refusal(line);
    }
    for (int end = 0; end < 2; end++) {
        const char *rest = line;
        if (take(&rest, end ? "END" : "BEGIN")) {
            bool whole = take(&rest, "LIST") && take(&rest, "VAR") && take(&rest, ups) && *rest == 0;
            return !whole ? KIOSK_UPS_PROTOCOL : end ? KIOSK_UPS_END : KIOSK_UPS_BEGIN;
        }
    }
    if (!take(&line, "VAR") || !take(&line, ups)) {
        return KIOSK_UPS_PROTOCOL;
    }
    memset(variable, 0, sizeof *variable);
    size_t length = 0;
    for (; *line != 0 && *line != ' ' && *line != '"'; line++) {
        put(variable->name, sizeof variable->name, &length, *line);
    }
    if (length == 0 || line[0] != ' ' || line[1] != '"') {
        return KIOSK_UPS_PROTOCOL;
    }
    length = 0;
    for (line += 2; *line != '"'; line++) {
        line += *line == '\\';
        if (*line == 0) {
            return KIOSK_UPS_PROTOCOL;
        }
        put(variable->value, sizeof variable->value, &length, *line);
    }
    return line[1] == 0 ? KIOSK_UPS_VARIABLE : KIOSK_UPS_PROTOCOL;
}

uint32_t kiosk_ups_status(const char *text) {
    static const struct {
        const char *word;
        uint32_t flag;
    } words[] = {
        {"OL", KIOSK_UPS_ONLINE},
        {"OB", KIOSK_UPS_ON_BATTERY},
        {"LB", KIOSK_UPS_LOW_BATTERY},
        {"RB", KIOSK_UPS_REPLACE_BATTERY},
        {"OFF", KIOSK_UPS_OFF},
        {"BYPASS", KIOSK_UPS_BYPASS},
        {"FSD", KIOSK_UPS_FORCED_SHUTDOWN},
        {"CHRG", KIOSK_UPS_CHARGING},
        {"DISCHRG", KIOSK_UPS_DISCHARGING},
        {"ALARM", KIOSK_UPS_ALARM},
        {"OVER", KIOSK_UPS_OVERLOADED},
        {"COMMBAD", KIOSK_UPS_COMMUNICATION_LOST},
        {"NOCOMM", KIOSK_UPS_COMMUNICATION_LOST},
        {"WAIT", KIOSK_UPS_WAITING},
        {"CAL", KIOSK_UPS_CALIBRATING},
        {"TRIM", KIOSK_UPS_TRIMMING},
        {"BOOST", KIOSK_UPS_TRIMMING},
    };
    uint32_t flags = 0;
    while (*text != 0) {
        bool known = false;
        for (size_t i = 0; i < sizeof words / sizeof *words && !known; i++) {
            if (take(&text, words[i].word)) {
                flags |= words[i].flag;
                known = true;
            }
        }
        if (!known) {
            text += strcspn(text, " ");
            text += *text == ' ';
        }
    }
    return flags;
}

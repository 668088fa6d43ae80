#include "hidpos.h"

#include <string.h>

const uint8_t hidpos_descriptor[] = {
    0x05, 0x8C,       // usage page: bar code scanner
    0x09, 0x02,       // usage: bar code scanner
    0xA1, 0x01,       // collection: application
    0x85, HIDPOS_ID,  //   report id
    0x15, 0x00,       //   logical minimum 0
    0x26, 0xFF, 0x00, //   logical maximum 255
    0x75, 0x08,       //   8 bits
    0x95, 0x01,       //   once
    0x05, 0x01,       //   usage page: generic desktop
    0x09, 0x3B,       //   usage: byte count
    0x81, 0x02,       //   input
    0x05, 0x8C,       //   usage page: bar code scanner
    0x95, 0x01,       //   once
    0x09, 0xFB,       //   usage: symbology identifier 1
    0x81, 0x02,       //   input
    0x09, 0xFC,       //   usage: symbology identifier 2
    0x81, 0x02,       //   input
    0x09, 0xFD,       //   usage: symbology identifier 3
    0x81, 0x02,       //   input
    0x95, 0x38,       //   56 times
    0x09, 0xFE,       //   usage: decoded data
    0x82, 0x02, 0x01, //   input, buffered bytes
    0x95, 0x02,       //   twice
    0x81, 0x03,       //   input, constant
    0x95, 0x01,       //   once
    0x09, 0xFF,       //   usage: decode data continued
    0x81, 0x02,       //   input
    0xC0,             // end of collection
};
const size_t hidpos_descriptor_size = sizeof hidpos_descriptor;

size_t hidpos_encode(uint8_t report[HIDPOS_REPORT], const char aim[3], const char *text, size_t length, size_t offset) {
    size_t part = length - offset < HIDPOS_DATA ? length - offset : HIDPOS_DATA;
    memset(report, 0, HIDPOS_REPORT);
    report[0] = HIDPOS_ID;
    report[1] = (uint8_t)part;
    memcpy(report + 2, aim, 3);
    memcpy(report + 5, text + offset, part);
    report[63] = offset + part < length;
    return offset + part;
}

bool hidpos_decode(const uint8_t report[HIDPOS_REPORT], const uint8_t **aim, const uint8_t **data, size_t *length, bool *more) {
    if (report[0] != HIDPOS_ID || report[1] > HIDPOS_DATA) {
        return false;
    }
    *length = report[1];
    *aim = report + 2;
    *data = report + 5;
    *more = report[63] != 0;
    return true;
}

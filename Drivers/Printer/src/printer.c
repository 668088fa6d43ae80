#include "kiosk_printer.h"

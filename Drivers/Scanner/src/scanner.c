#include "kiosk_scanner.h"

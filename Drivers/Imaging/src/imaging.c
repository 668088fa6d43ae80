#include "kiosk_imaging.h"

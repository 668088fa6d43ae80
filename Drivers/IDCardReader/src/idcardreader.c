#include "kiosk_idcardreader.h"

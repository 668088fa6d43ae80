#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>
#include <upsclient.h>

#ifndef VM_DEVICE_SELFTEST_H
#define VM_DEVICE_SELFTEST_H

#include "../support/outcome.h"

/// Compares what the pure parts make with bytes written out by hand from the documents. MISMATCH, with a complaint each, when one differs.
enum outcome self_test(void);

#endif

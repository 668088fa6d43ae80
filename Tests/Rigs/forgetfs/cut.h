#ifndef FORGETFS_CUT_H
#define FORGETFS_CUT_H

#include "journal.h"

#include <stdint.h>

struct fs;

/// What a cut took.
struct cut_report {
    uint64_t kept[CHANGE_COUNT], lost[CHANGE_COUNT];
    uint64_t pages_kept, pages_torn, pages_lost;
    /// Files that got a smaller or larger size back.
    uint64_t sizes_kept, sizes_lost;
    /// 0, or why the surviving tree couldn't be made.
    int error;
};

/// Turns the backing tree, in place, into one that a power cut at this moment could have left. The lock is held.
void cut(struct fs *fs, uint64_t seed, struct cut_report *report);

#endif

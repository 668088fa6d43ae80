#include "cut.h"
#include "draw.h"
#include "fs.h"
#include "limbo.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/// What is drawn; each has its own numbers.
enum what { WHAT_LUCK, WHAT_ENTRIES, WHAT_ENTRY, WHAT_FILE, WHAT_PAGE, WHAT_TEAR, WHAT_SECTOR, WHAT_SIZE, WHAT_SIZE_BETWEEN, WHAT_CUT_OFF };

/// How lucky the unsynced things of one cut are, each out of 64.
struct luck {
    uint64_t seed;
    unsigned entries, pages;
    /// Entries survive in the order they were changed, up to some point: what a journal leaves. Otherwise each for itself.
    bool in_order;
};

static struct luck draw_luck(uint64_t seed) {
    static const unsigned chances[] = {8, 16, 32, 48, 56};
    uint64_t number = draw(seed, WHAT_LUCK, 0, 0);
    struct luck luck = {.seed = seed};
    switch (number % 12) {
    case 0:
    case 1:
    case 2:
    case 3:
        return luck;
    case 4:
        luck.entries = luck.pages = 64;
        return luck;
    default:
        luck.entries = chances[(number >> 8) % 5];
        luck.pages = chances[(number >> 16) % 5];
        luck.in_order = (number >> 24) % 3 == 0;
        return luck;
    }
}

static bool entry_survives(const struct luck *luck, const struct operation *operation, uint64_t in_order_until) {
    if (luck->entries == 0 || luck->entries == 64) {
        return luck->entries == 64;
    }
    return luck->in_order ? operation->serial < in_order_until : draw_chance(draw(luck->seed, WHAT_ENTRY, operation->serial, 0), luck->entries);
}

static void cut_entries(struct fs *fs, const struct luck *luck, struct cut_report *report) {
    struct journal *journal = &fs->journal;
    uint64_t until = 0;
    if (journal->first) {
        uint64_t span = journal->last->serial - journal->first->serial + 2;
        until = journal->first->serial + draw(luck->seed, WHAT_ENTRIES, 0, 0) % span;
    }
    for (struct operation *later = journal->first; later; later = later->next) {
        later->marked = !entry_survives(luck, later, until);
        for (struct operation *earlier = journal->first; earlier != later && !later->marked; earlier = earlier->next) {
            later->marked = earlier->marked && journal_depends(later, earlier);
        }
    }
    // Newest first: each finds the tree as it left it.
    for (struct operation *operation = journal->last, *previous; operation; operation = previous) {
        previous = operation->previous;
        if (operation->marked) {
            report->lost[operation->change]++;
            int error = journal_undo(fs, operation);
            report->error = report->error ? report->error : error;
        }
    }
    while (journal->first) {
        report->kept[journal->first->change]++;
        journal_settle(fs, journal->first);
    }
}

/// One file's way through the cut.
struct survivor {
    const struct luck *luck;
    struct node *node;
    /// Seen by readers before the cut, and after it.
    off_t size, surviving_size;
    /// Out of 64.
    unsigned pages;
    /// The cutting off survived: what was above reads as zeros, not as of old.
    bool cut_off;
};

static off_t draw_size(const struct survivor *file) {
    const struct luck *luck = file->luck;
    off_t durable = file->node->unsynced.durable_size;
    uint64_t serial = file->node->unsynced.serial;
    if (luck->pages == 0 || luck->pages == 64 || durable == file->size) {
        return luck->pages == 64 ? file->size : durable;
    }
    off_t low = durable < file->size ? durable : file->size;
    off_t span = durable < file->size ? file->size - durable : durable - file->size;
    switch (draw(luck->seed, WHAT_SIZE, serial, 0) % 4) {
    case 0:
        return durable;
    case 1:
        // A size grows with the pages that are written out, not byte by byte.
        return durable < file->size
            ? low + (off_t)(draw(luck->seed, WHAT_SIZE_BETWEEN, serial, 0) % ((uint64_t)(span / SECTOR) + 1)) * SECTOR
            : durable;
    default:
        return file->size;
    }
}

/// Makes the surviving content of one page from what readers saw (`page`) and what the disk held.
static void mix_page(const struct survivor *file, const struct page *known, uint8_t *page, struct cut_report *report) {
    static const uint8_t nothing[4096];
    const struct luck *luck = file->luck;
    const struct unsynced *unsynced = &file->node->unsynced;
    uint8_t old[4096];
    memcpy(old, known->before ? known->before : nothing, sizeof old);
    off_t start = (off_t)known->index * PAGE;
    if (file->cut_off && start + PAGE > unsynced->lowest_size) {
        off_t zeros = unsynced->lowest_size > start ? unsynced->lowest_size - start : 0;
        memset(old + zeros, 0, (size_t)(PAGE - zeros));
    }
    uint64_t number = draw(luck->seed, WHAT_PAGE, unsynced->serial, known->index);
    bool whole = luck->pages == 0 || luck->pages == 64 || known->dropped || !draw_chance(draw(luck->seed, WHAT_TEAR, unsynced->serial, known->index), 10);
    bool survives = luck->pages > 0 && !known->dropped && (luck->pages == 64 || draw_chance(number, file->pages));
    // What readers saw as cut off has no new content: a size that came back brings the old content back.
    off_t seen = file->size - start;
    if (whole && survives) {
        report->pages_kept++;
    } else if (whole) {
        report->pages_lost++;
        memcpy(page, old, sizeof old);
    } else {
        report->pages_torn++;
        uint64_t sectors = draw(luck->seed, WHAT_SECTOR, unsynced->serial, known->index);
        for (off_t sector = 0; sector < PAGE / SECTOR; sector++) {
            if ((sectors >> sector & 1) == 0) {
                memcpy(page + sector * SECTOR, old + sector * SECTOR, (size_t)SECTOR);
            }
        }
    }
    if (seen < PAGE && file->surviving_size > file->size) {
        off_t from = seen > 0 ? seen : 0;
        memcpy(page + from, old + from, (size_t)(PAGE - from));
    }
}

static int rewrite_page(const struct survivor *file, const struct page *known, struct cut_report *report) {
    uint8_t page[4096] = {0};
    off_t start = (off_t)known->index * PAGE;
    if (pread(file->node->rw, page, sizeof page, start) < 0) {
        return errno;
    }
    uint8_t seen[4096];
    memcpy(seen, page, sizeof seen);
    mix_page(file, known, page, report);
    off_t length = file->surviving_size - start < PAGE ? file->surviving_size - start : PAGE;
    if (length <= 0 || (memcmp(seen, page, (size_t)length) == 0 && start + length <= file->size)) {
        return 0;
    }
    ssize_t written = pwrite(file->node->rw, page, (size_t)length, start);
    return written == length ? 0 : written < 0 ? errno : EIO;
}

static int cut_file(const struct luck *luck, struct node *node, struct cut_report *report) {
    static const unsigned chances[] = {0, 16, 32, 48, 64};
    const struct unsynced *unsynced = &node->unsynced;
    struct stat status;
    if (fstat(node->rw, &status) != 0) {
        return errno;
    }
    struct survivor file = {.luck = luck, .node = node, .size = status.st_size};
    // Files differ in luck: one may be whole while its neighbour is gone.
    uint64_t number = draw(luck->seed, WHAT_FILE, unsynced->serial, 0);
    file.pages = number % 2 == 0 ? luck->pages : chances[(number >> 8) % 5];
    file.surviving_size = draw_size(&file);
    file.cut_off = luck->pages > 0 && unsynced->lowest_size < unsynced->durable_size && file.surviving_size <= file.size
        && draw(luck->seed, WHAT_CUT_OFF, unsynced->serial, 0) % 2 == 0;
    *(file.surviving_size == file.size ? &report->sizes_kept : &report->sizes_lost) += unsynced->durable_size != file.size;
    for (size_t at = 0; at < unsynced->bucket_count; at++) {
        for (struct page *page = unsynced->buckets[at]; page; page = page->chain) {
            int error = rewrite_page(&file, page, report);
            if (error) {
                return error;
            }
        }
    }
    // Last: pages above were read as the readers saw them.
    return ftruncate(node->rw, file.surviving_size) == 0 ? 0 : errno;
}

void cut(struct fs *fs, uint64_t seed, struct cut_report *report) {
    struct luck luck = draw_luck(seed);
    memset(report, 0, sizeof *report);
    cut_entries(fs, &luck, report);
    while (fs->first_unsynced) {
        struct node *node = fs->first_unsynced;
        int error = cut_file(&luck, node, report);
        report->error = report->error ? report->error : error;
        unsynced_end(fs, node);
    }
    int error = limbo_empty(fs);
    report->error = report->error ? report->error : error;
}

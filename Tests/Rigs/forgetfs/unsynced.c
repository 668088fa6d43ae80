#include "unsynced.h"
#include "fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int current_size(const struct node *node, off_t *size) {
    struct stat status;
    if (fstat(node->rw, &status) != 0) {
        return errno;
    }
    *size = status.st_size;
    return 0;
}

static int begin(struct fs *fs, struct node *node) {
    struct unsynced *unsynced = &node->unsynced;
    if (unsynced->tracked) {
        return 0;
    }
    off_t size;
    int error = current_size(node, &size);
    if (error) {
        return error;
    }
    *unsynced = (struct unsynced){
        .tracked = true, .serial = ++fs->file_serial, .durable_size = size, .lowest_size = size, .previous = fs->last_unsynced};
    *(unsynced->previous ? &unsynced->previous->unsynced.next : &fs->first_unsynced) = node;
    fs->last_unsynced = node;
    node_pin(node);
    return 0;
}

static struct page *find(const struct unsynced *unsynced, uint64_t index) {
    if (unsynced->bucket_count == 0) {
        return NULL;
    }
    struct page *page = unsynced->buckets[index % unsynced->bucket_count];
    while (page && page->index != index) {
        page = page->chain;
    }
    return page;
}

static int grow(struct unsynced *unsynced) {
    size_t count = unsynced->bucket_count ? unsynced->bucket_count * 4 : 16;
    struct page **buckets = calloc(count, sizeof *buckets);
    if (!buckets) {
        return ENOMEM;
    }
    for (size_t at = 0; at < unsynced->bucket_count; at++) {
        for (struct page *page = unsynced->buckets[at], *next; page; page = next) {
            next = page->chain;
            page->chain = buckets[page->index % count];
            buckets[page->index % count] = page;
        }
    }
    free(unsynced->buckets);
    unsynced->buckets = buckets;
    unsynced->bucket_count = count;
    return 0;
}

/// Keeps what the disk holds of a page that is about to change.
static int keep(struct node *node, uint64_t index) {
    struct unsynced *unsynced = &node->unsynced;
    struct page *known = find(unsynced, index);
    if (known) {
        // The kernel's page is whole and dirty again: the next fsync writes all of it.
        known->dropped = false;
        return 0;
    }
    if (unsynced->page_count >= unsynced->bucket_count * 2) {
        int error = grow(unsynced);
        if (error) {
            return error;
        }
    }
    struct page *page = calloc(1, sizeof *page);
    if (!page) {
        return ENOMEM;
    }
    page->index = index;
    off_t start = (off_t)index * PAGE;
    if (start < unsynced->durable_size) {
        page->before = calloc(1, (size_t)PAGE);
        off_t length = unsynced->durable_size - start < PAGE ? unsynced->durable_size - start : PAGE;
        if (!page->before || pread(node->rw, page->before, (size_t)length, start) != length) {
            int error = page->before ? EIO : ENOMEM;
            free(page->before);
            free(page);
            return error;
        }
    }
    struct page **head = &unsynced->buckets[index % unsynced->bucket_count];
    page->chain = *head;
    *head = page;
    unsynced->page_count++;
    return 0;
}

static int keep_range(struct node *node, off_t start, off_t end) {
    for (off_t page = start / PAGE; page * PAGE < end; page++) {
        int error = keep(node, (uint64_t)page);
        if (error) {
            return error;
        }
    }
    return 0;
}

int unsynced_write(struct fs *fs, struct node *node, off_t offset, off_t length) {
    int error = begin(fs, node);
    return error ? error : keep_range(node, offset, offset + length);
}

int unsynced_resize(struct fs *fs, struct node *node, off_t size) {
    int error = begin(fs, node);
    if (error) {
        return error;
    }
    // What lies above the durable size has no image: on the disk there is nothing.
    error = keep_range(node, size, node->unsynced.durable_size);
    if (!error && size < node->unsynced.lowest_size) {
        node->unsynced.lowest_size = size;
    }
    return error;
}

static void free_page(struct unsynced *unsynced, struct page **link) {
    struct page *page = *link;
    *link = page->chain;
    free(page->before);
    free(page);
    unsynced->page_count--;
}

/// Brings the size to the disk, and with it the fact that something was cut off: what isn't written above there reads as zeros now.
static int commit_size(struct node *node) {
    struct unsynced *unsynced = &node->unsynced;
    off_t size;
    int error = current_size(node, &size);
    if (error) {
        return error;
    }
    for (size_t at = 0; at < unsynced->bucket_count; at++) {
        for (struct page **link = &unsynced->buckets[at]; *link;) {
            struct page *page = *link;
            off_t start = (off_t)page->index * PAGE;
            if (start >= size) {
                free_page(unsynced, link);
                continue;
            }
            if (page->before && start + PAGE > unsynced->lowest_size) {
                off_t zeros = unsynced->lowest_size > start ? unsynced->lowest_size - start : 0;
                memset(page->before + zeros, 0, (size_t)(PAGE - zeros));
            }
            link = &page->chain;
        }
    }
    unsynced->durable_size = unsynced->lowest_size = size;
    return 0;
}

static int commit_pages(struct fs *fs, struct node *node, off_t first, off_t last) {
    struct unsynced *unsynced = &node->unsynced;
    if (!unsynced->tracked) {
        return 0;
    }
    for (size_t at = 0; at < unsynced->bucket_count; at++) {
        for (struct page **link = &unsynced->buckets[at]; *link;) {
            struct page *page = *link;
            if (!page->dropped && (off_t)page->index >= first && (off_t)page->index <= last) {
                free_page(unsynced, link);
            } else {
                link = &page->chain;
            }
        }
    }
    int error = commit_size(node);
    if (!error && unsynced->page_count == 0) {
        unsynced_end(fs, node);
    }
    return error;
}

int unsynced_commit(struct fs *fs, struct node *node) {
    return commit_pages(fs, node, 0, INT64_MAX);
}

int unsynced_commit_range(struct fs *fs, struct node *node, off_t offset, off_t length) {
    return commit_pages(fs, node, offset / PAGE, (offset + length - 1) / PAGE);
}

void unsynced_drop(struct node *node) {
    struct unsynced *unsynced = &node->unsynced;
    for (size_t at = 0; unsynced->tracked && at < unsynced->bucket_count; at++) {
        for (struct page *page = unsynced->buckets[at]; page; page = page->chain) {
            page->dropped = true;
        }
    }
}

void unsynced_end(struct fs *fs, struct node *node) {
    struct unsynced *unsynced = &node->unsynced;
    if (!unsynced->tracked) {
        return;
    }
    for (size_t at = 0; at < unsynced->bucket_count; at++) {
        while (unsynced->buckets[at]) {
            free_page(unsynced, &unsynced->buckets[at]);
        }
    }
    free(unsynced->buckets);
    *(unsynced->previous ? &unsynced->previous->unsynced.next : &fs->first_unsynced) = unsynced->next;
    *(unsynced->next ? &unsynced->next->unsynced.previous : &fs->last_unsynced) = unsynced->previous;
    *unsynced = (struct unsynced){.tracked = false};
    node_unpin(fs, node);
}

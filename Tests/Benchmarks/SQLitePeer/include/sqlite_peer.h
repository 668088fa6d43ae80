#ifndef SQLITE_PEER_H
#define SQLITE_PEER_H

#include <stddef.h>

/**
 * The queue that a careful C programmer would write: an SQLite database in WAL mode at synchronous=FULL with the outbox's table, and a file beside each
 * row, fsynced, renamed and its directory fsynced before the row is committed. What the outbox is measured against.
 */
struct sqlite_peer;

/**
 * Opens a queue in an existing empty directory.
 * @return NULL when that fails
 */
struct sqlite_peer *sqlite_peer_open(const char *directory);

/**
 * Stores one item: its bytes as a file, its row in a transaction of its own. Durable on return.
 * @param id names file and row; not used before
 * @param digest stored with the row
 * @return 0, or -1 when something failed
 */
int sqlite_peer_store(struct sqlite_peer *peer, const char *id, const char *digest, const void *bytes, size_t count);

/**
 * Enters one item, whose file is somebody else's, in a transaction of its own. Durable on return.
 * @return 0, or -1 when something failed
 */
int sqlite_peer_enqueue(struct sqlite_peer *peer, const char *id, const char *digest, size_t count);

/**
 * Keeps what acknowledges an item that waits, in a transaction of its own. Durable on return.
 * @return 0, or -1 when something failed or no such item waits
 */
int sqlite_peer_deliver(struct sqlite_peer *peer, const char *id, const void *acknowledgement, size_t count);

/** Closes it. NULL is allowed. */
void sqlite_peer_close(struct sqlite_peer *peer);

#endif

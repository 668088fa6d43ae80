#ifndef JETSTREAM_PEER_H
#define JETSTREAM_PEER_H

#include <stddef.h>

/** A client of a NATS server with one stream in files, which stores an item when it has answered for the one before. */
struct jetstream_peer;

/**
 * Connects and makes the stream.
 * @param url `nats://127.0.0.1:4222`
 * @return NULL when that fails
 */
struct jetstream_peer *jetstream_peer_open(const char *url);

/**
 * Publishes one item and waits for the stream's acknowledgement.
 * @return 0, or -1 when there is none
 */
int jetstream_peer_store(struct jetstream_peer *peer, const void *bytes, size_t count);

/** Disconnects. NULL is allowed. */
void jetstream_peer_close(struct jetstream_peer *peer);

#endif

#include "jetstream_peer.h"

#include <limits.h>
#include <nats/nats.h>
#include <stdlib.h>

static const char subject[] = "item";

struct jetstream_peer {
    natsConnection *connection;
    jsCtx *context;
};

static natsStatus make_stream(jsCtx *context) {
    jsStreamConfig config;
    natsStatus status = jsStreamConfig_Init(&config);
    if (status != NATS_OK) return status;
    const char *subjects[] = {subject};
    config.Name = "ITEMS";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    return js_AddStream(NULL, context, &config, NULL, NULL);
}

struct jetstream_peer *jetstream_peer_open(const char *url) {
    struct jetstream_peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL) return NULL;
    if (natsConnection_ConnectTo(&peer->connection, url) != NATS_OK || natsConnection_JetStream(&peer->context, peer->connection, NULL) != NATS_OK ||
        make_stream(peer->context) != NATS_OK) {
        jetstream_peer_close(peer);
        return NULL;
    }
    return peer;
}

int jetstream_peer_store(struct jetstream_peer *peer, const void *bytes, size_t count) {
    if (count > INT_MAX) return -1;
    return js_Publish(NULL, peer->context, subject, bytes, (int)count, NULL, NULL) == NATS_OK ? 0 : -1;
}

void jetstream_peer_close(struct jetstream_peer *peer) {
    if (peer == NULL) return;
    jsCtx_Destroy(peer->context);
    natsConnection_Destroy(peer->connection);
    free(peer);
}

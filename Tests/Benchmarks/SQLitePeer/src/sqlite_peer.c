#include "sqlite_peer.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct sqlite_peer {
    sqlite3 *database;
    sqlite3_stmt *insert;
    sqlite3_stmt *deliver;
    int directory;
};

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
    "CREATE TABLE item (sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, reference TEXT NOT NULL,"
    " dependsOn TEXT REFERENCES item (id), state TEXT NOT NULL, byteCount INTEGER NOT NULL, digest TEXT NOT NULL, createdAt INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0, nextAttemptAt INTEGER, lastError TEXT, deliveredAt INTEGER, acknowledgement BLOB) STRICT;"
    "CREATE INDEX itemWaiting ON item (nextAttemptAt, sequence) WHERE state = 'waiting';"
    "CREATE INDEX itemDependency ON item (dependsOn) WHERE dependsOn IS NOT NULL;";

static const char insertion[] =
    "INSERT INTO item (id, kind, reference, state, byteCount, digest, createdAt) VALUES (?, 'application', 'TEST-0001', 'waiting', ?, ?, ?)";

static const char delivery[] =
    "UPDATE item SET state = 'delivered', deliveredAt = ?, acknowledgement = ? WHERE id = ? AND state = 'waiting'";

static sqlite3_int64 now(void) { return (sqlite3_int64)time(NULL) * 1000; }

static int prepare(struct sqlite_peer *peer, const char *sql, sqlite3_stmt **statement) {
    return sqlite3_prepare_v3(peer->database, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
}

struct sqlite_peer *sqlite_peer_open(const char *directory) {
    struct sqlite_peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL) return NULL;
    peer->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/peer.sqlite", directory);
    if (peer->directory < 0 || length < 0 || (size_t)length >= sizeof path || sqlite3_open(path, &peer->database) != SQLITE_OK ||
        sqlite3_exec(peer->database, schema, NULL, NULL, NULL) != SQLITE_OK ||
        prepare(peer, insertion, &peer->insert) != SQLITE_OK || prepare(peer, delivery, &peer->deliver) != SQLITE_OK) {
        sqlite_peer_close(peer);
        return NULL;
    }
    return peer;
}

static int write_file(int directory, const char *part, const char *name, const void *bytes, size_t count) {
    int file = openat(directory, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return -1;
    const char *rest = bytes;
    while (count > 0) {
        ssize_t written = write(file, rest, count);
        if (written <= 0) {
            close(file);
            return -1;
        }
        rest += written;
        count -= (size_t)written;
    }
    int failed = fsync(file);
    failed |= close(file);
    if (failed != 0 || renameat(directory, part, directory, name) != 0) return -1;
    return fsync(directory);
}

int sqlite_peer_store(struct sqlite_peer *peer, const char *id, const char *digest, const void *bytes, size_t count) {
    char part[64];
    char name[64];
    snprintf(part, sizeof part, "%.40s.part", id);
    snprintf(name, sizeof name, "%.40s.sealed", id);
    if (write_file(peer->directory, part, name, bytes, count) != 0) return -1;
    return sqlite_peer_enqueue(peer, id, digest, count);
}

int sqlite_peer_enqueue(struct sqlite_peer *peer, const char *id, const char *digest, size_t count) {
    sqlite3_stmt *insert = peer->insert;
    sqlite3_bind_text(insert, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 2, (sqlite3_int64)count);
    sqlite3_bind_text(insert, 3, digest, -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 4, now());
    int result = sqlite3_step(insert);
    sqlite3_reset(insert);
    return result == SQLITE_DONE ? 0 : -1;
}

int sqlite_peer_deliver(struct sqlite_peer *peer, const char *id, const void *acknowledgement, size_t count) {
    sqlite3_stmt *deliver = peer->deliver;
    sqlite3_bind_int64(deliver, 1, now());
    sqlite3_bind_blob64(deliver, 2, acknowledgement, count, SQLITE_STATIC);
    sqlite3_bind_text(deliver, 3, id, -1, SQLITE_STATIC);
    int result = sqlite3_step(deliver);
    sqlite3_reset(deliver);
    return result == SQLITE_DONE && sqlite3_changes(peer->database) == 1 ? 0 : -1;
}

void sqlite_peer_close(struct sqlite_peer *peer) {
    if (peer == NULL) return;
    sqlite3_finalize(peer->insert);
    sqlite3_finalize(peer->deliver);
    sqlite3_close(peer->database);
    if (peer->directory >= 0) close(peer->directory);
    free(peer);
}

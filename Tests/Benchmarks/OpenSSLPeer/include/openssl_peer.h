#ifndef OPENSSL_PEER_H
#define OPENSSL_PEER_H

#include <stddef.h>

/**
 * What sealing a file can't cost less than: encrypts bytes with OpenSSL's AES-256-GCM under a fresh key, in chunks of 64 KiB as a sealed packet has them,
 * writes each to a new file and fsyncs that. Nothing is digested, signed, named in a directory that is fsynced, or entered in a database.
 * @param path of a file that must not exist
 * @return 0, or -1 when something failed
 */
int openssl_peer_store(const char *path, const void *bytes, size_t count);

#endif

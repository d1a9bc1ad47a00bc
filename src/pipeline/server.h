/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vitrine server: every stage started in order, each handed its neighbour, stopped in reverse.
 *
 *   control -> journal -> net (accepting from here on) -> price book, store, indexer on a thread of
 * their own
 *
 * The index opens beside the first requests: what arrives before is in the journal and is indexed
 * then.
 */
#pragma once

#include "base/status.h"

struct vitrine;

struct vitrine_options {
    const char *data, *http, *grpc, *auth, *hosts, *prices, *init_public_key, *init_secret_key;
    int64_t retention_days, retention_bytes, disk_low_bytes, body_max_bytes, index_memory_bytes;
};

enum status vitrine_start(const struct vitrine_options *options, struct vitrine **out_vitrine,
                          struct error *error);
const char *vitrine_url(const struct vitrine *vitrine);  /* "http://127.0.0.1:4318" */
const char *vitrine_grpc(const struct vitrine *vitrine); /* "127.0.0.1:4317", "" when off */
/* The default project's pair when this start made it; NULL otherwise. */
const char *vitrine_new_public_key(const struct vitrine *vitrine);
const char *vitrine_new_secret_key(const struct vitrine *vitrine);
/* Retention and the disk mark; call it about once a second. */
void vitrine_tick(struct vitrine *vitrine);
/* Non-zero once a background stage failed in a way only a restart can mend; *error says how. */
enum status vitrine_failed(struct vitrine *vitrine, struct error *error);
void vitrine_stop(struct vitrine *vitrine);

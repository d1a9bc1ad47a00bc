/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load: what the load generator's files share. A source makes requests, a wire sends them and waits
 * for each acknowledgement; a thread has one of each.
 */
#pragma once

#include <stdatomic.h>

#include "base/buf.h"

/* Makes the next request of at most `spans` spans; gives how many it holds, 0 at the end. */
struct source {
    size_t (*next)(struct source *source, size_t spans, struct buf *out);
    void *state;
};

/* Shared by all threads. */
struct tally {
    atomic_size_t spans, requests, bytes, retries, failures;
    atomic_size_t spans_left;
    char trouble[256]; /* the first failure in words; written once */
    atomic_flag troubled;
};
void tally_trouble(struct tally *tally, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes up to `batch` spans off what is left to send. */
size_t tally_claim(struct tally *tally, size_t batch);

struct wire_options {
    const char *host;
    int port;
    size_t batch;
    size_t in_flight; /* gRPC: requests at the same time on one connection */
};
/* Sends until the source or the tally is at its end, or something failed. */
void load_http(const struct wire_options *options, struct source *source, struct tally *tally);
void load_grpc(const struct wire_options *options, struct source *source, struct tally *tally);
int load_connect(const struct wire_options *options, struct tally *tally); /* -1: said so */

/* One trace of `spans` spans, four levels deep. */
struct source load_wide(size_t spans, uint64_t seed, uint64_t start_ns);
/* Recorded conversations: a JSON array of {"traj": [message, …]}. Each answer is a span that
 * carries everything said before. Every `step`-th conversation from `first` on. NULL state: said
 * why. */
struct source load_trajectories(const char *path, size_t first, size_t step, uint64_t start_ns);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail: what comes in, as it becomes visible, to whoever follows.
 *
 * A follower remembers a position of the journal. After each commit of the index it is told the
 * rows between that position and the newest, in one round: at most `limit` spans and as many log
 * records, the newest, and how many there were besides. Rows come from the index, so a follower
 * that reads slowly costs nothing: nothing is asked for it until it has room again, and what came
 * meanwhile is one round. Ingestion never waits.
 *
 * Threads  tail_committed() from the index thread; one thread of its own asks and writes.
 * Limits   TAIL_FOLLOWERS_MAX, TAIL_PROJECT_MAX of one project, TAIL_SECONDS_MAX each (a revoked
 * key does not listen for ever; whoever comes again goes on where it was).
 */
#pragma once

#include "serve/serve.h"

enum {
    TAIL_FOLLOWERS_MAX = 64,
    TAIL_PROJECT_MAX = 16,
    TAIL_ROWS_MAX = 200,
    TAIL_SECONDS_MAX = 3600,
    TAIL_HEARTBEAT_SECONDS = 15,
};

struct tail;
struct tail_options {
    const struct query *(*query)(void *context);
    void *context;
};
enum status tail_start(const struct tail_options *options, struct tail **out_tail,
                       struct error *error);
void tail_stop(struct tail *tail); /* after the server; NULL is fine */
/* Everything before `end` is visible. Takes no time. */
void tail_committed(struct tail *tail, struct journal_position end);

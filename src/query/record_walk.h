/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_walk: the rows of a running question -> their records in the journal.
 *
 * Rows come a vector at a time and mostly in the order they were written: they are sorted by
 * place, each frame is decoded once, a few records of a frame by themselves. A record that
 * retention has dropped is not visited.
 *
 * Owns  the frame decoded last: record_walk_done().
 */
#pragma once

#include "query/query.h"

struct record_walk {
    const struct query *query;
    enum signal signal;
    const _Atomic bool *cancelled; /* NULL: never */
    struct journal_frame frame;
    bool has_frame;
    int64_t bytes; /* of frames read */
};
void record_walk_done(struct record_walk *walk);

/* The one of the walk's signal. */
struct walked_record {
    const struct batch *batch;
    const struct span *span;
    const struct log_record *log;
    const struct score *score;
};
/* Calls `visit` for each row that has a record; what it returns, other than STATUS_OK, ends the
 * walk. What it is shown lives until it returns. */
enum status record_walk(struct record_walk *walk, const struct store_lookup_row *rows, size_t count,
                        enum status (*visit)(void *context, const struct walked_record *record,
                                             size_t row, struct error *error),
                        void *context, struct error *error);

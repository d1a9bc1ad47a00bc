/* SPDX-License-Identifier: Apache-2.0 */
/* ask_private: what the files of a question share. */
#pragma once

#include "query/ask.h"
#include "query/plan.h"

/* Reads the records a plan's blocks ask for. */
struct ask_journal {
    const struct query *query;
    const struct plan *plan;
    const _Atomic bool *cancelled;
    struct content_source contents;
    struct journal_frame frame; /* the one read last */
    bool has_frame;
    struct arena scratch; /* of one record */
    int64_t bytes;        /* of frames read */
    bool used;
};

void ask_journal_init(struct ask_journal *journal, const struct query *query,
                      const struct plan *plan, const _Atomic bool *cancelled,
                      struct store_lookup *out_lookup);
void ask_journal_done(struct ask_journal *journal);

/* One value of a record: OP_JOURNAL is a field of the catalogue or a dotted path. In the arena,
 * dynamic as in store.h; STR_NONE when absent. Borrows `scratch` for what is in between. */
struct ask_record {
    const struct batch *batch;
    const struct span *span; /* or */
    const struct log_record *log;
    const struct content_source *contents;
    struct arena *scratch;
    struct ask_talk *talk; /* made when a path needs it */
};
struct str ask_record_value(struct ask_record *record, const struct plan_expr *path,
                            struct arena *arena);

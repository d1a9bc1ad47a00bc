/* SPDX-License-Identifier: Apache-2.0 */
/* ask_private: what the files of a question share. */
#pragma once

#include "query/ask.h"
#include "query/plan.h"

/* The spans a search found, in the order of the journal. */
struct ask_places {
    struct journal_location *items;
    size_t count;
};

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
    struct ask_places searches[PLAN_SEARCHES_MAX];
};

/* Runs the plan's searches (ask_search.c). A warning in the plan says when one did not end. */
enum status ask_searches(struct ask_journal *journal, struct plan *plan, const struct ask *ask,
                         struct arena *arena, struct error *error);
bool ask_found(const struct ask_places *places, const struct store_lookup_row *row);

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

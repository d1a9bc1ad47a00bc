/* SPDX-License-Identifier: Apache-2.0 */
/* ask_private: what the files of a question share. */
#pragma once

#include "query/ask.h"
#include "query/plan.h"
#include "query/record_walk.h"
#include "query/rowset.h"

enum { POINTER_PARTS = 3 }; /* of where a row leads, behind its cells */

/* One question on its way. */
struct run {
    const struct query *query;
    const struct ask *ask;
    struct arena *arena;
    const struct ask_sink *sink;
    struct ask_reply *reply;
    struct error *error;
    int64_t began_ns;
    struct rowset_shown
        *out_shown; /* of the columns of the answer, before its head; NULL: unasked */
};

/* --- ask.c ----------------------------------------------------------------------------------- */

enum status ask_refuse(const struct run *run, const struct language_error *problem);
enum status ask_choose_source(const struct run *run, const struct language_query *tree,
                              enum source_id *out_source);
/* Rows of one plan go to the sink. */
enum status ask_run_plan(const struct run *run, struct plan *plan);
/* Rows of the whole query do. */
enum status ask_run(const struct run *run, struct plan_question question);

/* --- ask_patterns.c -------------------------------------------------------------------------- */

/* The pattern command, with a diff behind it: takes plan->next_command further. */
/* A sink's head that takes no notice. */
enum status ask_no_head(void *context, const struct ask_head *head, struct error *error);
enum status ask_patterns(const struct run *run, const struct plan_question *question,
                         struct plan *plan, struct rowset *out);

/* --- ask_subquery.c -------------------------------------------------------------------------- */

struct subquery {
    const struct run *run;
    const struct plan_question *question; /* of the outer query */
};
/* The rows of a row command's query (struct row_run). */
enum status ask_inner_rows(void *context, const struct command *command, const struct words *wanted,
                           int64_t limit, struct rowset *out);
enum status ask_subquery(void *context, const struct language_query *tree,
                         struct expression **out_list, struct language_error *error);

/* --- ask_journal.c, ask_search.c, ask_record.c ----------------------------------------------- */

/* The spans a search found, in the order of the journal. */
struct ask_places {
    struct journal_location *items;
    size_t count;
};

/* Reads the records a plan's blocks ask for. */
struct ask_journal {
    struct record_walk walk;
    const struct plan *plan;
    struct content_source contents;
    struct arena scratch; /* of one record */
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

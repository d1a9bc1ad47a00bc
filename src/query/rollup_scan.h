/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollup_scan: rows of the rollups as they are, for those who add them up themselves. First which
 * label combinations a question is about, by their ids; then the rows, told apart by their label
 * here instead of being joined, grouped and sorted by the engine: of the minutes of a day that is
 * the smaller half of the work, as there are nearly as many groups as rows.
 *
 * Limits  as many labels as the store keeps (20,000 and a few). A label made after they were read
 *         is not known; its rows count in the next answer.
 */
#pragma once

#include "query/series.h"

struct rollup_label {
    int32_t model, provider; /* ids of names, 0: none */
    uint8_t kind, error_kind;
    bool asked, root, model_call;
    int64_t key;  /* the column that was asked for beside these, 0: none */
    size_t place; /* the caller's: where what it adds up for this label stands */
};

struct rollup_labels {
    struct rollup_label *items; /* by id */
    size_t count;
};

struct rollup_question {
    const struct query *query;
    uint32_t project_id;
    const struct filters *filters; /* of labels */
    const char *key;               /* a column of labels for rollup_label.key; NULL: none */
    const _Atomic bool *cancelled;
};

/* Those of the project that the filters let through. Lives in the arena.
 * Errors: a filter that charts cannot have (named), the store's. */
enum status rollup_labels_read(const struct rollup_question *question, struct arena *arena,
                               struct rollup_labels *out_labels, struct error *error);

/* NULL: the question is not about it. */
struct rollup_label *rollup_label_at(const struct rollup_labels *labels, int64_t id);

/* Which rows: those of one resolution, in a range. */
struct rollup_range {
    int64_t resolution_s, from_s, to_s;
};
/* The range that steps cut, with as many equally long ones in front of it. */
struct rollup_range rollup_range(const struct steps *steps, int periods_before);

/* The first two columns of what `take` is given. */
enum { ROLLUP_TIME, ROLLUP_LABEL, ROLLUP_FIRST };

/* Time, label and then `columns` (of table r) of the rows of "rollups" or "histograms", of every
 * project: rollup_label_at() tells which of them the question is about. */
enum status rollup_stream(const struct rollup_question *question, const char *table,
                          const char *columns, struct rollup_range range, store_take_columns *take,
                          void *context, struct error *error);

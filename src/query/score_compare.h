/* SPDX-License-Identifier: Apache-2.0 */
/*
 * score_compare: two scores of the same things held against each other: how far they agree, and the
 * pairs behind each number.
 *
 * A pair is what both scores say of one trace, part of a trace, session or run; of several scores
 * of one name the newest counts. Pairs are counted in the store.
 *
 * Limits   correlations rest on at most SCORE_VALUE_PAIRS_MAX different pairs of values, beyond
 * that on a sample chosen by what was scored; of labels the SCORE_LABELS_MAX most frequent count.
 */
#pragma once

#include "query/agreement.h"
#include "query/scores.h"

enum { SCORE_VALUE_PAIRS_MAX = 50000, SCORE_LABELS_MAX = 24, SCORE_GRID = 10 };

/* What of a side's scores a list of pairs is about: least <= value < below, and that label. */
struct score_cell {
    bool has_least, has_below;
    double least, below;
    struct str label; /* empty: any */
};

struct score_side {
    struct str name;
    int type, source; /* enum score_type, enum score_source; -1: the most frequent one, any */
    struct score_cell cell;
    int64_t count; /* filled: scores of it in the range */
};

struct score_pairs_question {
    uint32_t project_id;
    struct time_range range;
    struct str environment; /* empty: any */
    struct score_side sides[2];
    bool by_trace; /* whatever part of the trace was scored */
    const _Atomic bool *cancelled;
};

enum score_kinship {
    SCORES_UNPAIRED, /* one of them was not given in the range */
    SCORES_NUMBERS,
    SCORES_LABELS,
    SCORES_NUMBER_BY_LABEL,
};

/* Numbers of those with one label. */
struct score_group {
    struct str label;
    int64_t count;
    double mean, median, least, most;
};

struct score_comparison {
    enum score_kinship kinship;
    int64_t pairs, used; /* used < pairs: a sample, or rare labels left out */
    /* SCORES_NUMBERS: cell [i][j] counts edges[0][i] <= a < edges[0][i + 1], likewise b; the last
     * edges belong to the last cells. Few different values have a cell each. */
    struct number_agreement numbers;
    size_t cells[2];
    double edges[2][SCORE_GRID + 1];
    int64_t grid[SCORE_GRID][SCORE_GRID];
    /* SCORES_LABELS */
    size_t label_count;
    struct str labels[SCORE_LABELS_MAX];
    int64_t matrix[SCORE_LABELS_MAX * SCORE_LABELS_MAX]; /* [a * label_count + b] */
    struct labels_agreement agreement;
    struct label_agreement each[SCORE_LABELS_MAX];
    /* SCORES_NUMBER_BY_LABEL */
    struct score_group groups[SCORE_LABELS_MAX];
    size_t group_count;
};

/* Completes the question's sides: type and count. */
enum status query_score_comparison(const struct query *query, struct score_pairs_question *question,
                                   struct arena *arena, struct score_comparison *out_comparison,
                                   struct error *error);

struct score_pair {
    struct trace_key trace;
    int64_t span_id, time_ns;
    struct str session, dataset_run;
    double values[2];     /* NaN: none */
    struct str labels[2]; /* STR_NONE: a number */
};
struct score_pair_list {
    struct score_pair *items;
    size_t count;
    bool more;
};

/* Newest first, or those that differ most (of labels: that differ) first. */
enum status query_score_pairs(const struct query *query, struct score_pairs_question *question,
                              bool by_difference, size_t limit, struct arena *arena,
                              struct score_pair_list *out_list, struct error *error);

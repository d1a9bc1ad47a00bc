/* SPDX-License-Identifier: Apache-2.0 */
/* scores: lists of scores, newest first, and what they say together. */
#pragma once

#include "query/langfuse_filter.h"
#include "query/series.h"

struct score_question {
    uint32_t project_id;
    struct time_range range;
    struct str id, name, environment, session, dataset_run; /* empty: any */
    struct str config_id, queue_id, author;                 /* likewise */
    struct str text;                                        /* the category; likewise */
    int type, source; /* enum score_type, enum score_source; -1: any */
    bool has_trace, has_span, has_least, has_most, has_below;
    bool of_traces,
        without_corrections; /* or of what belongs to traces; as older clients know them */
    struct trace_key trace;
    int64_t span_id;
    double least, most, below;         /* most belongs to it, below does not */
    const struct langfuse_rows *among; /* only these, by Langfuse's columns; NULL: any */
    size_t limit;
    int64_t skip;    /* rows before the first one told */
    bool has_cursor; /* go on behind this row of the page before */
    int64_t cursor_time_ns, cursor_hash;
    const _Atomic bool *cancelled;
};

struct score_item {
    struct str id, name, text, session, dataset_run, environment, config_id, queue_id, author;
    struct str comment;
    struct str metadata; /* JSON; only when asked for */
    struct trace_key trace;
    int64_t span_id, time_ns, created_ns, updated_ns, hash;
    double value; /* NaN: none */
    enum score_type type;
    enum score_source source;
};

struct score_list {
    struct score_item *items;
    size_t count;
    bool more;
};

/* With `whole` texts and metadata come from the journal, unabridged. */
enum status query_scores(const struct query *query, const struct score_question *question,
                         bool whole, struct arena *arena, struct score_list *out_list,
                         struct error *error);
enum status query_score_count(const struct query *query, const struct score_question *question,
                              int64_t *out_count, struct error *error);

enum { SCORE_NAMES_MAX = 100, SCORE_CATEGORIES_MAX = 20, SCORE_BINS = 10 };

struct score_category {
    struct str text;
    int64_t count;
};
/* All scores of one name and type in the range. */
struct score_summary {
    struct str name;
    enum score_type type;
    int64_t count;
    double mean, least, most, median; /* NaN: no numbers */
    struct score_category categories[SCORE_CATEGORIES_MAX];
    size_t category_count;
    int64_t bins[SCORE_BINS]; /* of equal width from least to most, see score_bin_edge() */
    int64_t by_source[SCORE_SOURCE_COUNT];
    double source_means[SCORE_SOURCE_COUNT]; /* NaN: no numbers */
    int64_t *counts;                         /* one a step */
    double *means;                           /* NaN: nothing to tell */
};
struct score_overview {
    struct steps steps;
    struct score_summary *items; /* most frequent first */
    size_t count;
};
/* Where the bin begins; that of SCORE_BINS is where the last one ends. */
double score_bin_edge(const struct score_summary *summary, int bin);
/* Of the question only the range, trace, session, environment, source and name count. */
enum status query_score_summary(const struct query *query, const struct score_question *question,
                                int64_t step_seconds, struct arena *arena,
                                struct score_overview *out_overview, struct error *error);

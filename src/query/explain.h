/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: what a change is made of. Spans of a range are held against those of a baseline: which
 * values of which dimensions have a larger share of the measure than before, beyond chance.
 *
 * The test is the likelihood ratio of a two-by-two table (this value and all others; baseline and
 * now), `strength` = G, with a Bonferroni correction for the number of values compared. Sums of
 * money and tokens enter as the number of average spans they are worth. For failures and the slow
 * ones a small baseline is filled up with what all spans look like. docs/explain.md has it at
 * length.
 *
 * Limits  beyond EXPLAIN_SPANS_MAX spans or requests a fixed share of all traces is looked at.
 */
#pragma once

#include "query/traces.h"

enum explain_unit { EXPLAIN_COUNT, EXPLAIN_MONEY, EXPLAIN_TOKENS, EXPLAIN_TAIL };

/* Rows of explain_measures.def. */
struct explain_measure {
    const char *name;
    enum explain_unit unit;
    const char *of, *hit, *weight, *biggest, *tail, *whole;
};
const struct explain_measure *explain_measure_find(struct str name);
/* "requests, errors, …", for messages. */
struct str explain_measure_names(struct arena *arena);

enum { EXPLAIN_VALUES_MAX = 50, EXPLAIN_SPANS_MAX = 4000 };

/* Now and before. */
enum explain_side { EXPLAIN_NOW, EXPLAIN_BASELINE, EXPLAIN_SIDES };

struct explain_question {
    uint32_t project_id;
    const struct explain_measure *measure;
    /* Where the two overlap, spans belong to now. */
    struct time_range ranges[EXPLAIN_SIDES];
    const struct filters *filters; /* of traces, as lists take them */
    size_t limit;                  /* values told */
    const _Atomic bool *cancelled;
};

/* A value of a dimension. */
struct explain_value {
    const char *dimension;           /* a filter field */
    const char *second_dimension;    /* likewise, or NULL */
    struct str text, second;         /* its values; empty: absent */
    double amounts[EXPLAIN_SIDES];   /* of the measure */
    double spans[EXPLAIN_SIDES];     /* that make it up */
    double of[EXPLAIN_SIDES];        /* spans that could have; NaN: not told */
    double strength, chance;         /* G, and how likely that is by chance, corrected */
    int64_t first_ns;                /* of the side that has more */
    struct trace_key first, biggest; /* examples of that side */
    int64_t first_span, biggest_span;
    int same; /* place of the value in the list that stands for the same spans; -1: none */
};

struct explanation {
    double lengths_ns[EXPLAIN_SIDES];
    double amounts[EXPLAIN_SIDES], spans[EXPLAIN_SIDES], of[EXPLAIN_SIDES];
    double threshold_ns;          /* of a tail; NaN otherwise */
    double sample;                /* share of traces that values were counted in: 1 is all */
    bool falls;                   /* there is less than before: values are those that lack */
    size_t compared;              /* values */
    struct explain_value *values; /* those that stand out, strongest first */
    size_t count;
};

enum status query_explain(const struct query *query, const struct explain_question *question,
                          struct arena *arena, struct explanation *out_explanation,
                          struct error *error);

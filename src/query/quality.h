/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quality: what the Overview says of answers: blocked, withheld, not of the form asked for, longer
 * or shorter than usual, and what scores say; each beside the seven days before the range.
 *
 * A model asked for JSON gave it, unless its call, or the span around it that read the answer,
 * failed for the answer's form. A failure of form that passed up through several spans is one.
 */
#pragma once

#include "model/score.h"
#include "query/health.h"

enum {
    QUALITY_SCORES_MAX = 24,
    LENGTH_CLASSES = 24, /* class i holds answers of 2^i to 2^(i+1)-1 tokens */
    DRIFT_ANSWERS_MIN = 100,
};

struct quality_counts {
    int64_t guarded, blocked;     /* guardrail checks; those that did not let it pass */
    int64_t calls, filtered;      /* calls of language models; those a filter withheld */
    int64_t structured, unformed; /* asked for JSON; those that did not give it */
    int64_t form_failures;        /* texts that could not be read as what was asked for */
};

struct quality_lengths {
    int64_t classes[LENGTH_CLASSES], answers;
    double p50, p95; /* tokens; NaN: no answer */
};

struct quality_score {
    struct str name;
    enum score_type type;     /* numeric or boolean */
    enum score_source source; /* who gave it */
    int64_t count, baseline_count;
    double mean, baseline_mean; /* of booleans the share of true; NaN: none */
    double *means;              /* a step each; NaN: none */
};

struct quality {
    struct steps steps;
    int64_t baseline_from_ns;
    struct quality_counts now, baseline;
    struct quality_counts *values; /* a step each */
    struct quality_lengths lengths, baseline_lengths;
    double drift; /* population stability index of the lengths; NaN: too few answers */
    struct quality_score scores[QUALITY_SCORES_MAX]; /* most frequent first */
    size_t score_count;
};

struct quality_question {
    uint32_t project_id;
    struct time_range range;
    const struct filters *filters; /* of labels */
    const _Atomic bool *cancelled;
};

enum status query_quality(const struct query *query, const struct quality_question *question,
                          struct arena *arena, struct quality *out_quality, struct error *error);

/*
 * How far one distribution has moved from another: the sum over the classes of (p - q) ln(p / q),
 * each class with half an answer more than it has. Below 0.1 little, above 0.25 much. NaN when
 * either has fewer than DRIFT_ANSWERS_MIN.
 */
double quality_drift(const int64_t *now, const int64_t *before, size_t classes);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * experiments: what the traces of a run over a dataset scored, took and cost, and how one run
 * differs from another. Which trace came of which item is said by who asks (the control database
 * knows).
 *
 * A run has one number for each item and measure: a score's name, latency in nanoseconds, cost in
 * nano-dollars. Where an item led to several traces, or a trace has several scores of a name, it is
 * their mean. A score about an observation counts where that observation is what was linked, and
 * always where the trace was.
 */
#pragma once

#include "model/score.h"
#include "query/significance.h"
#include "query/traces.h"

enum { EXPERIMENT_SCORES_MAX = 30, EXPERIMENT_RUNS_MAX = 20 };

/* What one item of a dataset led to. */
struct experiment_subject {
    struct trace_key trace;
    int64_t span_id; /* 0: the whole trace */
    size_t item;     /* index of the item */
    /* Found out: */
    bool found, is_error;
    int64_t start_ns, duration_ns;
    int64_t root_id; /* `span_id`, or the span of the trace that has no parent; 0: not seen */
    int64_t cost;    /* nano-dollars of it and all below; -1: unknown */
};
struct experiment_run {
    struct experiment_subject *subjects;
    size_t count;
    int64_t found, errors;
};

enum experiment_kind { EXPERIMENT_SCORE, EXPERIMENT_LATENCY, EXPERIMENT_COST };
struct experiment_measure {
    enum experiment_kind kind;
    struct str name;      /* of a score; "latency", "cost" */
    enum score_type type; /* of a score */
    bool lower_is_better;
};
/* values[(run * measure_count + measure) * item_count + item]; NaN: none. */
struct experiment_table {
    struct experiment_measure *measures; /* scores by name, then latency, then cost */
    size_t measure_count, run_count, item_count;
    double *values;
    bool scores_left_out; /* there were more than EXPERIMENT_SCORES_MAX names */
};
const double *experiment_values(const struct experiment_table *table, size_t run, size_t measure);

/* Fills the subjects in, too. `cancelled` may be NULL. */
enum status query_experiment(const struct query *query, uint32_t project_id,
                             struct experiment_run *runs, size_t run_count, size_t item_count,
                             const _Atomic bool *cancelled, struct arena *arena,
                             struct experiment_table *out_table, struct error *error);

/* Fills the subjects in, and nothing else. */
enum status query_experiment_subjects(const struct query *query, uint32_t project_id,
                                      struct experiment_run *run, const _Atomic bool *cancelled,
                                      struct arena *arena, struct error *error);

struct experiment_mean {
    double mean; /* NaN: none */
    size_t count;
};
struct experiment_mean experiment_mean(const double *values, size_t count);

/* One measure of a run beside the same of the baseline. */
struct experiment_difference {
    struct paired_difference paired;
    double p_adjusted; /* over all measures of the run */
    size_t better, worse, same;
    bool significant;
};
/* A run's differences from run 0, one a measure. */
enum status experiment_compare(const struct experiment_table *table, size_t run,
                               struct experiment_difference *out_differences, struct error *error);

enum experiment_change { CHANGE_NONE, CHANGE_SAME, CHANGE_IMPROVED, CHANGE_REGRESSED };
/* One item over all runs, by its scores and errors: how far the worst and the best of it went, as
 * parts of what the score spans. */
struct experiment_item {
    size_t item;
    enum experiment_change change;
    double worst, best; /* <= 0, >= 0 */
};
/* Regressions first, the worst of them first; then improvements, the best first; then the rest. */
enum status experiment_items(const struct experiment_table *table,
                             const struct experiment_run *runs, struct arena *arena,
                             struct experiment_item **out_items, struct error *error);

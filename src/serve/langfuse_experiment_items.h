/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_experiment_items: what ran as part of an experiment: the items of runs over datasets,
 * the newest run first, and behind them those of experiments over data of their own, which only
 * their spans tell of, the newest first. Both are walked in parts, so that memory does not grow
 * with them.
 */
#pragma once

#include "control/datasets.h"
#include "serve/langfuse_filter.h"

struct langfuse_experiment_item {
    struct str experiment_id, experiment_name, item_id;
    struct str dataset_id; /* STR_NONE: it is of no dataset */
    int64_t version_ns;    /* of the dataset's item; 0: not said */
    struct trace_key trace;
    int64_t span_id, start_ns, end_ns; /* the observation that did the work */
    /* Where it stands: a run's number, negative, and the item's; or its span's start and id. */
    int64_t group, place;
};

/* Items that began within the range and fit the conditions (LANGFUSE_EXPERIMENTS) are given to
 * `take`, whose texts live until it returns; false ends the walk. */
struct langfuse_experiment_walk {
    struct call *call;
    const struct langfuse_rows *rows;
    bool (*take)(void *context, const struct langfuse_experiment_item *item);
    void *context;
    bool ended;
};
/* Those of a run whose number is below `before`. */
enum status langfuse__walk_run(struct langfuse_experiment_walk *walk, const struct dataset_run *run,
                               int64_t before);
/* Those of no dataset, behind the cursor in `rows`, if it has one. */
enum status langfuse__walk_spans(struct langfuse_experiment_walk *walk);

/* Runs of the project, the newest first, that can have such items; `before` is a run's number. */
enum { LANGFUSE_RUNS_AT_ONCE = 100 };
enum status langfuse__runs(struct call *call, const struct langfuse_rows *rows, int64_t before,
                           struct dataset_run **out_runs, size_t *out_count, int64_t *out_last);

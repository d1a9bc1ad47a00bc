/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_experiment_items: what ran as part of an experiment: the items of runs over datasets,
 * and those of experiments over data of their own, which only their spans tell of.
 *
 * Limits   the newest LANGFUSE_ITEMS_MAX of each kind are looked at.
 */
#pragma once

#include "control/datasets.h"
#include "serve/langfuse_filter.h"

enum { LANGFUSE_ITEMS_MAX = 10000 };

struct langfuse_experiment_item {
    struct str experiment_id, experiment_name, item_id;
    struct str dataset_id; /* STR_NONE: it is of no dataset */
    int64_t version_ns;    /* of the dataset's item; 0: not said */
    struct trace_key trace;
    int64_t span_id, start_ns, end_ns; /* the observation that did the work */
};

struct langfuse_experiment_items {
    struct langfuse_experiment_item *items;
    size_t count, capacity;
};

/* Those that began within the range and fit the conditions (LANGFUSE_EXPERIMENTS), in any order. */
enum status langfuse__experiment_items(struct call *call, const struct langfuse_rows *rows,
                                       struct langfuse_experiment_items *out_items);

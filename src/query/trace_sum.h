/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_sum: the parts of one trace added up to its summary, by the rules of docs/index.md.
 *
 * The same sums as SQL are in trace_sql.h, for conditions and orders over many traces. A page of
 * traces is summed here, because planning thirty aggregates takes the engine longer than handing
 * out the rows.
 */
#pragma once

#include "query/traces.h"

/* What trace_sum_add() reads, as a list of columns of `trace_parts p`. */
extern const char trace_sum_columns[];
/* Of the columns: the key. */
enum { TRACE_SUM_HI, TRACE_SUM_LO };

/* A value that belongs to the part with the smallest (or largest) other value. */
struct of_extreme {
    bool known;
    int64_t at, value;
};

struct trace_sum {
    struct trace_summary summary; /* texts, ids and sums so far; whole after trace_sum_finish() */
    int64_t root_at, root_status;
    struct of_extreme ttft, model, provider, name, service;
    int64_t environment, tenant, release; /* name ids */
    int64_t input_rank, output_rank;
    int64_t *models; /* distinct ids */
    size_t model_count, model_capacity;
};

void trace_sum_init(struct trace_sum *sum, struct trace_key key);
/* Adds the row that the reader stands on. False: the arena is full. */
bool trace_sum_add(struct trace_sum *sum, const struct store_rows *rows, struct arena *arena);
/* Looks up the names, and decides what depends on all parts. */
void trace_sum_finish(struct trace_sum *sum, const struct query *query);

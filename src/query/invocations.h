/* SPDX-License-Identifier: Apache-2.0 */
/*
 * invocations: a list of model calls, or of spans of any kind, one row a span, with the first bytes
 * of the prompt and the answer. Those are read from the journal for the page that is asked for, and
 * only for it.
 */
#pragma once

#include "query/filter.h"
#include "query/journalled.h"
#include "query/traces.h"

enum invocation_sort {
    INVOCATION_START,
    INVOCATION_DURATION,
    INVOCATION_COST,
    INVOCATION_TOKENS,
    INVOCATION_TTFT,
    INVOCATION_SORTS
};
extern const struct sort_key invocation_sorts[INVOCATION_SORTS];

struct invocation {
    struct trace_key trace;
    int64_t span_id, parent_id, start_ns, duration_ns, cost, ttft_ns,
        sort_value;                                             /* cost, ttft: -1: unknown */
    int64_t input_tokens, output_tokens, cache_read, reasoning; /* -1: unknown */
    enum observation_kind kind;
    enum error_kind error_kind;
    bool is_error, unpriced;
    struct str name, model, model_version, provider, op, service, agent, tool, error_type, finish;
    struct str prompt, prompt_version, user, session;
    struct str input, output; /* previews */
};

struct invocation_question {
    uint32_t project_id;
    struct time_range range;
    const struct filters *filters;
    bool any_kind;                       /* not only calls of models */
    const struct journalled *journalled; /* only what came in this part of the journal; NULL: any */
    enum invocation_sort sort;
    bool ascending;
    size_t limit;
    bool has_cursor; /* go on behind this row of the page before */
    int64_t cursor_value, cursor_span;
    const _Atomic bool *cancelled;
};

enum { INVOCATIONS_MAX = 200 };

struct invocation_list {
    struct invocation *items;
    size_t count;
    bool more;
};

enum status query_invocations(const struct query *query, const struct invocation_question *question,
                              struct arena *arena, struct invocation_list *out_list,
                              struct error *error);
/* How many there are altogether, counted up to `most`. */
enum status query_invocation_count(const struct query *query,
                                   const struct invocation_question *question, int64_t most,
                                   int64_t *out_count, struct error *error);

/* SPDX-License-Identifier: Apache-2.0 */
/* traces: lists of traces, and the shape of one. Texts of results live in the arena. */
#pragma once

#include "query/filter.h"
#include "query/trace_sql.h"

struct time_range {
    int64_t from_ns, to_ns; /* from <= t < to */
};

enum trace_state { TRACE_RUNNING, TRACE_QUIET, TRACE_CLOSED };

struct trace_summary {
    struct trace_key key;
    struct str name, model, provider, service, environment, user, session, tenant, release;
    struct str input, output; /* previews */
    int64_t root_span;        /* 0: not seen (yet) */
    struct journal_location root_place;
    int64_t start_ns, end_ns, arrival_ns;
    bool is_error, complete;
    enum trace_state state;
    enum error_kind error_kind;
    int64_t spans, errors, llm_calls, tool_calls, unpriced, models;
    int64_t input_tokens, output_tokens, cache_read, cache_write, reasoning, total_tokens, cost;
    int64_t ttft_ns; /* -1: unknown */
};

enum trace_sort {
    SORT_START,
    SORT_DURATION,
    SORT_COST,
    SORT_TOKENS,
    SORT_TTFT,
    SORT_ERRORS,
    SORT_SPANS,
    SORT_COUNT
};
extern const struct sort_key trace_sorts[SORT_COUNT];

struct trace_list_question {
    uint32_t project_id;
    struct time_range range;
    const struct filters *filters;
    enum trace_sort sort;
    bool ascending;
    size_t limit;
    int64_t skip;    /* rows before the first one told */
    bool has_cursor; /* go on behind this row of the page before */
    int64_t cursor_value;
    struct trace_key cursor_key;
    const _Atomic bool *cancelled;
};

struct trace_list {
    struct trace_summary *items;
    size_t count;
    bool more;
    int64_t *sort_values; /* of each item: what the next cursor is made of */
};

enum status query_traces(const struct query *query, const struct trace_list_question *question,
                         struct arena *arena, struct trace_list *out_list, struct error *error);
/* How many the list has altogether, counted up to `most`. */
enum status query_trace_count(const struct query *query, const struct trace_list_question *question,
                              int64_t most, int64_t *out_count, struct error *error);
/* `columns` (ours, over trace_parts p) of each trace that the question's range and filters hold. */
void trace_select(struct sql *sql, const struct query *query,
                  const struct trace_list_question *question, const char *columns);
/* Its two halves, for a condition on `p` in between. */
void trace_select_parts(struct sql *sql, const struct query *query,
                        const struct trace_list_question *question, const char *columns);
void trace_select_sums(struct sql *sql, const struct query *query,
                       const struct trace_list_question *question);
/* The keys, sort value and status of all traces the question's range and filters hold: `limit` 0,
 * or the first ones. */
void trace_select_keys(struct sql *sql, const struct query *query,
                       const struct trace_list_question *question, int64_t limit);
/* The traces of these keys, in their order; those that are not there are left out. */
enum status query_traces_of(const struct query *query, uint32_t project_id,
                            const struct trace_key *keys, size_t count,
                            const _Atomic bool *cancelled, struct arena *arena,
                            struct trace_list *out_list, struct error *error);
/* STATUS_NOT_FOUND when the project has no such trace. */
enum status query_trace(const struct query *query, uint32_t project_id, struct trace_key key,
                        struct arena *arena, struct trace_summary *out_trace, struct error *error);

/* One span of a trace's shape: what the tree and the timeline need. */
struct span_shape {
    int64_t span_id, parent_id, start_ns, duration_ns, ttft_ns, cost;
    int32_t name, op, model, provider, tool, agent, service; /* name ids, 0: none */
    int32_t input_tokens, output_tokens, cache_read, reasoning, total_tokens; /* -1: none */
    uint8_t kind, status, error_kind;
    uint16_t flags;
};
enum { SHAPE_SPANS_MAX = 200000 };

struct trace_shape {
    struct span_shape *spans; /* by start */
    size_t count;
    bool truncated;
};
enum status query_trace_shape(const struct query *query, uint32_t project_id,
                              const struct trace_summary *trace, struct arena *arena,
                              const _Atomic bool *cancelled, struct trace_shape *out_shape,
                              struct error *error);

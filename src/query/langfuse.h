/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse: the questions that only Langfuse's read API asks: pages by number, and ids as their
 * senders wrote them. */
#pragma once

#include "model/observation.h"
#include "query/traces.h"

/* What senders called our ids; ptr NULL when they used ours. `hi` is 0 for spans. */
struct alias_key {
    int64_t hi, lo;
};
enum { ALIASES_MAX = 100 }; /* of one question */
enum status query_aliases(const struct query *query, uint32_t project_id, enum alias_kind kind,
                          const struct alias_key *keys, size_t count, struct arena *arena,
                          struct str *out_texts, struct error *error);

struct observation_question {
    uint32_t project_id;
    struct time_range range; /* of the start */
    bool has_trace, has_parent, has_span;
    struct trace_key trace;
    int64_t parent_id, span_id;
    int kind;                           /* enum observation_kind; -1: any */
    int status;                         /* enum span_status; -1: any */
    struct str name, user, environment; /* empty: any */
    size_t limit;
    int64_t skip;
    bool has_cursor; /* go on behind this one */
    int64_t cursor_start_ns, cursor_span_id;
    const _Atomic bool *cancelled;
};
struct observation_key {
    struct trace_key trace;
    int64_t span_id, start_ns;
};
/* Newest first. Spans that stand for a trace are none. `out_total` may be NULL. */
enum status query_observations(const struct query *query,
                               const struct observation_question *question, struct arena *arena,
                               struct observation_key **out_keys, size_t *out_count,
                               int64_t *out_total, struct error *error);

struct session_row {
    struct str id, environment;
    int64_t created_ns;
};
/* Newest first. */
enum status query_session_page(const struct query *query, uint32_t project_id,
                               struct time_range range, size_t limit, int64_t skip,
                               struct arena *arena, struct session_row **out_rows,
                               size_t *out_count, int64_t *out_total, struct error *error);

/* SPDX-License-Identifier: Apache-2.0 */
/* agent_walk_private: the steps of a walk: which traces (agent_runs.c), their spans
 * (agent_spans.c), and what they make together (agent_walk.c). */
#pragma once

#include "query/agent_walk.h"

/* The traces with the newest runs, newest first. Free `traces`, whatever becomes of it. */
struct agent_picked {
    struct trace_key *traces;
    size_t count;
    int64_t oldest_ns; /* the first start of a run in them */
    bool complete;     /* there are no others in the range */
};
enum status agent__pick(const struct query *query, const struct agent_question *question,
                        struct agent_picked *out_picked, struct error *error);

/* A span as it is read, not yet among those of its trace. */
struct agent_span {
    struct agent_step step;
    int64_t parent_id;
    int32_t trace;    /* its place among the picked */
    int32_t declared; /* the name somebody gave the trace, 0: none */
};

struct agent_spans {
    struct agent_span *items;        /* as they came */
    const struct agent_span **order; /* trace by trace, by start */
    size_t *first; /* where a trace begins in `order`; one more than traces: where the last ends */
    size_t count, trace_count;
    bool complete; /* false: AGENT_SPANS_MAX cut off the oldest */
};
enum status agent__read_spans(const struct query *query, const struct agent_question *question,
                              const struct agent_picked *picked, struct agent_spans *out_spans,
                              struct error *error);
void agent__spans_done(struct agent_spans *spans);

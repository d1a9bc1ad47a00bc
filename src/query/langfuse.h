/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse: the questions that only Langfuse's read API asks: pages by number, and ids as their
 * senders wrote them. */
#pragma once

#include "model/observation.h"
#include "query/langfuse_filter.h"
#include "query/query.h"

/* What senders called our ids; ptr NULL when they used ours. `hi` is 0 for spans. */
struct alias_key {
    int64_t hi, lo;
};
enum { ALIASES_MAX = 1000 }; /* of one question */
enum status query_aliases(const struct query *query, uint32_t project_id, enum alias_kind kind,
                          const struct alias_key *keys, size_t count, struct arena *arena,
                          struct str *out_texts, struct error *error);

struct langfuse_list_question {
    struct langfuse_rows rows;          /* traces or observations */
    const struct langfuse_field *order; /* NULL: by start */
    bool ascending;
    size_t limit;
    int64_t skip;
    const _Atomic bool *cancelled;
};
struct langfuse_key {
    struct trace_key trace;
    int64_t span_id, start_ns;        /* span_id: of an observation, else 0 */
    int64_t parent_id, arrival_ns;    /* likewise */
    struct journal_location location; /* likewise */
};
/* Spans that stand for a trace are no observations. `out_total` may be NULL. */
enum status query_langfuse_keys(const struct query *query,
                                const struct langfuse_list_question *question, struct arena *arena,
                                struct langfuse_key **out_keys, size_t *out_count,
                                int64_t *out_total, struct error *error);
/* Of any trace. STATUS_NOT_FOUND when the project has no such observation (yet). */
enum status query_langfuse_observation(const struct query *query, uint32_t project_id,
                                       int64_t span_id, struct arena *arena,
                                       struct langfuse_key *out_key, struct error *error);
/* The tags of several traces, at most ALIASES_MAX, each as a JSON array, sorted. */
enum status query_tags(const struct query *query, uint32_t project_id, const struct trace_key *keys,
                       size_t count, struct arena *arena, struct str *out_tags,
                       struct error *error);

/* Ids as their senders wrote them, of what belongs to a trace. */
struct id_list {
    struct str *items;
    size_t count, capacity;
};
enum { TRACE_MEMBERS_MAX = 5000 }; /* of one trace: the newest */
/* Of several traces at once, a list for each key: observations, oldest first; scores that are no
 * corrections, newest first. */
enum status query_observation_ids(const struct query *query, uint32_t project_id,
                                  const struct trace_key *keys, size_t count, struct arena *arena,
                                  struct id_list *out_lists, struct error *error);
enum status query_score_ids(const struct query *query, uint32_t project_id,
                            const struct trace_key *keys, size_t count, struct arena *arena,
                            struct id_list *out_lists, struct error *error);

struct session_row {
    struct str id, environment;
    int64_t created_ns;
};
/* The sessions of these traces, newest first. */
enum status query_session_page(const struct query *query, const struct langfuse_rows *traces,
                               size_t limit, int64_t skip, struct arena *arena,
                               struct session_row **out_rows, size_t *out_count, int64_t *out_total,
                               struct error *error);

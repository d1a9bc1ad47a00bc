/* SPDX-License-Identifier: Apache-2.0 */
/* records: lists of log records, and metrics over time. */
#pragma once

#include "query/journalled.h"
#include "query/series.h"

struct log_question {
    uint32_t project_id;
    struct time_range range;
    struct str service, environment, event; /* STR_NONE: any */
    int32_t severity_least;
    bool has_trace;
    struct trace_key trace;
    size_t limit;
    bool has_cursor;
    int64_t cursor_time_ns;
    int64_t cursor_skip;                 /* rows of that very time already shown */
    const struct journalled *journalled; /* only what came in this part of the journal; NULL: any */
    const _Atomic bool *cancelled;
};

struct log_row {
    int64_t time_ns, span_id;
    struct trace_key trace;
    int32_t severity;
    struct str service, event, body;
};

struct log_list {
    struct log_row *items; /* newest first */
    size_t count;
    bool more;
};
enum status query_logs(const struct query *query, const struct log_question *question,
                       struct arena *arena, struct log_list *out_list, struct error *error);

/* How many there are altogether, counted up to `most`. */
enum status query_log_count(const struct query *query, const struct log_question *question,
                            int64_t most, int64_t *out_count, struct error *error);

struct metric_row {
    struct str name, unit;
    enum metric_type type;
    int64_t points, last_ns;
};
enum { METRIC_NAMES_MAX = 1000 };
enum status query_metric_names(const struct query *query, uint32_t project_id,
                               struct time_range range, struct arena *arena,
                               struct metric_row **out_rows, size_t *out_count,
                               struct error *error);

/* Which hosts sent metrics, most points first. */
struct metric_host {
    struct str name;
    int64_t points, last_ns;
};
enum { METRIC_HOSTS_MAX = 500 };
enum status query_metric_hosts(const struct query *query, uint32_t project_id,
                               struct time_range range, struct arena *arena,
                               struct metric_host **out_hosts, size_t *out_count,
                               struct error *error);

/* One metric by an attribute of its points, "service.name" or "host.name" (STR_NONE: as a whole),
 * of one host or all (STR_NONE): the mean of gauges, the increase of sums and histogram counts. */
struct metric_question {
    uint32_t project_id;
    struct time_range range;
    int64_t step_seconds;
    struct str name, by, host;
    const _Atomic bool *cancelled;
};
enum status query_metric_series(const struct query *query, const struct metric_question *question,
                                struct arena *arena, struct series *out_series,
                                struct error *error);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch: what one request brought, decoded and not yet interpreted: names are the sender's.
 *
 * Owns     one arena with every record in it, and the request body that strings point into.
 *          Passing the batch passes its memory; batch_free() frees all of it.
 * Threads  one at a time.
 * Follows  the OTLP data model (opentelemetry-proto 1.x); other protocols are put into it.
 */
#pragma once

#include "base/arena.h"
#include "model/score_config.h"
#include "model/value.h"

struct resource {
    struct attributes attributes;
    struct str schema_url;
    uint32_t dropped_attributes;
};

struct scope {
    struct str name, version, schema_url;
    struct attributes attributes;
    uint32_t dropped_attributes;
};

enum { TRACE_ID_BYTES = 16, SPAN_ID_BYTES = 8 };

struct span_event {
    uint64_t time_ns;
    struct str name;
    struct attributes attributes;
    uint32_t dropped_attributes;
};

struct span_link {
    uint8_t trace_id[TRACE_ID_BYTES], span_id[SPAN_ID_BYTES];
    struct str trace_state;
    struct attributes attributes;
    uint32_t dropped_attributes, flags;
};

enum span_status { SPAN_UNSET, SPAN_OK, SPAN_ERROR };

struct span {
    uint32_t resource, scope; /* indexes into the batch's tables */
    uint8_t trace_id[TRACE_ID_BYTES], span_id[SPAN_ID_BYTES];
    uint8_t parent_id[SPAN_ID_BYTES]; /* all zero: a root */
    struct str name, trace_state;
    uint32_t kind;             /* OTLP SpanKind */
    uint64_t start_ns, end_ns; /* as claimed: any 64-bit number */
    enum span_status status;
    struct str status_message;
    uint32_t flags;
    struct attributes attributes;
    struct span_event *events;
    struct span_link *links;
    size_t event_count, link_count;
    uint32_t dropped_attributes, dropped_events, dropped_links;
};

struct log_record {
    uint32_t resource, scope;
    uint64_t time_ns, observed_ns; /* 0: unknown */
    int32_t severity;              /* OTLP SeverityNumber */
    struct str severity_text, event_name;
    struct value body;
    struct attributes attributes;
    uint32_t dropped_attributes, flags;
    uint8_t trace_id[TRACE_ID_BYTES], span_id[SPAN_ID_BYTES]; /* all zero: none */
};

enum metric_type {
    METRIC_GAUGE = 1,
    METRIC_SUM,
    METRIC_HISTOGRAM,
    METRIC_EXPONENTIAL,
    METRIC_SUMMARY
};
enum metric_temporality { TEMPORALITY_UNSPECIFIED, TEMPORALITY_DELTA, TEMPORALITY_CUMULATIVE };

/* What the points of one metric share. */
struct metric {
    uint32_t resource, scope;
    struct str name, description, unit;
    enum metric_type type;
    enum metric_temporality temporality;
    bool monotonic;
    struct attributes metadata;
};

struct exemplar {
    uint64_t time_ns;
    double value;
    uint8_t trace_id[TRACE_ID_BYTES], span_id[SPAN_ID_BYTES];
    struct attributes attributes;
};

/* One datapoint of any metric type; members a type does not have are zero. */
struct metric_point {
    uint32_t metric; /* index into the batch's metrics */
    uint64_t start_ns, time_ns;
    uint32_t flags; /* bit 0: no recorded value */
    struct attributes attributes;
    bool is_int, has_sum, has_min, has_max;
    int64_t integer; /* gauge, sum */
    double number;
    uint64_t count;
    double sum, min, max;
    double *bounds; /* histogram: bound_count bounds, bound_count + 1 buckets; summary: quantiles */
    uint64_t *buckets;
    double *quantile_values;
    size_t bound_count, bucket_count;
    int32_t scale, positive_offset, negative_offset; /* exponential */
    uint64_t zero_count;
    double zero_threshold;
    uint64_t *negative_buckets;
    size_t negative_bucket_count;
    struct exemplar *exemplars;
    size_t exemplar_count;
};

enum signal { SIGNAL_SPANS, SIGNAL_LOGS, SIGNAL_POINTS, SIGNAL_SCORES, SIGNAL_COUNT };

struct batch {
    struct arena arena;
    uint32_t project_id;
    struct str receiver; /* name of the receiver, e.g. "otlp" */
    int64_t arrival_ns;

    struct resource *resources;
    struct scope *scopes;
    struct span *spans;
    struct log_record *logs;
    struct metric *metrics;
    struct metric_point *points;
    struct score *scores;
    size_t resource_count, scope_count, span_count, log_count, metric_count, point_count,
        score_count;
    size_t resource_capacity, scope_capacity, span_capacity, log_capacity, metric_capacity,
        point_capacity, score_capacity;

    const struct score_configs *score_configs; /* what scores may name; NULL: not looked up */

    /* The spans are parts of spans, said as things happened: several records make one span. */
    bool is_partial;

    /* What was refused of the request: how many records, and why the first few were. */
    size_t rejected_count;
    struct error rejected;
    size_t repaired_texts; /* invalid UTF-8 replaced */

    void *body; /* malloc'ed bytes that strings point into, or NULL; freed with the batch */
};

/* The arena may hold at most limit_bytes. NULL when there is no memory. */
struct batch *batch_new(size_t limit_bytes);
void batch_free(struct batch *batch);

/* Append a cleared record and return it; NULL when the arena is full. The pointer is good until the
 * next add of the same kind. */
struct resource *batch_add_resource(struct batch *batch);
struct scope *batch_add_scope(struct batch *batch);
struct span *batch_add_span(struct batch *batch);
struct log_record *batch_add_log(struct batch *batch);
struct metric *batch_add_metric(struct batch *batch);
struct metric_point *batch_add_point(struct batch *batch);
struct score *batch_add_score(struct batch *batch);
/* Takes back the record added last (it turned out to be refused). */
void batch_drop_span(struct batch *batch);
void batch_drop_log(struct batch *batch);
void batch_drop_point(struct batch *batch);
void batch_drop_score(struct batch *batch);

/* Counts one refused record; the first three reasons are kept, joined by "; ". */
void batch_reject(struct batch *batch, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

size_t batch_record_count(const struct batch *batch); /* of all signals */

bool id_is_zero(const uint8_t *id, size_t size);

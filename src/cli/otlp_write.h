/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_write: OTLP requests in protobuf, as an SDK would send them. Every piece is encoded bytes in
 * a buf, and a larger piece is made of smaller ones: attributes -> span -> group -> request.
 *
 * `field` of an attribute is its number in the message it stands in. A full buf marks itself
 * failed.
 */
#pragma once

#include "base/buf.h"

enum { /* where attributes stand */
       OTLP_IN_RESOURCE = 1,
       OTLP_IN_EVENT = 3,
       OTLP_IN_LOG = 6,
       OTLP_IN_NUMBER = 7,
       OTLP_IN_SPAN = 9,
       OTLP_IN_HISTOGRAM = 9,
};

void otlp_str(struct buf *out, uint32_t field, const char *key, struct str text);
void otlp_text(struct buf *out, uint32_t field, const char *key, const char *text);
void otlp_int(struct buf *out, uint32_t field, const char *key, int64_t number);
void otlp_double(struct buf *out, uint32_t field, const char *key, double number);
void otlp_bool(struct buf *out, uint32_t field, const char *key, bool boolean);
void otlp_strs(struct buf *out, uint32_t field, const char *key, const struct str *items,
               size_t count);

enum { OTLP_KIND_INTERNAL = 1, OTLP_KIND_SERVER = 2, OTLP_KIND_CLIENT = 3 };
enum { OTLP_STATUS_UNSET = 0, OTLP_STATUS_OK = 1, OTLP_STATUS_ERROR = 2 };

struct otlp_span {
    uint8_t trace_id[16], id[8], parent_id[8];
    bool has_parent;
    const char *name;
    int kind;
    int64_t start_ns, end_ns;
    struct buf attributes; /* otlp_*(…, OTLP_IN_SPAN, …) */
    struct buf events;     /* otlp_event() */
    int status;
    const char *message; /* of the status; NULL: none */
};

void otlp_event(struct buf *events, int64_t time_ns, const char *name, struct str attributes);
/* Appends it to a group's spans, and frees its bufs. */
void otlp_span(struct buf *spans, struct otlp_span *span);

struct otlp_log {
    int64_t time_ns;
    int severity; /* OTLP's number: 9 INFO, 13 WARN, 17 ERROR */
    const char *severity_text, *event_name;
    struct str body;
    const uint8_t *trace_id, *span_id; /* NULL: none */
    struct str attributes;             /* OTLP_IN_LOG */
};
void otlp_log(struct buf *logs, const struct otlp_log *log);

/* One metric with the points in `points` (otlp_number(), otlp_histogram()). */
enum otlp_metric_kind { OTLP_GAUGE = 5, OTLP_SUM = 7, OTLP_HISTOGRAM = 9 };
void otlp_metric(struct buf *metrics, enum otlp_metric_kind kind, const char *name,
                 const char *unit, struct str points);
void otlp_number(struct buf *points, int64_t start_ns, int64_t time_ns, double value,
                 struct str attributes);
/* counts has one more than bounds. */
void otlp_histogram(struct buf *points, int64_t start_ns, int64_t time_ns, const double *bounds,
                    const uint64_t *counts, size_t bound_count, double sum, struct str attributes);

/* Appends one resource with one scope and what it holds (spans, logs or metrics) to a request. */
void otlp_group(struct buf *request, struct str resource_attributes, const char *scope,
                const char *scope_version, struct str items);

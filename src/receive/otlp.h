/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp: shared by the files of the OTLP receiver only.
 *
 * The three signals have one shape: groups of a resource, scopes in them, records in those. A walk
 * over that shape (once for protobuf, once for JSON) hands each record to the signal's own
 * function.
 *
 * Failing  a function that gives false has said why in struct otlp. On the way out each level puts
 * its name in front (otlp_at), so the path of an error costs nothing until there is one. Within a
 * record the record is refused and the next one is read; outside, the request is refused.
 */
#pragma once

#include "receive/receive.h"
#include "wire/json.h"
#include "wire/protobuf.h"

enum {
    OTLP_ATTRIBUTES_MAX = 10000, /* of one record, resource, scope, event, link or exemplar */
    OTLP_EVENTS_MAX = 10000,     /* of one span; also links, and exemplars of a point */
    OTLP_BUCKETS_MAX = 10000,    /* of one point; also bounds and quantiles */
};

enum otlp_encoding { OTLP_PROTOBUF, OTLP_JSON };

struct otlp;

struct otlp_shape {
    enum signal signal;
    const char *groups, *scopes, *records; /* "resourceSpans", "scopeSpans", "spans" */
    const char *rejected;                  /* "rejectedSpans" */
    const char *path, *grpc_path;          /* ends of the paths that bring this signal */
    /* Makes room for so many more records, if it can; NULL: they come one by one. */
    void (*reserve)(struct batch *batch, size_t more);
    bool (*from_protobuf)(struct otlp *otlp, struct str message);
    bool (*from_json)(struct otlp *otlp, const struct json *record);
};

struct otlp {
    const struct otlp_shape *shape;
    struct batch *batch;
    uint32_t resource, scope; /* of the record being read */
    size_t group_at, scope_at, record_at;

    /* Why a function gave false. */
    enum status status; /* STATUS_INVALID, or STATUS_TOO_LARGE when the arena is full */
    enum reject_reason reason;
    size_t stands_for; /* records refused with the one being read; 0 is 1 */
    char path[140], why[150];
};

/* otlp_fault.c; those that give bool always give false. */
bool otlp_refuse(struct otlp *otlp, enum reject_reason reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool otlp_full(struct otlp *otlp);
bool otlp_at(struct otlp *otlp, const char *format, ...) __attribute__((format(printf, 2, 3)));
enum status otlp_fail(const struct otlp *otlp, struct error *error);
/* Refuses the record being read, or the part of it that the path names; false when the request must
 * fail. */
bool otlp_reject(struct otlp *otlp);

/* otlp_check.c: what both encodings have in common. */
void *otlp_array(struct otlp *otlp, size_t count, size_t size); /* not cleared; NULL: otlp_full() */
bool otlp_limit(struct otlp *otlp, size_t count, size_t max, const char *what);
bool otlp_check_ids(struct otlp *otlp, const struct span *span);
bool otlp_check_metric(struct otlp *otlp, const struct metric *metric);
bool otlp_check_number(struct otlp *otlp, struct metric_point *point, bool has_value);
bool otlp_check_histogram(struct otlp *otlp, struct metric_point *point);
bool otlp_check_exponential(struct otlp *otlp, struct metric_point *point);
bool otlp_check_summary(struct otlp *otlp, struct metric_point *point);
uint32_t otlp_span_kind(int64_t number);
enum span_status otlp_span_status(int64_t number);
enum metric_temporality otlp_temporality(int64_t number);

void otlp_reserve_spans(struct batch *batch, size_t more);
void otlp_reserve_logs(struct batch *batch, size_t more);

/* Reads a whole request; otlp_protobuf.c, otlp_json.c. */
enum status otlp_from_protobuf(struct otlp *otlp, struct str body, struct error *error);
enum status otlp_from_json(struct otlp *otlp, struct str body, struct error *error);

/* otlp_reply.c */
enum status otlp_encoding(const struct request *request, enum otlp_encoding *out_encoding,
                          struct error *error);
const struct otlp_shape *otlp_shape_of(const struct request *request);
void otlp_reply(struct request *request, const struct batch *batch, enum status status,
                const struct error *error, struct response *out_response);

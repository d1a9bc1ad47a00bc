/* SPDX-License-Identifier: Apache-2.0 */
/* serve_private: what the handlers share: reading parameters, writing replies. */
#pragma once

#include "model/foreign_id.h"
#include "query/invocations.h"
#include "query/scores.h"
#include "query/traces.h"
#include "serve/serve.h"
#include "wire/json.h"

/* One handler's view of a request. */
struct call {
    struct request *request;
    const struct serve_options *options;
    const struct query *query; /* never NULL in handlers that ask the index */
    struct response response;
    struct json_out out; /* writes into response.body */
    struct error error;
    struct langfuse_page_facts *page_facts; /* langfuse_page.c; NULL: nothing is known beforehand */
};

#define ROUTE(handler, method, pattern, traits)                                                    \
    void serve__##handler(struct request *request, void *context);
#include "serve/routes.def"
#undef ROUTE

/* Begins a call that needs the index. False: already answered (the index is not open yet). */
bool call_begin(struct call *call, struct request *request, void *context);
/* The same without the index. */
void call_begin_plain(struct call *call, struct request *request, void *context);
/* Sends what was written, or the error. Every handler ends here, once. */
void call_end(struct call *call, enum status status);

/* Has a handler's work done by the pool for long questions, so that lists and screens need not wait
 * behind them. */
void call_later(struct request *request, void *context,
                void (*handle)(struct request *request, void *context));

/* --- members of a JSON body: the same ------------------------------------------------------- */
enum status body_read(struct call *call, struct json *out_body);
enum status body_text(struct call *call, const struct json *body, const char *name, bool required,
                      struct str *out_text); /* empty when absent */
enum status body_int(struct call *call, const struct json *body, const char *name, int64_t fallback,
                     int64_t least, int64_t most, int64_t *out_number);
enum status body_range(struct call *call, const struct json *body, struct time_range fallback,
                       struct time_range *out_range);
/* ISO 8601; stays as it was when absent. */
enum status body_moment(struct call *call, const struct json *body, const char *name,
                        int64_t *inout_ns);
/* An id that an import brings along: empty when absent, else 1 to 255 printable bytes. */
enum status body_own_id(struct call *call, const struct json *body, const char *name,
                        struct str *out_id);

/* --- parameters: each fails with the parameter's name and what was expected ------------------- */
enum status param_range(struct call *call, struct time_range *out_range);
enum status param_filters(struct call *call, struct filters *out_filters);
enum status param_int(struct call *call, struct str name, int64_t fallback, int64_t least,
                      int64_t most, int64_t *out_number);
/* "sort", one of `count` keys, and "order"; absent: *out_sort as it was, descending. */
enum status param_sort(struct call *call, const struct sort_key *keys, int count, int *out_sort,
                       bool *out_ascending);
/* The key that `text` names; empty: *out_sort as it was. */
enum status sort_find(struct call *call, struct str text, const struct sort_key *keys, int count,
                      int *out_sort);
/* false and STATUS_OK when absent */
enum status param_number(struct call *call, const char *name, bool *out_has, double *out_number);
/* "cursor", the `next` of the page before: "<number>.<rest>", the sort value of its last row and
 * what tells rows of one value apart. Absent: false and STATUS_OK. */
enum status param_cursor(struct call *call, bool *out_has, int64_t *out_number,
                         struct str *out_rest);
enum status param_cursor_refused(struct call *call); /* its `rest` is none of ours */
/* enum score_type, enum score_source; -1 when absent */
enum status param_score_type(struct call *call, const char *name, int *out_type);
enum status param_score_source(struct call *call, const char *name, int *out_source);
enum status param_trace_id(struct call *call, struct trace_key *out_key); /* of the path */
enum status param_span_id(struct call *call, int64_t *out_span);          /* of the path */
/* ISO 8601, epoch by magnitude, or relative: now, -24h, -15m, -7d. */
bool time_parse(struct str text, int64_t now_ns, int64_t *out_ns);

/* --- writing ------------------------------------------------------------------------------- */
void out_trace_id(struct json_out *out, const char *key, struct trace_key trace);
void out_span_id(struct json_out *out, const char *key, int64_t span); /* 0: null */
void out_name(struct json_out *out, const char *key, struct str text); /* empty: null */
void out_time(struct json_out *out, const char *key, int64_t time_ns); /* 0: null */
void out_ints(struct json_out *out, const char *key, const int64_t *values, size_t count);
/* Whole numbers stay whole; NaN: null. */
void out_number(struct json_out *out, const char *key, double number);
void out_numbers(struct json_out *out, const char *key, const double *values, size_t count);
/* -1: null. */
void out_known(struct json_out *out, const char *key, int64_t number);
/* "next": what param_cursor() reads. */
void out_cursor(struct json_out *out, int64_t number, struct str rest);
/* "from", "to", "step" and "times" of a chart. */
void out_times(struct json_out *out, int64_t start_ns, int64_t step_ns, size_t count);
void out_score(struct json_out *out, const struct score_item *item);
/* The scores of a trace, or of one span of it, as member "scores". */
void out_scores(struct call *call, struct trace_key trace, int64_t span_id);
void out_invocation(struct json_out *out, const struct invocation *call); /* or any other span */
void out_trace(struct json_out *out, const char *key, const struct trace_summary *trace);

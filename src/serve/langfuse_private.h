/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_private: what the handlers of Langfuse's read API share. Names, shapes and units are its
 * own: ISO times, seconds, dollars. */
#pragma once

#include "query/langfuse.h"
#include "query/span_view.h"
#include "serve/serve_private.h"

struct langfuse_page {
    int64_t page, limit, total;
};
/* `page` from 1, `limit` 1 to 100. */
enum status langfuse__page(struct call *call, struct langfuse_page *out_page);
int64_t langfuse__skip(const struct langfuse_page *page);
/* {"data": […], "meta": {…}} around what is written between. */
void langfuse__open_page(struct call *call);
void langfuse__close_page(struct call *call, const struct langfuse_page *page);
/* {page, limit, totalItems, totalPages} alone. */
void langfuse__page_numbers(struct call *call, const char *key, const struct langfuse_page *page);

enum status langfuse__range(struct call *call, const char *from, const char *to,
                            struct time_range *out_range);
/* This server as the client reached it: "http://127.0.0.1:4318". */
struct str langfuse__base_url(struct call *call);
/* The project as its URLs name it. */
struct str langfuse__project(struct call *call);

void langfuse__time(struct json_out *out, const char *key, int64_t time_ns); /* <= 0: null */
void langfuse__dollars(struct json_out *out, const char *key, int64_t nano);
/* JSON when it is, else a text. */
void langfuse__content(struct call *call, const char *key, struct str text);
/* A JSON object; what is none becomes its member "metadata", as Langfuse keeps it. */
void langfuse__object(struct call *call, const char *key, struct str text);
/* An attribute of the span as a text; STR_NONE when it has none. */
struct str langfuse__attribute(struct call *call, const struct span_view *view, struct str key);
/* Learns at once what the ids in these rows are called, for langfuse__trace_id() and the like. */
void langfuse__learn_keys(struct call *call, const struct langfuse_key *keys, size_t count);
/* The log records of spans, once a request: part of langfuse__learn_keys(). */
void langfuse__learn_logs(struct call *call, const struct langfuse_key *keys, size_t count);
void langfuse__learn_scores(struct call *call, const struct score_list *scores);
/* Whether it was learnt; then the text, ptr NULL when senders used our own id. */
bool langfuse__known_name(const struct call *call, enum alias_kind kind, struct alias_key key,
                          struct str *out_text);
/* What lists tell of a trace. */
struct langfuse_trace {
    struct trace_summary summary; /* unless found, the key alone */
    bool found;
    struct str tags;                     /* a JSON array, sorted */
    struct id_list observations, scores; /* see langfuse__learn_members() */
};
/* Of a page, learnt with it, or learnt now; NULL: it cannot be. */
const struct langfuse_trace *langfuse__trace(struct call *call, struct trace_key key);
/* Ids of what belongs to learnt traces: LANGFUSE_TRACE_OBSERVATIONS, LANGFUSE_TRACE_SCORES. */
enum status langfuse__learn_members(struct call *call, const struct trace_key *keys, size_t count,
                                    unsigned parts);
/* The observation of a row; false: it cannot be read (any more). */
bool langfuse__read_span(struct call *call, const struct langfuse_key *key,
                         struct span_view *out_view);
/* As its sender wrote it. Errors leave our own form. */
struct str langfuse__trace_id(struct call *call, struct trace_key trace);
struct str langfuse__span_id(struct call *call, int64_t span_id);
/* The score's members, into an object that is open. */
void langfuse__score_members(struct call *call, const struct score_item *score);
/* The object; `with_trace` with the member "trace" that v1 and v2 lists have. */
void langfuse__write_score(struct call *call, const struct score_item *score, bool with_trace);
/* The tags of a trace as a JSON array. */
struct str langfuse__tags(struct call *call, struct trace_key trace);
/* The observation's object. False: it cannot be read (any more), nothing was written. */
bool langfuse__write_observation(struct call *call, const struct langfuse_key *key);
/* Pieces of an observation's object, each with its key. */
const char *langfuse__type(enum observation_kind kind);
void langfuse__parent(struct call *call, const struct span_view *view);
void langfuse__metadata(struct call *call, const struct span_view *view, enum langfuse_view of);
/* Whether no observation stands above it, or it was declared a root. */
bool langfuse__is_root(const struct span_view *view);
void langfuse__usage_details(struct call *call, const struct span_view *view);
void langfuse__cost_details(struct call *call, const struct span_view *view);
/* What a tier of a model's prices is called. */
struct langfuse_tier {
    struct str id, name;
};
struct langfuse_tier langfuse__tier(struct call *call, const struct price_entry *entry,
                                    const struct price_row *row, enum price_tier tier);
/* The one that priced a call; STR_NONE: its cost was given, or is unknown. */
struct langfuse_tier langfuse__tier_of(struct call *call, const struct bill *bill);
/* modelId, inputPrice, outputPrice and totalPrice; numbers, or decimal texts as in v2. */
void langfuse__model_prices(struct call *call, const struct span_view *view, bool as_text);
void langfuse__parameters(struct call *call, const struct span_view *view);
void langfuse__prompt(struct call *call, const struct span_view *view);
/* The filters that v1 and v2 share. */
enum status langfuse__observation_question(struct call *call,
                                           struct langfuse_list_question *question);
/* Of v1 and v2, where most parameters are one value, or of v3, where they are lists. */
enum status langfuse__score_question(struct call *call, bool is_v3,
                                     struct score_question *question);
/* What of a trace is told. */
enum langfuse_part {
    LANGFUSE_IO = 1,
    LANGFUSE_TRACE_SCORES = 2,
    LANGFUSE_TRACE_OBSERVATIONS = 4,
    LANGFUSE_METRICS = 8,
    LANGFUSE_ALL_PARTS = 15,
    LANGFUSE_WHOLE = 16, /* observations and scores in full, else their ids */
};
enum status langfuse__write_trace(struct call *call, const struct trace_summary *trace,
                                  unsigned parts);
/* Those of a session, oldest first; none: there is no such session. */
enum status langfuse__session_traces(struct call *call, struct str id, size_t limit,
                                     struct trace_list *out_list);
/* --- lists by cursor, and by groups of fields --- */
/* Whether `fields`, comma-separated, has the group; `otherwise` when there is no such parameter. */
bool langfuse__wants(struct call *call, const char *group, bool otherwise);
/* A cursor is the last row's time and id, opaque to clients. */
enum status langfuse__read_cursor(struct call *call, bool *out_has, int64_t *out_time_ns,
                                  int64_t *out_id);
/* Ends "data", which is open, and the reply; `more`: with a cursor. */
void langfuse__close_list(struct call *call, int64_t limit, bool more, int64_t time_ns, int64_t id);
/* The score's object as of v3; `whole`: all groups, else those asked for. */
void langfuse__write_score_v3(struct call *call, const struct score_item *score, bool whole);
/* An uploaded file's members, with an address good for an hour, into an object that is open. */
struct media_item;
void langfuse__media_members(struct call *call, const struct media_item *item);

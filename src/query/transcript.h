/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript: everything said in a trace, or in all traces of a session, once and in order.
 *
 * A chat sends its whole history with every call. Of each model call's messages those are new that
 * did not come before as often: an equal message said twice is there twice. Where no model call
 * has messages, the roots' input and output stand for them.
 *
 * A page is `limit` calls; messages of the LOOK_BACK calls before it count as said. Limits:
 * TRANSCRIPT_CALLS_MAX calls of a trace or session are looked at.
 */
#pragma once

#include "query/span_view.h"

enum { TRANSCRIPT_CALLS_MAX = 20000 };

struct transcript_question {
    uint32_t project_id;
    struct str session;     /* ptr NULL: of one trace */
    struct trace_key trace; /* when there is no session */
    size_t after, limit;    /* in calls */
    const _Atomic bool *cancelled;
};

/* The call that brought a message. */
struct transcript_call {
    struct trace_key trace;
    int64_t span_id, start_ns, duration_ns, cost, total_tokens; /* -1: unknown */
    int32_t name, model, agent;                                 /* name ids */
    bool is_error;
    enum error_kind error_kind;
    struct journal_location location;
};

/* What a sink gets; all of it is gone when the sink returns. */
struct transcript_message {
    const struct transcript_call *call;
    const struct span_view *view;
    const struct message *message;
    int64_t time_ns; /* of the call's start; of an answer its end */
    bool is_answer;
    char path[32]; /* of its parts, as span_view_text() takes it: "input/3" is followed by the
                      part's number, "text/input" by nothing */
};

/* Calls `sink` for each new message until it says no. *out_next: the `after` of the next page, 0
 * when there is none. STATUS_NOT_FOUND when the project has no such trace or session. */
enum status query_transcript(const struct query *query, const struct transcript_question *question,
                             bool (*sink)(void *context, const struct transcript_message *message),
                             void *context, size_t *out_next, struct error *error);

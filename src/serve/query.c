/* SPDX-License-Identifier: Apache-2.0 */
/* query: a question in the query language; docs/query-language.md. */
#include "base/clock.h"
#include "query/ask.h"
#include "serve/answer.h"

static enum status read_ask(struct call *call, struct ask *out_ask)
{
    struct json body;
    int64_t now = clock_now_ns(), timeout_ms = 0;
    /* "Now" includes the span that ends this very moment on a clock slightly ahead. */
    const struct time_range day = {now - 86400 * NS_PER_SEC, now + 60 * NS_PER_SEC};
    *out_ask = (struct ask){.project_id = call->request->project_id,
                            .cancelled = &call->request->cancelled};
    enum status status = body_read(call, &body);
    if (status == STATUS_OK)
        status = body_text(call, &body, "query", true, &out_ask->text);
    if (status == STATUS_OK)
        status = body_text(call, &body, "source", false, &out_ask->source);
    if (status == STATUS_OK)
        status = body_range(call, &body, day, &out_ask->range);
    if (status == STATUS_OK)
        status = body_int(call, &body, "limit", 0, 1, ASK_ROWS_MAX, &out_ask->limit);
    if (status == STATUS_OK)
        status = body_int(call, &body, "timeout_ms", 0, 1, ASK_TIMEOUT_MS, &timeout_ms);
    out_ask->timeout_ms = (int)timeout_ms;
    return status;
}

static void answer_query(struct request *request, void *context)
{
    struct call call;
    struct ask ask;
    struct ask_reply reply = {0};
    struct answer answer;
    if (!call_begin(&call, request, context))
        return;
    answer_begin(&answer, ANSWER_JSON, &call.response.body);
    const struct ask_sink sink = answer_sink(&answer);
    enum status status = read_ask(&call, &ask);
    if (status == STATUS_OK)
        status = query_ask(call.query, &ask, &request->arena, &sink, &reply, &call.error);
    if (status == STATUS_OK)
        status = answer_end(&answer, &reply, &call.error);
    answer_done(&answer);
    if (status == STATUS_OK)
        call_end(&call, status);
    else
        answer_error(&call, status, &reply);
}

void serve__query(struct request *request, void *context)
{
    call_later(request, context, answer_query);
}

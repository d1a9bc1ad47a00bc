/* SPDX-License-Identifier: Apache-2.0 */
/* sql: a SELECT over the views of one project; docs/sql.md. */
#include "query/sql_ask.h"
#include "serve/answer.h"

static enum status read_question(struct call *call, struct sql_ask *out_ask)
{
    struct json body;
    /* Unlike lists, SQL says what it wants itself: without a range it sees everything. */
    const struct time_range everything = {0, INT64_MAX};
    *out_ask = (struct sql_ask){.project_id = call->request->project_id,
                                .cancelled = &call->request->cancelled};
    enum status status = body_read(call, &body);
    if (status == STATUS_OK)
        status = body_text(call, &body, "sql", true, &out_ask->text);
    if (status == STATUS_OK)
        status = body_range(call, &body, everything, &out_ask->range);
    if (status == STATUS_OK)
        status = body_int(call, &body, "limit", 0, 1, SQL_ROWS_MAX, &out_ask->limit);
    int64_t timeout_ms = 0;
    if (status == STATUS_OK)
        status = body_int(call, &body, "timeout_ms", 0, 1, SQL_TIMEOUT_MS, &timeout_ms);
    out_ask->timeout_ms = (int)timeout_ms;
    return status;
}

static void answer_sql(struct request *request, void *context)
{
    struct call call;
    struct sql_ask ask;
    struct ask_reply reply = {0};
    struct answer answer;
    if (!call_begin(&call, request, context))
        return;
    answer_begin(&answer, ANSWER_JSON, &call.response.body);
    struct ask_sink sink = answer_sink(&answer);
    enum status status = read_question(&call, &ask);
    if (status == STATUS_OK)
        status = query_sql(call.query, &ask, &request->arena, &sink, &reply, &call.error);
    if (status == STATUS_OK)
        status = answer_end(&answer, &reply, &call.error);
    answer_done(&answer);
    if (status == STATUS_OK)
        call_end(&call, status);
    else
        answer_error(&call, status, &reply);
}

void serve__sql(struct request *request, void *context)
{
    call_later(request, context, answer_sql);
}

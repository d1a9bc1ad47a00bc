/* SPDX-License-Identifier: Apache-2.0 */
/* query: questions in the query language (docs/query-language.md) and in SQL (docs/sql.md). */
#include "serve/jobs.h"

enum { QUESTION_BYTES_MAX = 256 << 20 };

/* 202 {"job":"…"} */
static enum status take_job(struct call *call, const struct question *question)
{
    char id[33];
    enum status status = job_create(call->options->jobs, question, id, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_object(&call->out, NULL);
    json_out_text(&call->out, "job", id);
    json_out_end_object(&call->out);
    call->response.http_status = 202;
    return STATUS_OK;
}

/* In an arena of its own: a request whose answer goes out while it is made has none any more. */
static void run_question(struct call *call, const struct question *question)
{
    struct ask_reply reply = {0};
    struct answer answer;
    struct arena arena;
    arena_init(&arena, QUESTION_BYTES_MAX);
    answer_begin(&answer, &question->choice, &arena, call->options->answers);
    answer_stream_to(&answer, call);
    struct ask_sink sink = answer_sink(&answer);
    enum status status = question_run(question, call->query, &call->request->cancelled, &arena,
                                      &sink, &reply, &call->error);
    if (status == STATUS_OK)
        status = answer_end(&answer, &reply, &call->error);
    if (answer.stream)
        answer_stream_end(&answer, status, &reply);
    else if (status == STATUS_OK && (status = answer_give(&answer, call, &reply)) == STATUS_OK)
        call_end(call, status);
    else
        answer_error(call, status, &reply);
    answer_done(&answer);
    arena_done(&arena);
}

static void answer_question(struct request *request, void *context, enum question_kind kind)
{
    struct call call;
    struct json body;
    struct question question;
    if (!call_begin(&call, request, context))
        return;
    bool is_job = str_equal(request_param(request, STR("async")), STR("1"));
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status =
            question_read(&call, kind, &body, is_job ? JOB_TIMEOUT_MS : ASK_TIMEOUT_MS, &question);
    if (status == STATUS_OK && is_job)
        status = take_job(&call, &question);
    if (status != STATUS_OK || is_job) {
        call_end(&call, status);
        return;
    }
    run_question(&call, &question);
}

static void answer_query(struct request *request, void *context)
{
    answer_question(request, context, QUESTION_LANGUAGE);
}

static void answer_sql(struct request *request, void *context)
{
    answer_question(request, context, QUESTION_SQL);
}

void serve__query(struct request *request, void *context)
{
    call_later(request, context, answer_query);
}

void serve__sql(struct request *request, void *context)
{
    call_later(request, context, answer_sql);
}

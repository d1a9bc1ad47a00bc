/* SPDX-License-Identifier: Apache-2.0 */
/* question: see question.h. */
#include "serve/question.h"

#include "base/clock.h"

/* Where rows lead stands beside them in JSON, in memory. */
static int64_t rows_max(enum question_kind kind, const struct answer_choice *choice)
{
    enum { ROWS_WITH_POINTERS_MAX = 100000 };
    if (kind == QUESTION_SQL)
        return SQL_ROWS_MAX;
    return choice->format == &answer_json ? ROWS_WITH_POINTERS_MAX : ASK_ROWS_MAX;
}

enum status question_read(struct call *call, enum question_kind kind, const struct json *body,
                          int timeout_ms_max, struct question *out_question)
{
    bool is_sql = kind == QUESTION_SQL;
    int64_t now = clock_now_ns(), timeout_ms = 0;
    /* SQL says what it wants itself: without a range it sees everything. Elsewhere it is the last
     * day, and "now" includes the span that ends this very moment on a clock slightly ahead. */
    const struct time_range everything = {0, INT64_MAX};
    const struct time_range day = {now - 86400 * NS_PER_SEC, now + 60 * NS_PER_SEC};
    struct question question = {.kind = kind, .project_id = call->request->project_id};
    enum status status = body_text(call, body, is_sql ? "sql" : "query", true, &question.text);
    if (status == STATUS_OK && !is_sql)
        status = body_text(call, body, "source", false, &question.source);
    if (status == STATUS_OK)
        status = body_range(call, body, is_sql ? everything : day, &question.range);
    if (status == STATUS_OK)
        status = answer_choose(call, body, &question.choice);
    if (status == STATUS_OK)
        status =
            body_int(call, body, "limit", 0, 1, rows_max(kind, &question.choice), &question.limit);
    if (status == STATUS_OK)
        status = body_int(call, body, "timeout_ms", 0, 1, timeout_ms_max, &timeout_ms);
    question.timeout_ms = (int)timeout_ms;
    if (status == STATUS_OK)
        *out_question = question;
    return status;
}

enum status question_run(const struct question *question, const struct query *query,
                         const _Atomic bool *cancelled, struct arena *arena,
                         const struct ask_sink *sink, struct ask_reply *out_reply,
                         struct error *error)
{
    if (question->kind == QUESTION_SQL) {
        const struct sql_ask ask = {
            .project_id = question->project_id,
            .text = question->text,
            .range = question->range,
            .limit = question->limit,
            .timeout_ms = question->timeout_ms,
            .cancelled = cancelled,
        };
        return query_sql(query, &ask, arena, sink, out_reply, error);
    }
    const struct ask ask = {
        .project_id = question->project_id,
        .text = question->text,
        .source = question->source,
        .range = question->range,
        .limit = question->limit,
        .timeout_ms = question->timeout_ms,
        .cancelled = cancelled,
    };
    return query_ask(query, &ask, arena, sink, out_reply, error);
}

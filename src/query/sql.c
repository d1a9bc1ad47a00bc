/* SPDX-License-Identifier: Apache-2.0 */
/* sql: see sql.h. */
#include "query/sql.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

enum { QUESTION_TIMEOUT_MS = 20000 };

void sql_done(struct sql *sql)
{
    buf_done(&sql->text);
    free(sql->params);
    sql->params = NULL;
    sql->param_count = sql->param_capacity = 0;
}

void sql_add(struct sql *sql, const char *format, ...)
{
    char piece[4096];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    if (len < 0 || len >= (int)sizeof piece)
        sql->failed = true;
    else
        buf_add(&sql->text, piece, (size_t)len);
}

static bool room_for_param(struct sql *sql)
{
    if (sql->param_count < sql->param_capacity)
        return true;
    size_t capacity = sql->param_capacity ? sql->param_capacity * 2 : 32;
    void *params = realloc(sql->params, capacity * sizeof *sql->params);
    if (!params)
        return false;
    sql->params = params;
    sql->param_capacity = capacity;
    return true;
}

static void add_param(struct sql *sql, struct store_param param)
{
    if (sql->param_count == SQL_PARAMS_MAX || !room_for_param(sql)) {
        sql->failed = true;
        return;
    }
    sql->params[sql->param_count++] = param;
    buf_add_byte(&sql->text, '?');
}

void sql_int(struct sql *sql, int64_t number)
{
    if (sql->number_count++ == SQL_PARAMS_MAX)
        sql->failed = true;
    else
        buf_printf(&sql->text, "%" PRId64, number);
}

void sql_value_int(struct sql *sql, int64_t number)
{
    add_param(sql, (struct store_param){.type = STORE_INT, .integer = number});
}

void sql_double(struct sql *sql, double number)
{
    add_param(sql, (struct store_param){.type = STORE_DOUBLE, .number = number});
}

void sql_text(struct sql *sql, struct str text)
{
    add_param(sql, (struct store_param){.type = STORE_TEXT, .text = text});
}

void sql_asker(struct sql *sql)
{
    add_param(sql, (struct store_param){.type = STORE_ASKER});
}

/* What the store is asked; `how` gives the rest. False: the statement ran out of room. */
static bool ask(struct sql *sql, const struct store_question *how, struct store_question *question,
                enum status *status, struct error *error)
{
    buf_add_byte(&sql->text, 0);
    if (sql->failed || sql->text.failed) {
        *status = fail(error, STATUS_TOO_LARGE, "the question has too many filters or values");
        return false;
    }
    *question = *how;
    question->sql = sql->text.ptr;
    question->params = sql->params;
    question->param_count = sql->param_count;
    question->brief = sql->brief;
    log_debug("query", "asks", "sql=\"%s\"", sql->text.ptr);
    return true;
}

enum status sql_run_looking(struct sql *sql, const struct query *query,
                            const _Atomic bool *cancelled, struct store_lookup *lookup,
                            struct store_rows **out_rows, struct error *error)
{
    const struct store_question how = {
        .timeout_ms = QUESTION_TIMEOUT_MS, .cancelled = cancelled, .lookup = lookup};
    struct store_question question;
    enum status status;
    if (ask(sql, &how, &question, &status, error))
        status = store_select(query->store, &question, out_rows, error);
    sql_done(sql);
    return status;
}

enum status sql_run(struct sql *sql, const struct query *query, const _Atomic bool *cancelled,
                    struct store_rows **out_rows, struct error *error)
{
    return sql_run_looking(sql, query, cancelled, NULL, out_rows, error);
}

enum status sql_count(struct sql *sql, const struct query *query, const _Atomic bool *cancelled,
                      int64_t *out_count, struct error *error)
{
    struct store_rows *rows;
    enum status status = sql_run(sql, query, cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_count = store_rows_next(rows) ? store_rows_int(rows, 0) : 0;
    store_rows_free(rows);
    return STATUS_OK;
}

enum status sql_stream(struct sql *sql, const struct query *query, const struct store_question *how,
                       enum status (*take)(void *context, const struct store_rows *row,
                                           struct error *error),
                       void *context, struct error *error)
{
    struct store_question question;
    enum status status;
    if (ask(sql, how, &question, &status, error))
        status = store_stream(query->store, &question, take, context, error);
    sql_done(sql);
    return status;
}

enum status sql_stream_columns(struct sql *sql, const struct query *query,
                               const _Atomic bool *cancelled, store_take_columns *take,
                               void *context, struct error *error)
{
    const struct store_question how = {.timeout_ms = QUESTION_TIMEOUT_MS, .cancelled = cancelled};
    struct store_question question;
    enum status status;
    if (ask(sql, &how, &question, &status, error))
        status = store_stream_columns(query->store, &question, take, context, error);
    sql_done(sql);
    return status;
}

struct str sql_name(const struct query *query, int64_t id)
{
    return id > 0 ? store_name(query->store, (int32_t)id) : STR_NONE;
}

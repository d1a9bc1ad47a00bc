/* SPDX-License-Identifier: Apache-2.0 */
/* sql: see sql.h. */
#include "query/sql.h"

#include <stdarg.h>
#include <stdio.h>

enum { QUESTION_TIMEOUT_MS = 20000 };

void sql_done(struct sql *sql)
{
    buf_done(&sql->text);
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

static void add_param(struct sql *sql, struct store_param param)
{
    if (sql->param_count == SQL_PARAMS_MAX) {
        sql->failed = true;
        return;
    }
    sql->params[sql->param_count++] = param;
    buf_add_byte(&sql->text, '?');
}

void sql_int(struct sql *sql, int64_t number)
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

enum status sql_run(struct sql *sql, const struct query *query, const _Atomic bool *cancelled,
                    struct store_rows **out_rows, struct error *error)
{
    buf_add_byte(&sql->text, 0);
    enum status status;
    if (sql->failed || sql->text.failed) {
        status = fail(error, STATUS_TOO_LARGE, "the question has too many filters or values");
    } else {
        const struct store_question question = {
            .sql = sql->text.ptr,
            .params = sql->params,
            .param_count = sql->param_count,
            .timeout_ms = QUESTION_TIMEOUT_MS,
            .cancelled = cancelled,
        };
        status = store_select(query->store, &question, out_rows, error);
    }
    sql_done(sql);
    return status;
}

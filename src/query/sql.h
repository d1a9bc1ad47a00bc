/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sql: a statement under construction. Text is only ever ours; what people sent becomes a
 * parameter. Errors are sticky: a statement that ran out of room fails when it is run.
 */
#pragma once

#include "base/buf.h"
#include "query/query.h"

enum { SQL_PARAMS_MAX = 1024 };

struct sql {
    struct buf text;
    struct store_param params[SQL_PARAMS_MAX];
    size_t param_count;
    bool failed;
};

void sql_done(struct sql *sql);
/* Formats our own text: only %d, %lld and %s of literals. */
void sql_add(struct sql *sql, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Each adds one `?` and its value. The text must live until the statement has run. */
void sql_int(struct sql *sql, int64_t number);
void sql_double(struct sql *sql, double number);
void sql_text(struct sql *sql, struct str text);

/* Runs it and frees the statement, whatever happens. Close *out_rows with store_rows_free(). */
enum status sql_run(struct sql *sql, const struct query *query, const _Atomic bool *cancelled,
                    struct store_rows **out_rows, struct error *error);

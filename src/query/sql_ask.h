/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sql_ask: a SELECT that somebody wrote -> columns, then rows, given to the same sink as the query
 * language's (ask.h).
 *
 * The statement runs in a sandbox (store/sandbox.h) whose only tables are the views of
 * sql_columns.def, made of one project's rows. What it may mention is checked on the parse tree.
 *
 * Threads  any. Texts given to the sink live until its function returns.
 * Limits   SQL_TEXT_MAX bytes of text, SQL_ROWS_MAX rows, `timeout_ms`, and the sandbox's.
 */
#pragma once

#include "query/ask.h"

enum {
    SQL_TEXT_MAX = 100000,
    SQL_ROWS_DEFAULT = 10000,
    SQL_ROWS_MAX = 1000000,
    SQL_TIMEOUT_MS = 20000,
};

struct sql_ask {
    uint32_t project_id;
    struct str text;
    struct time_range range; /* what the views hold, by start */
    int64_t limit;           /* of rows; 0: SQL_ROWS_DEFAULT */
    int timeout_ms;          /* 0: SQL_TIMEOUT_MS */
    const _Atomic bool *cancelled;
};

/* As query_ask(): *out_reply is filled on failure too. Texts of the reply live in the arena. */
enum status query_sql(const struct query *query, const struct sql_ask *ask, struct arena *arena,
                      const struct ask_sink *sink, struct ask_reply *out_reply,
                      struct error *error);

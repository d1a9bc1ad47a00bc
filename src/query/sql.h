/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sql: a statement under construction. Text is only ever ours; what people compare with becomes a
 * parameter. Errors are sticky: a statement that ran out of room fails when it is run.
 */
#pragma once

#include "base/buf.h"
#include "query/query.h"

enum { SQL_PARAMS_MAX = 20000 };

struct sql {
    struct buf text;
    struct store_param *params;
    size_t param_count, param_capacity, number_count;
    bool brief; /* the answer has few rows, see store_question */
    bool failed;
};

void sql_done(struct sql *sql);
/* Formats our own text: only %d, %lld and %s of literals. */
void sql_add(struct sql *sql, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An id, a time, a limit, written out: the engine works a statement with parameters out twice, when
 * it is prepared and when it has their values, which takes half a millisecond. */
void sql_int(struct sql *sql, int64_t number);
/* Each adds one `?` and its value. The text must live until the statement has run. */
void sql_value_int(struct sql *sql, int64_t number);
void sql_double(struct sql *sql, double number);
void sql_text(struct sql *sql, struct str text);
void sql_asker(struct sql *sql); /* the number of the question, for asker_values() and tally() */

/* Runs it and frees the statement, whatever happens. Close *out_rows with store_rows_free(). */
enum status sql_run(struct sql *sql, const struct query *query, const _Atomic bool *cancelled,
                    struct store_rows **out_rows, struct error *error);
/* The same of a statement that asks `lookup` for what stands outside the index. */
enum status sql_run_looking(struct sql *sql, const struct query *query,
                            const _Atomic bool *cancelled, struct store_lookup *lookup,
                            struct store_rows **out_rows, struct error *error);
/* Runs `SELECT count(*) …`, likewise. */
enum status sql_count(struct sql *sql, const struct query *query, const _Atomic bool *cancelled,
                      int64_t *out_count, struct error *error);
/* The same for an answer of any size: rows go to `take`. Of `how` the time, the asker and the
 * look-up count. */
enum status sql_stream(struct sql *sql, const struct query *query, const struct store_question *how,
                       enum status (*take)(void *context, const struct store_rows *row,
                                           struct error *error),
                       void *context, struct error *error);
/* The same for numbers alone, see store_stream_columns(). */
enum status sql_stream_columns(struct sql *sql, const struct query *query,
                               const _Atomic bool *cancelled, store_take_columns *take,
                               void *context, struct error *error);
/* What a column of names stands for; STR_NONE: nothing. */
struct str sql_name(const struct query *query, int64_t id);

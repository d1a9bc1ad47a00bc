/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_reply: what POST /api/v1/query answers, read once and shown in one of several forms.
 * Everything lives in the arena it was read into and in the text it was read from.
 */
#pragma once

#include <stdio.h>

#include "base/buf.h"
#include "wire/json.h"

enum query_type {
    QUERY_TEXT,
    QUERY_INTEGER,
    QUERY_NUMBER,
    QUERY_TIME,
    QUERY_BOOLEAN,
    QUERY_ANY,
};

struct query_column {
    struct str name;
    enum query_type type;
    bool is_key; /* a series: behind `by`, not measured */
};

struct query_reply {
    struct query_column *columns;
    size_t column_count;
    const struct json *rows; /* each an array of column_count cells */
    size_t row_count;
    const struct json *pointers; /* one a row, or NULL */
    bool is_series, truncated;
    struct str source;
    const struct json *statistics, *warnings; /* may be NULL */
};

/* STATUS_CORRUPT when it is not what the API promises. */
enum status query_reply_read(struct str body, struct arena *arena, struct query_reply *out,
                             struct error *error);
/* The columns that are keys, as the query's last stats has them. */
void query_reply_find_keys(struct query_reply *reply, struct str query);

bool query_column_counts(const struct query_column *column); /* integers and numbers */
const struct json *query_cell(const struct query_reply *reply, size_t row, size_t column);
/* Adds the cell: times in UTC, numbers as short as they are exact. */
void query_cell_add(const struct query_reply *reply, size_t row, size_t column, struct buf *out);
/* The same for a table: numbers with a fraction have three digits behind the point, or four that
 * count. */
void query_cell_show(const struct query_reply *reply, size_t row, size_t column, struct buf *out);
void query_number_show(double number, struct buf *out);
bool query_cell_number(const struct query_reply *reply, size_t row, size_t column, double *out);

/* --- forms ----------------------------------------------------------------------------------- */

/* Of a table that goes on: the widths its first rows were given. */
struct query_widths {
    size_t *list, count;
};

struct query_look {
    size_t width;                /* of the terminal; 0: none, nothing is cut */
    bool headings;               /* false: they stand above already */
    struct query_widths *widths; /* NULL: this table is alone */
};

void query_write_table(FILE *file, const struct query_reply *reply, struct query_look look);
void query_write_chart(FILE *file, const struct query_reply *reply, struct query_look look);
void query_write_csv(FILE *file, const struct query_reply *reply, struct query_look look);
void query_write_ndjson(FILE *file, const struct query_reply *reply, struct query_look look);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask: a question in the query language -> columns, then rows, given to a sink one after the other.
 *
 * Every front end that takes the language (HTTP, dashboards, alarms, MCP, the command line) asks
 * through query_ask(). The text is parsed (src/language), planned (plan.h), printed as SQL
 * (plan_duckdb.c) and run on one project; what the index does not hold is read from the journal.
 *
 * Threads  any; one call is one question. Texts given to a sink live until its function returns,
 *          texts of the reply and of the columns as long as the arena.
 * Limits   ASK_TEXT_MAX bytes of text, ASK_ROWS_MAX rows, `timeout_ms`, and the index's memory.
 */
#pragma once

#include "query/traces.h"

enum {
    ASK_TEXT_MAX = 10000, /* bytes, as CloudWatch */
    ASK_ROWS_DEFAULT = 10000,
    ASK_ROWS_MAX = 1000000, /* a `limit` in the text says at most LANGUAGE_ROWS_MAX */
    ASK_TIMEOUT_MS = 20000,
    ASK_WARNINGS_MAX = 8,
};

struct ask {
    uint32_t project_id;
    struct str text;
    struct str source;       /* spans, traces, logs, metrics, scores; empty: spans. SOURCE wins */
    struct time_range range; /* by start time */
    int64_t limit;    /* of rows; 0: ASK_ROWS_DEFAULT. A `limit` in the text wins, if smaller */
    int timeout_ms;   /* 0: ASK_TIMEOUT_MS */
    bool unaccounted; /* nobody reads how many rows were scanned: they are not counted */
    const _Atomic bool *cancelled; /* NULL: never */
};

enum ask_type { ASK_ANY, ASK_INTEGER, ASK_NUMBER, ASK_TEXT, ASK_TIME, ASK_BOOLEAN };
const char *ask_type_name(enum ask_type type); /* "any", "integer", … */

enum ask_shape { ASK_TABLE, ASK_SERIES, ASK_PATTERN };
const char *ask_shape_name(enum ask_shape shape);

struct ask_column {
    struct str name;
    enum ask_type type;
};

/* What a cell holds: of a typed column always that or nothing; of an `any` column as found. */
enum ask_cell_kind { CELL_NULL, CELL_INTEGER, CELL_NUMBER, CELL_TEXT, CELL_BOOLEAN, CELL_JSON };

struct ask_cell {
    enum ask_cell_kind kind;
    int64_t integer; /* CELL_INTEGER (of ASK_TIME: ns since 1970), CELL_BOOLEAN */
    double number;   /* CELL_NUMBER */
    struct str text; /* CELL_TEXT; CELL_JSON: a list or an object */
};

struct ask_head {
    const struct ask_column *columns;
    size_t column_count;
    enum ask_shape shape;
    struct str source;
    struct time_range range;
    bool has_pointers; /* rows are still single spans, traces or logs */
};

/* Where a row leads. */
struct ask_pointer {
    bool has_trace;
    struct trace_key trace;
    int64_t span; /* 0: none */
};

/* Anything but STATUS_OK ends the question with that status. */
struct ask_sink {
    enum status (*head)(void *context, const struct ask_head *head, struct error *error);
    enum status (*row)(void *context, const struct ask_cell *cells,
                       const struct ask_pointer *pointer, struct error *error);
    void *context;
};

enum ask_used { ASK_USED_ROLLUPS, ASK_USED_INDEX, ASK_USED_JOURNAL };
const char *ask_used_name(enum ask_used used);

struct ask_reply {
    int64_t rows;         /* given to the sink */
    int64_t rows_matched; /* that passed the filters before the first command that groups or cuts */
    int64_t rows_scanned; /* in the project and time range */
    int64_t bytes_scanned; /* of the index's columns looked at, and of journal frames decoded */
    double elapsed_ms;
    enum ask_used used;
    bool truncated; /* there were more rows than the limit that was not asked for */
    struct str warnings[ASK_WARNINGS_MAX];
    size_t warning_count;
    /* Of STATUS_INVALID, when it is about the text: bytes from its start, lines and columns from 1.
     */
    bool has_position;
    size_t offset, length, line, column;
    struct str expected, suggestion; /* empty: none */
};

/* *out_reply is filled on failure too, as far as it is known. */
enum status query_ask(const struct query *query, const struct ask *ask, struct arena *arena,
                      const struct ask_sink *sink, struct ask_reply *out_reply,
                      struct error *error);

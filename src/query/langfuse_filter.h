/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_filter: traces, observations and scores by the names Langfuse's clients use for their
 * columns: which ones a filter leaves, for lists (langfuse.h) and measures (langfuse_metrics.h).
 *
 * Columns are rows of langfuse_fields.def. A condition is checked where it is made: its operator
 * fits its column.
 */
#pragma once

#include "query/langfuse_fields.h"
#include "query/traces.h"

enum langfuse_operator {
    LANGFUSE_EQ,
    LANGFUSE_NE,
    LANGFUSE_GT,
    LANGFUSE_GE,
    LANGFUSE_LT,
    LANGFUSE_LE,
    LANGFUSE_CONTAINS,
    LANGFUSE_CONTAINS_NOT,
    LANGFUSE_STARTS,
    LANGFUSE_ENDS,
    LANGFUSE_MATCHES, /* contains, whatever the case but of members of objects */
    LANGFUSE_ANY_OF,
    LANGFUSE_NONE_OF,
    LANGFUSE_ALL_OF,
    LANGFUSE_IS_NULL,
    LANGFUSE_IS_NOT_NULL,
};

enum { LANGFUSE_CONDITIONS_MAX = 32, LANGFUSE_VALUES_MAX = 500, LANGFUSE_VALUE_COLUMNS_MAX = 40 };

struct langfuse_condition {
    const struct langfuse_field *field;
    enum langfuse_operator op;
    enum langfuse_type as;    /* of objects: what the member is compared as */
    struct str key;           /* name of the score or member */
    const struct str *values; /* texts and lists */
    size_t value_count;
    double number; /* numbers; seconds of durations; 0 or 1 of booleans */
    int64_t time_ns;
};

struct langfuse_rows {
    uint32_t project_id;
    enum langfuse_view view;
    struct time_range range; /* of the start */
    bool has_trace, has_parent, is_parentless, has_span;
    struct trace_key trace;
    int64_t parent_id, span_id; /* observations */
    bool has_cursor;            /* observations, newest first: go on behind this one */
    int64_t cursor_start_ns, cursor_span_id;
    struct langfuse_condition conditions[LANGFUSE_CONDITIONS_MAX];
    size_t condition_count;
    unsigned needs; /* of columns asked for besides */
    /* Those of them that only records say, see langfuse_column(). */
    const struct langfuse_field *values[LANGFUSE_VALUE_COLUMNS_MAX];
    size_t value_count;
};

/* NULL when it is full; else a condition whose members are to be set. */
struct langfuse_condition *langfuse_add_condition(struct langfuse_rows *rows, const char *name);
/* Whether a text fits a condition on texts. */
bool langfuse_text_fits(const struct langfuse_condition *condition, struct str text);

/* Between the texts of a list where it is told as one text. */
#define LANGFUSE_LIST_SEPARATOR '\x1f'

/* Makes the rows bring along what a column needs; then langfuse_add_column() is its value in a
 * statement over langfuse_from(). */
void langfuse_want(struct langfuse_rows *rows, const struct langfuse_field *field);
void langfuse_add_column(struct sql *sql, const struct langfuse_rows *rows,
                         const struct langfuse_field *field);
/* ` FROM … b … WHERE …`: a row `b` for each of them, joined with what the columns need. Run it with
 * langfuse_run(). */
void langfuse_from(struct sql *sql, const struct query *query, const struct langfuse_rows *rows);
/* Whether any of it stands in records alone: then every row costs a look into the journal. */
bool langfuse_reads_records(const struct langfuse_rows *rows);
/* sql_run() of a statement with langfuse_from(). `rows` may be NULL: without. */
enum status langfuse_run(struct sql *sql, const struct query *query,
                         const struct langfuse_rows *rows, const _Atomic bool *cancelled,
                         struct store_rows **out_rows, struct error *error);

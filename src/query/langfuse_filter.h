/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_filter: traces, observations and scores by the names Langfuse's clients use for their
 * columns: which ones a filter leaves, for lists (langfuse.h) and measures (langfuse_metrics.h).
 *
 * Columns are rows of langfuse_fields.def. A condition is checked where it is made: its operator
 * fits its column.
 */
#pragma once

#include "query/traces.h"

enum langfuse_view {
    LANGFUSE_TRACES,
    LANGFUSE_OBSERVATIONS,
    LANGFUSE_SCORES,
    LANGFUSE_EXPERIMENTS, /* no rows of the index: only langfuse_text_fits() */
};

enum langfuse_type {
    LANGFUSE_TEXT,
    LANGFUSE_NUMBER,
    LANGFUSE_DURATION, /* ms in answers, seconds in conditions */
    LANGFUSE_TIME,
    LANGFUSE_LIST, /* of texts */
    LANGFUSE_BOOLEAN,
    LANGFUSE_COUNT, /* rows themselves: only to measure by */
    /* Scores of the trace by the name in `key`: only to filter by. */
    LANGFUSE_SCORE_NUMBER,
    LANGFUSE_SCORE_TEXT,
    LANGFUSE_SCORE_BOOLEAN,
};

struct langfuse_field {
    enum langfuse_view view;
    const char *name;
    enum langfuse_type type;
    unsigned needs; /* joins */
    const char *sql;
};
/* NULL when the view has no such column. Case, spaces and underscores do not matter. */
const struct langfuse_field *langfuse_field_find(enum langfuse_view view, struct str name);

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
    LANGFUSE_ANY_OF,
    LANGFUSE_NONE_OF,
    LANGFUSE_ALL_OF,
    LANGFUSE_IS_NULL,
    LANGFUSE_IS_NOT_NULL,
};

enum { LANGFUSE_CONDITIONS_MAX = 32, LANGFUSE_VALUES_MAX = 500 };

struct langfuse_condition {
    const struct langfuse_field *field;
    enum langfuse_operator op;
    struct str key;           /* name of the score */
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
    struct langfuse_condition conditions[LANGFUSE_CONDITIONS_MAX];
    size_t condition_count;
    unsigned needs; /* of columns asked for besides */
};

/* NULL when it is full; else a condition whose members are to be set. */
struct langfuse_condition *langfuse_add_condition(struct langfuse_rows *rows, const char *name);
/* Whether a text fits a condition on texts. */
bool langfuse_text_fits(const struct langfuse_condition *condition, struct str text);
/* ` FROM … b … WHERE …`: a row `b` for each of them, joined with what the columns need. */
void langfuse_from(struct sql *sql, const struct query *query, const struct langfuse_rows *rows);

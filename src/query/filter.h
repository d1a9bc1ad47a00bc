/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter: what people narrow a list or chart by: `model=gpt-4o|gpt-5`, `duration>2s`,
 * `name~checkout`.
 *
 * Fields are rows of filter_fields.def. A field belongs to spans (a trace matches when one of its
 * spans does) or to the trace as a whole. docs/api.md has the grammar.
 */
#pragma once

#include "query/sql.h"

enum filter_op { FILTER_EQ, FILTER_NE, FILTER_GT, FILTER_GE, FILTER_LT, FILTER_LE, FILTER_HAS };

enum filter_kind {
    FILTER_NAME,     /* a dictionary id */
    FILTER_TEXT,     /* text as it is */
    FILTER_COUNT,    /* a whole number */
    FILTER_DURATION, /* ns; takes units */
    FILTER_MONEY,    /* nano-dollars; takes dollars */
    FILTER_ENUM,     /* kind, status, error_kind */
    FILTER_TRACE_ID,
    FILTER_TAG,     /* of the trace */
    FILTER_OUTCOME, /* a row of outcomes.def */
};

enum filter_level {
    FILTER_OF_SPAN,  /* a column of spans */
    FILTER_OF_TRACE, /* an expression over a trace's parts */
};

struct filter_field {
    const char *name;
    enum filter_kind kind;
    enum filter_level level;
    const char *span_column;      /* of spans, or NULL */
    const char *trace_expression; /* over trace_parts p, or NULL */
    const char *label_column;     /* of labels, or NULL */
};
const struct filter_field *filter_field_find(struct str name);

enum { FILTERS_MAX = 32, FILTER_VALUES_MAX = 32 };

struct filter {
    const struct filter_field *field;
    enum filter_op op;
    struct str values[FILTER_VALUES_MAX]; /* none: "is absent" (FILTER_EQ) or present (FILTER_NE) */
    int64_t numbers[FILTER_VALUES_MAX];   /* parsed, for kinds that are numbers */
    size_t value_count;
};

struct filters {
    struct filter items[FILTERS_MAX];
    size_t count;
};

/* One `f` parameter. The error names the field and what was expected. Texts are borrowed, or live
 * in the arena. A bar within a value is written `\|`, a backslash before a bar or backslash `\\`.
 */
enum status filter_parse(struct filters *filters, struct str text, struct arena *arena,
                         struct error *error);

/* ` AND …` conditions for the span-level filters on table alias `s`. */
void filter_spans(const struct filters *filters, const struct query *query, struct sql *sql);
/* The same for questions about spans themselves: what lists of traces ask of the whole trace
 * (status, duration, cost, tokens) is asked of each span. STATUS_INVALID names a field that spans
 * do not have. */
enum status filter_rows(const struct filters *filters, const struct query *query, struct sql *sql,
                        struct error *error);
bool filter_has_span_level(const struct filters *filters);
bool filter_has_trace_level(const struct filters *filters);
/* ` AND …` for HAVING, over trace_parts p grouped by trace. */
void filter_traces(const struct filters *filters, const struct query *query, struct sql *sql);
/* ` AND …` over labels l; STATUS_INVALID names a field that rollups do not have. */
enum status filter_labels(const struct filters *filters, const struct query *query, struct sql *sql,
                          struct error *error);

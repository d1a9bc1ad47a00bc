/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_fields: the columns that Langfuse's clients know of traces, observations, scores and
 * experiments, by name: rows of langfuse_fields.def.
 */
#pragma once

#include "base/str.h"

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
    LANGFUSE_LIST, /* of texts, or of numbers to measure */
    LANGFUSE_BOOLEAN,
    LANGFUSE_OBJECT,   /* asked by the name of a member, in `key` */
    LANGFUSE_COUNT,    /* rows themselves: only to measure by */
    LANGFUSE_DISTINCT, /* likewise: to count and uniq how many texts differ, else 0 or 1 a row */
    /* Scores by the name in `key`: only to filter by. The SQL is what they are about. */
    LANGFUSE_SCORE_NUMBER,
    LANGFUSE_SCORE_TEXT,
    LANGFUSE_SCORE_BOOLEAN,
};

enum langfuse_use {
    LANGFUSE_GROUPS = 1,
    LANGFUSE_MEASURES = 2,
    LANGFUSE_FILTERS = 4,
    LANGFUSE_EXPLODES = 8, /* grouped by, a row for each of its values */
};

/* What only a record says (langfuse_values.h). */
enum langfuse_value {
    LANGFUSE_INDEXED, /* nothing: the index has it */
    LANGFUSE_METADATA,
    LANGFUSE_INPUT,
    LANGFUSE_OUTPUT,
    LANGFUSE_HAS_INPUT,
    LANGFUSE_HAS_OUTPUT,
    LANGFUSE_STATUS_MESSAGE,
    LANGFUSE_MODEL_ID,
    LANGFUSE_TOOL_NAMES,
    LANGFUSE_CALLED_TOOL_NAMES,
    LANGFUSE_TOOL_DEFINITIONS,
    LANGFUSE_TOOL_CALLS,
    LANGFUSE_USAGE_TYPES,
    LANGFUSE_USAGE_AMOUNTS,
    LANGFUSE_COST_TYPES,
    LANGFUSE_COST_AMOUNTS,
    LANGFUSE_EXPERIMENT_ID,
    LANGFUSE_EXPERIMENT_NAME,
    LANGFUSE_EXPERIMENT_DATASET_ID,
};

struct langfuse_field {
    enum langfuse_view view;
    const char *name;
    enum langfuse_type type;
    unsigned uses, needs; /* bits of enum langfuse_use; joins */
    const char *sql;
    enum langfuse_value value;
};

/* NULL when the view has no such column for this use. Case, spaces, underscores and a unit in
 * parentheses at the end do not matter. */
const struct langfuse_field *langfuse_field_find(enum langfuse_view view, enum langfuse_use use,
                                                 struct str name);
/* The column to filter by whose type is among `types`, a bit each; NULL: there is none. *out_known:
 * the view has such a column, of whatever type. */
const struct langfuse_field *langfuse_field_filtered(enum langfuse_view view, struct str name,
                                                     unsigned types, bool *out_known);
/* The list that an exploded list of numbers belongs to, row by row, and the reverse; else NULL. */
const struct langfuse_field *langfuse_field_partner(const struct langfuse_field *field);
/* The n-th column of the view for a use, for lists of what there is; NULL at the end. */
const struct langfuse_field *langfuse_field_at(enum langfuse_view view, enum langfuse_use use,
                                               size_t n);

/* Joins that columns need, made by langfuse_from(). */
enum {
    NEED_TRACE = 1,
    NEED_TAGS = 2,
    NEED_COUNTS = 4,
    NEED_SCORES = 8,
    NEED_SPAN = 16,
    NEED_SPAN_SCORES = 32,
};

#define OBSERVATION_LEVEL(table)                                                                   \
    "coalesce(name_text(" table ".level), CASE WHEN " table                                        \
    ".status = 2 THEN 'ERROR' ELSE 'DEFAULT' END)"
/* Of a span `b`: nothing stands above it but, at most, what stands for its trace. */
#define OBSERVATION_IS_ROOT                                                                        \
    "((b.flags & 128) <> 0 OR b.parent_id = stand_in_id(b.trace_hi, b.trace_lo))"

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seen: what a project's records really have: the values of a field, the names of attributes. Both
 * are questions in the query language, so they see what its answers see.
 */
#pragma once

#include "query/query_fields.h"

enum { SEEN_SAMPLE = 100, SEEN_NAMES_MAX = 300, SEEN_VALUES_MAX = 200 };

struct seen_value {
    struct ask_cell cell; /* texts in the arena */
    int64_t count;
};

struct seen_question {
    uint32_t project_id;
    enum source_id source;
    struct time_range range;
    struct str prefix; /* of the value or name, any case; empty: all */
    const _Atomic bool *cancelled;
};

/* The most frequent values of a field or an attribute, at most `limit`. */
enum status query_seen_values(const struct query *query, const struct seen_question *question,
                              struct str field, int64_t limit, struct arena *arena,
                              struct seen_value **out_values, size_t *out_count,
                              enum ask_type *out_type, struct error *error);

struct seen_name {
    struct str name;
    enum ask_type type; /* as in the first record that has it */
    int64_t count;      /* of the sample */
};
/* Attributes of the newest SEEN_SAMPLE records, the most frequent first. None for sources without
 * attributes. */
enum status query_seen_names(const struct query *query, const struct seen_question *question,
                             struct arena *arena, struct seen_name **out_names, size_t *out_count,
                             struct error *error);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people: sessions and users, each as the sum of the traces that name it and start in the range.
 */
#pragma once

#include "query/traces.h"

enum people_of { PEOPLE_SESSIONS, PEOPLE_USERS };

enum people_sort {
    PEOPLE_LAST,
    PEOPLE_TRACES,
    PEOPLE_COST,
    PEOPLE_TOKENS,
    PEOPLE_ERRORS,
    PEOPLE_DURATION,
    PEOPLE_SORTS
};
extern const struct sort_key people_sorts[PEOPLE_SORTS];

struct people_row {
    struct str name;           /* the session's or user's own */
    struct str other;          /* of a session: its user; of a user: its latest session */
    int64_t others;            /* how many of those there are */
    int64_t traces, failed;    /* failed: whose status is error */
    int64_t first_ns, last_ns; /* start of the first trace, end of the last one */
    int64_t busy_ns;           /* durations of the traces, added up */
    int64_t spans, errors, llm_calls, tool_calls, unpriced;
    int64_t input_tokens, output_tokens, total_tokens, cost;
    struct str input; /* how it began: the first trace's question */
    int64_t sort_value;
};

struct people_question {
    enum people_of of;
    struct trace_list_question traces; /* which traces count: project, range, filters */
    enum people_sort sort;
    bool ascending;
    size_t limit;
    bool has_cursor; /* go on behind this row of the page before */
    int64_t cursor_value;
    struct str cursor_name;
};
enum { PEOPLE_MAX = 200 };

struct people_list {
    struct people_row *items;
    size_t count;
    bool more;
};

enum status query_people(const struct query *query, const struct people_question *question,
                         struct arena *arena, struct people_list *out_list, struct error *error);

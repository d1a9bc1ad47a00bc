/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spend: where the money of a range goes: by day, by task and by who spends it.
 *
 * A task is a trace whose root has arrived. It succeeded when its root did not fail and, where the
 * score that the project calls success was given to it, the mean of those is at least the
 * project's threshold. What a success costs is all that the range's traces cost, failed ones
 * included, by the number of successes.
 */
#pragma once

#include "query/series.h"

enum { SPEND_DAYS = 30, SPENDERS_MAX = 50 };

enum spend_by {
    SPEND_USER,
    SPEND_TENANT,
    SPEND_FEATURE, /* the trace's name */
    SPEND_PROMPT,
    SPEND_MODEL,
    SPEND_BYS
};
const char *spend_by_name(enum spend_by by); /* "user", … */

struct spender {
    struct str value; /* STR_NONE: not named */
    int64_t cost, previous;
    int64_t count; /* traces; of prompts and models: calls */
};

struct spenders {
    struct spender items[SPENDERS_MAX];
    size_t count;
};

struct spend_tasks {
    int64_t tasks, succeeded, scored; /* scored: by the score that says success */
    int64_t cost;                     /* of all traces */
};

struct spend_question {
    uint32_t project_id;
    struct time_range range;
    int64_t now_ns;
    const struct filters *filters; /* of labels */
    struct str success_score;      /* empty: none */
    double success_least;
    bool by_rise; /* spenders: those whose cost rose most, instead of those that cost most */
    size_t limit; /* of each kind of spender, at most SPENDERS_MAX */
    const _Atomic bool *cancelled;
};

struct spend {
    struct steps steps;
    int64_t first_day_s; /* UTC days; the last of them is today */
    int64_t day_cost[SPEND_DAYS], day_requests[SPEND_DAYS];
    struct spend_tasks tasks, previous; /* previous: the equally long range before */
    int64_t *step_cost, *step_succeeded;
    struct spenders by[SPEND_BYS];
};

enum status query_spend(const struct query *query, const struct spend_question *question,
                        struct arena *arena, struct spend *out_spend, struct error *error);

/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_question: the JSON question of Langfuse's metrics API, checked: errors name the member.
 */
#pragma once

#include "query/langfuse_metrics.h"
#include "serve/langfuse_filter.h"

/* One of `view`; scores are seen as several. */
struct langfuse_view_name {
    const char *name;
    enum langfuse_view view;
    const char *score_types; /* dataType of the view's scores, one or two */
    const char *more_types;
    const char *without[2]; /* columns that its scores have nothing for */
};

/* A question as read, and what its columns are called in the answer. */
struct langfuse_question {
    struct langfuse_metrics_question question;
    const struct langfuse_view_name *view;
    const char *names[LANGFUSE_COLUMNS_MAX * 2 + 1];
    size_t column_count; /* with time */
};

/* The parameter "query"; `limit` rows unless it says otherwise. */
enum status langfuse__read_question(struct call *call, int64_t limit,
                                    struct langfuse_question *asked);
/* Whether a column of the answer is one. */
bool langfuse__is_histogram(const struct langfuse_question *asked, size_t column);

/* SPDX-License-Identifier: Apache-2.0 */
/* sql_private: what the files behind query_sql() share. */
#pragma once

#include "query/sql_ask.h"
#include "store/sandbox.h"

enum { SQL_VIEWS_MAX = 8, SQL_VIEW_PARAMS = 3 };

struct sql_views {
    struct sandbox_view items[SQL_VIEWS_MAX];
    struct store_param params[SQL_VIEW_PARAMS]; /* project, from, to: of every view */
    size_t count;
};

/* The views of one project. False: the arena is full. */
bool sql__views(const struct sql_ask *ask, struct arena *arena, struct sql_views *out_views);
bool sql__is_view(struct str name);
/* Refuses what a statement must not mention; a check of struct sandbox_question. `context` is an
 * arena. */
enum status sql__check(void *context, struct str tree, struct error *error);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * saved_queries: questions that people keep: a name, the text, and how its answer was looked at.
 *
 * Limits   SAVED_QUERIES_MAX a project; texts as saved_query_check() says.
 */
#pragma once

#include "control/control.h"

enum {
    SAVED_QUERIES_MAX = 500,
    SAVED_NAME_BYTES_MAX = 200,
    SAVED_TEXT_BYTES_MAX = 100000,
    SAVED_CHART_BYTES_MAX = 16 * 1024,
};

struct saved_query {
    int64_t id;
    struct str name, description;
    struct str language; /* "query" or "sql" */
    struct str text;
    struct str source;   /* of the query language; may be empty */
    struct str from, to; /* as given: "-24h", an instant; may be empty */
    struct str chart;    /* JSON: the screens' own; may be empty */
    int64_t created_ns, updated_ns;
};

/* By name. Texts live in the arena. */
enum status control_saved_query_list(struct control *control, uint32_t project_id,
                                     struct arena *arena, struct saved_query **out_queries,
                                     size_t *out_count, struct error *error);
enum status control_saved_query_get(struct control *control, uint32_t project_id, int64_t id,
                                    struct arena *arena, struct saved_query *out_query,
                                    struct error *error);
/* STATUS_CONFLICT: the project has one of this name. */
enum status control_saved_query_create(struct control *control, uint32_t project_id,
                                       const struct saved_query *query, int64_t *out_id,
                                       struct error *error);
enum status control_saved_query_update(struct control *control, uint32_t project_id,
                                       const struct saved_query *query, struct error *error);
enum status control_saved_query_delete(struct control *control, uint32_t project_id, int64_t id,
                                       struct error *error);

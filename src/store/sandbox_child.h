/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_child: what the files of the process in which a statement runs share. */
#pragma once

#include "store/sandbox_private.h"

struct child {
    int socket;
    char *message; /* the last one that came in */
    size_t message_capacity;
    struct buf out;
    struct arena arena;
    struct sandbox_view *views;
    uint32_t view_count, scan_count;
    struct str sql;
    int64_t limit;
    duckdb_database database;
    duckdb_connection connection;
    struct {
        enum sandbox_type type;
        duckdb_type engine_type;
    } columns[SANDBOX_COLUMNS_MAX];
    size_t column_count;
};

/* --- sandbox_child.c; whatever goes wrong with the other side ends the process */

_Noreturn void child__give_up(void);
void child__send(struct child *child); /* the message in `out` */
/* *out_in lives until the next one. */
enum sandbox_message child__receive(struct child *child, struct sandbox_in *out_in);
bool child__run(struct child *child, const char *sql);

/* --- sandbox_child_views.c */

/* One of child->views, to be read by its name. */
bool child__define_view(struct child *child, uint32_t number);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: a statement that somebody else wrote, run where there is nothing but what it may read.
 *
 * Each question gets a process of its own (`vitrine sandbox`) with an empty engine in it: no files,
 * no extensions, locked settings, a limit on memory and processor time that the kernel keeps. Its
 * only tables are the views given. A view is a function that asks this process, over a socket, for
 * just the columns the statement mentions; here they are read from the index with the project bound
 * as a parameter. So what belongs to other projects is not hidden in there, it is not there; and a
 * statement that cannot be interrupted, or breaks the engine, takes nothing with it.
 *
 * Threads  any. At most SANDBOX_MAX questions at once; more wait as long as they may take.
 * Limits   SANDBOX_ENGINE_BYTES and SANDBOX_PROCESS_BYTES of memory each, SANDBOX_SCANS_MAX views
 *          read by one statement, SANDBOX_ANSWER_BYTES of rows.
 */
#pragma once

#include "store/store.h"

enum {
    SANDBOX_MAX = 2,
    SANDBOX_ENGINE_BYTES = 256 << 20,
    SANDBOX_PROCESS_BYTES = 1024 << 20, /* of address space */
    SANDBOX_SCANS_MAX = 16,
    SANDBOX_COLUMNS_MAX = 500, /* of an answer */
    SANDBOX_ANSWER_BYTES = 64 << 20,
};

enum sandbox_type {
    SANDBOX_TEXT,
    SANDBOX_INTEGER,
    SANDBOX_NUMBER,
    SANDBOX_MONEY, /* DECIMAL(18,9); in answers a number */
    SANDBOX_TIME,  /* a timestamp; in answers ns since 1970 */
    SANDBOX_BOOLEAN,
    SANDBOX_JSON, /* only in answers: a list, a struct or a map as JSON text */
};

struct sandbox_column {
    const char *name;
    enum sandbox_type type;
    const char *expression; /* over the tables of the view's `from`; gives the type's engine type */
};

struct sandbox_view {
    const char *name;
    const struct sandbox_column *columns;
    size_t column_count;
    const char *from; /* "FROM … WHERE project = ? …" */
    const struct store_param *params;
    size_t param_count;
};

struct sandbox_answer_column {
    struct str name;
    enum sandbox_type type;
};

struct sandbox_cell {
    bool is_null;
    int64_t integer; /* of integers, times and booleans */
    double number;   /* of numbers and money */
    struct str text; /* of texts and JSON */
};

struct sandbox_question {
    struct str sql;
    const struct sandbox_view *views;
    size_t view_count;
    int64_t limit; /* of rows given to `row` */
    int timeout_ms;
    const _Atomic bool *cancelled; /* NULL: never */
    /* Looks at the parse tree (JSON, as the engine's json_serialize_sql() writes it) before
     * anything is prepared. The columns, once; then each row, which lives until the function
     * returns. Anything but STATUS_OK ends the question with that status. */
    enum status (*check)(void *context, struct str tree, struct error *error);
    enum status (*head)(void *context, const struct sandbox_answer_column *columns, size_t count,
                        struct error *error);
    enum status (*row)(void *context, const struct sandbox_cell *cells, struct error *error);
    void *context;
};

struct sandbox_answer {
    bool truncated; /* there were more rows than the limit */
    int64_t rows_scanned, bytes_scanned;
    bool has_position; /* of a failure: bytes from the start of the statement */
    size_t position;
};

/* *out_answer is filled on failure too. */
enum status store_sandbox_select(struct store *store, const struct sandbox_question *question,
                                 struct arena *arena, struct sandbox_answer *out_answer,
                                 struct error *error);

/* What the process does: answers one question that comes in by `socket`, returns the exit code. */
int store_sandbox_serve(int socket);

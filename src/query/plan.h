/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: a parsed query with a meaning: which field is which column, what type everything is, what
 * runs over what. A plan is a chain of blocks, each one SELECT over the one below; the lowest reads
 * the source. It says nothing in SQL: plan_duckdb.c prints it, another engine gets another printer.
 *
 * An expression is over the rows its block reads: fields of the source in the lowest, columns of
 * the block below elsewhere, and journal paths anywhere, because a row's place travels upwards.
 * Values are true to the rules of docs/query-language.md: nothing in a plan can fail on data.
 *
 * Limits   PLAN_NODES_MAX nodes when printed, PLAN_DEPTH_MAX deep, PLAN_PATHS_MAX journal paths.
 */
#pragma once

#include "query/lookup_table.h"
#include "query/query_fields.h"
#include "query/sql.h"

struct rowset;

enum {
    PLAN_NODES_MAX = 20000,
    PLAN_DEPTH_MAX = 300,
    PLAN_PATHS_MAX = 100,
    PLAN_BLOCKS_MAX = 250,
    PLAN_COLUMNS_MAX = 500,
    PLAN_SEARCHES_MAX = 8,
    PLAN_LOOKUPS_MAX = 8,
};

enum { PATH_OF_RECORD = 0, PATH_OF_BODY = -1 };
/* A log record's body that is shorter stands in the index as a whole. */
enum { BODY_BYTES_SURE = 490 };

enum plan_op {
#define OP(id, duckdb) OP_##id,
#include "query/plan_ops.def"
#undef OP
    OP_END
};

struct plan_expr {
    enum plan_op op;
    enum ask_type type;
    enum field_form form; /* not FORM_PLAIN: shown as `type` by OP_SHOW */
    struct plan_expr **args;
    uint32_t arg_count, nodes, depth;
    bool journal, aggregate, constant;
    /* OP_INTEGER, OP_COLUMN; OP_TRACE: the high half; OP_JOURNAL: number of a search from 1, or 0
     */
    int64_t integer;
    int64_t second;  /* OP_TRACE: the low half; OP_LOOKUP: the column */
    double number;   /* OP_NUMBER */
    struct str text; /* OP_TEXT; OP_JOURNAL: the path */
    const struct query_field *field;
};

struct plan_exprs {
    struct plan_expr **items;
    size_t count, capacity;
};

struct plan_sort {
    struct plan_expr *expr;
    bool descending;
};

struct plan_sorts {
    struct plan_sort *items;
    size_t count, capacity;
};

enum plan_from {
    FROM_SOURCE,
    FROM_BLOCK,
    FROM_ROWS, /* those of the question's rowset: looked up by their number, as set 0 */
};

struct plan_block {
    struct plan_block *below; /* FROM_BLOCK */
    enum plan_from from;
    int number;                /* from the lowest, 0; also the set of its lookups */
    struct plan_exprs columns; /* given to the block above; of grouped blocks the keys first */
    size_t group_count;
    struct plan_exprs where;
    struct plan_sorts sorts;
    struct plan_exprs dedup;    /* one row of each, by `sorts` */
    struct plan_expr *unnested; /* a list: its items are the column after all others */
    int64_t limit;              /* -1: none */
    struct plan_exprs paths;    /* OP_JOURNAL nodes read here, each path once */
    struct plan_expr *place[3]; /* segment, frame, record; NULL while no path is read */
    bool grouped, limited;
};

struct plan {
    enum source_id source;
    struct plan_block *top;
    struct ask_column *columns; /* of the answer: the first columns of `top` */
    size_t column_count;
    bool has_pointers; /* three more columns: trace_hi, trace_lo, span_id (where the source has it)
                        */
    enum ask_shape shape;
    int64_t limit; /* of rows given out; `top` reads one more unless it was asked for */
    bool limit_is_ours;
    int bytes; /* of the index, a row scanned */

    struct str warnings[ASK_WARNINGS_MAX];
    size_t warning_count;
    struct time_range range;
    int64_t now_ns;
    struct plan_search {
        struct str text;
        struct place at;
    } searches[PLAN_SEARCHES_MAX];
    size_t search_count;
    struct plan_lookup {
        struct lookup_index index;
    } lookups[PLAN_LOOKUPS_MAX];
    size_t lookup_count;
    /* A command that works on rows in memory splits a query: this plan gives the rows, and the rest
     * is planned over what came of them. */
    const struct command *row_command; /* NULL: there is none */
    size_t next_command;               /* behind it */
    size_t default_count, shown_count; /* of the columns: shown though nobody named them; shown */
    bool clusters;                     /* a pattern command: one column, in any order */
    const struct rowset *rows;         /* read as the source */
    /* The spans between two times are read from rollups (plan_use_rollups()), a row for each
     * `step_s` and label; between the days' two from those of days. */
    struct plan_rollup {
        int64_t resolution_s, step_s, from_s, to_s; /* resolution_s 0: they are not */
        int64_t days_from_s, days_to_s;             /* equal: no day */
    } rollup;
};

struct plan_question {
    const struct query *query; /* for dictionary ids */
    const struct language_query *tree;
    uint32_t project_id;
    enum source_id source;
    struct time_range range;
    int64_t limit; /* 0: none asked for */
    int64_t now_ns;
    /* Behind a command that works on rows in memory: where to go on, and what it made. */
    size_t first_command;
    const struct rowset *rows;
    const struct words *wanted; /* fields to give behind those that are shown; NULL: none */
    /* Answers the query of `in (…)` as a list of values; NULL: there is none inside another. */
    enum status (*subquery)(void *context, const struct language_query *tree,
                            struct expression **out_list, struct language_error *error);
    void *context;
};

/* STATUS_INVALID, with the place in the text, when a name or a type does not fit. */
enum status plan_make(const struct plan_question *question, struct arena *arena,
                      struct plan *out_plan, struct language_error *error);

/* Lets go of the tables it looks up in; of a plan that failed, too. */
void plan_done(struct plan *plan);

/* Whether rollups answer it too, which the plan says from then on. Run, it reads no row at all when
 * what they hold is not what the spans say. */
bool plan_use_rollups(struct plan *plan);

/* Prints the plan for the engine of the index. */
void plan_print_duckdb(const struct plan *plan, uint32_t project_id, struct sql *sql);
/* `SELECT` the count of the rows in the project and range and, where plan_counts_matched(), of
 * those that the conditions of the lowest block leave. */
void plan_print_counts(const struct plan *plan, uint32_t project_id, struct sql *sql);
bool plan_counts_matched(const struct plan *plan);
/* The starts of all bins of a key `bin(…)` in the range, in order. False: more than `most`. */
bool plan_print_bins(const struct item *bin, struct time_range range, size_t most,
                     struct arena *arena, struct sql *sql);
/* Some block reads records from the journal. */
bool plan_reads_records(const struct plan *plan);
/* The lowest block groups all rows of the source, so that tally() has counted them in the end. */
bool plan_tallies_source(const struct plan *plan);
/* The conditions of the lowest block: whether there are any, and whether records decide some. */
bool plan_filters(const struct plan *plan, bool *out_journal);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_private: what the planner's files share.
 *
 * Failing is sticky: the first error is kept, and expressions made after it are OP_NULL_, so that
 * whoever builds checks once, at the end of a command.
 */
#pragma once

#include "query/plan.h"

struct binding {
    struct str name;
    struct plan_expr *expr;
    struct plan_block *block; /* over whose rows */
};

struct planner {
    const struct plan_question *question;
    struct arena *arena;
    struct plan *plan;
    struct language_error *error;
    enum status status;

    struct plan_block *blocks[PLAN_BLOCKS_MAX];
    size_t block_count;
    struct plan_block *block; /* the one being built */

    struct binding *bindings;
    size_t binding_count, binding_capacity;
    bool closed; /* the source's fields are gone: a stats command was passed */
    bool points; /* rows are still single spans, traces or logs */

    struct binding *shown; /* columns of the answer, by `fields`, `display`, `stats` */
    size_t shown_count, shown_capacity;
    bool displayed, named; /* by `display`; by any command */
    bool sorted, has_bin;
    /* While the items of a stats command are read: its keys and the items so far. */
    struct binding *outputs;
    size_t output_count;
    bool in_stats, in_aggregate;
    const struct query_field *counted[128]; /* whose bytes are in plan->bytes */
    size_t counted_count;
};

/* --- expressions (plan_build.c) --------------------------------------------------------------- */
struct plan_expr *expr_make(struct planner *planner, enum plan_op op, enum ask_type type,
                            struct plan_expr *const *args, size_t count);
#define EXPR(planner, op, type, ...)                                                               \
    expr_make(planner, op, type, (struct plan_expr *const[]){__VA_ARGS__},                         \
              sizeof((struct plan_expr *const[]){__VA_ARGS__}) / sizeof(struct plan_expr *))
struct plan_expr *expr_leaf(struct planner *planner, enum plan_op op, enum ask_type type);
struct plan_expr *expr_integer(struct planner *planner, int64_t number);
struct plan_expr *expr_number(struct planner *planner, double number);
struct plan_expr *expr_text(struct planner *planner, struct str text);
struct plan_expr *expr_field(struct planner *planner, const struct query_field *field);

/* As people see it: no form. */
struct plan_expr *as_shown(struct planner *planner, struct plan_expr *expr);
struct plan_expr *as_number(struct planner *planner,
                            struct plan_expr *expr); /* DOUBLE, integers too */
struct plan_expr *as_double(struct planner *planner, struct plan_expr *expr);
struct plan_expr *as_integer(struct planner *planner, struct plan_expr *expr);
struct plan_expr *as_text(struct planner *planner, struct plan_expr *expr);
struct plan_expr *as_any(struct planner *planner, struct plan_expr *expr);
struct plan_expr *as_boolean(struct planner *planner, struct plan_expr *expr); /* never null */
struct plan_expr *as_time(struct planner *planner, struct plan_expr *expr);
struct plan_expr *as_present(struct planner *planner, struct plan_expr *expr);
/* The form as it is, absent as null. */
struct plan_expr *as_value(struct planner *planner, struct plan_expr *expr);
/* The same for groups: a number and the text that spells it are one. */
struct plan_expr *as_key(struct planner *planner, struct plan_expr *expr);
struct plan_expr *as_sort(struct planner *planner, struct plan_expr *expr);
bool expr_is_number(const struct plan_expr *expr); /* INTEGER, NUMBER */

/* --- meaning of the tree (plan_expression.c, plan_compare.c, plan_calls.c) -------------------- */
struct plan_expr *plan_expression(struct planner *planner, const struct expression *tree);
struct plan_expr *plan_comparison(struct planner *planner, const struct expression *tree);
struct plan_expr *plan_call(struct planner *planner, const struct expression *tree);
struct plan_expr *plan_aggregate(struct planner *planner, const struct expression *tree);
struct plan_expr *plan_bin(struct planner *planner, struct plan_expr *time,
                           const struct expression *period, const struct expression *offset,
                           bool up, bool capped);
/* Units a bin() counts by: at most 60 s, 60 m, 24 h. */
double plan_bin_count(const struct expression *period);
/* Regexes are tried where they are written, so that an error has a place. */
bool plan_regex_check(struct planner *planner, struct str regex, struct place at);
void *planner_fail(struct planner *planner, struct place at, const char *expected,
                   const char *suggestion, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void planner_warn(struct planner *planner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool planner_failed(const struct planner *planner);

/* --- commands (plan.c, plan_parse.c, plan_rows.c) --------------------------------------------- */
/* A column of the answer. */
void plan_show(struct planner *planner, struct str name, struct plan_expr *expr);
/* When no command names any; what others made stands behind them. */
void plan_show_default(struct planner *planner);
/* One more on top, with the order of the one below. */
struct plan_block *plan_new_block(struct planner *planner);
void plan_parse(struct planner *planner, const struct command *command);
void plan_pattern(struct planner *planner, const struct command *command);
/* lookup and cidrlookup (plan_lookup.c). */
void plan_lookup(struct planner *planner, const struct command *command);
/* Ends the plan: the command works on rows in memory. */
void plan_row_command(struct planner *planner, const struct command *command);
/* The rows such a command made, as the source of what stands behind it. */
void plan_bind_rows(struct planner *planner);
/* The parts of where a row leads (struct ask_pointer), in their order, over the rows of `to`. */
size_t plan_pointer_count(const struct plan *plan);
struct plan_expr *plan_pointer(struct planner *planner, size_t part, struct plan_block *to);

/* --- names and blocks (plan_scope.c) ---------------------------------------------------------- */
struct plan_block *scope_block(struct planner *planner); /* a new one over the present one */
void scope_bind(struct planner *planner, struct str name, struct plan_expr *expr);
bool scope_is_bound(const struct planner *planner, struct str name); /* by a command */
struct plan_expr *scope_find(struct planner *planner, struct str name, struct place at);
/* An expression over the rows of an earlier block, over those of a later one. */
struct plan_expr *scope_lift(struct planner *planner, struct plan_expr *expr,
                             struct plan_block *from, struct plan_block *to);
/* A column of the source that is no field, over the rows of `to`. */
struct plan_expr *scope_raw(struct planner *planner, const char *sql, struct plan_block *to);
/* Says that the block evaluates it: its journal paths are read there. */
void scope_use(struct planner *planner, struct plan_block *block, struct plan_expr *expr);

bool exprs_add(struct planner *planner, struct plan_exprs *list, struct plan_expr *expr);
bool sorts_add(struct planner *planner, struct plan_sorts *list, struct plan_expr *expr,
               bool descending);

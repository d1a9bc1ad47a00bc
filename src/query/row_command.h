/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_command: the commands that work on rows in memory, each a function from the rows it gets to
 * those it leaves. A row in row_commands.def, a file row_NAME.c.
 */
#pragma once

#include "query/plan.h"
#include "query/rowset.h"

/* The column that says of each row whether it fits the `where` of relevantfields. */
#define ROW_CONDITION "where …"

struct row_run {
    const struct command *command;
    const struct language_query *tree;
    struct rowset *rows; /* in and out */
    const struct query *query;
    struct time_range range;
    const _Atomic bool *cancelled;
    /* The rows of the query in the command's parentheses, at most so many; fields that are wanted
     * and not shown are hidden columns. */
    enum status (*subquery)(void *context, const struct command *command,
                            const struct words *wanted, int64_t limit, struct rowset *out);
    void *context;
};

typedef enum status row_function(struct row_run *run, struct error *error);
#define ROW_COMMAND(id, name) row_function row__##name;
#include "query/row_commands.def"
#undef ROW_COMMAND

enum status row_command_run(struct row_run *run, struct error *error);
/* Before anything runs: whether it can stand where it stands. Fills *error when not. */
enum status row_command_check(const struct language_query *tree, const struct command *command,
                              struct language_error *error);
/* The names a command gives to columns, one after the other; false: no more. */
bool row_command_output(const struct command *command, int n, char *out, size_t size);
/* `left` and `right` of a join. */
struct str row_command_side(const struct command *command, bool left);
/* The field of that side which a join compares, without the alias; NONE: it names none. */
struct str row_join_key(const struct command *command, struct str alias);
/* The names that commands behind this one use with the prefix `alias.`, without it. */
struct words row_command_wanted(const struct language_query *tree, const struct command *command,
                                struct str alias, struct arena *arena);
/* The last stats in front of a command, or NULL. */
const struct command *row_command_stats(const struct language_query *tree,
                                        const struct command *command);
/* The key of a stats that is a bin(), or NULL. */
const struct item *row_command_bin(const struct command *stats);

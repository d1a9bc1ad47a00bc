/* SPDX-License-Identifier: Apache-2.0 */
/* row_command: see row_command.h. */
#include "query/row_command.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"

static row_function *const functions[COMMAND_END] = {
#define ROW_COMMAND(id, name) [COMMAND_##id] = row__##name,
#include "query/row_commands.def"
#undef ROW_COMMAND
};

enum status row_command_run(struct row_run *run, struct error *error)
{
    return functions[run->command->id](run, error);
}

/* --- what is written ------------------------------------------------------------------------- */

const struct command *row_command_stats(const struct language_query *tree,
                                        const struct command *command)
{
    for (const struct command *at = command; at-- > tree->commands;)
        if (at->id == COMMAND_STATS)
            return at;
    return NULL;
}

const struct item *row_command_bin(const struct command *stats)
{
    for (size_t i = 0; stats && i < stats->by.count; i++) {
        const struct expression *key = stats->by.list[i].expression;
        if (key->kind == EXPRESSION_CALL && key->function == FUNCTION_BIN)
            return &stats->by.list[i];
    }
    return NULL;
}

static struct str out_name(const struct command *command, struct str otherwise)
{
    return command->names.count ? command->names.list[0].text : otherwise;
}

/* bytes_p1, bytes_p2 …; one alone is called as was asked. */
static bool lag_name(const struct command *command, int n, char *out, size_t size)
{
    int64_t first = 1, last = 1;
    const struct expression *span = command_option(command, "p");
    if (span)
        expression_range(span, &first, &last);
    if (first + n > last)
        return false;
    struct str name = out_name(command, command->items.list[0].name);
    if (command->names.count && first == last)
        snprintf(out, size, "%.*s", STR_ARGS(name));
    else
        snprintf(out, size, "%.*s_p%lld", STR_ARGS(name), (long long)(first + n));
    return true;
}

bool row_command_output(const struct command *command, int n, char *out, size_t size)
{
    struct str name;
    const struct expression *named;
    if (command->id == COMMAND_AUTOREGRESS)
        return lag_name(command, n, out, size);
    switch (command->id) {
    case COMMAND_ACCUM:
        name = out_name(command, command->items.list[0].name);
        break;
    case COMMAND_SESSIONIZE:
        name = out_name(command, STR("session_id"));
        break;
    case COMMAND_ADDTOTALS:
        named = command_option(command, "fieldname");
        name = named ? named->text : STR("Total");
        break;
    case COMMAND_OUTLIER:
        if (!command_flag(command, "mark", false))
            return false;
        name = STR("is_outlier");
        break;
    default:
        return false;
    }
    if (n == 0)
        snprintf(out, size, "%.*s", STR_ARGS(name));
    return n == 0;
}

struct str row_command_side(const struct command *command, bool left)
{
    const struct expression *named = command_option(command, left ? "left" : "right");
    return named ? named->text : left ? STR("left") : STR("right");
}

static bool want_of(const struct expression *tree, struct str alias, struct arena *arena,
                    struct words *words, size_t *capacity)
{
    if (!tree)
        return true;
    if (tree->kind == EXPRESSION_FIELD && tree->text.len > alias.len + 1 &&
        str_starts(tree->text, alias) && tree->text.ptr[alias.len] == '.') {
        if (!arena_grow(arena, &words->list, words->count, capacity))
            return false;
        words->list[words->count++] =
            (struct word){str_sub(tree->text, alias.len + 1, tree->text.len), tree->at};
    }
    for (size_t i = 0; i < tree->argument_count; i++)
        if (!want_of(tree->arguments[i], alias, arena, words, capacity))
            return false;
    return true;
}

struct words row_command_wanted(const struct language_query *tree, const struct command *command,
                                struct str alias, struct arena *arena)
{
    struct words words = {0};
    size_t capacity = 0;
    for (const struct command *at = command + 1; at < tree->commands + tree->command_count; at++) {
        for (size_t i = 0; i < at->items.count; i++)
            want_of(at->items.list[i].expression, alias, arena, &words, &capacity);
        for (size_t i = 0; i < at->by.count; i++)
            want_of(at->by.list[i].expression, alias, arena, &words, &capacity);
        want_of(at->expression, alias, arena, &words, &capacity);
    }
    return words;
}

/* `a.field` on one side, `b.field` on the other, in either order. */
static enum status check_join(const struct language_query *tree, const struct command *command,
                              struct language_error *error)
{
    struct str left = row_command_side(command, true), right = row_command_side(command, false);
    if (!row_join_key(command, left).ptr || !row_join_key(command, right).ptr)
        return language_fail(error, tree->text, command->expression->at, STATUS_INVALID,
                             "a field of each side, like a.id = b.id", NULL,
                             "the join compares no field of %.*s with one of %.*s", STR_ARGS(left),
                             STR_ARGS(right));
    return STATUS_OK;
}

struct str row_join_key(const struct command *command, struct str alias)
{
    const struct str sides[] = {command->expression->text, command->names.list[0].text};
    for (int i = 0; i < 2; i++)
        if (sides[i].len > alias.len + 1 && str_starts(sides[i], alias) &&
            sides[i].ptr[alias.len] == '.')
            return str_sub(sides[i], alias.len + 1, sides[i].len);
    return STR_NONE;
}

enum status row_command_check(const struct language_query *tree, const struct command *command,
                              struct language_error *error)
{
    must(functions[command->id]);
    if (command->id == COMMAND_FILLMISSING && !row_command_bin(row_command_stats(tree, command)))
        return language_fail(error, tree->text, command->word_at, STATUS_INVALID,
                             "stats … by bin(…) before it", NULL,
                             "fillmissing fills the times between the groups of a bin()");
    return command->id == COMMAND_JOIN ? check_join(tree, command, error) : STATUS_OK;
}

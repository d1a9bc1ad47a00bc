/* SPDX-License-Identifier: Apache-2.0 */
/* row_command: see row_command.h. */
#include "query/row_command.h"

#include <stdio.h>
#include <string.h>

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

enum status row_command_check(const struct language_query *tree, const struct command *command,
                              struct language_error *error)
{
    const char *name = command_words[command->id].name;
    if (!functions[command->id])
        return language_fail(error, tree->text, command->word_at, STATUS_INVALID, NULL, NULL,
                             "%s is not executed here yet", name);
    if (command->id == COMMAND_FILLMISSING && !row_command_bin(row_command_stats(tree, command)))
        return language_fail(error, tree->text, command->word_at, STATUS_INVALID,
                             "stats … by bin(…) before it", NULL,
                             "fillmissing fills the times between the groups of a bin()");
    return STATUS_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rewrite: words that only say shortly what other commands say too are replaced by those, so that
 * whoever executes a query need not know them:
 *
 *   stats topk(3, f) as a   filter ispresent(f) | stats count(*) as count by f as a
 *                           | sort count desc, a | limit 3
 *   countFrequent f, g      stats count(*) as _approxcount by f, g | sort _approxcount desc, f, g
 *   expand f                unnest f into f
 *   logcompare timeshift 7d pattern @message | diff, by that time
 *   addtotals f, g          fields coalesce(toNumber(f), 0) + coalesce(toNumber(g), 0) as Total
 *   countOverTime, sumOverTime   count, sum
 *   rate(f, 1m)             the change of f, by the milliseconds between, times a minute
 *
 * What is put in is written as text and parsed; all of it stands where the original stood.
 */
#include "language/language_private.h"

#include <string.h>

#include "base/buf.h"

/* --- places ---------------------------------------------------------------------------------- */

static void move_expression(struct expression *node, struct place at)
{
    if (!node)
        return;
    node->at = node->word_at = at;
    for (size_t i = 0; i < node->argument_count; i++)
        move_expression(node->arguments[i], at);
}

static void move_items(struct items *items, struct place at)
{
    for (size_t i = 0; i < items->count; i++) {
        items->list[i].name_at = at;
        move_expression(items->list[i].expression, at);
    }
}

static void move_command(struct command *command, struct place at)
{
    command->at = command->word_at = at;
    move_items(&command->items, at);
    move_items(&command->by, at);
    move_expression(command->expression, at);
}

static struct language_query *parse_written(struct parser *parser, const struct buf *written)
{
    struct parser inner = {.arena = parser->arena, .error = parser->error};
    inner.text = arena_copy(parser->arena, buf_str(written));
    if (written->failed || !inner.text.ptr)
        return parser__full(parser);
    parser__start(&inner);
    struct language_query *query = parser__query(&inner);
    if (!query)
        parser__fail(parser, parser->token.at, NULL, NULL, "this cannot be said in other words");
    return query;
}

/* --- functions ------------------------------------------------------------------------------- */

/* The one column of a stats that is written out. */
static struct expression *parse_column(struct parser *parser, const struct buf *written)
{
    struct language_query *query = parse_written(parser, written);
    return query ? query->commands[0].items.list[0].expression : NULL;
}

/* Only rows with a value count, and their times. */
static void replace_rate(struct parser *parser, struct expression *node)
{
    struct str field = node->arguments[0]->source_text, text = node->source_text;
    struct place at = node->at;
    const struct expression *period = node->arguments[1];
    struct buf written = {0};
    buf_printf(&written,
               "stats (latest(%.*s) - earliest(%.*s)) * %.17g / "
               "(max(case(ispresent(%.*s), toMillis(@timestamp))) - "
               "min(case(ispresent(%.*s), toMillis(@timestamp))))",
               STR_ARGS(field), STR_ARGS(field),
               period->number * (double)period_unit_ns(period->unit) / 1e6, STR_ARGS(field),
               STR_ARGS(field));
    struct expression *by = parse_column(parser, &written);
    buf_done(&written);
    if (!by)
        return;
    *node = *by;
    move_expression(node, at);
    node->source_text = text;
}

static void rename_calls(struct parser *parser, struct expression *node)
{
    if (!node || parser->failed)
        return;
    bool is_call = node->kind == EXPRESSION_CALL;
    if (is_call && node->function == FUNCTION_COUNT_OVER_TIME)
        node->function = FUNCTION_COUNT;
    else if (is_call && node->function == FUNCTION_SUM_OVER_TIME)
        node->function = FUNCTION_SUM;
    else if (is_call && node->function == FUNCTION_RATE)
        replace_rate(parser, node);
    for (size_t i = 0; i < node->argument_count; i++)
        rename_calls(parser, node->arguments[i]);
}

/* --- commands -------------------------------------------------------------------------------- */

static const struct expression *topk_of(const struct command *command)
{
    if (command->id != COMMAND_STATS || command->items.count != 1)
        return NULL;
    const struct expression *call = command->items.list[0].expression;
    return call->kind == EXPRESSION_CALL && call->function == FUNCTION_TOPK ? call : NULL;
}

static void write_name(struct buf *out, struct str name)
{
    buf_add_byte(out, '`');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '`')
            buf_add_byte(out, '\\');
        buf_add_byte(out, (uint8_t)name.ptr[i]);
    }
    buf_add_byte(out, '`');
}

static void write_topk(const struct command *command, const struct expression *call,
                       struct buf *out)
{
    struct str field = call->arguments[1]->source_text;
    const struct item *item = &command->items.list[0];
    buf_printf(out, "filter ispresent(%.*s) | stats count(*) as count by %.*s as ", STR_ARGS(field),
               STR_ARGS(field));
    const struct expression *key = call->arguments[1];
    struct str name = item->has_alias                 ? item->name
                      : key->kind == EXPRESSION_FIELD ? key->text
                                                      : key->source_text;
    write_name(out, name);
    buf_printf(out, " | sort count desc, ");
    write_name(out, name);
    buf_printf(out, " | limit %lld", (long long)call->arguments[0]->integer);
}

static void write_count_frequent(const struct command *command, struct buf *out)
{
    buf_printf(out, "stats count(*) as _approxcount by ");
    for (size_t i = 0; i < command->items.count; i++) {
        const struct item *item = &command->items.list[i];
        buf_printf(out, "%s%.*s as ", i ? ", " : "", STR_ARGS(item->expression->source_text));
        write_name(out, item->name);
    }
    buf_printf(out, " | sort _approxcount desc");
    for (size_t i = 0; i < command->items.count; i++) {
        buf_printf(out, ", ");
        write_name(out, command->items.list[i].name);
    }
}

static void write_expand(const struct command *command, struct buf *out)
{
    const struct item *item = &command->items.list[0];
    buf_printf(out, "unnest %.*s into ", STR_ARGS(item->expression->source_text));
    write_name(out, item->name);
}

/* The plain form; totals of columns and of fields that are not named need all rows. */
static bool sums_rows(const struct command *command)
{
    return command->id == COMMAND_ADDTOTALS && command->items.count &&
           command_flag(command, "row", true) && !command_flag(command, "col", false);
}

static void write_totals(const struct command *command, struct buf *out)
{
    const struct expression *name = command_option(command, "fieldname");
    buf_printf(out, "fields ");
    for (size_t i = 0; i < command->items.count; i++)
        buf_printf(out, "%scoalesce(toNumber(%.*s), 0)", i ? " + " : "",
                   STR_ARGS(command->items.list[i].expression->source_text));
    buf_printf(out, " as ");
    write_name(out, name ? name->text : STR("Total"));
}

static bool replace(struct parser *parser, struct language_query *query, size_t index,
                    const struct language_query *by)
{
    size_t count = query->command_count + by->command_count - 1;
    struct command *commands = arena_array(parser->arena, struct command, count);
    struct place at = query->commands[index].at;
    if (!commands)
        return parser__full(parser) != NULL;
    memcpy(commands, query->commands, index * sizeof *commands);
    memcpy(commands + index, by->commands, by->command_count * sizeof *commands);
    memcpy(commands + index + by->command_count, query->commands + index + 1,
           (query->command_count - index - 1) * sizeof *commands);
    for (size_t i = 0; i < by->command_count; i++)
        move_command(&commands[index + i], at);
    query->commands = commands;
    query->command_count = count;
    return true;
}

static bool rewrite_command(struct parser *parser, struct language_query *query, size_t index)
{
    const struct command *command = &query->commands[index];
    const struct expression *topk = topk_of(command);
    struct buf written = {0};
    if (topk)
        write_topk(command, topk, &written);
    else if (command->id == COMMAND_COUNT_FREQUENT)
        write_count_frequent(command, &written);
    else if (command->id == COMMAND_EXPAND)
        write_expand(command, &written);
    else if (sums_rows(command))
        write_totals(command, &written);
    else if (command->id == COMMAND_LOGCOMPARE)
        buf_printf(&written, "pattern @message | diff");
    else
        return true;
    struct expression *shift = command->option_count ? command->options[0].value : NULL;
    struct language_query *by = parse_written(parser, &written);
    buf_done(&written);
    if (by && shift)
        by->commands[1].expression = shift;
    return by && replace(parser, query, index, by);
}

bool parser__rewrite(struct parser *parser, struct language_query *query)
{
    for (size_t i = query->command_count; i-- > 0;) {
        struct command *command = &query->commands[i];
        for (size_t k = 0; k < command->items.count; k++)
            rename_calls(parser, command->items.list[k].expression);
        if (parser->failed || !rewrite_command(parser, query, i))
            return false;
    }
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* language_dump: a syntax tree as one line of text, for tests: (= status 200). */
#include "base/buf.h"
#include "language/language.h"

static void dump_expression(struct buf *out, const struct expression *node);
static void dump_query(struct buf *out, const struct language_query *query);

static void dump_arguments(struct buf *out, const struct expression *node)
{
    for (size_t i = 0; i < node->argument_count; i++) {
        buf_add_byte(out, ' ');
        dump_expression(out, node->arguments[i]);
    }
    buf_add_byte(out, ')');
}

static void dump_number(struct buf *out, const struct expression *node)
{
    if (node->is_integer)
        buf_printf(out, "%lld", (long long)node->integer);
    else
        buf_printf(out, "%g", node->number);
    if (node->kind == EXPRESSION_PERIOD)
        buf_printf(out, "%s", period_unit_text(node->unit));
}

static void dump_expression(struct buf *out, const struct expression *node)
{
    switch (node->kind) {
    case EXPRESSION_NUMBER:
    case EXPRESSION_PERIOD:
        dump_number(out, node);
        break;
    case EXPRESSION_STRING:
        buf_printf(out, "'%.*s'", STR_ARGS(node->text));
        break;
    case EXPRESSION_BOOLEAN:
        buf_printf(out, "%s", node->integer ? "true" : "false");
        break;
    case EXPRESSION_REGEX:
        buf_printf(out, "/%.*s/", STR_ARGS(node->text));
        break;
    case EXPRESSION_FIELD:
        buf_printf(out, "%.*s", STR_ARGS(node->text));
        break;
    case EXPRESSION_STAR:
        buf_add_byte(out, '*');
        break;
    case EXPRESSION_LIST:
        buf_printf(out, "(list");
        dump_arguments(out, node);
        break;
    case EXPRESSION_CALL:
        buf_printf(out, "(%s", function_words[node->function].name);
        dump_arguments(out, node);
        break;
    case EXPRESSION_OPERATOR:
        buf_printf(out, "(%s", operator_text(node->operator_id));
        dump_arguments(out, node);
        break;
    case EXPRESSION_MEMBER:
        buf_printf(out, "(. '%.*s'", STR_ARGS(node->text));
        dump_arguments(out, node);
        break;
    case EXPRESSION_INDEX:
        buf_printf(out, "(at");
        dump_arguments(out, node);
        break;
    case EXPRESSION_SUBQUERY:
        buf_printf(out, "(query ");
        dump_query(out, node->subquery);
        buf_add_byte(out, ')');
    }
}

static void dump_items(struct buf *out, const struct items *items)
{
    static const char *const directions[] = {"", " asc", " desc"};
    for (size_t i = 0; i < items->count; i++) {
        const struct item *item = &items->list[i];
        buf_printf(out, i ? ", " : " ");
        dump_expression(out, item->expression);
        buf_printf(out, "%s%s", item->wildcard ? "*" : "", directions[item->direction]);
        if (item->has_alias)
            buf_printf(out, " as %.*s", STR_ARGS(item->name));
        if (item->offset) {
            buf_printf(out, " offset ");
            dump_expression(out, item->offset);
        }
    }
}

static void dump_words(struct buf *out, const struct words *words, const struct words *called)
{
    for (size_t i = 0; i < words->count; i++) {
        struct str name = words->list[i].text;
        buf_printf(out, "%s%.*s", i ? ", " : " -> ", STR_ARGS(name));
        if (called->count && !str_equal(called->list[i].text, name))
            buf_printf(out, " as %.*s", STR_ARGS(called->list[i].text));
    }
}

static void dump_command(struct buf *out, const struct command *command)
{
    static const char *const diffs[] = {"", " previousDay", " previousWeek", " previousMonth"};
    buf_printf(out, "%s%s", command_words[command->id].name, diffs[command->diff]);
    if (command->table.text.len)
        buf_printf(out, " <%.*s>", STR_ARGS(command->table.text));
    for (size_t i = 0; i < command->option_count; i++) {
        buf_printf(out, " %.*s=", STR_ARGS(command->options[i].name.text));
        dump_expression(out, command->options[i].value);
    }
    dump_items(out, &command->items);
    if (command->by.count) {
        buf_printf(out, " by");
        dump_items(out, &command->by);
    }
    if (command->expression) {
        buf_add_byte(out, ' ');
        dump_expression(out, command->expression);
    }
    if (command->pattern.len)
        buf_printf(out, " %s %.*s", command->is_regex ? "regex" : "glob",
                   STR_ARGS(command->pattern));
    dump_words(out, &command->names, &command->outputs);
    if (command->count)
        buf_printf(out, "%s %lld", command->any ? " any" : "", (long long)command->count);
    if (command->subquery) {
        buf_printf(out, " (");
        dump_query(out, command->subquery);
        buf_printf(out, ")");
    }
}

static void dump_time(struct buf *out, const char *name, const struct source_time *time)
{
    if (time->present)
        buf_printf(out, " %s=%lld%s", name, (long long)time->ms, time->is_relative ? " ago" : "");
}

static void dump_query(struct buf *out, const struct language_query *query)
{
    if (query->source != SOURCE_UNSAID) {
        buf_printf(out, "SOURCE %s", source_name(query->source));
        dump_words(out, &query->groups, &(struct words){0});
        dump_time(out, "start", &query->start);
        dump_time(out, "end", &query->end);
    }
    for (size_t i = 0; i < query->command_count; i++) {
        if (i || query->source != SOURCE_UNSAID)
            buf_printf(out, " | ");
        dump_command(out, &query->commands[i]);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper: commands that are rare: lookup, join, and the ones that came to CloudWatch in 2026, which
 * all are made of options (name=value), fields with or without commas, `by`, `where` and `with`.
 * What each of them takes is checked afterwards, by helper_check.c.
 */
#include "language/language_private.h"

#include <string.h>

struct reading {
    size_t items, options, names; /* capacities */
};

static bool at_end(const struct parser *parser)
{
    return parser->failed || parser->token.kind == TOKEN_END || parser__is_sign(parser, '|') ||
           (parser->subquery_depth && parser__is_sign(parser, ')'));
}

static void add_item(struct parser *parser, struct command *command, struct reading *reading,
                     struct item item)
{
    if (parser->failed)
        return;
    if (command->items.count == LANGUAGE_ITEMS_MAX)
        parser__fail_status(parser, STATUS_INVALID, item.name_at,
                            "a command has at most %d items in its list", LANGUAGE_ITEMS_MAX);
    else if (!arena_grow(parser->arena, &command->items.list, command->items.count,
                         &reading->items))
        parser__full(parser);
    else
        command->items.list[command->items.count++] = item;
}

static void add_option(struct parser *parser, struct command *command, struct reading *reading,
                       struct named_value option)
{
    enum { OPTIONS_MAX = 20 };
    if (parser->failed)
        return;
    if (command->option_count == OPTIONS_MAX)
        parser__fail_status(parser, STATUS_INVALID, option.name.at,
                            "a command has at most %d options", OPTIONS_MAX);
    else if (!arena_grow(parser->arena, &command->options, command->option_count,
                         &reading->options))
        parser__full(parser);
    else
        command->options[command->option_count++] = option;
}

/* name=value; p=1-4 is a value too: 1 minus 4, for who runs it. */
static void read_option(struct parser *parser, struct command *command, struct reading *reading)
{
    struct named_value option = {.name = parser__name(parser, "an option")};
    parser__take_sign(parser, '=');
    option.value = parser__sum(parser);
    add_option(parser, command, reading, option);
}

/* field, `a field`, cpu* */
static void read_field(struct parser *parser, struct command *command, struct reading *reading)
{
    struct item item = {.expression = parser__operand(parser)};
    item.wildcard = parser__take_sign(parser, '*');
    if (!item.expression || parser->failed)
        return;
    item.name = item.expression->kind == EXPRESSION_FIELD ? item.expression->text
                                                          : item.expression->source_text;
    item.name_at = item.expression->at;
    if (parser__take_word(parser, "as")) {
        struct word name = parser__name(parser, "a name behind `as`");
        item.has_alias = true;
        item.name = name.text;
        item.name_at = name.at;
    }
    add_item(parser, command, reading, item);
}

/* with 0 for a, 1 for b */
static void read_with(struct parser *parser, struct command *command, struct reading *reading)
{
    do {
        struct item item = {.expression = parser__operand(parser), .has_alias = true};
        if (!parser__take_word(parser, "for")) {
            parser__expected(parser, "`for` and a field", NULL);
            return;
        }
        struct word name = parser__name(parser, "a field");
        item.name = name.text;
        item.name_at = name.at;
        add_item(parser, command, reading, item);
    } while (parser__take_sign(parser, ','));
}

static bool no_more(struct parser *parser, struct item *item)
{
    (void)item;
    return !parser->failed;
}

static void read_part(struct parser *parser, struct command *command, struct reading *reading)
{
    if (parser__take_word(parser, "by"))
        command->by = parser__items(parser, no_more);
    else if (parser__take_word(parser, "where"))
        command->expression = parser__expression(parser);
    else if (parser__take_word(parser, "with"))
        read_with(parser, command, reading);
    else if (parser__is_sign(parser, '('))
        command->subquery = parser__subquery(parser);
    else if (parser__is_word(parser, "maxspan") || parser__is_word(parser, "timeshift") ||
             (parser->token.kind == TOKEN_WORD && parser__peek(parser) == '='))
        read_option(parser, command, reading);
    else if (parser__take_word(parser, "as"))
        parser__add_name(parser, &command->names, &reading->names,
                         parser__name(parser, "a name behind `as`"));
    else
        read_field(parser, command, reading);
}

void parser__helper(struct parser *parser, struct command *command)
{
    struct reading reading = {0};
    while (!at_end(parser)) {
        read_part(parser, command, &reading);
        if (parser__take_sign(parser, ',') && at_end(parser))
            parser__expected(parser, "a field", NULL);
    }
    parser__check_helper(parser, command);
}

/* table key [as field], … OUTPUT column [as field], … */
void parser__lookup(struct parser *parser, struct command *command)
{
    struct reading reading = {0};
    command->table = parser__name(parser, "the name of a table");
    do {
        read_field(parser, command, &reading);
    } while (parser__take_sign(parser, ','));
    command->only_missing = parser__take_word(parser, "outputnew");
    if (!command->only_missing && !parser__take_word(parser, "output")) {
        parser__expected(parser, "`OUTPUT` and columns of the table", NULL);
        return;
    }
    size_t capacity = 0;
    do {
        struct word column = parser__name(parser, "a column");
        parser__add_name(parser, &command->names, &reading.names, column);
        if (parser__take_word(parser, "as"))
            column = parser__name(parser, "a name behind `as`");
        parser__add_name(parser, &command->outputs, &capacity, column);
    } while (parser__take_sign(parser, ','));
}

/* type=inner left=a right=b where a.x = b.x (query) */
void parser__join(struct parser *parser, struct command *command)
{
    struct reading reading = {0};
    while (parser->token.kind == TOKEN_WORD && parser__peek(parser) == '=')
        read_option(parser, command, &reading);
    if (!parser__take_word(parser, "where") && !parser__take_word(parser, "on")) {
        parser__expected(parser, "`where` and the fields to join by", NULL);
        return;
    }
    /* Of a name in front of the query, only the join knows that it is no call. */
    struct expression *left = parser__operand(parser);
    if (!left || !parser__take_sign(parser, '=')) {
        parser__expected(parser, "`=`", NULL);
        return;
    }
    struct word right = parser__name(parser, "a field");
    size_t capacity = 0;
    command->expression = left;
    parser__add_name(parser, &command->names, &capacity, right);
    command->subquery = parser__subquery(parser);
    parser__check_helper(parser, command);
}

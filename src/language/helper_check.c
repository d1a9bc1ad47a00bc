/* SPDX-License-Identifier: Apache-2.0 */
/*
 * helper_check: what the commands of helper.c may and must have. Options stand in
 * helper_options.def, everything else in the table below; whoever executes a command reads what was
 * checked here and asks no more.
 */
#include "language/language_private.h"

#include <stdio.h>
#include <string.h>

/* --- options --------------------------------------------------------------------------------- */

enum option_kind {
    OPTION_FLAG,
    OPTION_NUMBER,
    OPTION_COUNT,
    OPTION_SPAN,
    OPTION_PERIOD,
    OPTION_NAME,
    OPTION_WORD
};

struct option_row {
    enum command_id command;
    const char *name;
    enum option_kind kind;
    double least, most;
    const char *words;
};

static const struct option_row option_rows[] = {
#define OPTION(command, name, kind, least, most, words)                                            \
    {COMMAND_##command, name, OPTION_##kind, least, most, words},
#include "language/helper_options.def"
#undef OPTION
};
enum { OPTION_ROWS = sizeof option_rows / sizeof option_rows[0] };

const struct expression *command_option(const struct command *command, const char *name)
{
    for (size_t i = command->option_count; i-- > 0;)
        if (str_equal_nocase(command->options[i].name.text, str_from(name)))
            return command->options[i].value;
    return NULL;
}

bool command_flag(const struct command *command, const char *name, bool otherwise)
{
    const struct expression *value = command_option(command, name);
    return value ? value->integer != 0 : otherwise;
}

static bool is_whole(const struct expression *value)
{
    return value->kind == EXPRESSION_NUMBER && value->is_integer;
}

static bool is_span(const struct expression *value)
{
    return value->kind == EXPRESSION_OPERATOR && value->operator_id == OPERATOR_SUBTRACT &&
           is_whole(value->arguments[0]) && is_whole(value->arguments[1]);
}

void expression_range(const struct expression *value, int64_t *out_first, int64_t *out_last)
{
    *out_first = is_span(value) ? value->arguments[0]->integer : value->integer;
    *out_last = is_span(value) ? value->arguments[1]->integer : value->integer;
}

static bool is_one_of(const char *words, struct str word)
{
    struct str rest = str_from(words);
    while (rest.len) {
        size_t end = str_find_byte(rest, ' ');
        if (str_equal_nocase(str_sub(rest, 0, end), word))
            return true;
        rest = str_sub(rest, end + 1, rest.len);
    }
    return false;
}

static bool within(const struct option_row *row, double number)
{
    return number >= row->least && number <= row->most;
}

static bool option_fits(const struct option_row *row, const struct expression *value)
{
    int64_t first, last;
    bool is_text = value->kind == EXPRESSION_FIELD || value->kind == EXPRESSION_STRING;
    switch (row->kind) {
    case OPTION_FLAG:
        return value->kind == EXPRESSION_BOOLEAN;
    case OPTION_NUMBER:
        return value->kind == EXPRESSION_NUMBER && within(row, value->number);
    case OPTION_COUNT:
        return is_whole(value) && within(row, (double)value->integer);
    case OPTION_SPAN:
        if (!is_whole(value) && !is_span(value))
            return false;
        expression_range(value, &first, &last);
        return within(row, (double)first) && within(row, (double)last) && first <= last;
    case OPTION_PERIOD:
        return value->kind == EXPRESSION_PERIOD && value->number > 0 &&
               value->number * (double)period_unit_ns(value->unit) < 3e18;
    case OPTION_NAME:
        return is_text && value->text.len;
    default:
        return is_text && is_one_of(row->words, value->text);
    }
}

static void say_expected(const struct option_row *row, char *out, size_t size)
{
    static const char *const plain[] = {[OPTION_FLAG] = "true or false",
                                        [OPTION_PERIOD] = "a period like 30m",
                                        [OPTION_NAME] = "a name"};
    if (row->kind == OPTION_WORD)
        snprintf(out, size, "one of: %s", row->words);
    else if (row->kind == OPTION_SPAN)
        snprintf(out, size, "a number from %g to %g, or a range like 1-4", row->least, row->most);
    else if (plain[row->kind])
        snprintf(out, size, "%s", plain[row->kind]);
    else
        snprintf(out, size, "a%s number from %.0f to %.0f",
                 row->kind == OPTION_COUNT ? " whole" : "", row->least, row->most);
}

static const struct option_row *find_option(enum command_id command, struct str name)
{
    for (size_t i = 0; i < OPTION_ROWS; i++)
        if (option_rows[i].command == command &&
            str_equal_nocase(str_from(option_rows[i].name), name))
            return &option_rows[i];
    return NULL;
}

static void check_option(struct parser *parser, const struct command *command,
                         const struct named_value *option)
{
    char expected[120], shown[64];
    const struct option_row *row = find_option(command->id, option->name.text);
    if (!row) {
        parser__fail(parser, option->name.at, command_words[command->id].syntax, NULL,
                     "%s has no option `%s`", command_words[command->id].name,
                     parser__show(option->name.text, shown));
        return;
    }
    if (option->value && option_fits(row, option->value))
        return;
    say_expected(row, expected, sizeof expected);
    parser__fail(parser, option->value ? option->value->at : option->name.at, expected, NULL,
                 "%s of %s must be %s", row->name, command_words[command->id].name, expected);
}

/* --- parts ----------------------------------------------------------------------------------- */

enum part { PART_OUT = 1, PART_WHERE = 2, PART_WITH = 4, PART_QUERY = 8 };

/* Of each command: how many fields, and what else; `must` are the parts it cannot do without. */
static const struct {
    enum command_id id;
    uint8_t least, most;
    int may, must;
} shapes[] = {
    {COMMAND_JOIN, 0, 0, PART_WHERE | PART_OUT | PART_QUERY, PART_WHERE | PART_OUT | PART_QUERY},
    {COMMAND_APPENDCOLS, 0, 0, PART_QUERY, PART_QUERY},
    {COMMAND_ADDTOTALS, 0, 255, 0, 0},
    {COMMAND_FILLMISSING, 0, 255, PART_WITH, 0},
    {COMMAND_FILLDOWN, 0, 255, 0, 0},
    {COMMAND_ACCUM, 1, 1, PART_OUT, 0},
    {COMMAND_AUTOREGRESS, 1, 1, PART_OUT, 0},
    {COMMAND_OUTLIER, 1, 255, 0, 0},
    {COMMAND_EXPAND, 1, 1, 0, 0},
    {COMMAND_SESSIONIZE, 1, 255, PART_OUT, 0},
    {COMMAND_COUNT_FREQUENT, 1, 255, 0, 0},
    {COMMAND_RELEVANTFIELDS, 0, 255, PART_WHERE, PART_WHERE},
    {COMMAND_LOGCOMPARE, 0, 0, 0, 0},
    {COMMAND_ESTIMATE, 0, 0, 0, 0},
};

/* `accum bytes as total`: the name behind the last field is that of what comes out. */
static void take_out_name(struct parser *parser, struct command *command)
{
    size_t capacity = 0;
    struct item *last =
        command->items.count ? &command->items.list[command->items.count - 1] : NULL;
    if (!last || !last->has_alias || command->names.count)
        return;
    parser__add_name(parser, &command->names, &capacity, (struct word){last->name, last->name_at});
    last->has_alias = false;
    last->name = last->expression->text;
}

static void check_items(struct parser *parser, const struct command *command, int may)
{
    bool with = may & PART_WITH;
    for (size_t i = 0; i < command->items.count && !parser->failed; i++) {
        const struct item *item = &command->items.list[i];
        enum expression_kind kind = item->expression->kind;
        bool constant = kind == EXPRESSION_NUMBER || kind == EXPRESSION_STRING;
        bool fits = with ? constant && item->has_alias
                         : kind == EXPRESSION_FIELD && !item->has_alias &&
                               (!item->wildcard || command->id == COMMAND_FILLDOWN);
        bool computes = command->id == COMMAND_COUNT_FREQUENT || command->id == COMMAND_EXPAND;
        if (!fits && !(computes && !item->wildcard))
            parser__fail(parser, item->expression->at, with ? "a number or a text" : "a field",
                         with ? NULL : "give it a name with `fields … as name` first",
                         with ? "fillmissing fills with constants" : "%s takes fields only",
                         command_words[command->id].name);
    }
}

static void check_parts(struct parser *parser, struct command *command, size_t shape)
{
    const char *name = command_words[command->id].name, *syntax = command_words[command->id].syntax;
    int has = (command->names.count ? PART_OUT : 0) | (command->expression ? PART_WHERE : 0) |
              (command->subquery ? PART_QUERY : 0);
    if (command->items.count < shapes[shape].least)
        parser__expected(parser, "a field", NULL);
    else if (command->items.count > shapes[shape].most)
        parser__fail(parser, command->items.list[shapes[shape].most].expression->at, syntax, NULL,
                     shapes[shape].most ? "%s takes one field" : "%s takes no fields", name);
    else if ((has & ~shapes[shape].may) || command->by.count || command->names.count > 1)
        parser__fail(parser, command->word_at, syntax, NULL, "%s does not take all of this", name);
    else if ((has & shapes[shape].must) != shapes[shape].must)
        parser__fail(parser, command->word_at, syntax, NULL, "%s lacks something", name);
    else
        check_items(parser, command, shapes[shape].may);
}

void parser__check_helper(struct parser *parser, struct command *command)
{
    size_t shape = 0;
    while (shape < sizeof shapes / sizeof shapes[0] && shapes[shape].id != command->id)
        shape++;
    if (parser->failed || shape == sizeof shapes / sizeof shapes[0])
        return;
    if (shapes[shape].may & PART_OUT && command->id != COMMAND_JOIN)
        take_out_name(parser, command);
    check_parts(parser, command, shape);
    for (size_t i = 0; i < command->option_count && !parser->failed; i++)
        check_option(parser, command, &command->options[i]);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: the commands between the pipes that people use every day; helper.c has the rest. A
 * reader of a command takes its words and leaves the token behind them, which must be a pipe, the
 * end, or the parenthesis that closes a subquery.
 */
#include "language/language_private.h"

#include <stdio.h>
#include <string.h>

/* --- lists ----------------------------------------------------------------------------------- */

static bool take_item(struct parser *parser, struct item *out)
{
    struct expression *expression = parser__expression(parser);
    if (!expression)
        return false;
    *out = (struct item){.expression = expression, .name_at = expression->at};
    out->name = expression->kind == EXPRESSION_FIELD ? expression->text : expression->source_text;
    if (!parser__take_word(parser, "as"))
        return !parser->failed;
    struct word name = parser__name(parser, "a name behind `as`");
    out->has_alias = true;
    out->name = name.text;
    out->name_at = name.at;
    return !parser->failed;
}

static bool item_or_nothing(struct parser *parser, struct item *out)
{
    (void)out;
    return !parser->failed;
}

/* item, item, …; `more` reads what may stand behind each. */
struct items parser__items(struct parser *parser, bool (*more)(struct parser *, struct item *))
{
    struct items items = {0};
    size_t capacity = 0;
    do {
        struct item item;
        if (items.count == LANGUAGE_ITEMS_MAX) {
            parser__fail_status(parser, STATUS_INVALID, parser->token.at,
                                "a command has at most %d items in its list", LANGUAGE_ITEMS_MAX);
            break;
        }
        if (!take_item(parser, &item) || !more(parser, &item))
            break;
        if (!arena_grow(parser->arena, &items.list, items.count, &capacity)) {
            parser__full(parser);
            break;
        }
        items.list[items.count++] = item;
    } while (parser__take_sign(parser, ','));
    return items;
}

bool parser__add_name(struct parser *parser, struct words *names, size_t *inout_capacity,
                      struct word name)
{
    if (parser->failed)
        return false;
    if (names->count == LANGUAGE_ITEMS_MAX) {
        parser__fail_status(parser, STATUS_INVALID, name.at, "at most %d names can stand here",
                            LANGUAGE_ITEMS_MAX);
        return false;
    }
    if (!arena_grow(parser->arena, &names->list, names->count, inout_capacity))
        return parser__full(parser) != NULL;
    names->list[names->count++] = name;
    return true;
}

static struct words read_names(struct parser *parser, const char *what)
{
    struct words names = {0};
    size_t capacity = 0;
    do {
        if (!parser__add_name(parser, &names, &capacity, parser__name(parser, what)))
            break;
    } while (parser__take_sign(parser, ','));
    return names;
}

/* --- the commands ---------------------------------------------------------------------------- */

static void read_fields(struct parser *parser, struct command *command)
{
    command->items = parser__items(parser, item_or_nothing);
}

static void read_filter(struct parser *parser, struct command *command)
{
    command->expression = parser__expression(parser);
}

static bool has_bin(const struct expression *expression)
{
    if (expression->kind == EXPRESSION_CALL && expression->function == FUNCTION_BIN)
        return true;
    for (size_t i = 0; i < expression->argument_count; i++)
        if (has_bin(expression->arguments[i]))
            return true;
    return false;
}

/* `offset 1h` ends the list; it belongs to the key that has the bin(). */
static void read_offset(struct parser *parser, struct command *command)
{
    struct place at = parser->token.at;
    if (!parser__take_word(parser, "offset"))
        return;
    struct expression *offset = parser__period(parser);
    for (size_t i = 0; offset && i < command->by.count; i++) {
        if (!has_bin(command->by.list[i].expression))
            continue;
        command->by.list[i].offset = offset;
        return;
    }
    parser__fail(parser, at, "bin() among the keys", NULL, "there is no bin() to shift");
}

static void read_stats(struct parser *parser, struct command *command)
{
    command->items = parser__items(parser, item_or_nothing);
    if (!parser__take_word(parser, "by"))
        return;
    command->by = parser__items(parser, item_or_nothing);
    read_offset(parser, command);
}

static bool read_direction(struct parser *parser, struct item *item)
{
    if (parser__take_word(parser, "asc") || parser__take_word(parser, "ascending"))
        item->direction = DIRECTION_ASCENDING;
    else if (parser__take_word(parser, "desc") || parser__take_word(parser, "descending"))
        item->direction = DIRECTION_DESCENDING;
    return !parser->failed;
}

static void read_sort(struct parser *parser, struct command *command)
{
    parser__take_word(parser, "by");
    command->items = parser__items(parser, read_direction);
}

static void read_limit(struct parser *parser, struct command *command)
{
    command->any = parser__take_word(parser, "any");
    struct token number = parser->token;
    if (number.kind != TOKEN_NUMBER || !number.is_integer) {
        parser__expected(parser, "a whole number", NULL);
        return;
    }
    if (number.integer < 1 || number.integer > LANGUAGE_ROWS_MAX) {
        parser__fail(parser, number.at, "a number from 1 to 100,000", NULL,
                     "%lld rows cannot be asked for", (long long)number.integer);
        return;
    }
    command->count = number.integer;
    parser__take(parser);
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The names of (?<name>…) and (?P<name>…); not of (?<=…) and (?<!…). */
static void read_groups(struct parser *parser, struct command *command)
{
    struct str regex = command->pattern;
    size_t capacity = 0;
    for (size_t i = 0; i + 3 < regex.len; i++) {
        if (regex.ptr[i] == '\\') {
            i++;
            continue;
        }
        size_t start = i + (regex.ptr[i + 2] == 'P' ? 4 : 3), end = start;
        if (regex.ptr[i] != '(' || regex.ptr[i + 1] != '?' || start > regex.len ||
            regex.ptr[start - 1] != '<')
            continue;
        while (end < regex.len && is_name_byte(regex.ptr[end]))
            end++;
        if (end == start || end == regex.len || regex.ptr[end] != '>')
            continue;
        struct word name = {str_sub(regex, start, end - start), command->pattern_at};
        if (!parser__add_name(parser, &command->names, &capacity, name))
            return;
    }
    if (!command->names.count)
        parser__fail(parser, command->pattern_at, "a named group like (?<name>.*)", NULL,
                     "the regular expression names nothing to take");
}

static size_t count_stars(struct str glob)
{
    size_t count = 0;
    for (size_t i = 0; i < glob.len; i++)
        count += glob.ptr[i] == '*';
    return count;
}

static void read_glob_names(struct parser *parser, struct command *command)
{
    size_t stars = count_stars(command->pattern);
    if (!stars) {
        parser__fail(parser, command->pattern_at, "a `*` for each name", NULL,
                     "the pattern has no `*`, so there is nothing to take");
        return;
    }
    if (!parser__take_word(parser, "as")) {
        parser__expected(parser, "`as` and a name for each `*`", NULL);
        return;
    }
    command->names = read_names(parser, "a name");
    if (!parser->failed && command->names.count != stars)
        parser__fail(parser, command->pattern_at, NULL, NULL,
                     "the pattern has %zu `*`, but %zu name%s behind `as`", stars,
                     command->names.count, command->names.count == 1 ? " stands" : "s stand");
}

static void read_parse(struct parser *parser, struct command *command)
{
    if (parser->token.kind != TOKEN_STRING && !parser__is_sign(parser, '/'))
        command->expression = parser__operand(parser);
    command->pattern_at = parser->token.at;
    if (parser__is_sign(parser, '/')) {
        parser__read_regex(parser);
        command->is_regex = true;
        command->pattern_at = parser->token.at;
    } else if (parser->token.kind != TOKEN_STRING) {
        parser__expected(parser, "a \"glob with *\" or a /regular expression/", NULL);
        return;
    }
    command->pattern = parser->token.text;
    parser__take(parser);
    if (parser->failed)
        return;
    if (command->is_regex)
        read_groups(parser, command);
    else
        read_glob_names(parser, command);
}

static void read_dedup(struct parser *parser, struct command *command)
{
    command->items = parser__items(parser, item_or_nothing);
    for (size_t i = 0; i < command->items.count; i++) {
        const struct item *item = &command->items.list[i];
        if (item->expression->kind != EXPRESSION_FIELD || item->has_alias)
            parser__fail(parser, item->expression->at, "a field",
                         "give it a name with `fields … as name` first", "dedup takes fields only");
    }
}

static void read_unnest(struct parser *parser, struct command *command)
{
    size_t capacity = 0;
    command->expression = parser__operand(parser);
    if (!parser__take_word(parser, "into") && !parser__take_word(parser, "as")) {
        parser__expected(parser, "`into` and a name", NULL);
        return;
    }
    parser__add_name(parser, &command->names, &capacity, parser__name(parser, "a name"));
}

static void read_pattern(struct parser *parser, struct command *command)
{
    command->expression = parser__operand(parser);
    if (command->expression && command->expression->kind != EXPRESSION_FIELD)
        parser__fail(parser, command->expression->at, "a field", NULL, "pattern takes one field");
}

static void read_diff(struct parser *parser, struct command *command)
{
    if (parser__take_word(parser, "previousDay"))
        command->diff = DIFF_PREVIOUS_DAY;
    else if (parser__take_word(parser, "previousWeek"))
        command->diff = DIFF_PREVIOUS_WEEK;
    else if (parser__take_word(parser, "previousMonth"))
        command->diff = DIFF_PREVIOUS_MONTH;
    else if (parser->token.kind == TOKEN_WORD)
        parser__expected(parser, "previousDay, previousWeek, previousMonth or nothing", NULL);
}

static void read_nothing(struct parser *parser, struct command *command)
{
    (void)parser, (void)command;
}

typedef void read_command(struct parser *, struct command *);

static read_command *reader_of(enum command_id id)
{
    static read_command *const readers[COMMAND_END] = {
        [COMMAND_FIELDS] = read_fields,    [COMMAND_DISPLAY] = read_fields,
        [COMMAND_FILTER] = read_filter,    [COMMAND_STATS] = read_stats,
        [COMMAND_SORT] = read_sort,        [COMMAND_LIMIT] = read_limit,
        [COMMAND_TAIL] = read_limit,       [COMMAND_PARSE] = read_parse,
        [COMMAND_DEDUP] = read_dedup,      [COMMAND_UNNEST] = read_unnest,
        [COMMAND_PATTERN] = read_pattern,  [COMMAND_DIFF] = read_diff,
        [COMMAND_ANOMALY] = read_nothing,  [COMMAND_FILTER_INDEX] = read_filter,
        [COMMAND_LOOKUP] = parser__lookup, [COMMAND_CIDRLOOKUP] = parser__lookup,
        [COMMAND_JOIN] = parser__join,
    };
    return readers[id] ? readers[id] : parser__helper;
}

/* --- the query ------------------------------------------------------------------------------- */

static bool find_command(struct parser *parser, enum command_id *out_id)
{
    char advice[100], shown[64];
    struct token word = parser->token;
    if (word.kind != TOKEN_WORD)
        return parser__expected(parser, "a command", NULL) != NULL;
    if (language_find_command(word.text, out_id))
        return true;
    parser__fail(parser, word.at, "a command", words__suggest_command(word.text, advice),
                 "no command `%s`", parser__show(word.text, shown));
    return false;
}

static void read_command_into(struct parser *parser, struct language_query *query, size_t *capacity)
{
    enum command_id id;
    struct place word_at = parser->token.at;
    if (!find_command(parser, &id))
        return;
    parser__take(parser);
    if (id == COMMAND_SOURCE) {
        parser__source_command(parser, query, word_at);
        return;
    }
    if (query->command_count == LANGUAGE_COMMANDS_MAX) {
        parser__fail_status(parser, STATUS_INVALID, word_at, "a query has at most %d commands",
                            LANGUAGE_COMMANDS_MAX);
        return;
    }
    if (!arena_grow(parser->arena, &query->commands, query->command_count, capacity)) {
        parser__full(parser);
        return;
    }
    struct command *command = &query->commands[query->command_count++];
    *command = (struct command){.id = id, .word_at = word_at};
    reader_of(id)(parser, command);
    command->at = parser__since(parser, word_at.offset);
}

static void expect_pipe(struct parser *parser)
{
    char advice[100];
    enum command_id id;
    bool is_command =
        parser->token.kind == TOKEN_WORD && language_find_command(parser->token.text, &id);
    if (is_command)
        snprintf(advice, sizeof advice, "put a | in front of `%s`", command_words[id].name);
    else if (parser__is_field(parser))
        snprintf(advice, sizeof advice, "is a comma missing, or `as` in front of a name?");
    else
        advice[0] = 0;
    parser__expected(parser, parser->subquery_depth ? "`|` or `)`" : "`|` or the end of the query",
                     advice[0] ? advice : NULL);
}

static bool at_end(const struct parser *parser)
{
    return parser->token.kind == TOKEN_END ||
           (parser->subquery_depth && parser__is_sign(parser, ')'));
}

struct language_query *parser__query(struct parser *parser)
{
    struct language_query *query = arena_new(parser->arena, struct language_query);
    size_t capacity = 0;
    if (!query)
        return parser__full(parser);
    query->text = parser->text;
    parser__take_sign(parser, '|');
    do {
        read_command_into(parser, query, &capacity);
    } while (parser__take_sign(parser, '|'));
    if (!parser->failed && !at_end(parser))
        expect_pipe(parser);
    bool fine = !parser->failed && parser__check(parser, query) && parser__rewrite(parser, query);
    return fine ? query : NULL;
}

struct language_query *parser__subquery(struct parser *parser)
{
    if (parser->subquery_depth)
        return parser__fail(parser, parser->token.at, NULL, NULL,
                            "a subquery cannot hold another one");
    if (!parser__take_sign(parser, '('))
        return parser__expected(parser, "a query in parentheses", NULL);
    parser->subquery_depth++;
    struct language_query *query = parser__query(parser);
    parser->subquery_depth--;
    if (!parser->failed && !parser__take_sign(parser, ')'))
        return parser__expected(parser, "`)`", NULL);
    return parser->failed ? NULL : query;
}

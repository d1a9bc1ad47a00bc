/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source: SOURCE in all its forms. Ours is a bare word; log groups of CloudWatch, quoted or in
 * logGroups(…) and dataSource(…), are kept, for who knows what they stand for here. The times
 * START= and END= are milliseconds, or a period counted from now.
 */
#include "language/language_private.h"

#include <string.h>

enum source_id source_of_groups(const struct language_query *query, enum source_id otherwise)
{
    for (size_t i = 0; i < query->groups.count; i++) {
        struct str name = query->groups.list[i].text;
        if (str_contains_nocase(name, STR("spans")) || str_contains_nocase(name, STR("invocation")))
            return SOURCE_SPANS;
    }
    return query->groups.count ? SOURCE_LOGS : otherwise;
}

static void add_group(struct parser *parser, struct language_query *query, struct word name)
{
    enum { GROUPS_MAX = 50 };
    if (query->groups.count == GROUPS_MAX) {
        parser__fail_status(parser, STATUS_INVALID, name.at, "a query names at most %d log groups",
                            GROUPS_MAX);
        return;
    }
    /* The capacity is the whole: groups come one by one, from several commands. */
    if (!query->groups.list)
        query->groups.list = arena_array(parser->arena, struct word, GROUPS_MAX);
    if (!query->groups.list) {
        parser__full(parser);
        return;
    }
    query->groups.list[query->groups.count++] = name;
    query->source = SOURCE_GROUPS;
}

static void add_list(struct parser *parser, struct language_query *query,
                     const struct expression *list)
{
    if (!list)
        return;
    if (list->kind == EXPRESSION_STRING) {
        add_group(parser, query, (struct word){list->text, list->at});
        return;
    }
    if (list->kind != EXPRESSION_LIST) {
        parser__fail(parser, list->at, "a list of strings", NULL, "expected a list like ['a']");
        return;
    }
    for (size_t i = 0; i < list->argument_count && !parser->failed; i++) {
        const struct expression *item = list->arguments[i];
        if (item->kind == EXPRESSION_STRING)
            add_group(parser, query, (struct word){item->text, item->at});
        else
            parser__fail(parser, item->at, "a string", NULL, "a log group is a string in quotes");
    }
}

static void add_option(struct parser *parser, struct language_query *query, struct word name,
                       struct expression *value)
{
    enum { OPTIONS_MAX = 8 };
    if (query->group_option_count == OPTIONS_MAX) {
        parser__fail_status(parser, STATUS_INVALID, name.at, "at most %d options", OPTIONS_MAX);
        return;
    }
    if (!query->group_options)
        query->group_options = arena_array(parser->arena, struct named_value, OPTIONS_MAX);
    if (!query->group_options) {
        parser__full(parser);
        return;
    }
    query->group_options[query->group_option_count++] = (struct named_value){name, value};
}

/* logGroups(namePrefix: ['a'], class: ['STANDARD']), dataSource(['a']) */
static void read_group_call(struct parser *parser, struct language_query *query)
{
    parser__take(parser);
    parser__take(parser); /* ( */
    while (!parser->failed && !parser__is_sign(parser, ')')) {
        if (parser__is_sign(parser, '[') || parser->token.kind == TOKEN_STRING) {
            add_list(parser, query, parser__operand(parser));
        } else {
            struct word name = parser__name(parser, "namePrefix, accountIdentifiers or class");
            if (!parser__take_sign(parser, ':') && !parser__take_sign(parser, '='))
                parser__expected(parser, "`:`", NULL);
            struct expression *value = parser__operand(parser);
            if (str_equal_nocase(name.text, STR("namePrefix")))
                add_list(parser, query, value);
            else
                add_option(parser, query, name, value);
        }
        if (!parser__take_sign(parser, ',') && !parser__is_sign(parser, ')'))
            parser__expected(parser, "`,` or `)`", NULL);
    }
    parser__take(parser);
    if (!parser->failed)
        query->source = SOURCE_GROUPS;
}

static void read_time(struct parser *parser, struct source_time *out)
{
    bool negative = false;
    if (!parser__take_sign(parser, '=')) {
        parser__expected(parser, "`=`", NULL);
        return;
    }
    while (parser__take_sign(parser, '-'))
        negative = !negative;
    struct token time = parser->token;
    double number = negative ? -time.number : time.number;
    if (time.kind != TOKEN_NUMBER && time.kind != TOKEN_PERIOD) {
        parser__expected(parser, "milliseconds since 1970, or a period like -1h", NULL);
        return;
    }
    bool relative = time.kind == TOKEN_PERIOD;
    number *= relative ? (double)period_unit_ns(time.unit) / 1e6 : 1;
    if (number > 9e15 || number < -9e15) {
        parser__fail(parser, time.at, "milliseconds since 1970", NULL, "this time is out of range");
        return;
    }
    *out = (struct source_time){true, relative, (int64_t)number};
    parser__take(parser);
}

static void read_times(struct parser *parser, struct language_query *query)
{
    for (;;) {
        if (parser__take_word(parser, "start"))
            read_time(parser, &query->start);
        else if (parser__take_word(parser, "end"))
            read_time(parser, &query->end);
        else
            return;
    }
}

static void read_ours(struct parser *parser, struct language_query *query, enum source_id source)
{
    if (query->source != SOURCE_UNSAID && query->source != source) {
        parser__fail(parser, parser->token.at, NULL, "ask twice, or for one of them",
                     "a query reads one source, and this is another");
        return;
    }
    query->source = source;
    parser__take(parser);
}

static void refuse_bare(struct parser *parser)
{
    static const char *const names[] = {"spans", "traces", "logs", "metrics", "scores"};
    const char *near =
        parser->token.kind == TOKEN_WORD ? language_nearest(parser->token.text, names, 5) : NULL;
    char advice[60] = "did you mean `";
    if (near)
        strcat(strcat(advice, near), "`?");
    parser__expected(parser, "spans, traces, logs, metrics, scores or a log group in quotes",
                     near ? advice : NULL);
}

void parser__source_command(struct parser *parser, struct language_query *query, struct place at)
{
    enum source_id source;
    if (query->command_count) {
        parser__fail(parser, at, NULL, NULL, "SOURCE must come before every other command");
        return;
    }
    bool is_call = parser->token.kind == TOKEN_WORD && parser__peek(parser) == '(';
    bool is_name = parser->token.kind == TOKEN_WORD || parser->token.kind == TOKEN_STRING ||
                   parser->token.kind == TOKEN_QUOTED;
    if (is_call && (parser__is_word(parser, "logGroups") || parser__is_word(parser, "dataSource")))
        read_group_call(parser, query);
    else if (is_name && !is_call && source_find(parser->token.text, &source))
        read_ours(parser, query, source);
    else if (is_name && parser->token.kind != TOKEN_WORD && parser->token.text.len) {
        if (query->source != SOURCE_UNSAID && query->source != SOURCE_GROUPS) {
            parser__expected(parser, "one source", NULL);
            return;
        }
        add_group(parser, query, (struct word){parser->token.text, parser->token.at});
        parser__take(parser);
    } else {
        refuse_bare(parser);
    }
    read_times(parser, query);
    query->source_at = parser__since(parser, at.offset);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: what the grammar alone cannot say. Arguments against functions.def, aggregates only in
 * stats, the order of commands, and what stands for an unnamed column of the stats before:
 * `stats count(*) by model | sort count(*)` sorts by that column, and so does `sort count`.
 */
#include "language/language_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* --- calls ----------------------------------------------------------------------------------- */

static bool check_count(struct parser *parser, const struct expression *call)
{
    const struct function_word *word = &function_words[call->function];
    size_t count = call->argument_count;
    char takes[40];
    if (count >= word->min && (word->max == 255 || count <= word->max))
        return true;
    if (word->max == 255)
        snprintf(takes, sizeof takes, "at least %d", word->min);
    else if (word->min == word->max)
        snprintf(takes, sizeof takes, "%d", word->min);
    else
        snprintf(takes, sizeof takes, "%d to %d", word->min, word->max);
    parser__fail(parser, call->at, word->signature, NULL, "%s takes %s argument%s, not %zu",
                 word->name, takes,
                 word->min == 1 && (word->max == 1 || word->max == 255) ? "" : "s", count);
    return false;
}

static char kind_of(const struct expression *call, size_t index)
{
    const char *kinds = function_words[call->function].kinds;
    size_t count = strlen(kinds);
    if (call->function == FUNCTION_BIN && call->argument_count == 1)
        return 'p';
    return count == 0 ? 'e' : kinds[index < count ? index : count - 1];
}

/* NULL: fits. */
static const char *wrong_kind(const struct expression *argument, char kind)
{
    switch (kind) {
    case 'p':
        return argument->kind == EXPRESSION_PERIOD ? NULL : "a period like 5m";
    case 'N':
        return argument->kind == EXPRESSION_NUMBER ? NULL : "a number";
    case 'S':
        return argument->kind == EXPRESSION_STRING ? NULL : "a string";
    case 'R':
        return argument->kind == EXPRESSION_REGEX || argument->kind == EXPRESSION_STRING
                   ? NULL
                   : "a regular expression";
    case '*':
        return argument->kind == EXPRESSION_STAR || argument->kind == EXPRESSION_FIELD ||
                       argument->kind == EXPRESSION_CALL || argument->kind >= EXPRESSION_OPERATOR
                   ? NULL
                   : "* or a field";
    default:
        break;
    }
    bool listed = argument->kind == EXPRESSION_LIST && kind != 'e' && kind != 'l';
    bool timed = argument->kind == EXPRESSION_PERIOD && kind != 'e' && kind != 'n';
    return argument->kind == EXPRESSION_STAR    ? "a field"
           : argument->kind == EXPRESSION_REGEX ? "a value"
           : listed || timed                    ? "one value"
                                                : NULL;
}

static bool check_range(struct parser *parser, const struct expression *call)
{
    const struct expression *first = call->argument_count ? call->arguments[0] : NULL;
    const struct expression *last =
        call->argument_count ? call->arguments[call->argument_count - 1] : NULL;
    if (call->function == FUNCTION_PCT && (last->number < 0 || last->number > 100))
        return parser__fail(parser, last->at, "a number from 0 to 100", NULL,
                            "there is no percentile %.*s", STR_ARGS(last->source_text));
    bool counted = call->function == FUNCTION_TOPK;
    if (counted && (!first->is_integer || first->integer < 1 || first->integer > 1000))
        return parser__fail(parser, first->at, "a whole number from 1 to 1,000", NULL,
                            "topk cannot give so many");
    if (call->function == FUNCTION_HISTOGRAM &&
        (!last->is_integer || last->integer < 1 || last->integer > 1000))
        return parser__fail(parser, last->at, "a whole number from 1 to 1,000", NULL,
                            "histogram cannot have so many ranges");
    if (last && last->kind == EXPRESSION_PERIOD && kind_of(call, call->argument_count - 1) == 'p' &&
        !(last->number > 0))
        return parser__fail(parser, last->at, "a period longer than nothing", NULL,
                            "%s cannot count in periods of %.*s",
                            function_words[call->function].name, STR_ARGS(last->source_text));
    return true;
}

bool parser__check_call(struct parser *parser, const struct expression *call)
{
    const struct function_word *word = &function_words[call->function];
    if (!check_count(parser, call))
        return false;
    for (size_t i = 0; i < call->argument_count; i++) {
        const char *expected = wrong_kind(call->arguments[i], kind_of(call, i));
        if (!expected)
            continue;
        parser__fail(parser, call->arguments[i]->at, expected, NULL,
                     "argument %zu of %s must be %s: %s", i + 1, word->name, expected,
                     word->signature);
        return false;
    }
    return check_range(parser, call);
}

/* --- expressions ----------------------------------------------------------------------------- */

struct walk {
    struct parser *parser;
    const struct command *stats; /* the last one before; NULL: none */
    const struct command *here;
    bool aggregates; /* may be called here */
};

/* The same but for white space and letter case. */
static bool same_text(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    for (;; i++, k++) {
        while (i < a.len && a.ptr[i] == ' ')
            i++;
        while (k < b.len && b.ptr[k] == ' ')
            k++;
        if (i == a.len || k == b.len)
            return i == a.len && k == b.len;
        if (tolower((unsigned char)a.ptr[i]) != tolower((unsigned char)b.ptr[k]))
            return false;
    }
}

static const struct item *unnamed_column(const struct items *items, struct str text)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct item *item = &items->list[i];
        if (!item->has_alias && item->expression->kind != EXPRESSION_FIELD &&
            same_text(item->name, text))
            return item;
    }
    return NULL;
}

static bool is_named(const struct items *items, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(items->list[i].name, name))
            return true;
    return false;
}

static bool is_word(const struct words *words, struct str name)
{
    for (size_t i = 0; i < words->count; i++)
        if (str_equal(words->list[i].text, name))
            return true;
    return false;
}

static bool is_alias(const struct items *items, struct str name)
{
    for (size_t i = 0; i < items->count; i++)
        if (items->list[i].has_alias && str_equal(items->list[i].name, name))
            return true;
    return false;
}

/* The stats, or a command from there to here, makes a column of this name. */
static bool is_made(const struct walk *walk, struct str name)
{
    const struct command *stats = walk->stats;
    if (is_named(&stats->items, stats->items.count, name) ||
        is_named(&stats->by, stats->by.count, name))
        return true;
    for (const struct command *at = stats + 1; at <= walk->here; at++)
        if (is_alias(&at->items, name) || is_word(&at->names, name))
            return true;
    return false;
}

/* `stats count(*) by a | sort count`: not one column is called so, and one call is. */
static const struct item *column_of_function(const struct walk *walk, struct str name)
{
    const struct item *found = NULL;
    for (size_t i = 0; i < walk->stats->items.count; i++) {
        const struct item *item = &walk->stats->items.list[i];
        const struct expression *call = item->expression;
        if (item->has_alias || call->kind != EXPRESSION_CALL ||
            !str_equal_nocase(str_from(function_words[call->function].name), name))
            continue;
        if (found)
            return NULL;
        found = item;
    }
    return found && !is_made(walk, name) ? found : NULL;
}

/* In CloudWatch `stats … by bin(5m) | sort @timestamp` is no error, and does nothing. Here it is
 * the time of the bins, if there is one. */
static const struct item *column_of_time(const struct walk *walk, struct str name)
{
    const struct items *by = &walk->stats->by;
    const struct item *found = NULL;
    if (walk->here->id != COMMAND_SORT || !str_equal(name, STR("@timestamp")) ||
        is_made(walk, name))
        return NULL;
    for (size_t i = 0; i < by->count; i++) {
        const struct expression *call = by->list[i].expression;
        if (call->kind != EXPRESSION_CALL || call->function != FUNCTION_BIN)
            continue;
        if (found)
            return NULL;
        found = &by->list[i];
    }
    return found;
}

/* A call that is spelled as a column of the stats before is that column. */
static bool becomes_column(const struct walk *walk, struct expression *node)
{
    bool computed = node->kind == EXPRESSION_CALL || node->kind == EXPRESSION_OPERATOR;
    if (!walk->stats || (!computed && node->kind != EXPRESSION_FIELD))
        return false;
    if (walk->aggregates && node->has_aggregate)
        return false;
    const struct item *item = computed ? unnamed_column(&walk->stats->items, node->source_text)
                                       : column_of_function(walk, node->text);
    if (!item)
        item = computed ? unnamed_column(&walk->stats->by, node->source_text)
                        : column_of_time(walk, node->text);
    if (!item)
        return false;
    node->kind = EXPRESSION_FIELD;
    node->text = item->name;
    node->argument_count = 0;
    node->depth = 1;
    node->has_aggregate = false;
    return true;
}

static bool takes_regex(const struct expression *parent, size_t index)
{
    if (parent->kind == EXPRESSION_OPERATOR)
        return index == 1 &&
               (parent->operator_id == OPERATOR_LIKE || parent->operator_id == OPERATOR_NOT_LIKE);
    return parent->kind == EXPRESSION_CALL && kind_of(parent, index) == 'R';
}

static bool refuse_aggregate(struct parser *parser, const struct expression *call, bool nested)
{
    const char *name = function_words[call->function].name;
    if (nested)
        parser__fail(parser, call->at, NULL, "use a second stats",
                     "%s stands inside another aggregate", name);
    else
        parser__fail(parser, call->at, NULL, "put it in a stats",
                     "%s is an aggregate, and those stand only in stats", name);
    return false;
}

static bool walk_node(struct walk *walk, struct expression *node, bool inside)
{
    if (becomes_column(walk, node))
        return true;
    bool aggregate = node->kind == EXPRESSION_CALL && function_words[node->function].aggregate;
    if (aggregate && (inside || !walk->aggregates))
        return refuse_aggregate(walk->parser, node, inside);
    bool allowed = walk->aggregates;
    node->has_aggregate = aggregate;
    for (size_t i = 0; i < node->argument_count; i++) {
        struct expression *argument = node->arguments[i];
        if (argument->kind == EXPRESSION_REGEX && !takes_regex(node, i)) {
            parser__fail(walk->parser, argument->at, "a value", "write `field like /…/`",
                         "a regular expression stands only behind `like` or `=~`");
            return false;
        }
        /* Inside of an aggregate a column of an earlier stats may be meant again. */
        walk->aggregates = allowed && !aggregate;
        bool fine = walk_node(walk, argument, inside || aggregate);
        walk->aggregates = allowed;
        if (!fine)
            return false;
        node->has_aggregate |= argument->has_aggregate;
    }
    return true;
}

static bool walk_root(struct walk *walk, struct expression *node)
{
    if (!node)
        return true;
    if (node->kind == EXPRESSION_REGEX) {
        parser__fail(walk->parser, node->at, "a value", "write `@message like /…/`",
                     "a regular expression stands only behind `like` or `=~`");
        return false;
    }
    return walk_node(walk, node, false);
}

/* --- stats ----------------------------------------------------------------------------------- */

/* Outside of aggregates only what is one value a row of the answer. */
static bool check_outside(struct parser *parser, const struct command *stats, size_t before,
                          const struct expression *node, bool *inout_any)
{
    if (node->kind == EXPRESSION_CALL && function_words[node->function].aggregate) {
        *inout_any = true;
        return true;
    }
    if (node->kind == EXPRESSION_FIELD) {
        *inout_any = true;
        if (is_named(&stats->items, before, node->text) ||
            is_named(&stats->by, stats->by.count, node->text))
            return true;
        parser__fail(parser, node->at, "an aggregate, or the name of one in front of it",
                     "put it behind `by`, or in an aggregate like max()",
                     "`%.*s` has many values in each row of stats",
                     (int)(node->text.len > 100 ? 100 : node->text.len), node->text.ptr);
        return false;
    }
    for (size_t i = 0; i < node->argument_count; i++)
        if (!check_outside(parser, stats, before, node->arguments[i], inout_any))
            return false;
    return true;
}

static bool check_topk(struct parser *parser, const struct command *stats)
{
    for (size_t i = 0; i < stats->items.count; i++) {
        const struct expression *node = stats->items.list[i].expression;
        if (node->kind != EXPRESSION_CALL || node->function != FUNCTION_TOPK)
            continue;
        if (stats->items.count == 1 && !stats->by.count)
            continue;
        return parser__fail(parser, node->at, NULL, "use count(*) by the field, sort and limit",
                            "topk stands alone in its stats, without by");
    }
    return true;
}

static bool check_stats(struct walk *walk, const struct command *stats)
{
    for (size_t i = 0; i < stats->items.count; i++) {
        struct expression *node = stats->items.list[i].expression;
        bool any = false;
        walk->aggregates = true;
        bool fine = walk_root(walk, node);
        walk->aggregates = false;
        if (!fine || !check_outside(walk->parser, stats, i, node, &any))
            return false;
        if (!any)
            return parser__fail(walk->parser, node->at, "an aggregate like count(*)", NULL,
                                "%.*s counts nothing",
                                (int)(node->source_text.len > 100 ? 100 : node->source_text.len),
                                node->source_text.ptr);
    }
    for (size_t i = 0; i < stats->by.count; i++)
        if (!walk_root(walk, stats->by.list[i].expression))
            return false;
    return check_topk(walk->parser, stats);
}

static bool check_expressions(struct walk *walk, const struct command *command)
{
    if (command->id == COMMAND_STATS)
        return check_stats(walk, command);
    for (size_t i = 0; i < command->items.count; i++)
        if (!walk_root(walk, command->items.list[i].expression))
            return false;
    for (size_t i = 0; i < command->by.count; i++)
        if (!walk_root(walk, command->by.list[i].expression))
            return false;
    return walk_root(walk, command->expression);
}

/* --- order ----------------------------------------------------------------------------------- */

static const struct command *find(const struct language_query *query, enum command_id id)
{
    for (size_t i = 0; i < query->command_count; i++)
        if (query->commands[i].id == id)
            return &query->commands[i];
    return NULL;
}

static size_t count_of(const struct language_query *query, enum command_id id)
{
    size_t count = 0;
    for (size_t i = 0; i < query->command_count; i++)
        count += query->commands[i].id == id;
    return count;
}

static bool is_limit(enum command_id id)
{
    return id == COMMAND_LIMIT || id == COMMAND_TAIL;
}

/* Of this command, with the commands in front of it. */
static bool check_order(struct parser *parser, const struct language_query *query, size_t index)
{
    const struct command *command = &query->commands[index];
    struct place at = command->word_at;
    for (size_t i = 0; i < index; i++) {
        enum command_id before = query->commands[i].id;
        /* An order is lost in groups, so a sort in front of a stats does no harm. */
        if (command->id == COMMAND_STATS && is_limit(before))
            return parser__fail(parser, query->commands[i].word_at, NULL, "move it to the end",
                                "%s must come after the last stats", command_words[before].name);
        if (before == COMMAND_DEDUP && !is_limit(command->id))
            return parser__fail(parser, at, "`limit` or the end of the query", NULL,
                                "only limit can follow dedup");
        if (command->id == COMMAND_PATTERN && before == COMMAND_SORT)
            return parser__fail(parser, query->commands[i].word_at, NULL, "sort behind it",
                                "pattern cannot follow sort");
        if (before == command->id && (before == COMMAND_PATTERN || before == COMMAND_DIFF ||
                                      before == COMMAND_JOIN || before == COMMAND_ANOMALY))
            return parser__fail(parser, at, NULL, NULL, "a query has at most one %s",
                                command_words[before].name);
    }
    if (index && query->commands[index - 1].id == COMMAND_ESTIMATE)
        return parser__fail(parser, at, "the end of the query", NULL,
                            "estimate is the last command of a query");
    if (command->id == COMMAND_ANOMALY && !find(query, COMMAND_PATTERN))
        return parser__fail(parser, at, NULL, "put `pattern @message |` in front of it",
                            "anomaly looks at patterns");
    return true;
}

bool parser__check(struct parser *parser, struct language_query *query)
{
    struct walk walk = {.parser = parser};
    if (count_of(query, COMMAND_STATS) > LANGUAGE_STATS_MAX)
        return parser__fail(parser, find(query, COMMAND_STATS)->word_at, NULL, NULL,
                            "a query has at most %d stats", LANGUAGE_STATS_MAX);
    for (size_t i = 0; i < query->command_count; i++) {
        const struct command *command = &query->commands[i];
        walk.here = command;
        if (!check_order(parser, query, i) || !check_expressions(&walk, command))
            return false;
        if (command->id == COMMAND_STATS)
            walk.stats = command;
    }
    return true;
}

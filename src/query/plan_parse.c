/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_parse: the parse command. A glob becomes a regular expression; names become the numbers of
 * its groups.
 */
#include <string.h>

#include "query/plan_private.h"

/* `a * b *` -> `a (.*?) b (.*)`: the last star takes all that is left. */
static struct str regex_of_glob(struct planner *planner, struct str glob)
{
    struct buf regex = {0};
    buf_add_str(&regex, STR("(?s)"));
    for (size_t i = 0; i < glob.len; i++) {
        char c = glob.ptr[i];
        if (c == '*') {
            buf_add_str(&regex, i + 1 == glob.len ? STR("(.*)") : STR("(.*?)"));
            continue;
        }
        if (c && strchr("\\.+?()[]{}|^$", c))
            buf_add_byte(&regex, '\\');
        buf_add_byte(&regex, (uint8_t)c);
    }
    struct str text = arena_copy(planner->arena, buf_str(&regex));
    buf_done(&regex);
    return text;
}

/* The engine writes `(?P<name>…)`. Also tells the number of each named group. */
static struct str regex_of_engine(struct planner *planner, struct str given,
                                  const struct words *names, int *numbers)
{
    struct buf regex = {0};
    int group = 0;
    bool in_class = false;
    for (size_t i = 0; i < given.len; i++) {
        char c = given.ptr[i];
        buf_add_byte(&regex, (uint8_t)c);
        if (c == '\\' && i + 1 < given.len) {
            buf_add_byte(&regex, (uint8_t)given.ptr[++i]);
            continue;
        }
        if (in_class || c != '(') {
            in_class = in_class ? c != ']' : c == '[';
            continue;
        }
        struct str rest = str_sub(given, i + 1, given.len);
        bool plain = str_starts(rest, STR("?<")), python = str_starts(rest, STR("?P<"));
        if (rest.len && rest.ptr[0] != '?')
            group++;
        if (!(plain || python) || str_starts(rest, STR("?<=")) || str_starts(rest, STR("?<!")))
            continue;
        struct str name = str_sub(rest, plain ? 2 : 3, rest.len);
        name = str_sub(name, 0, str_find_byte(name, '>'));
        group++;
        for (size_t n = 0; n < names->count; n++)
            if (str_equal(names->list[n].text, name))
                numbers[n] = group;
        /* The group stays unnamed: names may hold what the engine does not take. */
        i += (plain ? 2 : 3) + name.len + 1;
    }
    struct str text = arena_copy(planner->arena, buf_str(&regex));
    buf_done(&regex);
    return text;
}

void plan_parse(struct planner *planner, const struct command *command)
{
    struct plan_expr *text = command->expression
                                 ? plan_expression(planner, command->expression)
                                 : scope_find(planner, STR("@message"), command->word_at);
    int *numbers = arena_array(planner->arena, int, command->names.count + 1);
    if (!numbers)
        return;
    for (size_t i = 0; i < command->names.count; i++)
        numbers[i] = (int)i + 1;
    struct str regex = command->is_regex
                           ? regex_of_engine(planner, command->pattern, &command->names, numbers)
                           : regex_of_glob(planner, command->pattern);
    if (!plan_regex_check(planner, regex, command->pattern_at))
        return;
    text = as_shown(planner, text);
    text =
        text->type == ASK_ANY ? EXPR(planner, OP_ANY_TEXT, ASK_TEXT, text) : as_text(planner, text);
    for (size_t i = 0; i < command->names.count; i++) {
        struct plan_expr *value =
            EXPR(planner, OP_REGEX_GROUP, ASK_TEXT, text, expr_text(planner, regex),
                 expr_integer(planner, numbers[i]));
        scope_bind(planner, command->names.list[i].text, value);
        if (!planner->displayed)
            plan_show(planner, command->names.list[i].text, value);
    }
}

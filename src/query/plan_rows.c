/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_rows: commands that work on rows in memory (rowset.h). In front of one the plan ends; it
 * gives the columns that are shown, and, hidden, every field that the command or one behind it asks
 * for by name. Behind it the rows are the source of the next plan.
 */
#include <string.h>

#include "query/plan_private.h"
#include "query/row_command.h"

/* --- what commands ask for, and what they make ----------------------------------------------- */

/* Walks the commands from the one that works on rows; names they make are not asked for. */
struct wanting {
    struct planner *planner;
    struct word *made;
    size_t made_count, made_capacity;
    const struct command *join; /* behind it names have its sides in front */
    bool ended;                 /* behind a stats there are only its columns */
};

static void make_name(struct wanting *wanting, struct str name)
{
    if (arena_grow(wanting->planner->arena, &wanting->made, wanting->made_count,
                   &wanting->made_capacity))
        wanting->made[wanting->made_count++].text = name;
}

/* The name, or what its path begins with. */
static bool is_made(const struct wanting *wanting, struct str name)
{
    for (size_t i = 0; i < wanting->made_count; i++) {
        struct str made = wanting->made[i].text;
        if (str_starts(name, made) && (name.len == made.len || name.ptr[made.len] == '.'))
            return true;
    }
    return false;
}

/* `a.field` behind a join whose left side is called a: the field. */
static struct str without_side(const struct wanting *wanting, struct str name)
{
    struct str side = wanting->join ? row_command_side(wanting->join, true) : STR_NONE;
    bool has_side = wanting->join && name.len > side.len + 1 && str_starts(name, side) &&
                    name.ptr[side.len] == '.';
    return has_side ? str_sub(name, side.len + 1, name.len) : name;
}

static void want_name(struct wanting *wanting, struct str name, struct place at)
{
    struct planner *planner = wanting->planner;
    if (is_made(wanting, name) || planner_failed(planner))
        return;
    for (size_t i = 0; i < planner->shown_count; i++)
        if (str_equal(planner->shown[i].name, name))
            return;
    plan_show(planner, name, scope_find(planner, without_side(wanting, name), at));
}

static bool reads_time(const struct expression *tree)
{
    bool alone = tree->function == FUNCTION_BIN && tree->argument_count == 1;
    return tree->kind == EXPRESSION_CALL &&
           (alone || tree->function == FUNCTION_EARLIEST || tree->function == FUNCTION_LATEST);
}

static void want_time(struct wanting *wanting, struct place at)
{
    want_name(wanting, STR("@timestamp"), at);
}

static void want_expression(struct wanting *wanting, const struct expression *tree)
{
    if (!tree)
        return;
    if (tree->kind == EXPRESSION_FIELD)
        want_name(wanting, tree->text, tree->at);
    if (reads_time(tree))
        want_time(wanting, tree->at);
    for (size_t i = 0; i < tree->argument_count; i++)
        want_expression(wanting, tree->arguments[i]);
}

static void want_items(struct wanting *wanting, const struct items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct item *item = &items->list[i];
        want_expression(wanting, item->expression);
        if (item->has_alias || item->expression->kind != EXPRESSION_FIELD)
            make_name(wanting, item->name);
    }
}

static void make_names(struct wanting *wanting, const struct words *names)
{
    for (size_t i = 0; i < names->count; i++)
        make_name(wanting, names->list[i].text);
}

static void want_stats(struct wanting *wanting, const struct command *command)
{
    want_items(wanting, &command->by);
    want_items(wanting, &command->items);
    wanting->ended = true;
}

/* The stats in front of `fillmissing`; its columns may be gone from the answer by now. */
static void want_groups(struct wanting *wanting, const struct command *command)
{
    const struct command *stats = row_command_stats(wanting->planner->question->tree, command);
    for (size_t i = 0; stats && i < stats->by.count; i++)
        want_name(wanting, stats->by.list[i].name, command->word_at);
    for (size_t i = 0; i < command->items.count; i++)
        want_name(wanting, command->items.list[i].name, command->items.list[i].name_at);
}

/* Names that a query in parentheses makes. */
static void make_columns_of(struct wanting *wanting, const struct language_query *query)
{
    for (size_t i = 0; i < query->command_count; i++) {
        const struct command *command = &query->commands[i];
        const struct items *const lists[] = {&command->by, &command->items};
        for (int k = 0; k < 2; k++)
            for (size_t n = 0; n < lists[k]->count; n++)
                make_name(wanting, lists[k]->list[n].name);
        make_names(wanting, &command->names);
    }
}

static void want_of_join(struct wanting *wanting, const struct command *command)
{
    want_name(wanting, row_join_key(command, row_command_side(command, true)), command->word_at);
    make_name(wanting, row_command_side(command, false));
    wanting->join = command;
}

static void want_of_lookup(struct wanting *wanting, const struct command *command)
{
    for (size_t i = 0; i < command->items.count; i++) {
        const struct item *item = &command->items.list[i];
        if (command->id == COMMAND_LOOKUP)
            want_name(wanting, item->name, item->name_at);
        else
            want_expression(wanting, item->expression);
    }
    for (size_t i = 0; command->only_missing && i < command->outputs.count; i++) {
        const struct word *name = &command->outputs.list[i];
        if (!wanting->planner->closed || scope_is_bound(wanting->planner, name->text))
            want_name(wanting, name->text, name->at);
    }
    make_names(wanting, &command->outputs);
}

/* All there are in the index, where a list is not given; ids and times tell nothing. */
static void want_all(struct wanting *wanting)
{
    struct planner *planner = wanting->planner;
    const struct query_field *field;
    for (size_t i = 0; !planner->closed && (field = query_field_at(planner->plan->source, i)); i++)
        if (field->form != FORM_JOURNAL && field->form != FORM_TRACE_ID &&
            field->form != FORM_SPAN_ID && field->type != ASK_TIME && strcmp(field->unit, "ns"))
            want_name(wanting, str_from(field->name), (struct place){0, 0});
    if (!planner->closed && planner->plan->source == SOURCE_LOGS)
        want_name(wanting, STR("@message"), (struct place){0, 0});
}

static void want_relevant(struct wanting *wanting, const struct command *command)
{
    struct planner *planner = wanting->planner;
    want_items(wanting, &command->items);
    if (!command->items.count)
        want_all(wanting);
    plan_show(planner, STR(ROW_CONDITION),
              as_boolean(planner, plan_expression(planner, command->expression)));
    wanting->ended = true;
}

static void want_of_helper(struct wanting *wanting, const struct command *command)
{
    char name[LANGUAGE_NAME_MAX + 16];
    switch (command->id) {
    case COMMAND_FILLMISSING:
        want_groups(wanting, command);
        return;
    case COMMAND_FILLDOWN:
        for (size_t i = 0; i < command->items.count; i++)
            if (!command->items.list[i].wildcard)
                want_expression(wanting, command->items.list[i].expression);
        return;
    case COMMAND_APPENDCOLS:
        make_columns_of(wanting, command->subquery);
        return;
    case COMMAND_JOIN:
        want_of_join(wanting, command);
        return;
    case COMMAND_LOOKUP:
    case COMMAND_CIDRLOOKUP:
        want_of_lookup(wanting, command);
        return;
    case COMMAND_RELEVANTFIELDS:
        want_relevant(wanting, command);
        return;
    case COMMAND_SESSIONIZE:
        want_time(wanting, command->word_at);
        break;
    default:
        break;
    }
    want_items(wanting, &command->items);
    want_expression(wanting, command->expression);
    for (int i = 0; row_command_output(command, i, name, sizeof name); i++)
        make_name(wanting, arena_copy(wanting->planner->arena, str_from(name)));
}

static void want_command(struct wanting *wanting, const struct command *command)
{
    switch (command->id) {
    case COMMAND_FIELDS:
    case COMMAND_DISPLAY:
    case COMMAND_SORT:
    case COMMAND_DEDUP:
        want_items(wanting, &command->items);
        break;
    case COMMAND_FILTER:
    case COMMAND_FILTER_INDEX:
        want_expression(wanting, command->expression);
        break;
    case COMMAND_STATS:
        want_stats(wanting, command);
        break;
    case COMMAND_PARSE:
        if (command->expression)
            want_expression(wanting, command->expression);
        else
            want_name(wanting, STR("@message"), command->word_at);
        make_names(wanting, &command->names);
        break;
    case COMMAND_UNNEST:
        want_expression(wanting, command->expression);
        make_names(wanting, &command->names);
        break;
    case COMMAND_PATTERN:
        want_expression(wanting, command->expression);
        wanting->ended = true;
        break;
    case COMMAND_LIMIT:
    case COMMAND_TAIL:
    case COMMAND_DIFF:
    case COMMAND_ANOMALY:
        break;
    default:
        want_of_helper(wanting, command);
    }
}

/* --- the end of a plan ----------------------------------------------------------------------- */

static void end_plan(struct planner *planner, const struct command *command)
{
    planner->plan->row_command = command;
    planner->plan->next_command = (size_t)(command - planner->question->tree->commands) + 1;
}

void plan_pattern(struct planner *planner, const struct command *command)
{
    struct plan_expr *text = as_shown(planner, plan_expression(planner, command->expression));
    text =
        text->type == ASK_ANY ? EXPR(planner, OP_ANY_TEXT, ASK_TEXT, text) : as_text(planner, text);
    planner->shown_count = 0;
    plan_show(planner, STR("@pattern"), text);
    planner->plan->clusters = true;
    end_plan(planner, command);
}

void plan_row_command(struct planner *planner, const struct command *command)
{
    const struct language_query *tree = planner->question->tree;
    struct wanting wanting = {.planner = planner};
    struct language_error problem = {0};
    if (row_command_check(tree, command, &problem) != STATUS_OK) {
        planner->status = problem.status;
        *planner->error = problem;
        return;
    }
    plan_show_default(planner);
    planner->plan->shown_count = planner->shown_count;
    for (const struct command *at = command;
         at < tree->commands + tree->command_count && !wanting.ended; at++)
        want_command(&wanting, at);
    end_plan(planner, command);
}

/* --- the source of the next one -------------------------------------------------------------- */

static struct plan_expr *row_item(struct planner *planner, size_t column, enum ask_type type)
{
    struct plan_expr *item = expr_leaf(planner, OP_ROW_ITEM, ASK_ANY);
    if (planner_failed(planner))
        return item;
    item->integer = (int64_t)column + 1;
    switch (type) {
    case ASK_TEXT:
        return as_text(planner, item);
    case ASK_NUMBER:
        return as_number(planner, item);
    case ASK_INTEGER:
    case ASK_TIME:
        return EXPR(planner, OP_ANY_INTEGER, type, item);
    case ASK_BOOLEAN:
        return EXPR(planner, OP_NOT_ZERO, type, as_number(planner, item));
    default:
        return item;
    }
}

void plan_bind_rows(struct planner *planner)
{
    const struct rowset *rows = planner->question->rows;
    planner->block->from = FROM_ROWS;
    planner->closed = true;
    planner->points = rows->pointers != NULL;
    planner->plan->shape = rows->shape;
    planner->plan->rows = rows;
    for (size_t i = 0; i < rows->column_count; i++) {
        struct plan_expr *item = row_item(planner, i, rows->columns[i].type);
        scope_bind(planner, rows->columns[i].name, item);
        if (!rows->columns[i].hidden && !rows->columns[i].is_default)
            plan_show(planner, rows->columns[i].name, item);
    }
    planner->sorted = true;
    sorts_add(planner, &planner->block->sorts, expr_leaf(planner, OP_ROW_NUMBER, ASK_INTEGER),
              false);
}

size_t plan_pointer_count(const struct plan *plan)
{
    return plan->source == SOURCE_TRACES ? 2 : 3;
}

struct plan_expr *plan_pointer(struct planner *planner, size_t part, struct plan_block *to)
{
    static const char *const names[] = {"trace_hi", "trace_lo", "span_id"};
    const struct rowset *rows = planner->question->rows;
    if (!rows)
        return scope_raw(planner, names[part], to);
    return scope_lift(planner, row_item(planner, rows->column_count + part, ASK_INTEGER),
                      planner->blocks[0], to);
}

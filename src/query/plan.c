/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: commands -> blocks. A command goes into the present block as long as SELECT would do things
 * in the same order: conditions, groups, one row a key, order, limit. Otherwise a block is put on
 * top.
 */
#include "query/plan.h"

#include <string.h>

#include "query/plan_private.h"
#include "query/rowset.h"

void plan_show(struct planner *planner, struct str name, struct plan_expr *expr)
{
    if (!arena_grow(planner->arena, &planner->shown, planner->shown_count,
                    &planner->shown_capacity))
        return;
    planner->shown[planner->shown_count++] = (struct binding){name, expr, planner->block};
}

struct plan_block *plan_new_block(struct planner *planner)
{
    struct plan_block *below = planner->block, *block = scope_block(planner);
    for (size_t i = 0; i < below->sorts.count && !planner_failed(planner); i++)
        sorts_add(planner, &block->sorts,
                  scope_lift(planner, below->sorts.items[i].expr, below, block),
                  below->sorts.items[i].descending);
    return block;
}

static struct plan_block *open_block(struct planner *planner)
{
    struct plan_block *below = planner->block;
    bool open = !below->limited && !below->dedup.count && !below->unnested;
    return open ? below : plan_new_block(planner);
}

/* --- fields, filter ------------------------------------------------------------------------ */

static bool is_shown(const struct planner *planner, struct str name)
{
    for (size_t i = 0; i < planner->shown_count; i++)
        if (str_equal(planner->shown[i].name, name))
            return true;
    return false;
}

/* Behind stats every column is shown already. */
static void plan_fields(struct planner *planner, const struct command *command)
{
    bool display = command->id == COMMAND_DISPLAY;
    if (display)
        planner->shown_count = 0;
    for (size_t i = 0; i < command->items.count; i++) {
        const struct item *item = &command->items.list[i];
        struct plan_expr *expr = plan_expression(planner, item->expression);
        if (item->has_alias || item->expression->kind != EXPRESSION_FIELD)
            scope_bind(planner, item->name, expr);
        bool again = planner->closed && !item->has_alias && is_shown(planner, item->name);
        if (display || (!planner->displayed && !again))
            plan_show(planner, item->name, expr);
    }
    planner->named = true;
    planner->displayed = planner->displayed || display;
}

/* Where only true counts, null is as good as false. */
static struct plan_expr *unsure(struct planner *planner, struct plan_expr *expr)
{
    if (expr->op == OP_SURE)
        return unsure(planner, expr->args[0]);
    if (expr->op == OP_CASE && expr->arg_count == 3 && expr->args[2]->op == OP_NULL_ &&
        expr->args[1]->op == OP_SURE) /* `in` with a list of many types, `like` of a name */
        return unsure(planner, expr->args[1]);
    if (expr->op == OP_CASE && expr->arg_count == 3 && expr->args[2]->op == OP_NULL_ &&
        expr->args[1]->op == OP_NOT)
        return EXPR(planner, OP_AND, ASK_BOOLEAN, expr->args[0], expr->args[1]);
    if (expr->op != OP_AND && expr->op != OP_OR)
        return expr;
    struct plan_expr **args = arena_array(planner->arena, struct plan_expr *, expr->arg_count);
    if (!args)
        return expr;
    for (uint32_t i = 0; i < expr->arg_count; i++)
        args[i] = unsure(planner, expr->args[i]);
    return expr_make(planner, expr->op, ASK_BOOLEAN, args, expr->arg_count);
}

static void add_condition(struct planner *planner, struct plan_block *block, struct plan_expr *expr)
{
    if (expr->op == OP_AND) {
        for (uint32_t i = 0; i < expr->arg_count; i++)
            add_condition(planner, block, expr->args[i]);
        return;
    }
    scope_use(planner, block, expr);
    exprs_add(planner, &block->where, expr);
}

static void plan_filter(struct planner *planner, const struct command *command)
{
    struct plan_block *block = open_block(planner);
    struct plan_expr *condition =
        as_boolean(planner, plan_expression(planner, command->expression));
    if (!planner_failed(planner))
        add_condition(planner, block, unsure(planner, condition));
}

/* --- stats --------------------------------------------------------------------------------- */

static struct plan_expr *stats_key(struct planner *planner, const struct item *item)
{
    const struct expression *tree = item->expression;
    if (!item->offset)
        return plan_expression(planner, tree);
    size_t last = tree->argument_count - 1;
    struct plan_expr *time = last ? plan_expression(planner, tree->arguments[0])
                                  : scope_find(planner, STR("@timestamp"), tree->at);
    planner->has_bin = true;
    return plan_bin(planner, time, tree->arguments[last], item->offset, false, true);
}

/* From here on the only names are the keys and the aggregates. */
static void leave_group(struct planner *planner, const struct plan_block *block)
{
    struct binding *outputs = planner->outputs;
    size_t count = planner->output_count;
    planner->closed = true;
    planner->points = false;
    planner->named = true;
    planner->binding_count = planner->shown_count = 0;
    planner->displayed = false;
    scope_block(planner);
    for (size_t i = 0; i < count; i++) {
        struct plan_expr *column = expr_leaf(planner, OP_COLUMN, outputs[i].expr->type);
        if (planner_failed(planner))
            return;
        column->integer = (int64_t)i;
        column->form = block->columns.items[i]->form;
        scope_bind(planner, outputs[i].name, column);
        plan_show(planner, outputs[i].name, column);
    }
}

static void add_output(struct planner *planner, struct plan_block *block, struct str name,
                       struct plan_expr *expr)
{
    if (planner_failed(planner))
        return;
    planner->outputs[planner->output_count++] = (struct binding){name, expr, block};
    scope_use(planner, block, expr);
    exprs_add(planner, &block->columns, expr);
}

static void plan_stats(struct planner *planner, const struct command *command)
{
    struct plan_block *block = open_block(planner);
    size_t most = command->items.count + command->by.count;
    planner->outputs = arena_array(planner->arena, struct binding, most + 1);
    planner->output_count = 0;
    if (!planner->outputs)
        return;
    if (block->columns.count) /* carried for a block that never came */
        block = scope_block(planner);
    planner->has_bin = false;
    for (size_t i = 0; i < command->by.count; i++) {
        const struct item *item = &command->by.list[i];
        add_output(planner, block, item->name, as_key(planner, stats_key(planner, item)));
    }
    planner->plan->shape = planner->has_bin ? ASK_SERIES : ASK_TABLE;
    block->group_count = command->by.count;
    block->grouped = true;
    block->sorts.count = 0;
    planner->in_stats = true;
    for (size_t i = 0; i < command->items.count; i++) {
        const struct item *item = &command->items.list[i];
        add_output(planner, block, item->name, plan_expression(planner, item->expression));
    }
    planner->in_stats = false;
    planner->sorted = false;
    if (!planner_failed(planner))
        leave_group(planner, block);
}

/* --- sort, limit, dedup -------------------------------------------------------------------- */

static void plan_sort(struct planner *planner, const struct command *command)
{
    struct plan_block *block = open_block(planner);
    block->sorts.count = 0;
    for (size_t i = 0; i < command->items.count; i++) {
        const struct item *item = &command->items.list[i];
        const struct expression *tree = item->expression;
        /* CloudWatch lets this slip pass. */
        if (planner->closed && tree->kind == EXPRESSION_FIELD &&
            str_equal(tree->text, STR("@timestamp")) && !scope_is_bound(planner, tree->text)) {
            planner_warn(planner, "sort: there is no @timestamp behind stats: it is passed over");
            continue;
        }
        struct plan_expr *key = as_sort(planner, plan_expression(planner, item->expression));
        scope_use(planner, block, key);
        sorts_add(planner, &block->sorts, key, item->direction == DIRECTION_DESCENDING);
    }
    planner->sorted = block->sorts.count > 0;
}

/* Newest first; of groups, by their keys; of patterns, the most frequent first. */
static void sort_by_default(struct planner *planner)
{
    struct plan_block *block = planner->block;
    if (planner->sorted || block->limited)
        return;
    planner->sorted = true;
    if (!planner->closed) {
        sorts_add(planner, &block->sorts,
                  scope_find(planner, STR("@timestamp"), (struct place){0, 0}), true);
        return;
    }
    const struct plan_block *groups = block->below;
    for (size_t i = 0; groups && groups->grouped && i < groups->group_count; i++) {
        struct plan_expr *key = planner->bindings[i].expr;
        if (key->op == OP_COLUMN && planner->bindings[i].block == block)
            sorts_add(planner, &block->sorts, as_sort(planner, key), false);
    }
}

static void plan_limit(struct planner *planner, const struct command *command)
{
    struct plan_block *block = planner->block;
    if (block->unnested)
        block = open_block(planner);
    if (!command->any)
        sort_by_default(planner);
    if (block->limit < 0 || command->count < block->limit)
        block->limit = command->count;
    block->limited = true;
}

static void plan_dedup(struct planner *planner, const struct command *command)
{
    struct plan_block *block = open_block(planner);
    sort_by_default(planner);
    for (size_t i = 0; i < command->items.count; i++) {
        struct plan_expr *key =
            as_key(planner, plan_expression(planner, command->items.list[i].expression));
        scope_use(planner, block, key);
        exprs_add(planner, &block->dedup, key);
    }
}

/* Items of one row stay in the order of their list. */
static void plan_unnest(struct planner *planner, const struct command *command)
{
    struct plan_block *block = open_block(planner);
    struct plan_expr *list = as_any(planner, plan_expression(planner, command->expression));
    scope_use(planner, block, list);
    block->unnested = list;
    block = open_block(planner);
    sort_by_default(planner);
    sorts_add(planner, &block->sorts, expr_leaf(planner, OP_ITEM_NUMBER, ASK_INTEGER), false);
    scope_bind(planner, command->names.list[0].text, expr_leaf(planner, OP_ITEM, ASK_ANY));
}

/* --- the whole ----------------------------------------------------------------------------- */

static void plan_command(struct planner *planner, const struct command *command)
{
    switch (command->id) {
    case COMMAND_FIELDS:
    case COMMAND_DISPLAY:
        plan_fields(planner, command);
        break;
    case COMMAND_FILTER:
    case COMMAND_FILTER_INDEX:
        plan_filter(planner, command);
        break;
    case COMMAND_STATS:
        plan_stats(planner, command);
        break;
    case COMMAND_SORT:
        plan_sort(planner, command);
        break;
    case COMMAND_LIMIT:
    case COMMAND_TAIL:
        plan_limit(planner, command);
        break;
    case COMMAND_DEDUP:
        plan_dedup(planner, command);
        break;
    case COMMAND_UNNEST:
        plan_unnest(planner, command);
        break;
    case COMMAND_PARSE:
        plan_parse(planner, command);
        break;
    case COMMAND_PATTERN:
        plan_pattern(planner, command);
        break;
    case COMMAND_DIFF:
    case COMMAND_ANOMALY:
        planner_fail(planner, command->word_at, "pattern before it", NULL,
                     "%s compares what a pattern command found", command_words[command->id].name);
        break;
    case COMMAND_LOOKUP:
    case COMMAND_CIDRLOOKUP:
        plan_lookup(planner, command);
        break;
    case COMMAND_ESTIMATE: /* stands last, and what is before it is not run */
        break;
    default:
        plan_row_command(planner, command);
    }
}

static void show_named(struct planner *planner, const char *const *names, size_t most)
{
    for (size_t i = 0; i < most && names[i]; i++) {
        struct str name = str_from(names[i]);
        plan_show(planner, name, scope_find(planner, name, (struct place){0, 0}));
    }
}

static void show_rows(struct planner *planner, const struct rowset *rows)
{
    for (size_t i = 0; i < rows->column_count; i++)
        if (rows->columns[i].is_default && !rows->columns[i].hidden)
            plan_show(planner, rows->columns[i].name,
                      scope_find(planner, rows->columns[i].name, (struct place){0, 0}));
}

void plan_show_default(struct planner *planner)
{
    static const char *const names[][10] = {
        [SOURCE_SPANS] = {"@timestamp", "name", "kind", "model", "status", "duration",
                          "total_tokens", "cost", "traceId"},
        [SOURCE_TRACES] = {"@timestamp", "name", "service", "model", "status", "duration",
                           "total_tokens", "cost", "traceId"},
        [SOURCE_LOGS] = {"@timestamp", "@message"},
        [SOURCE_METRICS] = {"@timestamp", "metric", "value", "count", "sum", "unit", "attributes"},
        [SOURCE_SCORES] = {"@timestamp", "name", "value", "text", "source", "traceId"},
    };
    struct binding *made = planner->shown;
    size_t count = planner->shown_count;
    if (planner->named)
        return;
    planner->shown = NULL;
    planner->shown_count = planner->shown_capacity = 0;
    if (planner->question->rows)
        show_rows(planner, planner->question->rows);
    else
        show_named(planner, names[planner->plan->source], 10);
    planner->plan->default_count = planner->shown_count;
    for (size_t i = 0; i < count; i++) {
        plan_show(planner, made[i].name, made[i].expr);
        if (!planner_failed(planner) && planner->shown_count)
            planner->shown[planner->shown_count - 1].block = made[i].block;
    }
}

static void show_wanted(struct planner *planner)
{
    const struct words *wanted = planner->question->wanted;
    planner->plan->shown_count = planner->shown_count;
    for (size_t i = 0; wanted && i < wanted->count; i++)
        if (!is_shown(planner, wanted->list[i].text))
            plan_show(planner, wanted->list[i].text,
                      scope_find(planner, wanted->list[i].text, wanted->list[i].at));
}

/* How many rows the plan gives, and whether that was asked for. */
static void limit_rows(struct planner *planner, struct plan_block *rows)
{
    struct plan *plan = planner->plan;
    int64_t asked = planner->question->limit;
    int64_t most = asked ? asked : rows->limit >= 0 ? LANGUAGE_ROWS_MAX : ASK_ROWS_DEFAULT;
    if (plan->clusters) {
        plan->limit = INT64_MAX;
        return;
    }
    if (plan->next_command) /* one too many says that there are too many */
        most = ROWSET_ROWS_MAX + 1;
    plan->limit_is_ours = rows->limit < 0 || rows->limit > most;
    plan->limit = plan->limit_is_ours ? most : rows->limit;
    if (plan->limit > ASK_ROWS_MAX && !plan->next_command)
        plan->limit = ASK_ROWS_MAX;
    rows->limit = plan->limit + plan->limit_is_ours;
}

/* The last block only shows: what people see is made of the rows that are left. */
static void finish(struct planner *planner)
{
    struct plan *plan = planner->plan;
    if (!plan->clusters) /* pattern wants every text, in any order */
        sort_by_default(planner);
    struct plan_block *rows = planner->block;
    if (!plan->next_command)
        plan_show_default(planner);
    if (!plan->next_command)
        show_wanted(planner);
    if (rows->unnested)
        rows = open_block(planner);
    limit_rows(planner, rows);
    struct plan_block *top = scope_block(planner);
    plan->columns = arena_array(planner->arena, struct ask_column, planner->shown_count + 1);
    for (size_t i = 0; plan->columns && i < planner->shown_count; i++) {
        const struct binding *shown = &planner->shown[i];
        struct plan_expr *expr =
            as_shown(planner, scope_lift(planner, shown->expr, shown->block, top));
        scope_use(planner, top, expr);
        exprs_add(planner, &top->columns, expr);
        plan->columns[plan->column_count++] = (struct ask_column){shown->name, expr->type};
    }
    plan->has_pointers = planner->points && !plan->clusters;
    for (size_t i = 0; plan->has_pointers && i < plan_pointer_count(plan); i++)
        exprs_add(planner, &top->columns, plan_pointer(planner, i, top));
    plan->top = top;
}

enum status plan_make(const struct plan_question *question, struct arena *arena,
                      struct plan *out_plan, struct language_error *error)
{
    struct planner *planner = arena_new(arena, struct planner);
    if (!planner)
        return language_fail(error, question->tree->text, (struct place){0, 0}, STATUS_TOO_LARGE,
                             NULL, NULL, "the query is too large");
    *planner =
        (struct planner){.question = question, .arena = arena, .plan = out_plan, .error = error};
    *out_plan = (struct plan){.source = question->source,
                              .range = question->range,
                              .now_ns = question->now_ns,
                              .bytes = 16};
    scope_block(planner);
    planner->points = question->source != SOURCE_METRICS;
    if (question->rows)
        plan_bind_rows(planner);
    for (size_t i = question->first_command;
         i < question->tree->command_count && !planner_failed(planner) && !out_plan->next_command;
         i++)
        plan_command(planner, &question->tree->commands[i]);
    if (!planner_failed(planner))
        finish(planner);
    return planner->status;
}

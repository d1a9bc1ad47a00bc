/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_lookup: lookup and cidrlookup. The table is read and indexed while the query is planned; a
 * row asks for its value by a function of the running question, so any number of rows can pass.
 * That stands in a block of its own: what is counted of the source is counted without a question.
 */
#include "query/lookup_table.h"
#include "query/plan_private.h"

static struct plan_lookup *open_table(struct planner *planner, const struct command *command)
{
    const struct query *query = planner->question->query;
    struct plan *plan = planner->plan;
    struct error error = {0};
    struct str csv;
    struct lookup_table *table = arena_new(planner->arena, struct lookup_table);
    if (plan->lookup_count == PLAN_LOOKUPS_MAX)
        return planner_fail(planner, command->word_at, NULL, NULL,
                            "a query looks up in at most %d tables", PLAN_LOOKUPS_MAX),
               NULL;
    enum status status =
        !query->tables || !table
            ? fail(&error, STATUS_NOT_FOUND, "there is no such table")
            : query->tables->read(query->tables->context, planner->question->project_id,
                                  command->table.text, planner->arena, &csv, &error);
    if (status == STATUS_OK)
        status = lookup_table_parse(csv, planner->arena, table, &error);
    if (status != STATUS_OK)
        return planner_fail(planner, command->table.at, "the name of an uploaded table", NULL, "%s",
                            error.text),
               NULL;
    plan->lookups[plan->lookup_count].index.table = table;
    return &plan->lookups[plan->lookup_count++];
}

static bool find_column(struct planner *planner, const struct lookup_table *table,
                        const struct command *command, struct str name, struct place at,
                        size_t *out_column)
{
    if (lookup_table_column(table, name, out_column))
        return true;
    planner_fail(planner, at, "a column of the table", NULL, "the table %.*s has no column '%.*s'",
                 STR_ARGS(command->table.text), (int)(name.len > 80 ? 80 : name.len), name.ptr);
    return false;
}

/* `lookup t column as field`: the field's text; of a cidrlookup the address. */
static struct plan_expr *key_of(struct planner *planner, const struct command *command, size_t n)
{
    const struct item *item = &command->items.list[n];
    struct plan_expr *field = command->id == COMMAND_CIDRLOOKUP
                                  ? plan_expression(planner, item->expression)
                                  : scope_find(planner, item->name, item->name_at);
    return as_text(planner, field);
}

/* Null when one of the parts is. */
static struct plan_expr *key_of_all(struct planner *planner, const struct command *command)
{
    struct plan_expr *key = key_of(planner, command, 0);
    for (size_t i = 1; i < command->items.count; i++) {
        struct plan_expr *next = key_of(planner, command, i);
        struct plan_expr *both =
            EXPR(planner, OP_CONCAT, ASK_TEXT, key, expr_text(planner, STR(LOOKUP_BETWEEN)), next);
        key = EXPR(
            planner, OP_CASE, ASK_TEXT,
            EXPR(planner, OP_AND, ASK_BOOLEAN, as_present(planner, key), as_present(planner, next)),
            both, expr_leaf(planner, OP_NULL_, ASK_TEXT));
    }
    return key;
}

static bool find_keys(struct planner *planner, const struct lookup_table *table,
                      const struct command *command, size_t *columns)
{
    bool is_subnets = command->id == COMMAND_CIDRLOOKUP;
    if (command->items.count > (is_subnets ? 1 : LOOKUP_KEYS_MAX)) {
        planner_fail(planner, command->items.list[1].expression->at, NULL, NULL,
                     is_subnets ? "cidrlookup compares one field"
                                : "lookup compares at most 8 fields");
        return false;
    }
    columns[0] = 0; /* of subnets the table's first column, when none is named */
    for (size_t i = 0; i < command->items.count; i++) {
        const struct item *item = &command->items.list[i];
        struct str name = is_subnets ? item->name : item->expression->text;
        struct place at = is_subnets ? item->name_at : item->expression->at;
        if ((!is_subnets || item->has_alias) &&
            !find_column(planner, table, command, name, at, &columns[i]))
            return false;
    }
    return true;
}

/* A value that is there stays, with OUTPUTNEW. */
static struct plan_expr *existing(struct planner *planner, struct word name)
{
    return planner->closed && !scope_is_bound(planner, name.text)
               ? NULL
               : scope_find(planner, name.text, name.at);
}

void plan_lookup(struct planner *planner, const struct command *command)
{
    size_t keys[LOOKUP_KEYS_MAX], column;
    struct plan_lookup *lookup = open_table(planner, command);
    const struct lookup_table *table = lookup ? lookup->index.table : NULL;
    if (!lookup || !find_keys(planner, table, command, keys))
        return;
    if (!lookup_index_init(&lookup->index, table, keys, command->items.count,
                           command->id == COMMAND_CIDRLOOKUP))
        planner_fail(planner, command->word_at, NULL, NULL, "the table is too large");
    plan_new_block(planner);
    struct plan_expr *key = key_of_all(planner, command);
    for (size_t i = 0; i < command->names.count && !planner_failed(planner); i++) {
        struct word name = command->names.list[i], as = command->outputs.list[i];
        if (!find_column(planner, table, command, name.text, name.at, &column))
            return;
        struct plan_expr *value = EXPR(planner, OP_LOOKUP, ASK_TEXT, key);
        value->integer = lookup - planner->plan->lookups;
        value->second = (int64_t)column;
        struct plan_expr *there = command->only_missing ? existing(planner, as) : NULL;
        if (there)
            value =
                EXPR(planner, OP_COALESCE, ASK_ANY, as_any(planner, there), as_any(planner, value));
        scope_bind(planner, as.text, value);
        if (!planner->displayed)
            plan_show(planner, as.text, value);
    }
}

void plan_done(struct plan *plan)
{
    for (size_t i = 0; i < plan->lookup_count; i++)
        lookup_index_done(&plan->lookups[i].index);
    plan->lookup_count = 0;
}

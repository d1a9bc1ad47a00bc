/* SPDX-License-Identifier: Apache-2.0 */
/* ask_subquery: a query inside a query, run first. */
#include "query/ask_private.h"

enum { SUBQUERY_VALUES_MAX = 10000 };

struct values {
    struct arena *arena;
    struct expression **list;
    size_t count, capacity;
};

static enum status add_value(void *context, const struct ask_cell *cells,
                             const struct ask_pointer *pointer, struct error *error)
{
    struct values *values = context;
    struct arena *arena = values->arena;
    const struct ask_cell *cell = &cells[0];
    (void)pointer;
    if (cell->kind == CELL_NULL || cell->kind == CELL_JSON)
        return STATUS_OK;
    if (values->count == SUBQUERY_VALUES_MAX)
        return fail(error, STATUS_TOO_LARGE, "the query inside `in` gives more than %d values",
                    SUBQUERY_VALUES_MAX);
    struct expression *value = arena_new(arena, struct expression);
    if (!value || !arena_grow(arena, &values->list, values->count, &values->capacity))
        return fail(error, STATUS_TOO_LARGE, "the query inside `in` gives too much");
    value->kind = cell->kind == CELL_TEXT ? EXPRESSION_STRING : EXPRESSION_NUMBER;
    value->text = cell->kind == CELL_TEXT ? arena_copy(arena, cell->text) : STR_NONE;
    value->is_integer = cell->kind != CELL_NUMBER;
    value->integer = cell->integer;
    value->number = cell->kind == CELL_NUMBER ? cell->number : (double)cell->integer;
    values->list[values->count++] = value;
    return STATUS_OK;
}

/* One inside has a source of its own and the time of the outer one. */
static enum status run_inner(const struct subquery *subquery, const struct language_query *tree,
                             const struct ask_sink *sink, const struct words *wanted,
                             struct rowset_shown *out_shown, int64_t limit)
{
    struct run run = *subquery->run;
    struct plan_question question = *subquery->question;
    run.sink = sink;
    run.out_shown = out_shown;
    question.wanted = wanted;
    question.tree = tree;
    question.limit = limit;
    question.subquery = NULL;
    question.rows = NULL;
    question.first_command = 0;
    enum status status = ask_choose_source(&run, tree, &question.source);
    if (status == STATUS_OK)
        status = ask_run(&run, question);
    run.reply->rows = 0;
    run.reply->truncated = false;
    return status;
}

/* What went wrong inside, with its place in the text, as what the outer query says. */
static enum status pass_on(const struct run *run, const struct language_query *tree,
                           enum status status, struct language_error *error)
{
    const struct ask_reply *reply = run->reply;
    struct place at = {(uint32_t)reply->offset, (uint32_t)reply->length};
    language_fail(error, tree->text, at, status, NULL, NULL, "%s", run->error->text);
    error->has_position = reply->has_position;
    return status;
}

/* Run before the outer query is planned: its values are constants to it. */
enum status ask_subquery(void *context, const struct language_query *tree,
                         struct expression **out_list, struct language_error *error)
{
    const struct subquery *subquery = context;
    const struct run *run = subquery->run;
    struct values values = {.arena = run->arena};
    const struct ask_sink sink = {ask_no_head, add_value, &values};
    enum status status = run_inner(subquery, tree, &sink, NULL, NULL, SUBQUERY_VALUES_MAX + 1);
    if (status != STATUS_OK)
        return pass_on(run, tree, status, error);
    struct expression *list = arena_new(run->arena, struct expression);
    if (!list)
        return language_fail(error, tree->text, (struct place){0, 0}, STATUS_TOO_LARGE, NULL, NULL,
                             "the query is too large");
    *list = (struct expression){
        .kind = EXPRESSION_LIST, .arguments = values.list, .argument_count = values.count};
    *out_list = list;
    return STATUS_OK;
}

enum status ask_inner_rows(void *context, const struct command *command, const struct words *wanted,
                           int64_t limit, struct rowset *out)
{
    const struct subquery *subquery = context;
    struct rowset_taker taker = {.rowset = out,
                                 .command = str_from(command_words[command->id].name)};
    const struct ask_sink sink = rowset_sink(&taker);
    return run_inner(subquery, command->subquery, &sink, wanted, &taker.columns, limit);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* ask: text -> tree -> plan -> SQL -> rows, and an account of the work. */
#include "query/ask.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "query/ask_private.h"
#include "query/row_command.h"

enum { ROLLED_UP_BYTES = 12 };

/* --- rows ---------------------------------------------------------------------------------- */

struct delivery {
    const struct plan *plan;
    const struct ask_sink *sink;
    struct ask_cell *cells;
    struct ask_reply *reply;
    /* Of rollups: nothing was delivered yet, since they may turn out not to know. */
    bool unsure;
    const struct store_lookup *lookup;
};

static struct ask_cell any_cell(struct str any)
{
    struct str text;
    struct ask_cell cell = {.kind = CELL_TEXT};
    switch (store_any_split(any, &text)) {
    case STORE_ANY_NUMBER:
        cell.kind = str_to_i64(text, &cell.integer)     ? CELL_INTEGER
                    : str_to_double(text, &cell.number) ? CELL_NUMBER
                                                        : CELL_TEXT;
        break;
    case STORE_ANY_JSON:
        cell.kind = CELL_JSON;
        break;
    case STORE_ANY_BOOLEAN:
        cell.kind = CELL_BOOLEAN;
        cell.integer = str_equal(text, STR("true"));
        break;
    }
    cell.text = text;
    return cell;
}

static struct ask_cell cell_at(const struct store_rows *row, size_t column, enum ask_type type)
{
    struct ask_cell cell = {.kind = CELL_NULL};
    if (store_rows_null(row, column))
        return cell;
    switch (type) {
    case ASK_INTEGER:
    case ASK_TIME:
        return (struct ask_cell){.kind = CELL_INTEGER, .integer = store_rows_int(row, column)};
    case ASK_BOOLEAN:
        return (struct ask_cell){.kind = CELL_BOOLEAN, .integer = store_rows_int(row, column) != 0};
    case ASK_NUMBER:
        cell.number = store_rows_double(row, column);
        cell.kind = isfinite(cell.number) ? CELL_NUMBER : CELL_NULL;
        return cell;
    case ASK_TEXT:
        return (struct ask_cell){.kind = CELL_TEXT, .text = store_rows_text(row, column)};
    default:
        return any_cell(store_rows_text(row, column));
    }
}

static enum status deliver_head(const struct plan *plan, const struct ask_sink *sink,
                                struct error *error)
{
    const struct ask_head head = {
        .columns = plan->columns,
        .column_count = plan->column_count,
        .shape = plan->shape,
        .source = str_from(source_name(plan->source)),
        .range = plan->range,
        .has_pointers = plan->has_pointers,
    };
    return sink->head(sink->context, &head, error);
}

static enum status take_row(void *context, const struct store_rows *row, struct error *error)
{
    struct delivery *delivery = context;
    const struct plan *plan = delivery->plan;
    struct ask_pointer pointer = {0};
    if (delivery->unsure) {
        if (!delivery->lookup->tally)
            return fail(error, STATUS_CONFLICT, "the rollups do not know");
        delivery->unsure = false;
        enum status status = deliver_head(plan, delivery->sink, error);
        if (status != STATUS_OK)
            return status;
    }
    if (delivery->reply->rows == plan->limit) {
        delivery->reply->truncated = true;
        return STATUS_OK;
    }
    for (size_t i = 0; i < plan->column_count; i++)
        delivery->cells[i] = cell_at(row, i, plan->columns[i].type);
    if (plan->has_pointers) {
        pointer.trace = (struct trace_key){store_rows_int(row, plan->column_count),
                                           store_rows_int(row, plan->column_count + 1)};
        pointer.has_trace = pointer.trace.hi || pointer.trace.lo;
        if (plan->source != SOURCE_TRACES)
            pointer.span = store_rows_int(row, plan->column_count + 2);
    }
    delivery->reply->rows++;
    return delivery->sink->row(delivery->sink->context, delivery->cells, &pointer, error);
}

/* --- running ------------------------------------------------------------------------------- */

static void copy_problem(struct ask_reply *reply, const struct language_error *problem,
                         struct arena *arena)
{
    reply->has_position = problem->has_position;
    reply->offset = problem->offset;
    reply->length = problem->length;
    reply->line = problem->line;
    reply->column = problem->column;
    reply->expected = arena_copy(arena, str_from(problem->expected));
    reply->suggestion = arena_copy(arena, str_from(problem->suggestion));
}

enum status ask_refuse(const struct run *run, const struct language_error *problem)
{
    copy_problem(run->reply, problem, run->arena);
    return fail(run->error, problem->status, "%s", problem->message);
}

static int timeout_left(const struct run *run)
{
    int64_t given_ms = run->ask->timeout_ms ? run->ask->timeout_ms : ASK_TIMEOUT_MS;
    int64_t left_ms = given_ms - (clock_mono_ns() - run->began_ns) / NS_PER_MS;
    return left_ms < 1 ? 1 : (int)left_ms;
}

/* Of the source's rows in the range, and where the plan says so, of those that match. */
static enum status count_rows(const struct run *run, const struct plan *plan, int64_t *out_scanned,
                              int64_t *out_matched)
{
    struct sql sql = {0};
    struct store_rows *rows;
    plan_print_counts(plan, run->ask->project_id, &sql);
    enum status status = sql_run(&sql, run->query, run->ask->cancelled, &rows, run->error);
    if (status != STATUS_OK)
        return status;
    if (store_rows_next(rows)) {
        *out_scanned = store_rows_int(rows, 0);
        *out_matched = plan_counts_matched(plan) ? store_rows_int(rows, 1) : *out_scanned;
    }
    store_rows_free(rows);
    return STATUS_OK;
}

/* What was counted on the way, where it was not counted before. */
static void keep_tally(struct ask_reply *reply, const struct plan *plan, int64_t tally)
{
    bool journal, filters = plan_filters(plan, &journal);
    if (plan_tallies_source(plan))
        reply->rows_scanned = reply->rows_matched = tally;
    else if (filters && !plan_counts_matched(plan))
        reply->rows_matched = tally;
}

static struct str find_in_table(const void *context, int64_t table, int64_t column, struct str key)
{
    const struct plan *plan = context;
    bool known = table >= 0 && (size_t)table < plan->lookup_count;
    return known ? lookup_index_find(&plan->lookups[table].index, key, (size_t)column) : STR_NONE;
}

/* Prints and runs it; rows go to the sink. */
static enum status run_rows(const struct run *run, struct plan *plan, struct store_lookup *lookup)
{
    struct sql sql = {0};
    struct delivery delivery = {.plan = plan,
                                .sink = run->sink,
                                .reply = run->reply,
                                .unsure = plan->rollup.resolution_s != 0,
                                .lookup = lookup};
    enum status status = STATUS_OK;
    delivery.cells = arena_array(run->arena, struct ask_cell, plan->column_count + 1);
    if (!delivery.cells)
        return fail(run->error, STATUS_TOO_LARGE, "the query is too large");
    if (!delivery.unsure)
        status = deliver_head(plan, run->sink, run->error);
    if (status != STATUS_OK)
        return status;
    lookup->find = find_in_table;
    lookup->find_context = plan;
    plan_print_duckdb(plan, run->ask->project_id, &sql);
    status = sql_stream(&sql, run->query,
                        &(struct store_question){.timeout_ms = timeout_left(run),
                                                 .cancelled = run->ask->cancelled,
                                                 .lookup = lookup},
                        take_row, &delivery, run->error);
    if (!delivery.unsure || (status != STATUS_OK && status != STATUS_CONFLICT))
        return status;
    if (status == STATUS_OK && lookup->tally)
        return deliver_head(plan, run->sink, run->error); /* and no row */
    plan->rollup.resolution_s = 0;                        /* or there is nothing to know */
    return run_rows(run, plan, lookup);
}

/* Cells of rows in memory; behind the columns, where the row leads. */
static enum status give_rows(void *context, int set, const struct store_lookup_row *rows,
                             size_t count, struct str *values, struct arena *arena,
                             struct error *error)
{
    const struct rowset *rowset = context;
    size_t width = rowset->column_count + POINTER_PARTS;
    (void)set;
    for (size_t i = 0; i < count; i++) {
        size_t row = rows[i].segment;
        struct str *out = values + i * width;
        if (rows[i].absent || row >= rowset->row_count)
            continue;
        for (size_t c = 0; c < rowset->column_count; c++) {
            const struct ask_cell *cell = &rowset->columns[c].cells[row];
            out[c] = cell_any(cell, arena);
            if (!out[c].ptr && cell->kind != CELL_NULL)
                return fail(error, STATUS_TOO_LARGE, "the rows are too large to read at once");
        }
        if (!rowset->pointers)
            continue;
        const struct ask_pointer *pointer = &rowset->pointers[row];
        const int64_t parts[POINTER_PARTS] = {pointer->trace.hi, pointer->trace.lo, pointer->span};
        for (size_t p = 0; p < POINTER_PARTS; p++) {
            struct ask_cell part = cell_of_integer(parts[p]);
            out[rowset->column_count + p] = cell_any(&part, arena);
        }
    }
    return STATUS_OK;
}

static enum status run_over_rows(const struct run *run, struct plan *plan)
{
    struct store_lookup lookup = {.fill = give_rows,
                                  .context = (void *)plan->rows,
                                  .widths = {plan->rows->column_count + POINTER_PARTS}};
    return run_rows(run, plan, &lookup);
}

enum status ask_run_plan(const struct run *run, struct plan *plan)
{
    struct ask_journal journal;
    struct store_lookup lookup;
    if (plan->rows)
        return run_over_rows(run, plan);
    enum status status = STATUS_OK;
    if (!plan_tallies_source(plan) && !run->ask->unaccounted)
        status = count_rows(run, plan, &run->reply->rows_scanned, &run->reply->rows_matched);
    if (status != STATUS_OK)
        return status;
    ask_journal_init(&journal, run->query, plan, run->ask->cancelled, &lookup);
    status = ask_searches(&journal, plan, run->ask, run->arena, run->error);
    bool rolled_up = status == STATUS_OK && plan_use_rollups(plan);
    if (status == STATUS_OK)
        status = run_rows(run, plan, &lookup);
    rolled_up = rolled_up && plan->rollup.resolution_s;
    if (status == STATUS_OK)
        keep_tally(run->reply, plan, lookup.tally);
    /* Of spans that rollups stand for only the time is looked at. */
    run->reply->bytes_scanned +=
        run->reply->rows_scanned * (rolled_up ? ROLLED_UP_BYTES : plan->bytes) + journal.walk.bytes;
    run->reply->used = journal.used ? ASK_USED_JOURNAL
                       : rolled_up  ? ASK_USED_ROLLUPS
                                    : ASK_USED_INDEX;
    ask_journal_done(&journal);
    return status;
}

/* --- the text ------------------------------------------------------------------------------ */

enum status ask_choose_source(const struct run *run, const struct language_query *tree,
                              enum source_id *out_source)
{
    bool said = tree->source != SOURCE_UNSAID && tree->source != SOURCE_GROUPS;
    *out_source = said ? tree->source : SOURCE_SPANS;
    if (!said && run->ask->source.len && !source_find(run->ask->source, out_source))
        return fail(run->error, STATUS_INVALID,
                    "source: expected spans, traces, logs, metrics or scores, got '%.*s'",
                    (int)(run->ask->source.len > 40 ? 40 : run->ask->source.len),
                    run->ask->source.ptr);
    if (tree->source == SOURCE_GROUPS)
        *out_source = source_of_groups(tree, *out_source);
    return STATUS_OK;
}

static int64_t source_time(struct source_time time, int64_t now_ns, int64_t otherwise_ns)
{
    if (!time.present)
        return otherwise_ns;
    int64_t base = time.is_relative ? now_ns : 0;
    return time.ms > 9000000000000 || time.ms < -9000000000000 ? otherwise_ns
                                                               : base + time.ms * NS_PER_MS;
}

/* A command on rows in memory: takes the plan's rows, changes them. */
static enum status run_row_command(const struct run *run, const struct plan_question *question,
                                   struct plan *plan, struct rowset *rows)
{
    struct run inner = *run;
    const struct command *command = plan->row_command;
    struct rowset_taker taker = {.rowset = rows,
                                 .columns = {plan->default_count, plan->shown_count},
                                 .command = str_from(command_words[command->id].name)};
    struct ask_sink sink = rowset_sink(&taker);
    inner.sink = &sink;
    enum status status = ask_run_plan(&inner, plan);
    run->reply->rows = 0;
    run->reply->truncated = false;
    if (status != STATUS_OK)
        return status;
    struct subquery inner_query = {.run = run, .question = question};
    struct row_run row_run = {.command = command,
                              .tree = question->tree,
                              .rows = rows,
                              .query = run->query,
                              .range = question->range,
                              .cancelled = run->ask->cancelled,
                              .subquery = ask_inner_rows,
                              .context = &inner_query};
    return row_command_run(&row_run, run->error);
}

static void keep_warnings(const struct run *run, const struct plan *plan)
{
    for (size_t i = 0; i < plan->warning_count; i++)
        if (run->reply->warning_count < ASK_WARNINGS_MAX)
            run->reply->warnings[run->reply->warning_count++] = plan->warnings[i];
}

/* --- estimate ------------------------------------------------------------------------------ */

/* An inner query is not run either: what it would read is added. */
struct estimating {
    const struct run *run;
    const struct plan_question *question;
    int64_t rows, bytes;
    bool journal;
};

static enum status estimate_plan(struct estimating *estimating, struct plan_question question,
                                 struct language_error *problem)
{
    struct plan plan;
    int64_t rows = 0, matched;
    enum status status = plan_make(&question, estimating->run->arena, &plan, problem);
    plan_done(&plan);
    if (status != STATUS_OK)
        return status;
    status = count_rows(estimating->run, &plan, &rows, &matched);
    if (status != STATUS_OK)
        return language_fail(problem, question.tree->text, (struct place){0, 0}, status, NULL, NULL,
                             "%s", estimating->run->error->text);
    estimating->rows += rows;
    estimating->bytes += rows * plan.bytes;
    estimating->journal |= plan_reads_records(&plan);
    return STATUS_OK;
}

static enum status estimate_inner(void *context, const struct language_query *tree,
                                  struct expression **out_list, struct language_error *error)
{
    struct estimating *estimating = context;
    struct plan_question question = *estimating->question;
    question.tree = tree;
    question.subquery = NULL;
    if (ask_choose_source(estimating->run, tree, &question.source) != STATUS_OK)
        return language_fail(error, tree->text, (struct place){0, 0}, STATUS_INVALID, NULL, NULL,
                             "%s", estimating->run->error->text);
    *out_list = arena_new(estimating->run->arena, struct expression);
    if (!*out_list)
        return language_fail(error, tree->text, (struct place){0, 0}, STATUS_TOO_LARGE, NULL, NULL,
                             "the query is too large");
    (*out_list)->kind = EXPRESSION_LIST;
    return estimate_plan(estimating, question, error);
}

static bool is_estimate(const struct language_query *tree)
{
    return tree->command_count && tree->commands[tree->command_count - 1].id == COMMAND_ESTIMATE;
}

/* Bytes of the index's columns for the rows in the asked time; what records would add is not known
 * before, so it is only said that some would be read. */
static enum status estimate(const struct run *run, struct plan_question question)
{
    static const struct ask_column columns[] = {{STR_INIT("@estimatedBytes"), ASK_INTEGER},
                                                {STR_INIT("@estimatedRows"), ASK_INTEGER},
                                                {STR_INIT("@readsRecords"), ASK_INTEGER}};
    struct language_error problem = {0};
    struct estimating estimating = {.run = run, .question = &question};
    const struct ask_pointer nowhere = {0};
    const struct ask_head head = {.columns = columns,
                                  .column_count = 3,
                                  .source = str_from(source_name(question.source)),
                                  .range = question.range};
    question.subquery = estimate_inner;
    question.context = &estimating;
    if (estimate_plan(&estimating, question, &problem) != STATUS_OK)
        return ask_refuse(run, &problem);
    const struct ask_cell cells[] = {cell_of_integer(estimating.bytes),
                                     cell_of_integer(estimating.rows),
                                     cell_of_integer(estimating.journal)};
    enum status status = run->sink->head(run->sink->context, &head, run->error);
    run->reply->rows = status == STATUS_OK;
    return status == STATUS_OK ? run->sink->row(run->sink->context, cells, &nowhere, run->error)
                               : status;
}

/* --- part after part ----------------------------------------------------------------------- */

/* Part after part: each but the last makes rows in memory that the next one reads. */
enum status ask_run(const struct run *run, struct plan_question question)
{
    struct rowset sets[2];
    struct plan plan;
    enum status status = STATUS_OK;
    if (is_estimate(question.tree))
        return estimate(run, question);
    rowset_init(&sets[0]);
    rowset_init(&sets[1]);
    for (int part = 0; status == STATUS_OK; part++) {
        struct language_error problem = {0};
        struct rowset *made = &sets[part % 2];
        if (plan_make(&question, run->arena, &plan, &problem) != STATUS_OK) {
            plan_done(&plan);
            status = ask_refuse(run, &problem);
            break;
        }
        rowset_done(made);
        rowset_init(made);
        if (run->out_shown)
            *run->out_shown = (struct rowset_shown){plan.default_count, plan.shown_count};
        if (!plan.next_command)
            status = ask_run_plan(run, &plan);
        else if (plan.clusters)
            status = ask_patterns(run, &question, &plan, made);
        else
            status = run_row_command(run, &question, &plan, made);
        keep_warnings(run, &plan);
        plan_done(&plan);
        if (!plan.next_command)
            break;
        question.rows = made;
        question.first_command = plan.next_command;
    }
    rowset_done(&sets[0]);
    rowset_done(&sets[1]);
    return status;
}

static enum status answer(const struct run *run)
{
    struct language_query *tree;
    struct language_error problem = {0};
    struct plan_question question = {.query = run->query,
                                     .project_id = run->ask->project_id,
                                     .range = run->ask->range,
                                     .limit = run->ask->limit,
                                     .now_ns = clock_now_ns()};
    if (language_parse(run->ask->text, run->arena, &tree, &problem) != STATUS_OK)
        return ask_refuse(run, &problem);
    enum status status = ask_choose_source(run, tree, &question.source);
    if (status != STATUS_OK)
        return status;
    question.tree = tree;
    question.range.from_ns = source_time(tree->start, question.now_ns, question.range.from_ns);
    question.range.to_ns = source_time(tree->end, question.now_ns, question.range.to_ns);
    struct subquery subquery = {.run = run, .question = &question};
    question.subquery = ask_subquery;
    question.context = &subquery;
    return ask_run(run, question);
}

enum status query_ask(const struct query *query, const struct ask *ask, struct arena *arena,
                      const struct ask_sink *sink, struct ask_reply *out_reply, struct error *error)
{
    const struct run run = {query, ask, arena, sink, out_reply, error, clock_mono_ns(), NULL};
    *out_reply = (struct ask_reply){.used = ASK_USED_INDEX};
    enum status status = answer(&run);
    out_reply->elapsed_ms = (double)(clock_mono_ns() - run.began_ns) / 1e6;
    return status;
}

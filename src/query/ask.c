/* SPDX-License-Identifier: Apache-2.0 */
/* ask: text -> tree -> plan -> SQL -> rows, and an account of the work. */
#include "query/ask.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "query/ask_private.h"
#include "query/pattern.h"
#include "wire/json.h"

/* --- rows ---------------------------------------------------------------------------------- */

struct delivery {
    const struct plan *plan;
    const struct ask_sink *sink;
    struct ask_cell *cells;
    struct ask_reply *reply;
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

static enum status take_row(void *context, const struct store_rows *row, struct error *error)
{
    struct delivery *delivery = context;
    const struct plan *plan = delivery->plan;
    struct ask_pointer pointer = {0};
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

/* --- running ------------------------------------------------------------------------------- */

struct run {
    const struct query *query;
    const struct ask *ask;
    struct arena *arena;
    const struct ask_sink *sink;
    struct ask_reply *reply;
    struct error *error;
    int64_t began_ns;
};

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

static enum status refuse(const struct run *run, const struct language_error *problem)
{
    /* A command that is not executed here is a wrong query to whoever asked. */
    enum status status = problem->status == STATUS_UNIMPLEMENTED ? STATUS_INVALID : problem->status;
    copy_problem(run->reply, problem, run->arena);
    return fail(run->error, status, "%s", problem->message);
}

static int timeout_left(const struct run *run)
{
    int64_t given_ms = run->ask->timeout_ms ? run->ask->timeout_ms : ASK_TIMEOUT_MS;
    int64_t left_ms = given_ms - (clock_mono_ns() - run->began_ns) / NS_PER_MS;
    return left_ms < 1 ? 1 : (int)left_ms;
}

static enum status count_rows(const struct run *run, const struct plan *plan,
                              void (*print)(const struct plan *, uint32_t, struct sql *),
                              int64_t *out_count)
{
    struct sql sql = {0};
    struct store_rows *rows;
    print(plan, run->ask->project_id, &sql);
    enum status status = sql_run(&sql, run->query, run->ask->cancelled, &rows, run->error);
    if (status != STATUS_OK)
        return status;
    if (store_rows_next(rows))
        *out_count = store_rows_int(rows, 0);
    store_rows_free(rows);
    return STATUS_OK;
}

/* Rows were counted on their way, except where the engine passes over some. */
static enum status count_matched(const struct run *run, const struct plan *plan, int64_t tally)
{
    struct ask_reply *reply = run->reply;
    bool journal, filters = plan_filters(plan, &journal);
    if (plan_tallies_source(plan))
        reply->rows_scanned = tally;
    reply->rows_matched = filters ? tally : reply->rows_scanned;
    if (plan_is_top(plan) && filters && !journal)
        return count_rows(run, plan, plan_print_matched, &reply->rows_matched);
    return STATUS_OK;
}

/* Prints and runs it; rows go to the sink. */
static enum status run_rows(const struct run *run, const struct plan *plan,
                            struct store_lookup *lookup)
{
    struct sql sql = {0};
    struct delivery delivery = {.plan = plan, .sink = run->sink, .reply = run->reply};
    delivery.cells = arena_array(run->arena, struct ask_cell, plan->column_count + 1);
    if (!delivery.cells)
        return fail(run->error, STATUS_TOO_LARGE, "the query is too large");
    enum status status = deliver_head(plan, run->sink, run->error);
    if (status != STATUS_OK)
        return status;
    plan_print_duckdb(plan, run->ask->project_id, &sql);
    return sql_stream(&sql, run->query,
                      &(struct store_question){.timeout_ms = timeout_left(run),
                                               .cancelled = run->ask->cancelled,
                                               .lookup = lookup},
                      take_row, &delivery, run->error);
}

static enum status run_plan(const struct run *run, struct plan *plan)
{
    struct ask_journal journal;
    struct store_lookup lookup;
    enum status status = STATUS_OK;
    if (!plan_tallies_source(plan))
        status = count_rows(run, plan, plan_print_scanned, &run->reply->rows_scanned);
    if (status != STATUS_OK)
        return status;
    ask_journal_init(&journal, run->query, plan, run->ask->cancelled, &lookup);
    status = ask_searches(&journal, plan, run->ask, run->arena, run->error);
    if (status == STATUS_OK)
        status = run_rows(run, plan, &lookup);
    if (status == STATUS_OK)
        status = count_matched(run, plan, lookup.tally);
    run->reply->bytes_scanned += run->reply->rows_scanned * plan->bytes + journal.bytes;
    run->reply->used = journal.used ? ASK_USED_JOURNAL : ASK_USED_INDEX;
    ask_journal_done(&journal);
    return status;
}

/* --- patterns ------------------------------------------------------------------------------ */

struct clustering {
    struct patterns *patterns;
    bool earlier;
};

static enum status no_head(void *context, const struct ask_head *head, struct error *error)
{
    (void)context, (void)head, (void)error;
    return STATUS_OK;
}

static enum status add_text(void *context, const struct ask_cell *cells,
                            const struct ask_pointer *pointer, struct error *error)
{
    const struct clustering *clustering = context;
    (void)pointer, (void)error;
    if (cells[0].kind == CELL_TEXT)
        patterns_add(clustering->patterns, cells[0].text, clustering->earlier);
    return STATUS_OK;
}

static enum status cluster(struct run *run, struct plan *plan, struct patterns *patterns,
                           bool earlier)
{
    const struct ask_sink *given = run->sink;
    struct clustering clustering = {patterns, earlier};
    const struct ask_sink sink = {no_head, add_text, &clustering};
    run->sink = &sink;
    enum status status = run_plan(run, plan);
    run->sink = given;
    run->reply->rows = 0;
    return status;
}

struct pattern_rows {
    const struct pattern_row *items;
    size_t count, width;
};

static struct str number_text(struct arena *arena, double number)
{
    struct buf text = {0};
    struct json_out out = json_out(&text);
    json_out_double(&out, NULL, number);
    struct str any = store_any_make(arena, STORE_ANY_NUMBER, buf_str(&text));
    buf_done(&text);
    return any;
}

static enum status give_patterns(void *context, int set, const struct store_lookup_row *rows,
                                 size_t count, struct str *values, struct arena *arena,
                                 struct error *error)
{
    const struct pattern_rows *patterns = context;
    (void)set, (void)error;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].absent || rows[i].segment >= patterns->count)
            continue;
        const struct pattern_row *row = &patterns->items[rows[i].segment];
        struct str *out = values + i * patterns->width;
        out[0] = store_any_make(arena, 0, row->text);
        out[1] = number_text(arena, row->ratio);
        out[2] = number_text(arena, (double)row->count);
        out[3] = row->severity.ptr ? store_any_make(arena, 0, row->severity) : STR_NONE;
        if (patterns->width == PATTERN_COLUMNS)
            continue;
        out[4] = number_text(arena, (double)row->before);
        out[5] = number_text(arena, (double)(row->count - row->before));
    }
    return STATUS_OK;
}

static struct time_range earlier_range(struct time_range range, enum diff_period period)
{
    static const int64_t days[] = {
        [DIFF_PREVIOUS_DAY] = 1, [DIFF_PREVIOUS_WEEK] = 7, [DIFF_PREVIOUS_MONTH] = 30};
    int64_t by_ns =
        period == DIFF_PREVIOUS ? range.to_ns - range.from_ns : days[period] * 86400 * NS_PER_SEC;
    return range.from_ns < INT64_MIN / 2
               ? range
               : (struct time_range){range.from_ns - by_ns, range.to_ns - by_ns};
}

/* The texts of the time before, planned and read in the same way. */
static enum status cluster_earlier(struct run *run, struct plan_question question,
                                   enum diff_period period, struct patterns *patterns)
{
    struct plan plan;
    struct language_error problem = {0};
    struct ask_reply now = *run->reply;
    question.range = earlier_range(question.range, period);
    if (plan_make(&question, run->arena, &plan, &problem) != STATUS_OK)
        return refuse(run, &problem);
    enum status status = cluster(run, &plan, patterns, true);
    run->reply->rows_matched = now.rows_matched;
    run->reply->rows_scanned += now.rows_scanned;
    return status;
}

static enum status run_patterns(struct run *run, struct plan_question question, struct plan *plan)
{
    struct language_error problem = {0};
    struct patterns *patterns = patterns_new(run->arena);
    struct pattern_rows rows = {.width = PATTERN_COLUMNS};
    const struct language_query *tree = question.tree;
    size_t next = plan->next_command;
    if (!patterns)
        return fail(run->error, STATUS_TOO_LARGE, "the query is too large");
    enum status status = cluster(run, plan, patterns, false);
    bool diff = next < tree->command_count && tree->commands[next].id == COMMAND_DIFF;
    if (status == STATUS_OK && diff)
        status = cluster_earlier(run, question, tree->commands[next].diff, patterns);
    if (status != STATUS_OK)
        return status;
    rows.items = patterns_rows(patterns, &rows.count);
    question.behind_pattern = true;
    question.with_diff = diff;
    question.first_command = next + diff;
    question.pattern_rows = rows.count;
    if (diff)
        rows.width = PATTERN_DIFF_COLUMNS;
    if (!rows.items || plan_make(&question, run->arena, plan, &problem) != STATUS_OK)
        return refuse(run, &problem);
    struct store_lookup lookup = {.fill = give_patterns, .context = &rows, .widths = {rows.width}};
    return run_rows(run, plan, &lookup);
}

/* --- a query inside a query ---------------------------------------------------------------- */

enum { SUBQUERY_VALUES_MAX = 10000 };

struct subquery {
    struct run *run;
    struct plan_question question; /* of the outer query */
    struct expression **values;
    size_t count, capacity;
};

static enum status add_value(void *context, const struct ask_cell *cells,
                             const struct ask_pointer *pointer, struct error *error)
{
    struct subquery *subquery = context;
    struct arena *arena = subquery->run->arena;
    const struct ask_cell *cell = &cells[0];
    (void)pointer;
    if (cell->kind == CELL_NULL || cell->kind == CELL_JSON)
        return STATUS_OK;
    if (subquery->count == SUBQUERY_VALUES_MAX)
        return fail(error, STATUS_TOO_LARGE, "the query inside `in` gives more than %d values",
                    SUBQUERY_VALUES_MAX);
    struct expression *value = arena_new(arena, struct expression);
    if (!value || !arena_grow(arena, &subquery->values, subquery->count, &subquery->capacity))
        return fail(error, STATUS_TOO_LARGE, "the query inside `in` gives too much");
    value->kind = cell->kind == CELL_TEXT ? EXPRESSION_STRING : EXPRESSION_NUMBER;
    value->text = cell->kind == CELL_TEXT ? arena_copy(arena, cell->text) : STR_NONE;
    value->is_integer = cell->kind != CELL_NUMBER;
    value->integer = cell->integer;
    value->number = cell->kind == CELL_NUMBER ? cell->number : (double)cell->integer;
    subquery->values[subquery->count++] = value;
    return STATUS_OK;
}

static enum status choose_source(const struct run *run, const struct language_query *tree,
                                 enum source_id *out_source);

/* Run before the outer query is planned: its values are constants to it. */
static enum status ask_subquery(void *context, const struct language_query *tree,
                                struct expression **out_list, struct language_error *error)
{
    struct subquery *subquery = context;
    struct run *run = subquery->run;
    const struct ask_sink *given = run->sink;
    const struct ask_sink sink = {no_head, add_value, subquery};
    struct plan plan;
    struct plan_question question = subquery->question;
    question.tree = tree;
    question.limit = SUBQUERY_VALUES_MAX + 1;
    question.subquery = NULL;
    subquery->values = NULL;
    subquery->count = subquery->capacity = 0;
    enum status status = choose_source(run, tree, &question.source);
    if (status == STATUS_OK && plan_make(&question, run->arena, &plan, error) != STATUS_OK)
        return error->status;
    if (status == STATUS_OK && plan.next_command)
        status = fail(run->error, STATUS_INVALID, "a query inside `in` cannot use pattern");
    run->sink = &sink;
    if (status == STATUS_OK)
        status = run_plan(run, &plan);
    run->sink = given;
    run->reply->rows = 0;
    run->reply->truncated = false;
    if (status != STATUS_OK)
        return language_fail(error, tree->text, (struct place){0, 0}, status, NULL, NULL, "%s",
                             run->error->text);
    struct expression *list = arena_new(run->arena, struct expression);
    if (!list)
        return language_fail(error, tree->text, (struct place){0, 0}, STATUS_TOO_LARGE, NULL, NULL,
                             "the query is too large");
    *list = (struct expression){
        .kind = EXPRESSION_LIST, .arguments = subquery->values, .argument_count = subquery->count};
    *out_list = list;
    return STATUS_OK;
}

/* --- the text ------------------------------------------------------------------------------ */

static enum status choose_source(const struct run *run, const struct language_query *tree,
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

static enum status answer(struct run *run)
{
    struct language_query *tree;
    struct language_error problem = {0};
    struct plan plan;
    struct plan_question question = {.query = run->query,
                                     .range = run->ask->range,
                                     .limit = run->ask->limit,
                                     .now_ns = clock_now_ns()};
    if (language_parse(run->ask->text, run->arena, &tree, &problem) != STATUS_OK)
        return refuse(run, &problem);
    enum status status = choose_source(run, tree, &question.source);
    if (status != STATUS_OK)
        return status;
    question.tree = tree;
    question.range.from_ns = source_time(tree->start, question.now_ns, question.range.from_ns);
    question.range.to_ns = source_time(tree->end, question.now_ns, question.range.to_ns);
    struct subquery subquery = {.run = run, .question = question};
    question.subquery = ask_subquery;
    question.context = &subquery;
    if (plan_make(&question, run->arena, &plan, &problem) != STATUS_OK)
        return refuse(run, &problem);
    status = plan.next_command ? run_patterns(run, question, &plan) : run_plan(run, &plan);
    for (size_t i = 0; i < plan.warning_count; i++)
        run->reply->warnings[run->reply->warning_count++] = plan.warnings[i];
    return status;
}

enum status query_ask(const struct query *query, const struct ask *ask, struct arena *arena,
                      const struct ask_sink *sink, struct ask_reply *out_reply, struct error *error)
{
    struct run run = {query, ask, arena, sink, out_reply, error, clock_mono_ns()};
    *out_reply = (struct ask_reply){.used = ASK_USED_INDEX};
    enum status status = answer(&run);
    out_reply->elapsed_ms = (double)(clock_mono_ns() - run.began_ns) / 1e6;
    return status;
}

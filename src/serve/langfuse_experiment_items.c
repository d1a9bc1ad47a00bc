/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_experiment_items: see langfuse_experiment_items.h. */
#include "serve/langfuse_experiment_items.h"

#include <stdlib.h>

#include "query/experiments.h"

/* A run item is written when its work has begun, by a clock that may be behind ours. */
#define CLOCKS_APART_NS (INT64_C(3600) * 1000000000)

enum {
    ITEMS_AT_FIRST = 200, /* a page may need no more */
    ITEMS_AT_ONCE = 10000,
    SPANS_AT_ONCE = 1000,
    SPAN_BYTES_MAX = 64 << 20,
    PART_BYTES_MAX = 256 << 20,
};

/* --- which ones are asked for ------------------------------------------------------------------
 */

static struct str column_of(const struct langfuse_experiment_item *item,
                            const struct langfuse_field *field)
{
    const struct {
        const char *name;
        struct str text;
    } columns[] = {
        {"id", item->experiment_id},           {"name", item->experiment_name},
        {"experimentId", item->experiment_id}, {"experimentName", item->experiment_name},
        {"experimentItemId", item->item_id},   {"datasetId", item->dataset_id},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (str_equal(str_from(field->name), str_from(columns[i].name)))
            return columns[i].text;
    return STR_NONE;
}

static bool fits(const struct langfuse_rows *rows, const struct langfuse_experiment_item *item,
                 bool of_run)
{
    for (size_t i = 0; i < rows->condition_count; i++) {
        const struct langfuse_field *field = rows->conditions[i].field;
        if (of_run && str_equal(str_from(field->name), STR("experimentItemId")))
            continue;
        if (!langfuse_text_fits(&rows->conditions[i], column_of(item, field)))
            return false;
    }
    return true;
}

static void offer(struct langfuse_experiment_walk *walk,
                  const struct langfuse_experiment_item *item)
{
    const struct time_range *range = &walk->rows->range;
    if (!walk->ended && item->start_ns >= range->from_ns && item->start_ns < range->to_ns &&
        fits(walk->rows, item, false))
        walk->ended = !walk->take(walk->context, item);
}

/* --- runs over datasets ------------------------------------------------------------------------
 */

enum status langfuse__runs(struct call *call, const struct langfuse_rows *rows, int64_t before,
                           struct dataset_run **out_runs, size_t *out_count, int64_t *out_last)
{
    size_t count = 0, kept = 0;
    struct dataset_run *runs;
    enum status status = control_dataset_runs_before(
        call->options->control, rows->project_id, before, LANGFUSE_RUNS_AT_ONCE,
        &call->request->arena, &runs, &count, &call->error);
    if (status != STATUS_OK)
        return status;
    *out_last = count == LANGFUSE_RUNS_AT_ONCE ? runs[count - 1].number : 0;
    for (size_t i = 0; i < count; i++) {
        const struct langfuse_experiment_item item = {.experiment_id = runs[i].id,
                                                      .experiment_name = runs[i].name,
                                                      .dataset_id = runs[i].dataset_id};
        if (runs[i].updated_ns + CLOCKS_APART_NS >= rows->range.from_ns && fits(rows, &item, true))
            runs[kept++] = runs[i];
    }
    *out_runs = runs;
    *out_count = kept;
    return STATUS_OK;
}

static struct experiment_subject subject_of(const struct dataset_run_item *item)
{
    uint8_t trace[TRACE_ID_BYTES], span[SPAN_ID_BYTES];
    struct experiment_subject subject = {0};
    foreign_trace_id(item->trace, trace);
    subject.trace = trace_key(trace);
    if (item->span.len) {
        foreign_span_id(item->span, span);
        subject.span_id = id_half(span);
    }
    return subject;
}

/* One part of a run's items. *before goes down; 0: that was the last. */
static enum status walk_items(struct langfuse_experiment_walk *walk, const struct dataset_run *run,
                              struct arena *arena, size_t limit, int64_t *before)
{
    struct call *call = walk->call;
    struct dataset_run_item *found;
    struct experiment_run part = {0};
    enum status status =
        control_dataset_run_items_before(call->options->control, walk->rows->project_id, run->id,
                                         *before, limit, arena, &found, &part.count, &call->error);
    if (status != STATUS_OK)
        return status;
    part.subjects = arena_array(arena, struct experiment_subject, part.count + 1);
    if (!part.subjects)
        return fail(&call->error, STATUS_TOO_LARGE, "fromStartTime: too many experiments");
    for (size_t i = 0; i < part.count; i++)
        part.subjects[i] = subject_of(&found[i]);
    status = query_experiment_subjects(call->query, walk->rows->project_id, &part,
                                       &call->request->cancelled, arena, &call->error);
    for (size_t i = 0; i < part.count && status == STATUS_OK; i++) {
        const struct experiment_subject *subject = &part.subjects[i];
        const struct langfuse_experiment_item item = {
            .experiment_id = found[i].run_id,
            .experiment_name = found[i].run_name,
            .item_id = found[i].item_id,
            .dataset_id = found[i].dataset_id,
            .version_ns = found[i].item_version_ns,
            .trace = subject->trace,
            .span_id = subject->root_id,
            .start_ns = subject->start_ns,
            .end_ns = subject->start_ns + subject->duration_ns,
            .group = -run->number,
            .place = found[i].number,
        };
        if (subject->found && subject->root_id)
            offer(walk, &item);
    }
    *before = part.count == limit ? found[part.count - 1].number : 0;
    return status;
}

enum status langfuse__walk_run(struct langfuse_experiment_walk *walk, const struct dataset_run *run,
                               int64_t before)
{
    enum status status = STATUS_OK;
    for (size_t limit = ITEMS_AT_FIRST; status == STATUS_OK && before && !walk->ended;) {
        struct arena arena;
        arena_init(&arena, PART_BYTES_MAX);
        status = walk_items(walk, run, &arena, limit, &before);
        arena_done(&arena);
        limit = limit * 4 < ITEMS_AT_ONCE ? limit * 4 : ITEMS_AT_ONCE;
    }
    return status;
}

/* --- spans that say it themselves --------------------------------------------------------------
 */

/* Runs over datasets are told by their items. */
static bool is_run(struct call *call, struct str experiment_id, struct arena *arena)
{
    struct dataset_run run;
    struct error ignored;
    return control_dataset_run_get(call->options->control, call->request->project_id, experiment_id,
                                   arena, &run, &ignored) == STATUS_OK;
}

/* The span at which an item's work begins: it names itself. */
static void offer_span(struct langfuse_experiment_walk *walk, const struct langfuse_key *key,
                       const struct span_view *view, struct arena *arena)
{
    struct call *call = walk->call;
    char id[2 * SPAN_ID_BYTES + 1];
    str_hex_encode(view->span->span_id, SPAN_ID_BYTES, id);
    struct str begins =
        langfuse__attribute(call, view, STR("langfuse.experiment.item.root_observation_id"));
    if (!str_equal(begins, str_from(id)))
        return;
    const struct langfuse_experiment_item item = {
        .experiment_id = langfuse__attribute(call, view, STR("langfuse.experiment.id")),
        .experiment_name = langfuse__attribute(call, view, STR("langfuse.experiment.name")),
        .item_id = langfuse__attribute(call, view, STR("langfuse.experiment.item.id")),
        .dataset_id = langfuse__attribute(call, view, STR("langfuse.experiment.dataset.id")),
        .trace = key->trace,
        .span_id = key->span_id,
        .start_ns = view->observation.start_ns,
        .end_ns = view->span->end_ns ? view->observation.end_ns : view->observation.start_ns,
        .group = key->start_ns,
        .place = key->span_id,
    };
    if (item.experiment_id.len && !is_run(call, item.experiment_id, arena))
        offer(walk, &item);
}

/* What the SDKs' runners call such spans, and where they put them. */
static void name_spans(struct langfuse_list_question *question)
{
    static const struct str names[] = {{"experiment-item-run", 19}, {"experiment-item-task", 20}};
    static const struct str environments[] = {{"sdk-experiment", 14}};
    struct langfuse_condition *name = langfuse_add_condition(&question->rows, "name");
    struct langfuse_condition *environment = langfuse_add_condition(&question->rows, "environment");
    name->op = environment->op = LANGFUSE_ANY_OF;
    name->values = names;
    name->value_count = 2;
    environment->values = environments;
    environment->value_count = 1;
}

static enum status walk_keys(struct langfuse_experiment_walk *walk,
                             struct langfuse_list_question *question, struct arena *arena,
                             bool *out_more)
{
    struct call *call = walk->call;
    struct langfuse_key *keys;
    size_t count = 0;
    enum status status =
        query_langfuse_keys(call->query, question, arena, &keys, &count, NULL, &call->error);
    for (size_t i = 0; i < count && status == STATUS_OK && !walk->ended; i++) {
        struct arena scratch;
        struct span_view view;
        arena_init(&scratch, SPAN_BYTES_MAX);
        if (query_span(call->query, question->rows.project_id, keys[i].trace, keys[i].span_id,
                       &scratch, &view, NULL) == STATUS_OK) {
            offer_span(walk, &keys[i], &view, &scratch);
            span_view_done(&view);
        }
        arena_done(&scratch);
    }
    *out_more = count == question->limit;
    if (count) {
        question->rows.has_cursor = true;
        question->rows.cursor_start_ns = keys[count - 1].start_ns;
        question->rows.cursor_span_id = keys[count - 1].span_id;
    }
    return status;
}

enum status langfuse__walk_spans(struct langfuse_experiment_walk *walk)
{
    bool more = true;
    enum status status = STATUS_OK;
    struct langfuse_list_question question = {
        .rows = {.project_id = walk->rows->project_id,
                 .view = LANGFUSE_OBSERVATIONS,
                 .range = walk->rows->range,
                 .has_cursor = walk->rows->has_cursor,
                 .cursor_start_ns = walk->rows->cursor_start_ns,
                 .cursor_span_id = walk->rows->cursor_span_id},
        .limit = SPANS_AT_ONCE,
        .cancelled = &walk->call->request->cancelled,
    };
    name_spans(&question);
    while (status == STATUS_OK && more && !walk->ended) {
        struct arena arena;
        arena_init(&arena, PART_BYTES_MAX);
        status = walk_keys(walk, &question, &arena, &more);
        arena_done(&arena);
    }
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_experiment_items: see langfuse_experiment_items.h. */
#include "serve/langfuse_experiment_items.h"

#include <stdlib.h>

#include "query/experiments.h"

/* A run item is written when its work has begun, by a clock that may be behind ours. */
#define CLOCKS_APART_NS (INT64_C(3600) * 1000000000)
#define SPAN_BYTES_MAX  (64 << 20)

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

static enum status keep(struct call *call, const struct langfuse_rows *rows,
                        const struct langfuse_experiment_item *item,
                        struct langfuse_experiment_items *items)
{
    if (item->start_ns < rows->range.from_ns || item->start_ns >= rows->range.to_ns)
        return STATUS_OK;
    for (size_t i = 0; i < rows->condition_count; i++)
        if (!langfuse_text_fits(&rows->conditions[i], column_of(item, rows->conditions[i].field)))
            return STATUS_OK;
    if (!arena_grow(&call->request->arena, &items->items, items->count, &items->capacity))
        return fail(&call->error, STATUS_TOO_LARGE, "fromStartTime: too many experiments");
    items->items[items->count++] = *item;
    return STATUS_OK;
}

/* --- runs over datasets ------------------------------------------------------------------------
 */

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

static int by_id(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* The ids of their experiments, sorted, one an item. */
static struct str *ids_of(struct call *call, const struct dataset_run_item *items, size_t count)
{
    struct str *ids = arena_array(&call->request->arena, struct str, count + 1);
    for (size_t i = 0; ids && i < count; i++)
        ids[i] = items[i].run_id;
    if (ids)
        qsort(ids, count, sizeof *ids, by_id);
    return ids;
}

struct known_runs {
    struct str *ids;
    size_t count;
};

static enum status gather_runs(struct call *call, const struct langfuse_rows *rows,
                               struct known_runs *out_known,
                               struct langfuse_experiment_items *items)
{
    struct arena *arena = &call->request->arena;
    struct dataset_run_item *found;
    struct experiment_run run = {0};
    int64_t from_ns = rows->range.from_ns > 0 ? rows->range.from_ns - CLOCKS_APART_NS : 0;
    enum status status = control_dataset_run_items_since(call->options->control, rows->project_id,
                                                         from_ns, LANGFUSE_ITEMS_MAX, arena, &found,
                                                         &run.count, &call->error);
    if (status != STATUS_OK || run.count == 0)
        return status;
    run.subjects = arena_array(arena, struct experiment_subject, run.count);
    *out_known = (struct known_runs){ids_of(call, found, run.count), run.count};
    if (!run.subjects || !out_known->ids)
        return fail(&call->error, STATUS_TOO_LARGE, "fromStartTime: too many experiments");
    for (size_t i = 0; i < run.count; i++)
        run.subjects[i] = subject_of(&found[i]);
    status = query_experiment_subjects(call->query, rows->project_id, &run,
                                       &call->request->cancelled, arena, &call->error);
    for (size_t i = 0; i < run.count && status == STATUS_OK; i++) {
        const struct experiment_subject *subject = &run.subjects[i];
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
        };
        if (subject->found && subject->root_id)
            status = keep(call, rows, &item, items);
    }
    return status;
}

/* --- spans that say it themselves --------------------------------------------------------------
 */

static struct str copied(struct call *call, const struct span_view *view, const char *key)
{
    struct str text = langfuse__attribute(call, view, str_from(key));
    return text.len ? arena_copy(&call->request->arena, text) : STR_NONE;
}

/* The span at which an item's work begins: it names itself. */
static enum status take_span(struct call *call, const struct langfuse_rows *rows,
                             const struct langfuse_key *key, const struct known_runs *known,
                             const struct span_view *view, struct langfuse_experiment_items *items)
{
    char id[2 * SPAN_ID_BYTES + 1];
    str_hex_encode(view->span->span_id, SPAN_ID_BYTES, id);
    struct str begins =
        langfuse__attribute(call, view, STR("langfuse.experiment.item.root_observation_id"));
    if (!str_equal(begins, str_from(id)))
        return STATUS_OK;
    const struct langfuse_experiment_item item = {
        .experiment_id = copied(call, view, "langfuse.experiment.id"),
        .experiment_name = copied(call, view, "langfuse.experiment.name"),
        .item_id = copied(call, view, "langfuse.experiment.item.id"),
        .dataset_id = copied(call, view, "langfuse.experiment.dataset.id"),
        .trace = key->trace,
        .span_id = key->span_id,
        .start_ns = view->observation.start_ns,
        .end_ns = view->span->end_ns ? view->observation.end_ns : view->observation.start_ns,
    };
    if (!item.experiment_id.len ||
        (known->count &&
         bsearch(&item.experiment_id, known->ids, known->count, sizeof *known->ids, by_id)))
        return STATUS_OK;
    return keep(call, rows, &item, items);
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

static enum status gather_spans(struct call *call, const struct langfuse_rows *rows,
                                const struct known_runs *known,
                                struct langfuse_experiment_items *items)
{
    struct langfuse_key *keys;
    size_t count = 0;
    struct langfuse_list_question question = {
        .rows = {.project_id = rows->project_id,
                 .view = LANGFUSE_OBSERVATIONS,
                 .range = rows->range},
        .limit = LANGFUSE_ITEMS_MAX,
        .cancelled = &call->request->cancelled,
    };
    name_spans(&question);
    enum status status = query_langfuse_keys(call->query, &question, &call->request->arena, &keys,
                                             &count, NULL, &call->error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct arena scratch;
        struct span_view view;
        arena_init(&scratch, SPAN_BYTES_MAX);
        if (query_span(call->query, rows->project_id, keys[i].trace, keys[i].span_id, &scratch,
                       &view, NULL) == STATUS_OK) {
            status = take_span(call, rows, &keys[i], known, &view, items);
            span_view_done(&view);
        }
        arena_done(&scratch);
    }
    return status;
}

enum status langfuse__experiment_items(struct call *call, const struct langfuse_rows *rows,
                                       struct langfuse_experiment_items *out_items)
{
    struct known_runs known = {0};
    *out_items = (struct langfuse_experiment_items){0};
    enum status status = gather_runs(call, rows, &known, out_items);
    return status == STATUS_OK ? gather_spans(call, rows, &known, out_items) : status;
}

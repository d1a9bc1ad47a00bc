/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_experiments: experiments and their items as the newest SDKs list them, by a cursor and
 * groups of fields. Both lists are made of the items that began within the range.
 */
#include <stdlib.h>

#include "serve/langfuse_datasets.h"
#include "serve/langfuse_experiment_items.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 100 };

/* --- what both ask -----------------------------------------------------------------------------
 */

struct asked {
    struct langfuse_experiment_items items;
    int64_t limit, score_limit, cursor_time_ns, cursor_id;
    bool has_cursor;
};

static enum status read_rows(struct call *call, const char *const (*parameters)[2], size_t count,
                             struct langfuse_rows *rows)
{
    *rows = (struct langfuse_rows){.project_id = call->request->project_id,
                                   .view = LANGFUSE_EXPERIMENTS};
    if (!request_param(call->request, STR("fromStartTime")).len)
        return fail(&call->error, STATUS_INVALID, "fromStartTime: is missing");
    enum status status = langfuse__range(call, "fromStartTime", "toStartTime", &rows->range);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = langfuse__any_of(call, rows, parameters[i][0], parameters[i][1], ',');
    return status == STATUS_OK ? langfuse__filter_param(call, rows) : status;
}

static enum status read_asked(struct call *call, const char *const (*parameters)[2], size_t count,
                              struct asked *asked)
{
    struct langfuse_rows *rows = arena_new(&call->request->arena, struct langfuse_rows);
    if (!rows)
        return fail(&call->error, STATUS_TOO_LARGE, "no memory for the filters");
    enum status status = param_int(call, STR("limit"), LIMIT_DEFAULT, 1, LIMIT_MAX, &asked->limit);
    if (status == STATUS_OK)
        status = param_int(call, STR("scoreLimit"), 50, 1, 50, &asked->score_limit);
    if (status == STATUS_OK)
        status = langfuse__read_cursor(call, &asked->has_cursor, &asked->cursor_time_ns,
                                       &asked->cursor_id);
    if (status == STATUS_OK)
        status = read_rows(call, parameters, count, rows);
    return status == STATUS_OK ? langfuse__experiment_items(call, rows, &asked->items) : status;
}

/* Newest first, of the same time by id. */
static int in_order(int64_t time_a, int64_t id_a, int64_t time_b, int64_t id_b)
{
    return time_a != time_b ? (time_a < time_b) - (time_a > time_b) : (id_a > id_b) - (id_a < id_b);
}

static bool is_behind_cursor(const struct asked *asked, int64_t time_ns, int64_t id)
{
    return !asked->has_cursor || in_order(asked->cursor_time_ns, asked->cursor_id, time_ns, id) < 0;
}

/* "scores": of an item's trace, or of an experiment itself. */
static void write_scores(struct call *call, struct score_question *question, const char *key)
{
    struct score_list list;
    struct error ignored;
    question->project_id = call->request->project_id;
    question->range = (struct time_range){INT64_MIN, INT64_MAX};
    question->type = question->source = -1;
    question->cancelled = &call->request->cancelled;
    json_out_array(&call->out, key);
    if (query_scores(call->query, question, true, &call->request->arena, &list, &ignored) ==
        STATUS_OK)
        for (size_t i = 0; i < list.count; i++)
            langfuse__write_score_v3(call, &list.items[i], true);
    json_out_end_array(&call->out);
}

/* What the span of a run-less experiment says, or what was written with the run. */
struct about {
    struct str description, metadata;
};

static struct about about_experiment(struct call *call, const struct langfuse_experiment_item *item,
                                     const struct span_view *view)
{
    struct dataset_run run;
    struct error ignored;
    if (control_dataset_run_get(call->options->control, call->request->project_id,
                                item->experiment_id, &call->request->arena, &run,
                                &ignored) == STATUS_OK)
        return (struct about){run.description, run.metadata};
    if (!view)
        return (struct about){STR_NONE, STR_NONE};
    return (struct about){
        langfuse__attribute(call, view, STR("langfuse.experiment.description")),
        langfuse__attribute(call, view, STR("langfuse.experiment.metadata")),
    };
}

static bool view_of(struct call *call, const struct langfuse_experiment_item *item,
                    struct span_view *out_view)
{
    struct error ignored;
    return query_span(call->query, call->request->project_id, item->trace, item->span_id,
                      &call->request->arena, out_view, &ignored) == STATUS_OK;
}

/* --- experiments -------------------------------------------------------------------------------
 */

struct experiment {
    const struct langfuse_experiment_item *item; /* any of its items */
    int64_t start_ns, end_ns, items, key;
};

static int by_experiment(const void *a, const void *b)
{
    const struct langfuse_experiment_item *left = a, *right = b;
    return str_compare(left->experiment_id, right->experiment_id);
}

static int by_last_end(const void *a, const void *b)
{
    const struct experiment *left = a, *right = b;
    return in_order(left->end_ns, left->key, right->end_ns, right->key);
}

static struct experiment *group(struct call *call, struct langfuse_experiment_items *items,
                                size_t *out_count)
{
    struct experiment *found =
        arena_array(&call->request->arena, struct experiment, items->count + 1);
    *out_count = 0;
    if (!found || items->count == 0)
        return found;
    qsort(items->items, items->count, sizeof *items->items, by_experiment);
    for (size_t i = 0; i < items->count; i++) {
        const struct langfuse_experiment_item *item = &items->items[i];
        struct experiment *last = *out_count ? &found[*out_count - 1] : NULL;
        if (!last || by_experiment(last->item, item) != 0) {
            last = &found[(*out_count)++];
            *last = (struct experiment){.item = item,
                                        .start_ns = item->start_ns,
                                        .end_ns = item->end_ns,
                                        .key = (int64_t)str_hash(item->experiment_id)};
        }
        last->items++;
        last->start_ns = item->start_ns < last->start_ns ? item->start_ns : last->start_ns;
        last->end_ns = item->end_ns > last->end_ns ? item->end_ns : last->end_ns;
    }
    qsort(found, *out_count, sizeof *found, by_last_end);
    return found;
}

static void write_experiment(struct call *call, const struct experiment *experiment,
                             int64_t score_limit)
{
    const struct langfuse_experiment_item *item = experiment->item;
    struct json_out *out = &call->out;
    struct span_view view;
    bool has_view = view_of(call, item, &view);
    struct about about = about_experiment(call, item, has_view ? &view : NULL);
    json_out_object(out, NULL);
    json_out_str(out, "id", item->experiment_id);
    json_out_str(out, "name", item->experiment_name.ptr ? item->experiment_name : STR(""));
    out_name(out, "description", about.description);
    langfuse__time(out, "startTime", experiment->start_ns);
    langfuse__time(out, "endTime", experiment->end_ns);
    json_out_int(out, "itemCount", experiment->items);
    out_name(out, "datasetId", item->dataset_id);
    if (langfuse__wants(call, "metadata", false))
        langfuse__object(call, "metadata", about.metadata);
    if (langfuse__wants(call, "scores", false)) {
        struct score_question question = {.dataset_run = item->experiment_id,
                                          .limit = (size_t)score_limit};
        write_scores(call, &question, "scores");
    }
    json_out_end_object(out);
    if (has_view)
        span_view_done(&view);
}

void serve__langfuse_experiments(struct request *request, void *context)
{
    static const char *const parameters[][2] = {
        {"id", "experimentId"}, {"name", "experimentName"}, {"datasetId", "datasetId"}};
    struct call call;
    struct asked asked = {0};
    size_t count = 0, told = 0, i = 0;
    const struct experiment *last = NULL;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_asked(&call, parameters, 3, &asked);
    struct experiment *found = status == STATUS_OK ? group(&call, &asked.items, &count) : NULL;
    if (status == STATUS_OK && !found)
        status = fail(&call.error, STATUS_TOO_LARGE, "fromStartTime: too many experiments");
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "data");
        for (; i < count && told < (size_t)asked.limit; i++) {
            if (!is_behind_cursor(&asked, found[i].end_ns, found[i].key))
                continue;
            last = &found[i];
            write_experiment(&call, last, asked.score_limit);
            told++;
        }
        langfuse__close_list(&call, asked.limit, last && i < count, last ? last->end_ns : 0,
                             last ? last->key : 0);
    }
    call_end(&call, status);
}

/* --- items -------------------------------------------------------------------------------------
 */

static int by_start(const void *a, const void *b)
{
    const struct langfuse_experiment_item *left = a, *right = b;
    return in_order(left->start_ns, left->span_id, right->start_ns, right->span_id);
}

static void write_item_core(struct call *call, const struct langfuse_experiment_item *item,
                            const struct span_view *view)
{
    const struct observation *seen = &view->observation;
    struct json_out *out = &call->out;
    json_out_str(out, "id", langfuse__span_id(call, item->span_id));
    json_out_str(out, "traceId", langfuse__trace_id(call, item->trace));
    langfuse__time(out, "startTime", item->start_ns);
    langfuse__time(out, "endTime", item->end_ns);
    json_out_str(out, "level", seen->level.len ? seen->level : STR("DEFAULT"));
    json_out_str(out, "environment", seen->environment.len ? seen->environment : STR("default"));
    json_out_str(out, "experimentId", item->experiment_id);
    json_out_str(out, "experimentName",
                 item->experiment_name.ptr ? item->experiment_name : STR(""));
    json_out_str(out, "experimentItemId", item->item_id.ptr ? item->item_id : STR(""));
    if (langfuse__wants(call, "dataset", true)) {
        out_name(out, "experimentDatasetId", item->dataset_id);
        langfuse__time(out, "experimentItemVersion", item->version_ns);
    }
}

/* What was to come out, and what was noted with the input: the item's, as of when it ran. */
static void write_given(struct call *call, const struct langfuse_experiment_item *item,
                        const struct span_view *view)
{
    struct dataset_item given = {0};
    struct error ignored;
    if (!item->dataset_id.len ||
        control_dataset_item_get(call->options->control, call->request->project_id, item->item_id,
                                 item->version_ns, &call->request->arena, &given,
                                 &ignored) != STATUS_OK)
        given = (struct dataset_item){
            .expected =
                langfuse__attribute(call, view, STR("langfuse.experiment.item.expected_output")),
            .metadata = langfuse__attribute(call, view, STR("langfuse.experiment.item.metadata")),
        };
    if (langfuse__wants(call, "io", false)) {
        langfuse__content(call, "input", view->conversation.input_text);
        langfuse__content(call, "output", view->conversation.output_text);
        langfuse__content(call, "expectedOutput", given.expected);
    }
    if (langfuse__wants(call, "itemMetadata", false))
        langfuse__object(call, "experimentItemMetadata", given.metadata);
}

static bool write_item(struct call *call, const struct langfuse_experiment_item *item,
                       int64_t score_limit)
{
    struct json_out *out = &call->out;
    struct span_view view;
    if (!view_of(call, item, &view))
        return false;
    json_out_object(out, NULL);
    write_item_core(call, item, &view);
    write_given(call, item, &view);
    if (langfuse__wants(call, "metadata", false))
        langfuse__metadata(call, &view, LANGFUSE_OBSERVATIONS);
    if (langfuse__wants(call, "experimentMetadata", false)) {
        struct about about = about_experiment(call, item, &view);
        langfuse__object(call, "experimentMetadata", about.metadata);
        out_name(out, "experimentDescription", about.description);
    }
    if (langfuse__wants(call, "scores", false)) {
        struct score_question question = {
            .has_trace = true, .trace = item->trace, .limit = (size_t)score_limit};
        write_scores(call, &question, "scores");
    }
    json_out_end_object(out);
    span_view_done(&view);
    return true;
}

void serve__langfuse_experiment_items(struct request *request, void *context)
{
    static const char *const parameters[][2] = {{"experimentId", "experimentId"},
                                                {"experimentName", "experimentName"},
                                                {"experimentItemId", "experimentItemId"},
                                                {"datasetId", "datasetId"}};
    struct call call;
    struct asked asked = {0};
    size_t told = 0, i = 0;
    const struct langfuse_experiment_item *last = NULL;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_asked(&call, parameters, 4, &asked);
    if (status == STATUS_OK) {
        struct langfuse_experiment_items *items = &asked.items;
        if (items->count)
            qsort(items->items, items->count, sizeof *items->items, by_start);
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "data");
        for (; i < items->count && told < (size_t)asked.limit; i++) {
            const struct langfuse_experiment_item *item = &items->items[i];
            if (!is_behind_cursor(&asked, item->start_ns, item->span_id))
                continue;
            last = item;
            told += write_item(&call, item, asked.score_limit);
        }
        langfuse__close_list(&call, asked.limit, last && i < items->count,
                             last ? last->start_ns : 0, last ? last->span_id : 0);
    }
    call_end(&call, status);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_experiments: experiments and their items as the newest SDKs list them, by a cursor and
 * groups of fields. Both lists are made of the items that began within the range: first runs over
 * datasets, the newest first, then experiments over data of their own. A page looks at no more runs
 * than it tells.
 */
#include <stdlib.h>

#include "base/map.h"
#include "serve/langfuse_datasets.h"
#include "serve/langfuse_experiment_items.h"

enum { LIMIT_DEFAULT = 50, LIMIT_MAX = 100 };

/* --- what both ask -----------------------------------------------------------------------------
 */

struct asked {
    struct langfuse_rows *rows;
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
    asked->rows = rows;
    return status;
}

/* The number of the first run that a page does not look at any more; 0: it begins behind them. */
static int64_t runs_before(const struct asked *asked)
{
    if (!asked->has_cursor)
        return INT64_MAX;
    return asked->cursor_time_ns < 0 ? -asked->cursor_time_ns : 0;
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
    struct langfuse_experiment_item item; /* any of its items */
    int64_t start_ns, end_ns, items;
    int64_t group, place; /* as the cursor says it */
};
struct experiments {
    struct call *call;
    struct experiment *list;
    size_t count, capacity;
    struct map by_id; /* of those of no dataset */
    bool is_full;     /* no memory for more */
};

/* With texts that stay. */
static struct langfuse_experiment_item kept_item(struct arena *arena,
                                                 const struct langfuse_experiment_item *item)
{
    struct langfuse_experiment_item kept = *item;
    kept.experiment_id = arena_copy(arena, item->experiment_id);
    kept.experiment_name = arena_copy(arena, item->experiment_name);
    kept.item_id = arena_copy(arena, item->item_id);
    kept.dataset_id = item->dataset_id.len ? arena_copy(arena, item->dataset_id) : STR_NONE;
    return kept;
}

static struct experiment *add_experiment(struct experiments *all,
                                         const struct langfuse_experiment_item *item)
{
    struct arena *arena = &all->call->request->arena;
    if (!arena_grow(arena, &all->list, all->count, &all->capacity)) {
        all->is_full = true;
        return NULL;
    }
    struct experiment *experiment = &all->list[all->count++];
    *experiment = (struct experiment){
        .item = kept_item(arena, item), .start_ns = INT64_MAX, .end_ns = INT64_MIN};
    return experiment;
}

static void count_item(struct experiment *experiment, const struct langfuse_experiment_item *item)
{
    experiment->items++;
    if (item->start_ns < experiment->start_ns)
        experiment->start_ns = item->start_ns;
    if (item->end_ns > experiment->end_ns)
        experiment->end_ns = item->end_ns;
}

/* Items of one run come one after the other. */
static bool take_of_run(void *context, const struct langfuse_experiment_item *item)
{
    struct experiments *all = context;
    struct experiment *last = all->count ? &all->list[all->count - 1] : NULL;
    if (!last || last->group != item->group)
        last = add_experiment(all, item);
    if (!last)
        return false;
    last->group = item->group;
    count_item(last, item);
    return true;
}

static bool take_of_spans(void *context, const struct langfuse_experiment_item *item)
{
    struct experiments *all = context;
    uint64_t at;
    struct experiment *experiment;
    if (map_get(&all->by_id, item->experiment_id, &at)) {
        count_item(&all->list[at], item);
        return true;
    }
    experiment = add_experiment(all, item);
    if (!experiment || !map_put(&all->by_id, item->experiment_id, all->count - 1)) {
        all->is_full = true;
        return false;
    }
    experiment->group = item->start_ns;
    experiment->place = (int64_t)str_hash(item->experiment_id);
    count_item(experiment, item);
    return true;
}

static enum status gather_runs(struct call *call, const struct asked *asked,
                               struct experiments *all)
{
    struct langfuse_experiment_walk walk = {
        .call = call, .rows = asked->rows, .take = take_of_run, .context = all};
    enum status status = STATUS_OK;
    for (int64_t before = runs_before(asked); before && status == STATUS_OK;) {
        struct dataset_run *runs;
        size_t count = 0;
        status = langfuse__runs(call, asked->rows, before, &runs, &count, &before);
        for (size_t i = 0; i < count && status == STATUS_OK && !walk.ended; i++) {
            if (all->count > (size_t)asked->limit)
                return STATUS_OK;
            status = langfuse__walk_run(&walk, &runs[i], INT64_MAX);
        }
    }
    return status;
}

/* Newest first, of the same time by id. */
static int by_place(const void *a, const void *b)
{
    const struct experiment *left = a, *right = b;
    if (left->group != right->group)
        return left->group > right->group ? -1 : 1;
    return (left->place < right->place) - (left->place > right->place);
}

/* All of them are known before the first can be told: any of their spans may stand anywhere. */
static enum status gather_spans(struct call *call, const struct asked *asked,
                                struct experiments *all)
{
    size_t first = all->count, kept = first;
    const struct experiment last = {.group = asked->cursor_time_ns, .place = asked->cursor_id};
    bool behind = asked->has_cursor && asked->cursor_time_ns >= 0;
    struct langfuse_experiment_walk walk = {
        .call = call, .rows = asked->rows, .take = take_of_spans, .context = all};
    enum status status = langfuse__walk_spans(&walk);
    if (all->count > first)
        qsort(all->list + first, all->count - first, sizeof *all->list, by_place);
    for (size_t i = first; i < all->count; i++)
        if (!behind || by_place(&last, &all->list[i]) < 0)
            all->list[kept++] = all->list[i];
    all->count = kept;
    return status;
}

static enum status gather(struct call *call, const struct asked *asked, struct experiments *all)
{
    enum status status = gather_runs(call, asked, all);
    map_init(&all->by_id);
    if (status == STATUS_OK && all->count <= (size_t)asked->limit)
        status = gather_spans(call, asked, all);
    map_done(&all->by_id);
    if (status == STATUS_OK && all->is_full)
        status = fail(&call->error, STATUS_TOO_LARGE, "fromStartTime: too many experiments");
    return status;
}

static void write_experiment(struct call *call, const struct experiment *experiment,
                             int64_t score_limit)
{
    const struct langfuse_experiment_item *item = &experiment->item;
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

static void answer_experiments(struct request *request, void *context)
{
    static const char *const parameters[][2] = {
        {"id", "experimentId"}, {"name", "experimentName"}, {"datasetId", "datasetId"}};
    struct call call;
    struct asked asked = {0};
    struct experiments all = {.call = &call};
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_asked(&call, parameters, 3, &asked);
    if (status == STATUS_OK)
        status = gather(&call, &asked, &all);
    if (status == STATUS_OK) {
        size_t told = all.count > (size_t)asked.limit ? (size_t)asked.limit : all.count;
        const struct experiment *last = told ? &all.list[told - 1] : NULL;
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "data");
        for (size_t i = 0; i < told; i++)
            write_experiment(&call, &all.list[i], asked.score_limit);
        langfuse__close_list(&call, asked.limit, all.count > told, last ? last->group : 0,
                             last ? last->place : 0);
    }
    call_end(&call, status);
}

void serve__langfuse_experiments(struct request *request, void *context)
{
    call_later(request, context, answer_experiments);
}

/* --- items -------------------------------------------------------------------------------------
 */

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

static void write_item(struct call *call, const struct langfuse_experiment_item *item,
                       int64_t score_limit)
{
    struct json_out *out = &call->out;
    struct span_view view;
    if (!view_of(call, item, &view))
        return;
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
}

struct item_page {
    struct call *call;
    struct langfuse_experiment_item *items; /* room for LIMIT_MAX */
    int64_t limit, count;
    bool more;
};

static bool take_item(void *context, const struct langfuse_experiment_item *item)
{
    struct item_page *page = context;
    if (page->count == page->limit) {
        page->more = true;
        return false;
    }
    page->items[page->count++] = kept_item(&page->call->request->arena, item);
    return true;
}

/* Their names are asked for at once. */
static void write_items(const struct item_page *page, int64_t score_limit)
{
    struct langfuse_key keys[LIMIT_MAX];
    for (int64_t i = 0; i < page->count; i++)
        keys[i] = (struct langfuse_key){.trace = page->items[i].trace,
                                        .span_id = page->items[i].span_id,
                                        .start_ns = page->items[i].start_ns};
    langfuse__learn_keys(page->call, keys, (size_t)page->count);
    for (int64_t i = 0; i < page->count; i++)
        write_item(page->call, &page->items[i], score_limit);
}

static enum status tell_items(const struct asked *asked, struct langfuse_experiment_walk *walk)
{
    enum status status = STATUS_OK;
    int64_t before = runs_before(asked);
    if (asked->has_cursor && before) /* the run itself, from behind the item */
        before++;
    while (before && status == STATUS_OK && !walk->ended) {
        struct dataset_run *runs;
        size_t count = 0;
        status = langfuse__runs(walk->call, asked->rows, before, &runs, &count, &before);
        for (size_t i = 0; i < count && status == STATUS_OK && !walk->ended; i++) {
            bool goes_on = asked->has_cursor && runs[i].number == -asked->cursor_time_ns;
            status = langfuse__walk_run(walk, &runs[i], goes_on ? asked->cursor_id : INT64_MAX);
        }
    }
    if (status != STATUS_OK || walk->ended)
        return status;
    asked->rows->has_cursor = asked->has_cursor && asked->cursor_time_ns >= 0;
    asked->rows->cursor_start_ns = asked->cursor_time_ns;
    asked->rows->cursor_span_id = asked->cursor_id;
    return langfuse__walk_spans(walk);
}

static void answer_items(struct request *request, void *context)
{
    static const char *const parameters[][2] = {{"experimentId", "experimentId"},
                                                {"experimentName", "experimentName"},
                                                {"experimentItemId", "experimentItemId"},
                                                {"datasetId", "datasetId"}};
    struct call call;
    struct asked asked = {0};
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_asked(&call, parameters, 4, &asked);
    if (status == STATUS_OK) {
        struct item_page page = {
            .call = &call,
            .limit = asked.limit,
            .items = arena_array(&request->arena, struct langfuse_experiment_item, LIMIT_MAX),
        };
        struct langfuse_experiment_walk walk = {
            .call = &call, .rows = asked.rows, .take = take_item, .context = &page};
        status = page.items ? tell_items(&asked, &walk)
                            : fail(&call.error, STATUS_TOO_LARGE, "no memory for the items");
        const struct langfuse_experiment_item *last =
            page.count ? &page.items[page.count - 1] : NULL;
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "data");
        write_items(&page, asked.score_limit);
        langfuse__close_list(&call, asked.limit, page.more, last ? last->group : 0,
                             last ? last->place : 0);
    }
    call_end(&call, status);
}

void serve__langfuse_experiment_items(struct request *request, void *context)
{
    call_later(request, context, answer_items);
}

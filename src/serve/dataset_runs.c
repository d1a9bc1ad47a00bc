/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_runs: runs with what they scored, took and cost, and runs beside each other. The control
 * database says which trace came of which item, the index what those traces did. */
#include "base/map.h"
#include "query/experiments.h"
#include "query/span_view.h"
#include "serve/content.h"
#include "serve/datasets.h"

enum { COMPARE_RUNS_MAX = 6, LIST_RUNS_MAX = EXPERIMENT_RUNS_MAX };

/* Runs with their items, as the index is asked about them. */
struct comparison {
    struct call *call;
    const struct dataset *dataset;
    struct dataset_run *runs;
    struct dataset_run_item **links; /* of each run: the items behind its subjects */
    struct experiment_run *subjects;
    size_t run_count;
    struct map items; /* id -> index */
    struct str *item_ids;
    size_t item_capacity;
    struct experiment_table table;
};

static bool item_index(struct comparison *comparison, struct str id, size_t *out_index)
{
    uint64_t index = comparison->items.count;
    if (!map_get(&comparison->items, id, &index)) {
        if (!arena_grow(&comparison->call->request->arena, &comparison->item_ids, (size_t)index,
                        &comparison->item_capacity) ||
            !map_put(&comparison->items, id, index))
            return false;
        comparison->item_ids[index] = id;
    }
    *out_index = (size_t)index;
    return true;
}

static enum status read_run(struct comparison *comparison, size_t r)
{
    struct call *call = comparison->call;
    struct arena *arena = &call->request->arena;
    struct dataset_page all = {.limit = DATASET_RUN_ITEMS_MAX};
    struct experiment_run *run = &comparison->subjects[r];
    enum status status = control_dataset_run_items(
        call->options->control, call->request->project_id, comparison->runs[r].id, &all, arena,
        &comparison->links[r], &run->count, &call->error);
    if (status != STATUS_OK)
        return status;
    run->subjects = arena_array(arena, struct experiment_subject, run->count + 1);
    for (size_t i = 0; i < run->count; i++) {
        const struct dataset_run_item *link = &comparison->links[r][i];
        uint8_t trace[TRACE_ID_BYTES], span[SPAN_ID_BYTES];
        if (!run->subjects || !item_index(comparison, link->item_id, &run->subjects[i].item))
            return fail(&call->error, STATUS_TOO_LARGE, "run: too many items for one reply");
        foreign_trace_id(link->trace, trace);
        run->subjects[i].trace = trace_key(trace);
        if (link->span.len) {
            foreign_span_id(link->span, span);
            run->subjects[i].span_id = id_half(span);
        }
    }
    return STATUS_OK;
}

static void mark_lower(struct comparison *comparison)
{
    struct str name;
    for (size_t n = 0; (name = request_param_at(comparison->call->request, STR("lower"), n)).ptr;
         n++)
        for (size_t m = 0; m < comparison->table.measure_count; m++)
            if (comparison->table.measures[m].kind == EXPERIMENT_SCORE &&
                str_equal(comparison->table.measures[m].name, name))
                comparison->table.measures[m].lower_is_better = true;
}

/* Close with comparison_done(), whatever it returns. */
static enum status comparison_read(struct comparison *comparison)
{
    struct call *call = comparison->call;
    struct arena *arena = &call->request->arena;
    map_init(&comparison->items);
    comparison->links = arena_array(arena, struct dataset_run_item *, comparison->run_count + 1);
    comparison->subjects = arena_array(arena, struct experiment_run, comparison->run_count + 1);
    enum status status = comparison->links && comparison->subjects
                             ? STATUS_OK
                             : fail(&call->error, STATUS_TOO_LARGE, "too many runs for one reply");
    for (size_t r = 0; r < comparison->run_count && status == STATUS_OK; r++)
        status = read_run(comparison, r);
    if (status == STATUS_OK)
        status =
            query_experiment(call->query, call->request->project_id, comparison->subjects,
                             comparison->run_count, comparison->items.count,
                             &call->request->cancelled, arena, &comparison->table, &call->error);
    if (status == STATUS_OK)
        mark_lower(comparison);
    return status;
}

static void comparison_done(struct comparison *comparison)
{
    map_done(&comparison->items);
}

/* --- runs ----------------------------------------------------------------------------------- */

static const char *const kind_names[] = {"score", "latency", "cost"};

static void write_means(struct comparison *comparison, size_t r)
{
    const struct experiment_table *table = &comparison->table;
    struct json_out *out = &comparison->call->out;
    json_out_array(out, "measures");
    for (size_t m = 0; m < table->measure_count; m++) {
        struct experiment_mean mean =
            experiment_mean(experiment_values(table, r, m), table->item_count);
        if (mean.count == 0)
            continue;
        json_out_object(out, NULL);
        json_out_str(out, "name", table->measures[m].name);
        json_out_text(out, "kind", kind_names[table->measures[m].kind]);
        out_number(out, "mean", mean.mean);
        json_out_int(out, "count", (int64_t)mean.count);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void write_run(struct comparison *comparison, size_t r)
{
    const struct dataset_run *run = &comparison->runs[r];
    struct json_out *out = &comparison->call->out;
    json_out_object(out, NULL);
    json_out_str(out, "id", run->id);
    json_out_str(out, "name", run->name);
    out_name(out, "description", run->description);
    datasets_out_json(out, "metadata", run->metadata);
    out_time(out, "created", run->created_ns);
    out_time(out, "updated", run->updated_ns);
    json_out_int(out, "items", (int64_t)comparison->subjects[r].count);
    json_out_int(out, "found", comparison->subjects[r].found);
    json_out_int(out, "errors", comparison->subjects[r].errors);
    write_means(comparison, r);
    json_out_end_object(out);
}

static void write_runs(struct comparison *comparison)
{
    json_out_array(&comparison->call->out, "runs");
    for (size_t r = 0; r < comparison->run_count; r++)
        write_run(comparison, r);
    json_out_end_array(&comparison->call->out);
}

/* Of the run itself, not of its items. */
static enum status write_own_scores(struct call *call, struct str run_id)
{
    struct score_list list;
    const struct score_question question = {
        .project_id = call->request->project_id,
        .range = {INT64_MIN, INT64_MAX},
        .dataset_run = run_id,
        .type = -1,
        .source = -1,
        .limit = 50,
        .cancelled = &call->request->cancelled,
    };
    enum status status =
        query_scores(call->query, &question, false, &call->request->arena, &list, &call->error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < list.count; i++) {
        json_out_object(&call->out, NULL);
        json_out_str(&call->out, "run", run_id);
        json_out_str(&call->out, "name", list.items[i].name);
        out_number(&call->out, "value", list.items[i].value);
        out_name(&call->out, "text", list.items[i].text);
        out_name(&call->out, "comment", list.items[i].comment);
        json_out_end_object(&call->out);
    }
    return STATUS_OK;
}

static enum status write_run_scores(struct comparison *comparison)
{
    enum status status = STATUS_OK;
    json_out_array(&comparison->call->out, "run_scores");
    for (size_t r = 0; r < comparison->run_count && status == STATUS_OK; r++)
        status = write_own_scores(comparison->call, comparison->runs[r].id);
    json_out_end_array(&comparison->call->out);
    return status;
}

static void answer_runs(struct request *request, void *context)
{
    struct call call;
    struct dataset_page page = {0};
    struct dataset dataset;
    struct comparison comparison = {.call = &call, .dataset = &dataset};
    if (!call_begin(&call, request, context))
        return;
    enum status status =
        param_int(&call, STR("limit"), LIST_RUNS_MAX, 1, LIST_RUNS_MAX, &page.limit);
    if (status == STATUS_OK)
        status = param_int(&call, STR("skip"), 0, 0, DATASET_RUNS_MAX, &page.skip);
    if (status == STATUS_OK)
        status = datasets_of_path(&call, &dataset);
    if (status == STATUS_OK)
        status = control_dataset_runs(call.options->control, request->project_id, dataset.id,
                                      STR(""), &page, &request->arena, &comparison.runs,
                                      &comparison.run_count, &call.error);
    if (status == STATUS_OK) {
        status = comparison_read(&comparison);
        json_out_object(&call.out, NULL);
        json_out_int(&call.out, "total", page.total);
        if (status == STATUS_OK)
            write_runs(&comparison);
        if (status == STATUS_OK)
            status = write_run_scores(&comparison);
        json_out_end_object(&call.out);
        comparison_done(&comparison);
    }
    call_end(&call, status);
}

void serve__dataset_runs(struct request *request, void *context)
{
    call_later(request, context, answer_runs);
}

static enum status find_run(struct call *call, const struct dataset *dataset, struct str id,
                            struct dataset_run *out_run)
{
    enum status status = control_dataset_run_get(call->options->control, call->request->project_id,
                                                 id, &call->request->arena, out_run, &call->error);
    if (status == STATUS_OK && !str_equal(out_run->dataset_id, dataset->id))
        status = fail(&call->error, STATUS_NOT_FOUND, "run: it is one of another dataset");
    return status;
}

void serve__dataset_run_delete(struct request *request, void *context)
{
    struct call call;
    struct dataset dataset;
    struct dataset_run run;
    call_begin_plain(&call, request, context);
    enum status status = datasets_of_path(&call, &dataset);
    if (status == STATUS_OK)
        status = find_run(&call, &dataset, request_path_part(request, STR("run")), &run);
    if (status == STATUS_OK)
        status = control_dataset_run_delete(call.options->control, request->project_id, run.id,
                                            &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}

/* --- runs beside each other ----------------------------------------------------------------- */

static enum status read_compared(struct comparison *comparison)
{
    struct call *call = comparison->call;
    enum status status = STATUS_OK;
    struct str id;
    comparison->runs = arena_array(&call->request->arena, struct dataset_run, COMPARE_RUNS_MAX);
    if (!comparison->runs)
        return fail(&call->error, STATUS_TOO_LARGE, "run: too many");
    for (size_t n = 0;
         status == STATUS_OK && (id = request_param_at(call->request, STR("run"), n)).ptr; n++) {
        if (n == COMPARE_RUNS_MAX)
            return fail(&call->error, STATUS_INVALID, "run: at most %d, the baseline first",
                        COMPARE_RUNS_MAX);
        status = find_run(call, comparison->dataset, id, &comparison->runs[n]);
        comparison->run_count++;
    }
    if (status == STATUS_OK && comparison->run_count == 0)
        status =
            fail(&call->error, STATUS_INVALID, "run: expected the ids of runs, the baseline first");
    return status;
}

static void write_difference(struct json_out *out, struct str run,
                             const struct experiment_difference *difference)
{
    json_out_object(out, NULL);
    json_out_str(out, "run", run);
    json_out_int(out, "pairs", (int64_t)difference->paired.pairs);
    out_number(out, "mean", difference->paired.mean);
    out_number(out, "low", difference->paired.low);
    out_number(out, "high", difference->paired.high);
    out_number(out, "p", difference->paired.p);
    out_number(out, "p_adjusted", difference->p_adjusted);
    json_out_bool(out, "significant", difference->significant);
    json_out_int(out, "better", (int64_t)difference->better);
    json_out_int(out, "worse", (int64_t)difference->worse);
    json_out_int(out, "same", (int64_t)difference->same);
    json_out_end_object(out);
}

/* [run][measure]; those of the baseline stay empty. */
static enum status write_differences(struct comparison *comparison)
{
    struct call *call = comparison->call;
    const struct experiment_table *table = &comparison->table;
    struct json_out *out = &call->out;
    struct experiment_difference *all =
        arena_array(&call->request->arena, struct experiment_difference,
                    table->run_count * table->measure_count + 1);
    enum status status =
        all ? STATUS_OK : fail(&call->error, STATUS_TOO_LARGE, "run: too many for one reply");
    for (size_t r = 1; r < table->run_count && status == STATUS_OK; r++)
        status = experiment_compare(table, r, all + r * table->measure_count, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_array(out, "differences");
    for (size_t m = 0; m < table->measure_count; m++) {
        json_out_object(out, NULL);
        json_out_str(out, "name", table->measures[m].name);
        json_out_text(out, "kind", kind_names[table->measures[m].kind]);
        json_out_bool(out, "lower_is_better", table->measures[m].lower_is_better);
        json_out_array(out, "runs");
        for (size_t r = 1; r < table->run_count; r++)
            write_difference(out, comparison->runs[r].id, &all[r * table->measure_count + m]);
        json_out_end_array(out);
        json_out_end_object(out);
    }
    json_out_end_array(out);
    return STATUS_OK;
}

/* What the linked observation answered, or the trace; absent when it cannot be read (any more). */
static void write_output(struct call *call, const struct experiment_subject *subject)
{
    struct span_view view;
    struct trace_summary trace;
    struct error ignored;
    int64_t span_id = subject->span_id;
    struct arena *arena = &call->request->arena;
    if (!span_id && query_trace(call->query, call->request->project_id, subject->trace, arena,
                                &trace, &ignored) == STATUS_OK)
        span_id = trace.root_span;
    if (!span_id || query_span(call->query, call->request->project_id, subject->trace, span_id,
                               arena, &view, &ignored) != STATUS_OK) {
        json_out_null(&call->out, "output");
        return;
    }
    struct content_writer writer = {
        .out = &call->out, .call = call, .request = call->request, .view = &view};
    struct str output = view.conversation.output_text;
    if (!output.ptr)
        output = arena_copy(arena, view.observation.output_preview);
    content_writer_at(&writer, subject->trace, span_id);
    content_text(&writer, "output", output, "text/output");
    span_view_done(&view);
}

static void write_values(struct comparison *comparison, size_t r, size_t item)
{
    const struct experiment_table *table = &comparison->table;
    struct json_out *out = &comparison->call->out;
    json_out_array(out, "values");
    for (size_t m = 0; m < table->measure_count; m++)
        out_number(out, NULL, experiment_values(table, r, m)[item]);
    json_out_end_array(out);
}

/* The first thing a run's item led to; null when it led to none. */
static void write_result(struct comparison *comparison, size_t r, size_t item)
{
    struct call *call = comparison->call;
    const struct experiment_run *run = &comparison->subjects[r];
    size_t i = 0, times = 0, first = 0;
    for (; i < run->count; i++)
        if (run->subjects[i].item == item && times++ == 0)
            first = i;
    if (times == 0) {
        json_out_null(&call->out, NULL);
        return;
    }
    const struct experiment_subject *subject = &run->subjects[first];
    json_out_object(&call->out, NULL);
    out_trace_id(&call->out, "trace_id", subject->trace);
    out_span_id(&call->out, "span_id", subject->span_id);
    json_out_int(&call->out, "times", (int64_t)times);
    json_out_bool(&call->out, "found", subject->found);
    json_out_bool(&call->out, "error", subject->is_error);
    write_values(comparison, r, item);
    write_output(call, subject);
    json_out_end_object(&call->out);
}

/* As it was when a run saw it, or as it is. */
static void write_item_payload(struct comparison *comparison, size_t index)
{
    struct call *call = comparison->call;
    struct dataset_item item = {0};
    int64_t as_of_ns = 0;
    for (size_t r = comparison->run_count; r-- > 0;)
        for (size_t i = 0; i < comparison->subjects[r].count; i++)
            if (comparison->subjects[r].subjects[i].item == index)
                as_of_ns = comparison->links[r][i].item_version_ns
                               ? comparison->links[r][i].item_version_ns
                               : comparison->links[r][i].created_ns;
    struct str id = comparison->item_ids[index];
    if (control_dataset_item_get(call->options->control, call->request->project_id, id, as_of_ns,
                                 &call->request->arena, &item, NULL) != STATUS_OK)
        control_dataset_item_get(call->options->control, call->request->project_id, id, 0,
                                 &call->request->arena, &item, NULL);
    datasets_out_json(&call->out, "input", item.input);
    datasets_out_json(&call->out, "expected_output", item.expected);
}

static enum status write_compared_items(struct comparison *comparison,
                                        const struct dataset_page *page)
{
    static const char *const changes[] = {"none", "same", "improved", "regressed"};
    struct call *call = comparison->call;
    struct experiment_item *items;
    size_t counts[4] = {0}, total = comparison->table.item_count;
    enum status status = experiment_items(&comparison->table, comparison->subjects,
                                          &call->request->arena, &items, &call->error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < total; i++)
        counts[items[i].change]++;
    json_out_object(&call->out, "changes");
    for (size_t i = 0; i < 4; i++)
        json_out_int(&call->out, changes[i], (int64_t)counts[i]);
    json_out_end_object(&call->out);
    json_out_int(&call->out, "total", (int64_t)total);
    json_out_array(&call->out, "items");
    for (size_t i = (size_t)page->skip; i < total && i < (size_t)(page->skip + page->limit); i++) {
        json_out_object(&call->out, NULL);
        json_out_str(&call->out, "id", comparison->item_ids[items[i].item]);
        json_out_text(&call->out, "change", changes[items[i].change]);
        write_item_payload(comparison, items[i].item);
        json_out_array(&call->out, "runs");
        for (size_t r = 0; r < comparison->run_count; r++)
            write_result(comparison, r, items[i].item);
        json_out_end_array(&call->out);
        json_out_end_object(&call->out);
    }
    json_out_end_array(&call->out);
    return STATUS_OK;
}

static enum status write_comparison(struct comparison *comparison, const struct dataset_page *page)
{
    struct json_out *out = &comparison->call->out;
    json_out_object(out, NULL);
    write_runs(comparison);
    enum status status = write_run_scores(comparison);
    json_out_bool(out, "scores_left_out", comparison->table.scores_left_out);
    if (status == STATUS_OK)
        status = write_differences(comparison);
    if (status == STATUS_OK)
        status = write_compared_items(comparison, page);
    json_out_end_object(out);
    return status;
}

static void answer_comparison(struct request *request, void *context)
{
    struct call call;
    struct dataset dataset;
    struct dataset_page page = {0};
    struct comparison comparison = {.call = &call, .dataset = &dataset};
    if (!call_begin(&call, request, context))
        return;
    enum status status = param_int(&call, STR("limit"), 25, 1, 100, &page.limit);
    if (status == STATUS_OK)
        status = param_int(&call, STR("skip"), 0, 0, DATASET_RUN_ITEMS_MAX, &page.skip);
    if (status == STATUS_OK)
        status = datasets_of_path(&call, &dataset);
    if (status == STATUS_OK)
        status = read_compared(&comparison);
    if (status == STATUS_OK) {
        status = comparison_read(&comparison);
        if (status == STATUS_OK)
            status = write_comparison(&comparison, &page);
        comparison_done(&comparison);
    }
    call_end(&call, status);
}

void serve__dataset_compare(struct request *request, void *context)
{
    call_later(request, context, answer_comparison);
}

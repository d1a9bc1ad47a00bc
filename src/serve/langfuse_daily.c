/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_daily: Langfuse's older metrics: a day's traces, observations and cost, and usage by
 * model. */
#include <string.h>

#include "base/clock.h"

#include "query/langfuse_metrics.h"
#include "serve/langfuse_filter.h"

enum { DAYS_MAX = LANGFUSE_METRIC_ROWS_MAX, USAGE_MEASURES = 6 };

/* Rows of one view by day, filtered as the request says. */
static enum status ask_days(struct call *call, struct langfuse_metrics_question *question,
                            const char *const *measures, struct langfuse_table *out_table)
{
    struct langfuse_rows *rows = &question->rows;
    bool of_traces = rows->view == LANGFUSE_TRACES;
    rows->project_id = call->request->project_id;
    question->granularity = LANGFUSE_DAY;
    question->limit = DAYS_MAX;
    question->orders[question->order_count++] = (struct langfuse_order){0, false};
    question->cancelled = &call->request->cancelled;
    for (; *measures; measures++) {
        bool is_count = strcmp(*measures, "count") == 0,
             is_text = strcmp(*measures, "traceId") == 0;
        question->measures[question->measure_count++] = (struct langfuse_measure){
            langfuse_field_find(rows->view, LANGFUSE_MEASURES, str_from(*measures)),
            is_count  ? LANGFUSE_COUNT_OF
            : is_text ? LANGFUSE_UNIQ
                      : LANGFUSE_SUM};
    }
    enum status status = langfuse__range(call, "fromTimestamp", "toTimestamp", &rows->range);
    if (status == STATUS_OK)
        status = langfuse__any_of(call, rows, "traceName", of_traces ? "name" : "traceName", 0);
    if (status == STATUS_OK)
        status = langfuse__any_of(call, rows, "userId", "userId", 0);
    if (status == STATUS_OK)
        status = langfuse__any_of(call, rows, "tags", "tags", 0);
    if (status == STATUS_OK)
        status = langfuse__any_of(call, rows, "environment", "environment", 0);
    return status == STATUS_OK
               ? query_langfuse_metrics(call->query, question, &call->request->arena, out_table,
                                        &call->error)
               : status;
}

static const struct langfuse_cell *cell_of(const struct langfuse_table *table, size_t row,
                                           size_t column)
{
    return &table->cells[row * table->columns + column];
}

/* The models of one day. Columns: time, model, count, traces, input, output, total, cost. */
static void write_usage(struct call *call, const struct langfuse_table *usage, int64_t day_ns)
{
    static const char *const names[USAGE_MEASURES] = {
        "countObservations", "countTraces", "inputUsage", "outputUsage", "totalUsage", "totalCost"};
    json_out_array(&call->out, "usage");
    for (size_t row = 0; row < usage->count; row++) {
        if (usage->times_ns[row] != day_ns)
            continue;
        json_out_object(&call->out, NULL);
        out_name(&call->out, "model", cell_of(usage, row, 1)->text);
        for (size_t i = 0; i < USAGE_MEASURES; i++)
            out_number(&call->out, names[i], cell_of(usage, row, 2 + i)->number);
        json_out_end_object(&call->out);
    }
    json_out_end_array(&call->out);
}

static double sum_of(const struct langfuse_table *usage, int64_t day_ns, size_t column)
{
    double sum = 0;
    for (size_t row = 0; row < usage->count; row++)
        if (usage->times_ns[row] == day_ns)
            sum += cell_of(usage, row, column)->number;
    return sum;
}

static void write_days(struct call *call, struct langfuse_page *page,
                       const struct langfuse_table *traces, const struct langfuse_table *usage)
{
    int64_t first = langfuse__skip(page), last = first + page->limit;
    page->total = (int64_t)traces->count;
    langfuse__open_page(call);
    for (int64_t row = first; row < last && row < page->total; row++) {
        int64_t day = traces->times_ns[row];
        char date[CLOCK_TEXT_BYTES];
        clock_format(day, date);
        date[10] = 0;
        json_out_object(&call->out, NULL);
        json_out_text(&call->out, "date", date);
        out_number(&call->out, "countTraces", cell_of(traces, (size_t)row, 1)->number);
        out_number(&call->out, "countObservations", sum_of(usage, day, 2));
        out_number(&call->out, "totalCost", sum_of(usage, day, 7));
        write_usage(call, usage, day);
        json_out_end_object(&call->out);
    }
    langfuse__close_page(call, page);
}

static void answer(struct request *request, void *context)
{
    static const char *const of_traces[] = {"count", NULL};
    static const char *const of_models[] = {
        "count", "traceId", "inputTokens", "outputTokens", "totalTokens", "totalCost", NULL};
    struct call call;
    struct langfuse_page page;
    struct langfuse_table traces = {0}, usage = {0};
    if (!call_begin(&call, request, context))
        return;
    struct langfuse_metrics_question *questions =
        arena_array(&request->arena, struct langfuse_metrics_question, 2);
    enum status status = questions ? langfuse__page(&call, &page)
                                   : fail(&call.error, STATUS_TOO_LARGE, "no memory for this");
    if (status == STATUS_OK)
        status = ask_days(&call, &questions[0], of_traces, &traces);
    if (status == STATUS_OK) {
        struct langfuse_metrics_question *models = &questions[1];
        models->rows.view = LANGFUSE_OBSERVATIONS;
        models->dimensions[models->dimension_count++] =
            langfuse_field_find(LANGFUSE_OBSERVATIONS, LANGFUSE_GROUPS, STR("providedModelName"));
        status = ask_days(&call, models, of_models, &usage);
    }
    if (status == STATUS_OK)
        write_days(&call, &page, &traces, &usage);
    call_end(&call, status);
}

void serve__langfuse_metrics_daily(struct request *request, void *context)
{
    call_later(request, context, answer);
}

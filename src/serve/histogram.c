/* SPDX-License-Identifier: Apache-2.0 */
/* histogram: what stands above a list of traces. */
#include "query/trace_histogram.h"
#include "serve/serve_private.h"

static void write_counts(struct json_out *out, const char *key, const int64_t *counts, size_t count)
{
    json_out_array(out, key);
    for (size_t i = 0; i < count; i++)
        json_out_int(out, NULL, counts[i]);
    json_out_end_array(out);
}

void serve__histogram(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct trace_histogram histogram;
    if (!call_begin(&call, request, context))
        return;
    struct trace_list_question question = {
        .project_id = request->project_id, .filters = &filters, .cancelled = &request->cancelled};
    enum status status = param_range(&call, &question.range);
    if (status == STATUS_OK)
        status = param_filters(&call, &filters);
    if (status == STATUS_OK)
        status =
            query_trace_histogram(call.query, &question, &request->arena, &histogram, &call.error);
    if (status == STATUS_OK) {
        size_t count = histogram.step_count;
        int64_t end_ns = histogram.start_ns + (int64_t)count * histogram.step_ns;
        json_out_object(&call.out, NULL);
        json_out_int_text(&call.out, "from", histogram.start_ns);
        json_out_int_text(&call.out, "to", end_ns);
        json_out_int_text(&call.out, "step", histogram.step_ns);
        json_out_array(&call.out, "times");
        for (size_t i = 0; i < count; i++)
            json_out_int_text(&call.out, NULL, histogram.start_ns + (int64_t)i * histogram.step_ns);
        json_out_end_array(&call.out);
        write_counts(&call.out, "traces", histogram.traces, count);
        write_counts(&call.out, "errors", histogram.errors, count);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* histogram: what stands above a list of traces. */
#include "query/trace_histogram.h"
#include "serve/serve_private.h"

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
        json_out_object(&call.out, NULL);
        out_times(&call.out, histogram.start_ns, histogram.step_ns, count);
        out_ints(&call.out, "traces", histogram.traces, count);
        out_ints(&call.out, "errors", histogram.errors, count);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

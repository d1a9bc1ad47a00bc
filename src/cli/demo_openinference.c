/* SPDX-License-Identifier: Apache-2.0 */
/* demo_openinference: a model call as OpenInference's instrumentations word it: messages flattened
 * into keys. */
#include <string.h>

#include "cli/demo.h"
#include "wire/json.h"

enum { IN = OTLP_IN_SPAN };

static void put_message(struct buf *to, struct demo_trace *trace, const char *side, size_t index,
                        const struct demo_message *message)
{
    const char *start = demo_text(trace, "llm.%s_messages.%zu.message", side, index);
    otlp_text(to, IN, demo_text(trace, "%s.role", start), message->role);
    if (message->text.len)
        otlp_str(to, IN, demo_text(trace, "%s.content", start), message->text);
    if (!message->tool)
        return;
    if (!strcmp(message->role, "tool")) {
        otlp_text(to, IN, demo_text(trace, "%s.tool_call_id", start), message->call_id);
        return;
    }
    const char *call = demo_text(trace, "%s.tool_calls.0.tool_call", start);
    otlp_text(to, IN, demo_text(trace, "%s.id", call), message->call_id);
    otlp_text(to, IN, demo_text(trace, "%s.function.name", call), message->tool);
    otlp_str(to, IN, demo_text(trace, "%s.function.arguments", call), message->arguments);
}

static void put_request(struct buf *to, struct demo_trace *trace, const struct demo_call *call)
{
    struct buf json = {0};
    otlp_text(to, IN, "openinference.span.kind", "LLM");
    otlp_text(to, IN, "llm.model_name", call->model->name);
    otlp_text(to, IN, "llm.provider", call->model->provider);
    otlp_text(to, IN, "llm.invocation_parameters",
              demo_text(trace,
                        "{\"model\":\"%s\",\"temperature\":%g,\"max_tokens\":%lld,"
                        "\"stream\":%s}",
                        call->model->name, call->temperature, (long long)call->max_tokens,
                        call->stream ? "true" : "false"));
    otlp_text(to, IN, "session.id", trace->session);
    otlp_text(to, IN, "user.id", trace->user);
    otlp_text(to, IN, "tenant.id", trace->tenant);
    if (call->prompt) {
        otlp_text(to, IN, "prompt.id", call->prompt);
        otlp_text(to, IN, "llm.prompt_template.version", call->prompt_version);
    }
    for (size_t i = 0; i < call->history->count; i++)
        put_message(to, trace, "input", i, &call->history->items[i]);
    demo_messages_openai(&json, call->history->items, call->history->count);
    otlp_str(to, IN, "input.value", buf_str(&json));
    otlp_text(to, IN, "input.mime_type", "application/json");
    buf_done(&json);
}

int64_t demo_openinference_call(struct demo_trace *trace, const struct otlp_span *parent,
                                struct demo_call *call, int64_t start_ns, double slowness)
{
    int64_t duration = demo_call_time(call, &trace->random, slowness);
    struct otlp_span span =
        demo_span(trace, parent, "generate_content", OTLP_KIND_INTERNAL, start_ns);
    struct buf *to = &span.attributes;
    put_request(to, trace, call);
    if (call->fault.type) {
        bool waited = strstr(call->fault.type, "Deadline") != NULL;
        duration = waited ? 60 * NS_PER_SEC : (int64_t)demo_spread(&trace->random, 700e6, 0.4);
        demo_span_fault(&span, &call->fault, start_ns + duration);
    } else {
        put_message(to, trace, "output", 0, &call->output);
        otlp_str(to, IN, "output.value", call->output.text);
        otlp_text(to, IN, "output.mime_type", "text/plain");
        otlp_text(to, IN, "llm.finish_reason", call->finish);
        otlp_int(to, IN, "llm.token_count.prompt", call->input_tokens);
        otlp_int(to, IN, "llm.token_count.completion", call->output_tokens);
        otlp_int(to, IN, "llm.token_count.total", call->input_tokens + call->output_tokens);
        if (call->cached_tokens)
            otlp_int(to, IN, "llm.token_count.prompt_details.cache_read", call->cached_tokens);
        if (call->reasoning_tokens)
            otlp_int(to, IN, "llm.token_count.completion_details.reasoning",
                     call->reasoning_tokens);
        if (call->ttft_ns)
            otlp_event(&span.events, start_ns + call->ttft_ns, "First Token Stream Event",
                       STR_NONE);
        span.status = OTLP_STATUS_OK;
    }
    demo_measure(trace->demo, trace, call, start_ns + duration, duration);
    demo_span_end(trace, &span, start_ns + duration);
    return start_ns + duration;
}

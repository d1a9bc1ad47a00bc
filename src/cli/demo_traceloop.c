/* SPDX-License-Identifier: Apache-2.0 */
/* demo_traceloop: a model call as OpenLLMetry words it: gen_ai.prompt.N.* and
 * gen_ai.completion.N.*. */
#include <string.h>

#include "cli/demo.h"

enum { IN = OTLP_IN_SPAN };

static void put_message(struct buf *to, struct demo_trace *trace, const char *side, size_t index,
                        const struct demo_message *message)
{
    const char *start = demo_text(trace, "gen_ai.%s.%zu", side, index);
    otlp_text(to, IN, demo_text(trace, "%s.role", start), message->role);
    if (message->text.len)
        otlp_str(to, IN, demo_text(trace, "%s.content", start), message->text);
    if (!message->tool)
        return;
    if (!strcmp(message->role, "tool")) {
        otlp_text(to, IN, demo_text(trace, "%s.tool_call_id", start), message->call_id);
        return;
    }
    otlp_text(to, IN, demo_text(trace, "%s.tool_calls.0.id", start), message->call_id);
    otlp_text(to, IN, demo_text(trace, "%s.tool_calls.0.name", start), message->tool);
    otlp_str(to, IN, demo_text(trace, "%s.tool_calls.0.arguments", start), message->arguments);
}

static void put_answer(struct buf *to, struct demo_trace *trace, const struct demo_call *call)
{
    put_message(to, trace, "completion", 0, &call->output);
    otlp_text(to, IN, "gen_ai.completion.0.finish_reason", call->finish);
    otlp_text(to, IN, "gen_ai.response.model", call->model->version);
    otlp_text(to, IN, "gen_ai.response.id", demo_call_id(trace, "chatcmpl-"));
    otlp_int(to, IN, "gen_ai.usage.input_tokens", call->input_tokens);
    otlp_int(to, IN, "gen_ai.usage.output_tokens", call->output_tokens);
    otlp_int(to, IN, "llm.usage.total_tokens", call->input_tokens + call->output_tokens);
    if (call->cached_tokens)
        otlp_int(to, IN, "gen_ai.usage.cache_read_input_tokens", call->cached_tokens);
    if (call->reasoning_tokens)
        otlp_int(to, IN, "gen_ai.usage.reasoning_tokens", call->reasoning_tokens);
}

int64_t demo_traceloop_call(struct demo_trace *trace, const struct otlp_span *parent,
                            const char *workflow, const char *path, struct demo_call *call,
                            int64_t start_ns, double slowness)
{
    int64_t duration = demo_call_time(call, &trace->random, slowness);
    struct otlp_span span = demo_span(trace, parent, "openai.chat", OTLP_KIND_CLIENT, start_ns);
    struct buf *to = &span.attributes;
    otlp_text(to, IN, "llm.request.type", "chat");
    otlp_text(to, IN, "gen_ai.system", "OpenAI");
    otlp_text(to, IN, "gen_ai.request.model", call->model->name);
    otlp_int(to, IN, "gen_ai.request.max_tokens", call->max_tokens);
    if (call->temperature >= 0)
        otlp_double(to, IN, "gen_ai.request.temperature", call->temperature);
    otlp_bool(to, IN, "llm.is_streaming", call->stream);
    otlp_text(to, IN, "gen_ai.openai.api_base", "https://api.openai.com/v1/");
    otlp_text(to, IN, "traceloop.workflow.name", workflow);
    otlp_text(to, IN, "traceloop.entity.path", path);
    otlp_text(to, IN, "traceloop.association.properties.user_id", trace->user);
    otlp_text(to, IN, "traceloop.association.properties.session_id", trace->session);
    otlp_text(to, IN, "traceloop.association.properties.tenant_id", trace->tenant);
    if (call->prompt) {
        otlp_text(to, IN, "traceloop.prompt.key", call->prompt);
        otlp_text(to, IN, "traceloop.prompt.version", call->prompt_version);
    }
    for (size_t i = 0; i < call->history->count; i++)
        put_message(to, trace, "prompt", i, &call->history->items[i]);
    if (call->fault.type) {
        duration = (int64_t)demo_spread(&trace->random, 800e6, 0.5);
        demo_span_fault(&span, &call->fault, start_ns + duration);
    } else {
        put_answer(to, trace, call);
        span.status = OTLP_STATUS_OK;
    }
    if (call->ttft_ns && !call->fault.type)
        otlp_event(&span.events, start_ns + call->ttft_ns, "llm.content.completion.chunk",
                   STR_NONE);
    demo_measure(trace->demo, trace, call, start_ns + duration, duration);
    demo_span_end(trace, &span, start_ns + duration);
    return start_ns + duration;
}

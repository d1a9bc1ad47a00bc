/* SPDX-License-Identifier: Apache-2.0 */
/* demo_otel: model and tool calls as OpenTelemetry's GenAI conventions (1.41) word them. */
#include <string.h>

#include "cli/demo.h"

enum { IN = OTLP_IN_SPAN };

static void put_messages(struct buf *to, const struct demo_call *call)
{
    struct buf json = {0};
    const struct demo_history *history = call->history;
    size_t first = history->count && !strcmp(history->items[0].role, "system");
    if (first) {
        demo_messages_otel(&json, history->items, 1, NULL);
        /* Only the parts: [{"role":"system","parts":[…]}] without its frame. */
        struct str parts = buf_str(&json);
        size_t from = str_find(parts, STR("\"parts\":")) + 8;
        otlp_str(to, IN, "gen_ai.system_instructions", str_sub(parts, from, parts.len - from - 2));
    }
    demo_messages_otel(&json, history->items + first, history->count - first, NULL);
    otlp_str(to, IN, "gen_ai.input.messages", buf_str(&json));
    if (!call->fault.type) {
        demo_messages_otel(&json, &call->output, 1, call->finish);
        otlp_str(to, IN, "gen_ai.output.messages", buf_str(&json));
    }
    if (call->tools)
        otlp_text(to, IN, "gen_ai.tool.definitions", call->tools);
    buf_done(&json);
}

static void put_response(struct buf *to, struct demo_trace *trace, const struct demo_call *call)
{
    const struct str finish = str_from(call->finish);
    otlp_text(to, IN, "gen_ai.response.model", call->model->version);
    otlp_text(to, IN, "gen_ai.response.id", demo_call_id(trace, "msg_01"));
    otlp_strs(to, IN, "gen_ai.response.finish_reasons", &finish, 1);
    otlp_int(to, IN, "gen_ai.usage.input_tokens", call->input_tokens);
    otlp_int(to, IN, "gen_ai.usage.output_tokens", call->output_tokens);
    if (call->cached_tokens)
        otlp_int(to, IN, "gen_ai.usage.cache_read.input_tokens", call->cached_tokens);
    if (call->cache_write_tokens)
        otlp_int(to, IN, "gen_ai.usage.cache_creation.input_tokens", call->cache_write_tokens);
    if (call->reasoning_tokens)
        otlp_int(to, IN, "gen_ai.usage.reasoning.output_tokens", call->reasoning_tokens);
    if (call->ttft_ns)
        otlp_double(to, IN, "gen_ai.response.time_to_first_chunk",
                    (double)call->ttft_ns / (double)NS_PER_SEC);
}

int64_t demo_otel_call(struct demo_trace *trace, const struct otlp_span *parent, const char *agent,
                       struct demo_call *call, int64_t start_ns, double slowness)
{
    int64_t duration = demo_call_time(call, &trace->random, slowness);
    if (call->fault.type)
        duration = (int64_t)demo_spread(&trace->random, 400e6, 0.5); /* refused at once */
    struct otlp_span span = demo_span(trace, parent, demo_text(trace, "chat %s", call->model->name),
                                      OTLP_KIND_CLIENT, start_ns);
    struct buf *to = &span.attributes;
    otlp_text(to, IN, "gen_ai.operation.name", "chat");
    otlp_text(to, IN, "gen_ai.provider.name", call->model->provider);
    otlp_text(to, IN, "gen_ai.request.model", call->model->name);
    otlp_int(to, IN, "gen_ai.request.max_tokens", call->max_tokens);
    if (call->temperature >= 0)
        otlp_double(to, IN, "gen_ai.request.temperature", call->temperature);
    otlp_bool(to, IN, "gen_ai.request.stream", call->stream);
    otlp_text(to, IN, "gen_ai.conversation.id", trace->session);
    otlp_text(to, IN, "gen_ai.agent.name", agent);
    otlp_text(to, IN, "user.id", trace->user);
    otlp_text(to, IN, "tenant.id", trace->tenant);
    otlp_text(to, IN, "server.address",
              !strcmp(call->model->provider, "anthropic") ? "api.anthropic.com" : "api.openai.com");
    if (call->prompt) {
        otlp_text(to, IN, "gen_ai.prompt.name", call->prompt);
        otlp_text(to, IN, "gen_ai.prompt.version", call->prompt_version);
    }
    put_messages(to, call);
    if (!call->fault.type)
        put_response(to, trace, call);
    demo_span_fault(&span, &call->fault, start_ns + duration);
    demo_measure(trace->demo, trace, call, start_ns + duration, duration);
    demo_span_end(trace, &span, start_ns + duration);
    return start_ns + duration;
}

int64_t demo_otel_tool(struct demo_trace *trace, const struct otlp_span *parent, const char *tool,
                       const char *call_id, struct str arguments, struct str result,
                       const struct demo_fault *fault, int64_t start_ns, int64_t end_ns)
{
    struct otlp_span span = demo_span(trace, parent, demo_text(trace, "execute_tool %s", tool),
                                      OTLP_KIND_INTERNAL, start_ns);
    struct buf *to = &span.attributes;
    otlp_text(to, IN, "gen_ai.operation.name", "execute_tool");
    otlp_text(to, IN, "gen_ai.tool.name", tool);
    otlp_text(to, IN, "gen_ai.tool.type", "function");
    otlp_text(to, IN, "gen_ai.tool.call.id", call_id);
    otlp_str(to, IN, "gen_ai.tool.call.arguments", arguments);
    if (result.len)
        otlp_str(to, IN, "gen_ai.tool.call.result", result);
    otlp_text(to, IN, "gen_ai.conversation.id", trace->session);
    demo_span_fault(&span, fault, end_ns);
    demo_span_end(trace, &span, end_ns);
    return end_ns;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* demo_vercel: a model call as the Vercel AI SDK (version 5) words it, provider attempt only. */
#include <stdio.h>

#include "cli/demo.h"
#include "wire/json.h"

enum { IN = OTLP_IN_SPAN };

/* ai.prompt.tools is an array of JSON texts. */
static void put_tools(struct buf *to, struct demo_trace *trace, const char *tools)
{
    enum { TOOLS_MAX = 16 };
    struct json list;
    struct str items[TOOLS_MAX];
    size_t count = 0;
    if (!tools || json_parse(str_from(tools), &trace->arena, &list, NULL) != STATUS_OK)
        return;
    for (size_t i = 0; i < list.count && count < TOOLS_MAX; i++) {
        struct str raw = list.items[i].raw;
        items[count++] = str_from(
            demo_text(trace, "{\"type\":\"function\",%.*s", (int)raw.len - 1, raw.ptr + 1));
    }
    otlp_strs(to, IN, "ai.prompt.tools", items, count);
}

static void put_answer(struct buf *to, struct demo_trace *trace, const struct demo_call *call,
                       int64_t start_ns, int64_t duration_ns)
{
    char when[CLOCK_TEXT_BYTES];
    const char *id = demo_call_id(trace, "chatcmpl-");
    const char *finish = !str_compare(str_from(call->finish), STR("tool_calls")) ? "tool-calls"
                         : !str_compare(str_from(call->finish), STR("content_filter"))
                             ? "content-filter"
                             : call->finish;
    const struct str finishes = str_from(finish);
    clock_format(start_ns + duration_ns, when);
    if (call->output.text.len)
        otlp_str(to, IN, "ai.response.text", call->output.text);
    if (call->output.tool) {
        struct buf json = {0};
        struct json_out out = json_out(&json);
        json_out_array(&out, NULL);
        json_out_object(&out, NULL);
        json_out_text(&out, "toolCallId", call->output.call_id);
        json_out_text(&out, "toolName", call->output.tool);
        json_out_str(&out, "input", call->output.arguments);
        json_out_end_object(&out);
        json_out_end_array(&out);
        otlp_str(to, IN, "ai.response.toolCalls", buf_str(&json));
        buf_done(&json);
    }
    otlp_text(to, IN, "ai.response.finishReason", finish);
    otlp_text(to, IN, "ai.response.model", call->model->version);
    otlp_text(to, IN, "ai.response.id", id);
    otlp_text(to, IN, "ai.response.timestamp", when);
    otlp_double(to, IN, "ai.response.msToFirstChunk", (double)call->ttft_ns / 1e6);
    otlp_double(to, IN, "ai.response.msToFinish", (double)duration_ns / 1e6);
    otlp_double(to, IN, "ai.response.avgOutputTokensPerSecond",
                (double)call->output_tokens * 1e9 / (double)duration_ns);
    otlp_int(to, IN, "ai.usage.inputTokens", call->input_tokens);
    otlp_int(to, IN, "ai.usage.outputTokens", call->output_tokens);
    otlp_int(to, IN, "ai.usage.totalTokens", call->input_tokens + call->output_tokens);
    otlp_int(to, IN, "ai.usage.cachedInputTokens", call->cached_tokens);
    otlp_strs(to, IN, "gen_ai.response.finish_reasons", &finishes, 1);
    otlp_text(to, IN, "gen_ai.response.id", id);
    otlp_text(to, IN, "gen_ai.response.model", call->model->version);
    otlp_int(to, IN, "gen_ai.usage.input_tokens", call->input_tokens);
    otlp_int(to, IN, "gen_ai.usage.output_tokens", call->output_tokens);
}

static void put_first_chunk(struct otlp_span *span, int64_t ttft_ns)
{
    struct buf attributes = {0};
    otlp_double(&attributes, OTLP_IN_EVENT, "ai.response.msToFirstChunk", (double)ttft_ns / 1e6);
    otlp_event(&span->events, span->start_ns + ttft_ns, "ai.stream.firstChunk",
               buf_str(&attributes));
    buf_done(&attributes);
}

int64_t demo_vercel_call(struct demo_trace *trace, const struct otlp_span *parent,
                         const char *function, struct demo_call *call, int64_t start_ns,
                         double slowness)
{
    int64_t duration = demo_call_time(call, &trace->random, slowness);
    struct otlp_span span =
        demo_span(trace, parent, "ai.streamText.doStream", OTLP_KIND_INTERNAL, start_ns);
    struct buf *to = &span.attributes, json = {0};
    otlp_text(to, IN, "operation.name", demo_text(trace, "ai.streamText.doStream %s", function));
    otlp_text(to, IN, "resource.name", function);
    otlp_text(to, IN, "ai.operationId", "ai.streamText.doStream");
    otlp_text(to, IN, "ai.telemetry.functionId", function);
    otlp_text(to, IN, "ai.telemetry.metadata.userId", trace->user);
    otlp_text(to, IN, "ai.telemetry.metadata.sessionId", trace->session);
    otlp_text(to, IN, "tenant.id", trace->tenant);
    otlp_text(to, IN, "ai.model.id", call->model->name);
    otlp_text(to, IN, "ai.model.provider", demo_text(trace, "%s.chat", call->model->provider));
    otlp_int(to, IN, "ai.settings.maxRetries", 2);
    otlp_int(to, IN, "ai.settings.maxOutputTokens", call->max_tokens);
    if (call->temperature >= 0)
        otlp_double(to, IN, "ai.settings.temperature", call->temperature);
    if (call->prompt) {
        otlp_text(to, IN, "gen_ai.prompt.name", call->prompt);
        otlp_text(to, IN, "gen_ai.prompt.version", call->prompt_version);
    }
    demo_messages_vercel(&json, call->history->items, call->history->count);
    otlp_str(to, IN, "ai.prompt.messages", buf_str(&json));
    put_tools(to, trace, call->tools);
    otlp_text(to, IN, "gen_ai.system", demo_text(trace, "%s.chat", call->model->provider));
    otlp_text(to, IN, "gen_ai.request.model", call->model->name);
    if (call->fault.type) {
        duration = (int64_t)demo_spread(&trace->random, 900e6, 0.5);
        demo_span_fault(&span, &call->fault, start_ns + duration);
    } else {
        put_answer(to, trace, call, start_ns, duration);
        put_first_chunk(&span, call->ttft_ns);
    }
    demo_measure(trace->demo, trace, call, start_ns + duration, duration);
    demo_span_end(trace, &span, start_ns + duration);
    buf_done(&json);
    return start_ns + duration;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* demo traces: chance, texts, spans, and what every model call has in common. */
#define _GNU_SOURCE
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "cli/demo.h"
#include "cli/demo_sender.h"

const struct demo_model demo_gpt_4o_mini = {"gpt-4o-mini", "gpt-4o-mini-2024-07-18", "openai", 380,
                                            95};
const struct demo_model demo_gpt_41 = {"gpt-4.1", "gpt-4.1-2025-04-14", "openai", 620, 70};
const struct demo_model demo_gpt_5_mini = {"gpt-5-mini", "gpt-5-mini-2025-08-07", "openai", 900,
                                           110};
const struct demo_model demo_sonnet = {"claude-sonnet-4-5", "claude-sonnet-4-5-20250929",
                                       "anthropic", 1100, 62};
const struct demo_model demo_flash = {"gemini-2.5-flash", "gemini-2.5-flash", "google", 420, 170};
const struct demo_model demo_pro = {"gemini-2.5-pro", "gemini-2.5-pro", "google", 2600, 75};
const struct demo_model demo_embedding = {"text-embedding-3-small", "text-embedding-3-small",
                                          "openai", 90, 0};
const struct demo_model demo_rerank = {"rerank-v3.5", "rerank-v3.5", "cohere", 140, 0};
const struct demo_model demo_house = {"fernweh-triage-7b", "fernweh-triage-7b-r12", "vllm", 60,
                                      140};

/* --- chance ---------------------------------------------------------------------------------- */

uint64_t demo_next(struct demo_random *random)
{
    uint64_t x = random->state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

size_t demo_below(struct demo_random *random, size_t limit)
{
    return (size_t)((demo_next(random) >> 32) * limit >> 32);
}

double demo_unit(struct demo_random *random)
{
    return (double)(demo_next(random) >> 11) * 0x1p-53;
}

bool demo_chance(struct demo_random *random, double probability)
{
    return demo_unit(random) < probability;
}

double demo_spread(struct demo_random *random, double median, double sigma)
{
    double u = 1 - demo_unit(random), v = demo_unit(random);
    return median * exp(sigma * sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
}

/* --- texts ----------------------------------------------------------------------------------- */

const char *demo_text(struct demo_trace *trace, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    must(len >= 0);
    struct str copy = arena_copy(&trace->arena, (struct str){text, (size_t)len});
    must(copy.ptr);
    free(text);
    return copy.ptr;
}

struct str demo_fill(struct demo_trace *trace, const char *text, const struct demo_slot *slots,
                     size_t count)
{
    struct buf out = {0};
    for (const char *at = text; *at; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        size_t i = 0;
        while (end && i < count &&
               (strlen(slots[i].name) != (size_t)(end - at - 1) ||
                strncmp(at + 1, slots[i].name, (size_t)(end - at - 1)) != 0))
            i++;
        if (end && i < count) {
            buf_add_str(&out, str_from(slots[i].text));
            at = end;
        } else {
            buf_add_byte(&out, (uint8_t)*at);
        }
    }
    struct str copy = arena_copy(&trace->arena, buf_str(&out));
    must(copy.ptr && !out.failed);
    buf_done(&out);
    return copy;
}

const char *demo_call_id(struct demo_trace *trace, const char *prefix)
{
    static const char digits[] = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    char text[25] = "";
    for (size_t i = 0; i < 20; i++)
        text[i] = digits[demo_below(&trace->random, sizeof digits - 1)];
    return demo_text(trace, "%s%s", prefix, text);
}

/* --- messages --------------------------------------------------------------------------------- */

static struct demo_message *add_message(struct demo_history *history, const char *role)
{
    must(history->count < DEMO_MESSAGES_MAX);
    struct demo_message *message = &history->items[history->count++];
    *message = (struct demo_message){.role = role};
    return message;
}

void demo_say(struct demo_history *history, const char *role, struct str text)
{
    add_message(history, role)->text = text;
}

void demo_ask_tool(struct demo_history *history, struct str text, const char *tool,
                   const char *call_id, struct str arguments)
{
    *add_message(history, "assistant") = (struct demo_message){.role = "assistant",
                                                               .text = text,
                                                               .tool = tool,
                                                               .call_id = call_id,
                                                               .arguments = arguments};
}

void demo_tool_says(struct demo_history *history, const char *tool, const char *call_id,
                    struct str result)
{
    *add_message(history, "tool") =
        (struct demo_message){.role = "tool", .text = result, .tool = tool, .call_id = call_id};
}

int64_t demo_tokens(struct str text)
{
    int64_t plain = 0, other = 0;
    for (size_t i = 0; i < text.len; i++) {
        plain += (uint8_t)text.ptr[i] < 0x80;
        other += (uint8_t)text.ptr[i] >= 0xC0; /* the first byte of a longer character */
    }
    return plain / 4 + other * 2 / 3 + 1;
}

int64_t demo_history_tokens(const struct demo_history *history)
{
    int64_t tokens = 3;
    for (size_t i = 0; i < history->count; i++)
        tokens +=
            4 + demo_tokens(history->items[i].text) + demo_tokens(history->items[i].arguments);
    return tokens;
}

int64_t demo_call_time(struct demo_call *call, struct demo_random *random, double slowness)
{
    const struct demo_model *model = call->model;
    if (!call->input_tokens)
        call->input_tokens = demo_history_tokens(call->history) +
                             (call->tools ? demo_tokens(str_from(call->tools)) : 0);
    if (!call->output_tokens)
        call->output_tokens = demo_tokens(call->output.text) + demo_tokens(call->output.arguments) +
                              (call->output.tool ? 12 : 0) + call->reasoning_tokens;
    /* OpenAI caches prefixes of 1,024 tokens and more, in steps of 128. */
    if (!call->cached_tokens && !strcmp(model->provider, "openai") && call->input_tokens > 1200 &&
        demo_chance(random, 0.7))
        call->cached_tokens = (call->input_tokens - 150) / 128 * 128;
    double ttft = demo_spread(random, model->ttft_ms, 0.35) * slowness;
    ttft += (double)(call->input_tokens - call->cached_tokens) * 0.02;
    ttft += (double)call->reasoning_tokens / model->tokens_per_s * 1000;
    double rate = demo_spread(random, model->tokens_per_s, 0.15) / slowness;
    double visible = (double)(call->output_tokens - call->reasoning_tokens);
    call->ttft_ns = call->stream ? (int64_t)(ttft * (double)NS_PER_MS) : 0;
    return (int64_t)((ttft + visible / rate * 1000) * (double)NS_PER_MS);
}

/* --- spans ------------------------------------------------------------------------------------ */

void demo_trace_begin(struct demo_trace *trace, struct demo *demo, uint64_t seed)
{
    *trace = (struct demo_trace){.demo = demo, .random = {seed}};
    arena_init(&trace->arena, ARENA_NO_LIMIT);
    uint64_t id[2] = {demo_next(&trace->random) | 1, demo_next(&trace->random)};
    memcpy(trace->id, id, sizeof trace->id);
}

void demo_trace_end(struct demo_trace *trace)
{
    if (trace->span_count && trace->end_ns <= demo_day(trace->demo)->now_ns)
        demo_sender_take(trace->demo, trace);
    buf_done(&trace->spans);
    buf_done(&trace->logs);
    buf_done(&trace->scores);
    arena_done(&trace->arena);
}

struct otlp_span demo_span(struct demo_trace *trace, const struct otlp_span *parent,
                           const char *name, int kind, int64_t start_ns)
{
    struct otlp_span span = {.name = name, .kind = kind, .start_ns = start_ns};
    memcpy(span.trace_id, trace->id, 16);
    uint64_t id = demo_next(&trace->random) | 1;
    memcpy(span.id, &id, 8);
    if (parent) {
        memcpy(span.parent_id, parent->id, 8);
        span.has_parent = true;
    }
    return span;
}

void demo_span_end(struct demo_trace *trace, struct otlp_span *span, int64_t end_ns)
{
    span->end_ns = end_ns;
    if (end_ns > trace->end_ns)
        trace->end_ns = end_ns;
    trace->span_count++;
    trace->error_count += span->status == OTLP_STATUS_ERROR;
    otlp_span(&trace->spans, span);
}

void demo_span_fault(struct otlp_span *span, const struct demo_fault *fault, int64_t at_ns)
{
    if (!fault || !fault->type)
        return;
    struct buf attributes = {0};
    otlp_text(&attributes, OTLP_IN_EVENT, "exception.type", fault->type);
    otlp_text(&attributes, OTLP_IN_EVENT, "exception.message", fault->message);
    otlp_event(&span->events, at_ns, "exception", buf_str(&attributes));
    otlp_text(&span->attributes, OTLP_IN_SPAN, "error.type", fault->type);
    span->status = OTLP_STATUS_ERROR;
    span->message = fault->message;
    buf_done(&attributes);
}

void demo_log(struct demo_trace *trace, const struct otlp_span *span, int64_t time_ns, int severity,
              const char *event, struct str body)
{
    const struct otlp_log log = {
        .time_ns = time_ns,
        .severity = severity,
        .severity_text = severity >= 17   ? "ERROR"
                         : severity >= 13 ? "WARN"
                                          : "INFO",
        .event_name = event,
        .body = body,
        .trace_id = trace->id,
        .span_id = span ? span->id : NULL,
    };
    otlp_log(&trace->logs, &log);
    trace->log_count++;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* bench_normalise: nanoseconds a span costs on the way into the index, thin and fat. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "normalise/normalise.h"

enum { ATTRIBUTES_MAX = 200 };

struct bench {
    struct batch *batch;
    struct span *span;
};

static struct bench begin(const char *scope, const char *name)
{
    struct bench bench = {.batch = batch_new(64 << 20)};
    struct resource *resource = batch_add_resource(bench.batch);
    batch_add_scope(bench.batch)->name = str_from(scope);
    bench.span = batch_add_span(bench.batch);
    bench.span->name = str_from(name);
    bench.span->start_ns = UINT64_C(1767225600000000000);
    bench.span->end_ns = UINT64_C(1767225602000000000);
    bench.span->attributes.items =
        arena_array(&bench.batch->arena, struct attribute, ATTRIBUTES_MAX);
    static struct attribute common[] = {
        {STR_INIT("service.name"), {.type = VALUE_STRING, .string = STR_INIT("shop")}},
        {STR_INIT("telemetry.sdk.language"), {.type = VALUE_STRING, .string = STR_INIT("python")}},
        {STR_INIT("telemetry.sdk.name"),
         {.type = VALUE_STRING, .string = STR_INIT("opentelemetry")}},
        {STR_INIT("telemetry.sdk.version"), {.type = VALUE_STRING, .string = STR_INIT("1.30.0")}},
    };
    resource->attributes = (struct attributes){common, 4};
    return bench;
}

static void put(struct bench *bench, const char *key, struct value value)
{
    struct attributes *to = &bench->span->attributes;
    to->items[to->count++] = (struct attribute){str_from(strdup(key)), value};
}

static void put_text(struct bench *bench, const char *key, const char *text)
{
    put(bench, key, value_string(str_from(strdup(text))));
}

static struct bench thin(void)
{
    struct bench bench = begin("opentelemetry.instrumentation.openai_v2", "chat gpt-4o-mini");
    put_text(&bench, "gen_ai.operation.name", "chat");
    put_text(&bench, "gen_ai.provider.name", "openai");
    put_text(&bench, "gen_ai.request.model", "gpt-4o-mini");
    put_text(&bench, "gen_ai.response.model", "gpt-4o-mini-2024-07-18");
    put(&bench, "gen_ai.usage.input_tokens", value_int(812));
    put(&bench, "gen_ai.usage.output_tokens", value_int(64));
    put_text(&bench, "gen_ai.response.id", "chatcmpl-9x");
    return bench;
}

static void fat_keys(struct bench *bench)
{
    struct value reasons = {.type = VALUE_ARRAY};
    reasons.array.items = arena_array(&bench->batch->arena, struct value, 1);
    reasons.array.items[0] = value_string(STR("stop"));
    reasons.array.count = 1;
    put(bench, "gen_ai.response.finish_reasons", reasons);
    put(bench, "gen_ai.request.temperature", value_double(0.2));
    put(bench, "gen_ai.request.max_tokens", value_int(2048));
    put(bench, "gen_ai.usage.cache_read.input_tokens", value_int(512));
    put_text(bench, "gen_ai.conversation.id", "thread-42");
    put_text(bench, "session.id", "session-7");
    put_text(bench, "user.id", "user-9");
    put_text(bench, "gen_ai.agent.name", "planner");
    put_text(bench, "server.address", "api.openai.com");
    put(bench, "server.port", value_int(443));
    put_text(bench, "app.feature", "checkout");
    put_text(bench, "app.route", "/answers");
}

/* A chat that carries its history of 9 KB; the user spoke first, tools since. */
static struct bench fat(bool with_content)
{
    struct bench bench = thin();
    fat_keys(&bench);
    if (!with_content)
        return bench;
    struct buf buf = {0};
    buf_add_str(&buf, STR("[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Why is "
                          "order 1234 late?\"}]}"));
    for (int i = 0; buf.len < 9000; i++)
        buf_printf(&buf,
                   ",{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"c%d\","
                   "\"name\":\"lookup\",\"arguments\":{\"order\":%d}}]},{\"role\":\"tool\","
                   "\"parts\":[{\"type\":\"tool_call_response\",\"id\":\"c%d\",\"response\":\"the "
                   "parcel left the depot at %d and nobody has seen it since; the courier says "
                   "that it may be in another depot\"}]}",
                   i, i, i, i);
    buf_add_byte(&buf, ']');
    put(&bench, "gen_ai.input.messages", value_string(buf_str(&buf)));
    put_text(&bench, "gen_ai.output.messages",
             "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"It is lost; a "
             "new one is on its way.\"}],\"finish_reason\":\"stop\"}]");
    return bench;
}

/* OpenInference flattens: 60 keys of messages. */
static struct bench flattened(void)
{
    struct bench bench = begin("openinference.instrumentation.openai", "ChatCompletion");
    put_text(&bench, "openinference.span.kind", "LLM");
    put_text(&bench, "llm.model_name", "gpt-4o-mini");
    put_text(&bench, "llm.provider", "openai");
    put(&bench, "llm.token_count.prompt", value_int(812));
    put(&bench, "llm.token_count.completion", value_int(64));
    put_text(&bench, "output.value", "{\"id\":\"x\",\"choices\":[{\"finish_reason\":\"stop\"}]}");
    for (int i = 0; i < 30; i++) {
        char key[100];
        snprintf(key, sizeof key, "llm.input_messages.%d.message.role", i);
        put_text(&bench, key, i % 2 ? "assistant" : "user");
        snprintf(key, sizeof key, "llm.input_messages.%d.message.content", i);
        put_text(&bench, key, "a sentence that somebody said some time ago");
    }
    return bench;
}

static void measure(const char *what, struct bench bench)
{
    enum { ROUNDS = 400000, TRIES = 20 };
    struct normalise_input input = {.batch = bench.batch, .span = bench.span};
    double best = 1e18;
    size_t sum = 0;
    for (int try = 0; try < TRIES; try++) {
        struct arena arena;
        int64_t start = clock_thread_ns();
        arena_init(&arena, ARENA_NO_LIMIT);
        for (int i = 0; i < ROUNDS / TRIES; i++) {
            struct observation out;
            normalise_span(&input, false, &arena, &out);
            sum += out.model.len + (size_t)out.usage.total;
            if (arena.used_bytes > 1 << 19) {
                arena_done(&arena);
                arena_init(&arena, ARENA_NO_LIMIT);
            }
        }
        arena_done(&arena);
        double each = (double)(clock_thread_ns() - start) / (ROUNDS / TRIES);
        if (each < best)
            best = each;
    }
    printf("normalise %-34s %7.0f ns/span %s\n", what, best, sum ? "" : "(nothing read)");
}

int main(void)
{
    measure("thin, 7 attributes", thin());
    measure("fat, 19 attributes, no content", fat(false));
    measure("fat, 9 KB history, previews", fat(true));
    measure("flattened, 66 attributes, previews", flattened());
    return 0;
}

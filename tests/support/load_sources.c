/* SPDX-License-Identifier: Apache-2.0 */
/* load sources: one very wide trace, and recorded conversations sent the way agents send them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/otlp_write.h"
#include "support/load.h"
#include "wire/json.h"

/* --- wide --------------------------------------------------------------------------------------
 */

struct wide {
    uint8_t trace_id[16];
    size_t made, all;
    int64_t start_ns;
};

static void wide_id(const struct wide *wide, size_t number, uint8_t id[8])
{
    uint64_t value =
        str_hash((struct str){(const char *)&number, sizeof number}) ^ (uint64_t)wide->start_ns;
    value |= 1;
    memcpy(id, &value, 8);
}

static size_t wide_next(struct source *source, size_t spans, struct buf *out)
{
    static const char *const names[] = {"step", "chat gpt-4o-mini", "execute_tool search", "plan"};
    struct wide *wide = source->state;
    struct buf group = {0}, resource = {0};
    size_t count = 0;
    for (; count < spans && wide->made < wide->all; count++, wide->made++) {
        size_t number = wide->made;
        struct otlp_span span = {.name = names[number % 4], .kind = OTLP_KIND_INTERNAL};
        memcpy(span.trace_id, wide->trace_id, 16);
        wide_id(wide, number, span.id);
        if (number) {
            span.has_parent = true;
            wide_id(wide, (number - 1) / 37, span.parent_id);
        }
        span.start_ns = wide->start_ns + (int64_t)number * 20 * NS_PER_US;
        span.end_ns = number ? span.start_ns + 3 * NS_PER_MS
                             : wide->start_ns + (int64_t)wide->all * 20 * NS_PER_US;
        if (number % 4 == 1) {
            otlp_text(&span.attributes, OTLP_IN_SPAN, "gen_ai.operation.name", "chat");
            otlp_text(&span.attributes, OTLP_IN_SPAN, "gen_ai.provider.name", "openai");
            otlp_text(&span.attributes, OTLP_IN_SPAN, "gen_ai.request.model", "gpt-4o-mini");
            otlp_int(&span.attributes, OTLP_IN_SPAN, "gen_ai.usage.input_tokens",
                     (int64_t)(100 + number % 900));
            otlp_int(&span.attributes, OTLP_IN_SPAN, "gen_ai.usage.output_tokens", 20);
        } else if (number % 4 == 2) {
            otlp_text(&span.attributes, OTLP_IN_SPAN, "gen_ai.operation.name", "execute_tool");
            otlp_text(&span.attributes, OTLP_IN_SPAN, "gen_ai.tool.name", "search");
        }
        otlp_span(&group, &span);
    }
    otlp_text(&resource, OTLP_IN_RESOURCE, "service.name", "load-wide");
    otlp_group(out, buf_str(&resource), "load", "1", buf_str(&group));
    buf_done(&group);
    buf_done(&resource);
    return count;
}

struct source load_wide(size_t spans, uint64_t seed, uint64_t start_ns)
{
    struct wide *wide = calloc(1, sizeof *wide);
    if (!wide)
        return (struct source){0};
    wide->all = spans;
    wide->start_ns = (int64_t)start_ns;
    memcpy(wide->trace_id, &seed, 8);
    wide->trace_id[15] = 1;
    return (struct source){wide_next, wide};
}

/* --- recorded conversations
 * ----------------------------------------------------------------------- */

struct recorded {
    struct arena arena;
    struct json root;
    size_t conversation, step, message;
    int64_t now_ns;
    struct buf history; /* messages before `message`, joined by commas */
};

static const struct json *messages_of(const struct recorded *recorded)
{
    const struct json *list =
        recorded->conversation < recorded->root.count
            ? json_get(&recorded->root.items[recorded->conversation], STR("traj"))
            : NULL;
    return list && list->type == JSON_ARRAY ? list : NULL;
}

static void add_answer(struct recorded *recorded, struct buf *group, const struct json *message)
{
    struct otlp_span span = {.name = "chat gpt-4o", .kind = OTLP_KIND_CLIENT};
    uint64_t ids[3] = {recorded->conversation + 1, recorded->conversation * 7919 + 3,
                       recorded->conversation << 20 | (recorded->message + 1)};
    struct buf text = {0};
    memcpy(span.trace_id, ids, 16);
    memcpy(span.id, &ids[2], 8);
    span.start_ns = recorded->now_ns;
    span.end_ns = recorded->now_ns += 1500 * NS_PER_MS;
    buf_printf(&text, "[%.*s]", STR_ARGS(buf_str(&recorded->history)));
    otlp_text(&span.attributes, OTLP_IN_SPAN, "gen_ai.operation.name", "chat");
    otlp_text(&span.attributes, OTLP_IN_SPAN, "gen_ai.provider.name", "openai");
    otlp_text(&span.attributes, OTLP_IN_SPAN, "gen_ai.request.model", "gpt-4o");
    otlp_int(&span.attributes, OTLP_IN_SPAN, "gen_ai.usage.input_tokens", (int64_t)text.len / 4);
    otlp_int(&span.attributes, OTLP_IN_SPAN, "gen_ai.usage.output_tokens",
             (int64_t)message->raw.len / 4);
    otlp_str(&span.attributes, OTLP_IN_SPAN, "gen_ai.input.messages", buf_str(&text));
    buf_clear(&text);
    buf_printf(&text, "[%.*s]", STR_ARGS(message->raw));
    otlp_str(&span.attributes, OTLP_IN_SPAN, "gen_ai.output.messages", buf_str(&text));
    otlp_span(group, &span);
    buf_done(&text);
}

/* One message on; true when it was an answer, and so a span. */
static bool recorded_step(struct recorded *recorded, const struct json *messages, struct buf *group)
{
    const struct json *message = &messages->items[recorded->message];
    bool is_answer = str_equal(json_string(json_get(message, STR("role"))), STR("assistant"));
    if (is_answer)
        add_answer(recorded, group, message);
    if (recorded->history.len)
        buf_add_byte(&recorded->history, ',');
    buf_add_str(&recorded->history, message->raw);
    recorded->message++;
    return is_answer;
}

static size_t recorded_next(struct source *source, size_t spans, struct buf *out)
{
    struct recorded *recorded = source->state;
    struct buf group = {0}, resource = {0};
    const struct json *messages;
    size_t count = 0;
    while (count < spans && (messages = messages_of(recorded)) != NULL) {
        if (recorded->message < messages->count) {
            count += recorded_step(recorded, messages, &group);
            continue;
        }
        recorded->conversation += recorded->step;
        recorded->message = 0;
        buf_clear(&recorded->history);
    }
    otlp_text(&resource, OTLP_IN_RESOURCE, "service.name", "load-recorded");
    otlp_group(out, buf_str(&resource), "load", "1", buf_str(&group));
    buf_done(&group);
    buf_done(&resource);
    return count;
}

struct source load_trajectories(const char *path, size_t first, size_t step, uint64_t start_ns)
{
    struct recorded *recorded = calloc(1, sizeof *recorded);
    struct buf text = {0};
    struct error error = {0};
    char piece[65536];
    size_t len;
    FILE *file = fopen(path, "rb");
    if (!recorded || !file) {
        fprintf(stderr, "load: %s: %s\n", path, strerror(errno));
        free(recorded);
        return (struct source){0};
    }
    while ((len = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(&text, piece, len);
    fclose(file);
    arena_init(&recorded->arena, ARENA_NO_LIMIT);
    struct str copy = arena_copy(&recorded->arena, buf_str(&text));
    buf_done(&text);
    if (json_parse(copy, &recorded->arena, &recorded->root, &error) != STATUS_OK ||
        recorded->root.type != JSON_ARRAY) {
        fprintf(stderr, "load: %s: expected a JSON array; %s\n", path, error.text);
        return (struct source){0};
    }
    recorded->conversation = first;
    recorded->step = step;
    recorded->now_ns = (int64_t)start_ns;
    return (struct source){recorded_next, recorded};
}

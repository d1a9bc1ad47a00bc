/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messages_events: messages out of span events and joined log records: one event a message, one
 * event with everything (in parts, with Strands), and the bodies of AWS's content logs.
 */
#include <stdlib.h>

#include "normalise/normalise_private.h"
#include "wire/json.h"

enum { CARRIERS_MAX = 4096 };

/* An event or log record as both look to a reader of messages. */
struct carried {
    struct str name;
    uint64_t time_ns;
    size_t arrival;
    const struct attributes *attributes;
    const struct value *body; /* logs only */
    struct str scope;
};

static int compare_carried(const void *a, const void *b)
{
    const struct carried *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return (x->arrival > y->arrival) - (x->arrival < y->arrival);
}

static const struct value *carried_member(const struct carried *carried, const char *name)
{
    const struct value *value = attributes_get(carried->attributes, str_from(name));
    for (size_t i = 0; !value && carried->body && carried->body->type == VALUE_MAP &&
                       i < carried->body->map.count;
         i++)
        if (str_equal(carried->body->map.items[i].key, str_from(name)))
            value = &carried->body->map.items[i].value;
    return value;
}

/* The whole event as one JSON object, with flattened members (`tool_calls.0.id`) put back. */
static bool carried_json(struct content *content, const struct carried *carried, struct json *out)
{
    struct reading *reading = content->reading;
    struct str text;
    const struct value *whole = attributes_get(carried->attributes, STR("gen_ai.event.content"));
    if (whole)
        text = value_as_text(reading, whole);
    else if (carried->body && carried->body->type == VALUE_MAP)
        text = value_as_json(reading, carried->body);
    else
        text = unflatten(content->arena, reading, carried->attributes, STR(""));
    return text.ptr && json_parse(str_trim(text), content->arena, out, NULL) == STATUS_OK &&
           out->type == JSON_OBJECT;
}

/* Strands writes the choice's message as JSON text of content blocks. */
static void choice_message(struct content *content, const struct json *json)
{
    struct messages *out = &content->out->output;
    const struct json *message = json_get(json, STR("message"));
    struct json parsed;
    bool is_text = message && message->type == JSON_STRING;
    if (!is_text) {
        message_from_json(content, json, STR("assistant"), out);
        return;
    }
    struct str text = str_trim(message->string);
    size_t before = out->count;
    if (text.len && (text.ptr[0] == '[' || text.ptr[0] == '{') &&
        json_parse(text, content->arena, &parsed, NULL) == STATUS_OK)
        messages_from_json(content, &parsed, STR("assistant"), out);
    if (out->count == before)
        message_from_text(content, STR("assistant"), message->string, out);
    struct str finish = json_string(json_get(json, STR("finish_reason")));
    for (size_t i = before; i < out->count; i++)
        if (!out->items[i].finish.len)
            out->items[i].finish = finish;
}

static void message_event(struct content *content, const struct carried *carried)
{
    struct str word = str_sub(carried->name, 7, carried->name.len), role;
    struct json json;
    word = str_sub(word, 0, str_find_byte(word, '.'));
    role_canonical(word, &role);
    if (!carried_json(content, carried, &json))
        return;
    bool is_tool = content->reading->out->kind == KIND_TOOL;
    if (str_equal(word, STR("choice"))) {
        if (is_tool && !content->out->output_text.ptr)
            content->out->output_text = json_as_text(content, json_get(&json, STR("message")));
        choice_message(content, &json);
        return;
    }
    if (is_tool && str_equal(role, STR("tool"))) { /* on a tool's span: what it was called with */
        if (!content->out->input_text.ptr)
            content->out->input_text = json_as_text(content, json_get(&json, STR("content")));
        return;
    }
    struct messages *out = &content->out->input;
    size_t before = out->count;
    if (!message_from_json(content, &json, role, out) || out->count == before)
        return;
    struct message *message = &out->items[before];
    if (!str_equal(role, STR("tool")))
        return;
    /* `id` is the tool call's; without a role of its own the event's name says what it is. */
    struct str id = json_as_text(content, json_get(&json, STR("id")));
    for (size_t i = 0; i < message->part_count; i++)
        if (message->parts[i].type == PART_TOOL_RESULT && !message->parts[i].id.len)
            message->parts[i].id = id;
}

static void text_event(struct content *content, const struct value *value, bool in)
{
    struct json json;
    struct str role = in ? STR("user") : STR("assistant");
    struct messages *out = in ? &content->out->input : &content->out->output;
    struct str text = str_trim(value_as_text(content->reading, value));
    if (text.len && (text.ptr[0] == '[' || text.ptr[0] == '{') &&
        json_parse(text, content->arena, &json, NULL) == STATUS_OK &&
        messages_from_json(content, &json, role, out))
        return;
    if (text.len)
        message_from_text(content, role, text, out);
}

/* E8: input concatenates over several partial events, of the output the last wins. */
static void details_event(struct content *content, const struct carried *carried)
{
    const struct value *in = carried_member(carried, "gen_ai.input.messages");
    const struct value *out = carried_member(carried, "gen_ai.output.messages");
    if (in)
        text_event(content, in, true);
    if (out) {
        content->out->output.count = 0;
        text_event(content, out, false);
    }
}

/* The text that AWS's content logs wrap: {"content"}, {"message", "finish_reason"}, {"message",
 * "id"}. */
static void adot_wrapped(struct content *content, const struct json *body, const struct json *inner,
                         struct str role, struct messages *out)
{
    size_t before = out->count;
    struct str text = str_trim(json_as_text(content, inner));
    struct json parsed;
    if (text.len && (text.ptr[0] == '[' || text.ptr[0] == '{') &&
        json_parse(text, content->arena, &parsed, NULL) == STATUS_OK)
        messages_from_json(content, &parsed, role, out);
    if (out->count == before && text.len)
        message_from_text(content, role, text, out);
    struct str id = json_string(json_get(body, STR("id")));
    for (size_t m = before; m < out->count; m++) {
        out->items[m].finish = json_string(json_get(body, STR("finish_reason")));
        for (size_t p = 0; str_equal(role, STR("tool")) && p < out->items[m].part_count; p++) {
            struct part *part = &out->items[m].parts[p];
            if (part->type == PART_TEXT)
                *part = (struct part){.type = PART_TOOL_RESULT, .id = id, .text = part->text};
        }
    }
}

/* {input: {messages: [{content, role}]}, output: {…}} */
static void adot_body(struct content *content, const struct carried *carried)
{
    struct json json;
    if (!carried->body || carried->body->type != VALUE_MAP ||
        !carried_json(content, carried, &json))
        return;
    for (int side = 0; side < 2; side++) {
        const struct json *messages =
            json_path(&json, side ? STR("output.messages") : STR("input.messages"));
        struct messages *out = side ? &content->out->output : &content->out->input;
        for (uint32_t i = 0; messages && messages->type == JSON_ARRAY && i < messages->count; i++) {
            const struct json *item = &messages->items[i], *body = json_get(item, STR("content"));
            const struct json *inner =
                body ? json_first(body,
                                  (const char *const[]){"content", "message", "tool.result", NULL})
                     : NULL;
            struct str role = STR_NONE;
            role_canonical(json_string(json_get(item, STR("role"))), &role);
            if (!role.len)
                role = side ? STR("assistant") : STR("user");
            if (inner)
                adot_wrapped(content, body, inner, role, out);
            else
                message_from_json(content, item, role, out);
        }
    }
}

/* Spring AI logs the text behind a heading line. */
static void spring_body(struct content *content, const struct carried *carried)
{
    if (!carried->body || carried->body->type != VALUE_STRING)
        return;
    struct str text = carried->body->string, heading;
    if (!str_take_line(&text, &heading))
        return;
    heading = str_trim(heading);
    if (str_equal(heading, STR("Chat Model Prompt Content:")))
        message_from_text(content, STR("user"), str_trim(text), &content->out->input);
    else if (str_equal(heading, STR("Chat Model Completion:")))
        message_from_text(content, STR("assistant"), str_trim(text), &content->out->output);
}

static void read_carried(struct content *content, const struct carried *carried)
{
    struct str name = carried->name;
    const struct value *value;
    if (str_equal(name, STR("gen_ai.content.prompt")) &&
        (value = carried_member(carried, "gen_ai.prompt")))
        text_event(content, value, true);
    else if (str_equal(name, STR("gen_ai.content.completion")) &&
             (value = carried_member(carried, "gen_ai.completion")))
        text_event(content, value, false);
    else if (str_equal(name, STR("gen_ai.client.inference.operation.details")))
        details_event(content, carried);
    else if (str_equal(name, STR("tool.output")) && ((value = carried_member(carried, "output")) ||
                                                     (value = carried_member(carried, "content")) ||
                                                     (value = carried_member(carried, "diff")))) {
        if (!content->out->output_text.ptr)
            content->out->output_text = value_as_text(content->reading, value);
    } else if (str_equal(name, STR("gen_ai.choice")) ||
               (str_starts(name, STR("gen_ai.")) && str_ends(name, STR(".message"))))
        message_event(content, carried);
    else if (str_ends(carried->scope, STR("ContentObservationHandler")) ||
             str_ends(carried->scope, STR("ChatModelCompletionObservationHandler")))
        spring_body(content, carried);
    else if (carried->body)
        adot_body(content, carried);
}

/* Fills both sides at once: events interleave. A side that has messages already keeps them. */
void messages_from_events(struct content *content)
{
    const struct span *span = content->reading->span;
    const struct normalise_input *input = content->reading->input;
    size_t count = span->event_count + input->log_count, used = 0;
    if (count > CARRIERS_MAX)
        count = CARRIERS_MAX;
    struct carried *all = arena_array(content->arena, struct carried, count + 1);
    if (!all)
        return;
    for (size_t i = 0; i < span->event_count && used < count; i++, used++)
        all[used] = (struct carried){.name = span->events[i].name,
                                     .time_ns = span->events[i].time_ns,
                                     .arrival = i,
                                     .attributes = &span->events[i].attributes};
    for (size_t i = 0; i < input->log_count && used < count; i++, used++) {
        const struct log_record *log = input->logs[i];
        const struct batch *batch = input->log_batches ? input->log_batches[i] : input->batch;
        all[used] = (struct carried){
            .name = normalise_log_event(log),
            .time_ns = log->time_ns ? log->time_ns : log->observed_ns,
            .arrival = span->event_count + i,
            .attributes = &log->attributes,
            .body = &log->body,
            .scope = batch && log->scope < batch->scope_count ? batch->scopes[log->scope].name
                                                              : STR_NONE,
        };
    }
    qsort(all, used, sizeof *all, compare_carried);
    struct messages in = content->out->input, out = content->out->output;
    content->out->input = content->out->output = (struct messages){0};
    for (size_t i = 0; i < used; i++)
        read_carried(content, &all[i]);
    if (in.count)
        content->out->input = in;
    if (out.count)
        content->out->output = out;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messages: lists of messages out of JSON of any provider or framework: plain lists, requests
 * ({messages}, {contents}), replies ({choices}, {candidates}, {output}), LangChain's serialised
 * objects and the events that older conventions put into one attribute.
 */
#include "normalise/normalise_private.h"
#include "wire/json.h"

enum { NESTING_MAX = 8, MESSAGES_MAX = 20000 };
#define FIRST(object, ...) json_first((object), (const char *const[]){__VA_ARGS__, NULL})

bool role_canonical(struct str raw, struct str *out_role)
{
    static const struct {
        const char *raw, *role;
    } roles[] = {
        {"system", "system"},
        {"user", "user"},
        {"assistant", "assistant"},
        {"tool", "tool"},
        {"model", "assistant"},
        {"ai", "assistant"},
        {"human", "user"},
        {"developer", "system"},
        {"function", "tool"},
        {"AIMessage", "assistant"},
        {"HumanMessage", "user"},
        {"SystemMessage", "system"},
        {"ToolMessage", "tool"},
        {"choice", "assistant"},
        {"AIMessageChunk", "assistant"},
        {"chatbot", "assistant"},
        {"FunctionMessage", "tool"},
    };
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (str_equal_nocase(raw, str_from(roles[i].raw))) {
            *out_role = str_from(roles[i].role);
            return true;
        }
    }
    *out_role = raw;
    return false;
}

static struct message *add_message(struct content *content, struct messages *out)
{
    if (out->count >= MESSAGES_MAX ||
        !arena_grow(content->arena, &out->items, out->count, &out->capacity))
        return NULL;
    struct message *message = &out->items[out->count];
    *message = (struct message){0};
    return message;
}

void message_from_text(struct content *content, struct str role, struct str text,
                       struct messages *out)
{
    struct message *message = add_message(content, out);
    struct part *part = arena_new(content->arena, struct part);
    if (!message || !part)
        return;
    *part = (struct part){.type = PART_TEXT, .text = text};
    *message = (struct message){.role = role, .parts = part, .part_count = 1};
    out->count++;
}

/* --- one message ------------------------------------------------------------------------------ */

struct building {
    struct part *parts;
    size_t count, capacity;
};

static struct part *add_part(struct content *content, struct building *building)
{
    if (!arena_grow(content->arena, &building->parts, building->count, &building->capacity))
        return NULL;
    struct part *part = &building->parts[building->count++];
    *part = (struct part){.type = PART_TEXT};
    return part;
}

static void add_text(struct content *content, struct building *building, enum part_type type,
                     const struct json *json)
{
    struct str text = json_string(json);
    struct part *part = text.len ? add_part(content, building) : NULL;
    if (part)
        *part = (struct part){.type = type, .text = text};
}

static void add_parts(struct content *content, struct building *building, const struct json *json)
{
    if (!json)
        return;
    size_t count = json->type == JSON_ARRAY ? json->count : 1;
    for (size_t i = 0; i < count; i++) {
        struct part *part = add_part(content, building);
        if (!part)
            return;
        if (!part_from_json(content, json->type == JSON_ARRAY ? &json->items[i] : json, part))
            building->count--;
    }
}

static void add_calls(struct content *content, struct building *building, const struct json *calls)
{
    for (uint32_t i = 0; calls && calls->type == JSON_ARRAY && i < calls->count; i++) {
        const struct json *call = &calls->items[i];
        const struct json *inner = json_get(call, STR("tool_call"));
        const struct json *arguments, *function;
        struct part *part;
        if (inner && inner->type == JSON_OBJECT)
            call = inner;
        if (call->type != JSON_OBJECT || !(part = add_part(content, building)))
            continue;
        function = json_get(call, STR("function"));
        if (!function || function->type != JSON_OBJECT)
            function = call;
        arguments = FIRST(function, "arguments", "args", "input");
        *part = (struct part){
            .type = PART_TOOL_CALL,
            .id = json_as_text(content, FIRST(call, "id", "toolCallId", "tool_call_id")),
            .name = json_as_text(content, FIRST(function, "name", "toolName")),
            .text = json_as_text(content, arguments),
        };
    }
}

/* OpenInference's and OpenAI's old single call. */
static void add_function_call(struct content *content, struct building *building,
                              const struct json *json)
{
    struct str name = json_string(json_get(json, STR("function_call_name")));
    struct str arguments = json_string(json_get(json, STR("function_call_arguments_json")));
    const struct json *call = json_get(json, STR("function_call"));
    if (call && call->type == JSON_OBJECT) {
        name = json_string(json_get(call, STR("name")));
        arguments = json_as_text(content, json_get(call, STR("arguments")));
    }
    struct part *part = name.len ? add_part(content, building) : NULL;
    if (part)
        *part = (struct part){.type = PART_TOOL_CALL, .name = name, .text = arguments};
}

static struct str class_of_constructor(const struct json *json)
{
    const struct json *id = json_get(json, STR("id"));
    if (!id || id->type != JSON_ARRAY || id->count == 0)
        return STR_NONE;
    return json_string(&id->items[id->count - 1]);
}

static struct str role_of_event(struct str name)
{
    if (!str_starts(name, STR("gen_ai.")))
        return STR_NONE;
    struct str word = str_sub(name, 7, name.len);
    return str_sub(word, 0, str_find_byte(word, '.'));
}

static struct str role_of(const struct json *json, struct str fallback)
{
    struct str raw = json_string(json_get(json, STR("role"))), role;
    if (!raw.len && str_equal(json_string(json_get(json, STR("type"))), STR("constructor")))
        raw = class_of_constructor(json);
    if (!raw.len)
        raw = role_of_event(json_string(json_get(json, STR("event.name"))));
    if (!raw.len) {
        struct str type = json_string(json_get(json, STR("type")));
        if (type.len && role_canonical(type, &role))
            return role;
    }
    if (!raw.len)
        return fallback;
    role_canonical(raw, &role);
    return role;
}

/* A message that answers a tool call is that answer. */
static void as_tool_result(struct content *content, const struct json *json,
                           struct building *building)
{
    struct str id = json_as_text(content, FIRST(json, "tool_call_id", "toolCallId"));
    if (!id.len && json_get(json, STR("event.name")))
        id = json_as_text(content, json_get(json, STR("id")));
    struct str name = json_string(json_get(json, STR("name")));
    for (size_t i = 0; i < building->count; i++) {
        struct part *part = &building->parts[i];
        if (part->type != PART_TEXT && part->type != PART_DATA)
            continue;
        part->type = PART_TOOL_RESULT;
        part->id = id;
        part->name = name;
    }
}

static bool all_results(const struct building *building)
{
    for (size_t i = 0; i < building->count; i++)
        if (building->parts[i].type != PART_TOOL_RESULT)
            return false;
    return building->count > 0;
}

static void add_content(struct content *content, struct building *building, const struct json *json,
                        const struct json *body)
{
    add_text(content, building, PART_REASONING,
             FIRST(json, "reasoning_content", "reasoning", "thinking"));
    if (body && body->type == JSON_STRING) {
        /* JSON text of content blocks, as Strands writes it into events. */
        struct json parsed;
        struct str text = str_trim(body->string);
        if (text.len > 2 && text.ptr[0] == '[' && text.ptr[1] == '{' &&
            json_parse(text, content->arena, &parsed, NULL) == STATUS_OK)
            add_parts(content, building, &parsed);
        else if (body->string.len || !FIRST(json, "tool_calls", "contents", "function_call_name"))
            add_parts(content, building, body);
    } else if (body && body->type != JSON_NULL)
        add_parts(content, building, body);
    add_parts(content, building, json_get(json, STR("parts")));
    if (!body || body->type != JSON_ARRAY)
        add_parts(content, building, json_get(json, STR("contents")));
    add_text(content, building, PART_TEXT, json_get(json, STR("refusal")));
    add_calls(content, building, FIRST(json, "tool_calls", "toolCalls"));
    add_function_call(content, building, json);
}

/* The object that holds role and content: {message}, {kwargs} and {data} are wrappers. */
static const struct json *unwrap(const struct json *json)
{
    for (int i = 0; i < 4; i++) {
        const struct json *inner = FIRST(json, "message", "kwargs", "data");
        if (!inner || inner->type != JSON_OBJECT || json_get(json, STR("content")))
            return json;
        json = inner;
    }
    return json;
}

bool message_from_json(struct content *content, const struct json *json, struct str role,
                       struct messages *out)
{
    const struct json *inside = unwrap(json);
    struct building building = {0};
    struct message *message = add_message(content, out);
    if (!message || inside->type != JSON_OBJECT)
        return false;
    struct str outer_role = role_of(json, role);
    struct str said = role_of(inside, outer_role);
    const struct json *body = json_get(inside, STR("content"));
    if (!body)
        body = FIRST(inside, "text", "prompt", "completion");
    /* Gemini: {content: {role, parts}}. */
    if (body && body->type == JSON_OBJECT && json_get(body, STR("parts"))) {
        said = role_of(body, said);
        body = json_get(body, STR("parts"));
    }
    add_content(content, &building, inside, body);
    if (str_equal(said, STR("tool")))
        as_tool_result(content, inside, &building);
    else if (str_equal(said, STR("user")) && all_results(&building))
        said = STR("tool");
    const struct json *finish =
        FIRST(json, "finish_reason", "finishReason", "stop_reason", "stopReason");
    if (!finish)
        finish = FIRST(inside, "finish_reason", "finishReason", "stop_reason", "stopReason");
    *message = (struct message){
        .role = said,
        .name = json_string(json_get(inside, STR("name"))),
        .finish = json_string(finish),
        .parts = building.parts,
        .part_count = building.count,
    };
    out->count++;
    return true;
}

/* --- lists ------------------------------------------------------------------------------------ */

/* An item of OpenAI's Responses that is no message but belongs into one. */
static bool is_item(struct str type)
{
    static const char *const items[] = {
        "function_call", "function_call_output", "reasoning", "tool_call", "tool-call", NULL};
    for (const char *const *item = items; *item; item++)
        if (str_equal(type, str_from(*item)))
            return true;
    return false;
}

static bool looks_like_message(const struct json *json)
{
    if (json->type != JSON_OBJECT)
        return false;
    if (json_string(json_get(json, STR("role"))).len || json_get(json, STR("event.name")))
        return true;
    const struct json *wrapped = FIRST(json, "message", "kwargs", "data");
    if (wrapped && wrapped->type == JSON_OBJECT &&
        FIRST(wrapped, "role", "content", "type", "tool_calls", "contents"))
        return true;
    struct str type = json_string(json_get(json, STR("type"))), role;
    if (type.len && role_canonical(type, &role) && FIRST(json, "content", "data"))
        return true;
    const struct json *body = json_get(json, STR("content"));
    if (body && body->type == JSON_OBJECT && json_get(body, STR("parts")))
        return true;
    return FIRST(json, "finish_reason", "parts") &&
           FIRST(json, "text", "message", "content", "parts", "delta");
}

static void add_item(struct content *content, const struct json *json, struct messages *out)
{
    struct message *message = add_message(content, out);
    struct part *part = arena_new(content->arena, struct part);
    if (!message || !part || !part_from_json(content, json, part))
        return;
    *message = (struct message){
        .role = part->type == PART_TOOL_RESULT ? STR("tool") : STR("assistant"),
        .parts = part,
        .part_count = 1,
    };
    out->count++;
}

static bool from_json(struct content *content, const struct json *json, struct str role,
                      struct messages *out, unsigned depth);

static bool looks_like_part(const struct json *json)
{
    return json->type == JSON_OBJECT &&
           FIRST(json, "type", "text", "toolUse", "toolResult", "functionCall", "functionResponse",
                 "reasoningContent", "image", "document", "video", "inlineData");
}

static bool from_array(struct content *content, const struct json *json, struct str role,
                       struct messages *out, unsigned depth)
{
    size_t before = out->count;
    if (json->count == 0)
        return false;
    if (!looks_like_message(&json->items[0]) && looks_like_part(&json->items[0]) &&
        !is_item(json_string(json_get(&json->items[0], STR("type"))))) {
        struct message *message = add_message(content, out);
        struct message made = {.role = role};
        if (!message || !parts_from_json(content, json, &made.parts, &made.part_count))
            return false;
        *message = made;
        out->count++;
        return true;
    }
    for (uint32_t i = 0; i < json->count; i++) {
        const struct json *item = &json->items[i];
        if (item->type == JSON_STRING)
            message_from_text(content, role, item->string, out);
        else if (is_item(json_string(json_get(item, STR("type")))) && !json_get(item, STR("role")))
            add_item(content, item, out);
        else if (looks_like_message(item))
            message_from_json(content, item, role, out);
        else
            from_json(content, item, role, out, depth + 1);
    }
    return out->count > before;
}

static void take_system(struct content *content, const struct json *json)
{
    static const char *const names[] = {"system", "system_instruction", "systemInstruction",
                                        "instructions", NULL};
    const struct json *config = json_get(json, STR("config"));
    const struct json *system = json_first(json, names);
    if (!system && config)
        system = json_first(config, names);
    if (!system || content->out->system_count)
        return;
    const struct json *parts = json_get(system, STR("parts"));
    parts_from_json(content, parts ? parts : system, &content->out->system,
                    &content->out->system_count);
}

static bool from_object(struct content *content, const struct json *json, struct str role,
                        struct messages *out, unsigned depth)
{
    static const char *const holders[] = {"messages",   "chat_history", "contents", "choices",
                                          "candidates", "generations",  "message",  "output",
                                          "outputs",    "input",        "inputs",   "kwargs",
                                          "args",       "request",      "response", NULL};
    static const char *const texts[] = {"prompt", "prompts",     "completion", "text",
                                        "query",  "input_text",  "question",   "answer",
                                        "result", "output_text", "content",    NULL};
    if (looks_like_message(json))
        return message_from_json(content, json, role, out);
    if (str_equal(role, STR("user")))
        take_system(content, json);
    for (const char *const *name = holders; *name; name++) {
        const struct json *inner = json_get(json, str_from(*name));
        if (inner && (inner->type == JSON_ARRAY || inner->type == JSON_OBJECT) &&
            from_json(content, inner, role, out, depth + 1)) {
            struct message *last = &out->items[out->count - 1];
            const struct json *finish =
                FIRST(json, "finish_reason", "stop_reason", "stopReason", "finishReason");
            if (!last->finish.len)
                last->finish = json_string(finish);
            return true;
        }
    }
    if (content->reading->out->kind != KIND_LLM || depth > 2)
        return false;
    for (const char *const *name = texts; *name; name++) {
        const struct json *text = json_get(json, str_from(*name));
        if (text && text->type == JSON_OBJECT && json_get(text, STR("text")))
            text = json_get(text, STR("text")); /* OpenInference: {prompt: {text}} */
        if (text && text->type == JSON_STRING && text->string.len) {
            message_from_text(content, role, text->string, out);
            return true;
        }
        if (text && text->type == JSON_ARRAY && from_array(content, text, role, out, depth + 1))
            return true;
    }
    return false;
}

static bool from_json(struct content *content, const struct json *json, struct str role,
                      struct messages *out, unsigned depth)
{
    if (depth > NESTING_MAX)
        return false;
    if (json->type == JSON_ARRAY)
        return from_array(content, json, role, out, depth);
    if (json->type == JSON_OBJECT)
        return from_object(content, json, role, out, depth);
    return false;
}

bool messages_from_json(struct content *content, const struct json *json, struct str role,
                        struct messages *out)
{
    return from_json(content, json, role, out, 0);
}

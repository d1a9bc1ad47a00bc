/* SPDX-License-Identifier: Apache-2.0 */
/*
 * part: one piece of a message, in any of the forms in use: OpenTelemetry parts, OpenAI and
 * Anthropic content blocks, Bedrock and Gemini members, AI SDK parts, OpenInference contents. The
 * `type` decides where there is one, else the members that are there.
 */
#include <string.h>

#include "base/buf.h"
#include "normalise/normalise_private.h"
#include "wire/json.h"

const struct json *json_first(const struct json *object, const char *const *names)
{
    for (; object && object->type == JSON_OBJECT && *names; names++) {
        const struct json *found = json_get(object, str_from(*names));
        if (found && found->type != JSON_NULL)
            return found;
    }
    return NULL;
}
#define FIRST(object, ...) json_first((object), (const char *const[]){__VA_ARGS__, NULL})

struct str json_as_text(struct content *content, const struct json *json)
{
    if (!json)
        return STR_NONE;
    switch (json->type) {
    case JSON_STRING:
        return json->string;
    case JSON_ARRAY:
    case JSON_OBJECT:
        return json->raw;
    case JSON_BOOL:
        return json->boolean ? STR("true") : STR("false");
    case JSON_INT:
        return arena_printf(content->arena, "%lld", (long long)json->integer);
    case JSON_UINT:
        return arena_printf(content->arena, "%llu", (unsigned long long)json->integer);
    case JSON_DOUBLE:
        return arena_printf(content->arena, "%.15g", json->number);
    default:
        return STR_NONE;
    }
}

/* Text inside whatever holds it: a string, {text}, {content}, or a list of those joined. */
static struct str flat_text(struct content *content, const struct json *json, unsigned depth)
{
    if (!json || depth > 8)
        return STR_NONE;
    if (json->type == JSON_OBJECT) {
        const struct json *inner =
            FIRST(json, "text", "content", "thinking", "reasoning", "summary", "value", "refusal");
        return inner ? flat_text(content, inner, depth + 1) : json->raw;
    }
    if (json->type != JSON_ARRAY)
        return json_as_text(content, json);
    struct buf buf = {0};
    for (uint32_t i = 0; i < json->count; i++) {
        if (i)
            buf_add_byte(&buf, '\n');
        buf_add_str(&buf, flat_text(content, &json->items[i], depth + 1));
    }
    struct str text = buf.failed ? STR_NONE : arena_copy(content->arena, buf_str(&buf));
    buf_done(&buf);
    return text;
}

enum part_form {
    FORM_TEXT,
    FORM_REASONING,
    FORM_CALL,
    FORM_RESULT,
    FORM_MEDIA,
    FORM_WRAPPER, /* the part stands one level deeper */
};

static const struct {
    const char *name;
    enum part_form form;
    const char *mime; /* media: what the name alone tells */
} types[] = {
    {"text", FORM_TEXT, NULL},
    {"input_text", FORM_TEXT, NULL},
    {"output_text", FORM_TEXT, NULL},
    {"refusal", FORM_TEXT, NULL},
    {"reasoning", FORM_REASONING, NULL},
    {"thinking", FORM_REASONING, NULL},
    {"summary_text", FORM_REASONING, NULL},
    {"reasoning_text", FORM_REASONING, NULL},
    {"reasoningContent", FORM_REASONING, NULL},
    {"tool_call", FORM_CALL, NULL},
    {"tool-call", FORM_CALL, NULL},
    {"tool_use", FORM_CALL, NULL},
    {"toolUse", FORM_CALL, NULL},
    {"function_call", FORM_CALL, NULL},
    {"function", FORM_CALL, NULL},
    {"server_tool_call", FORM_CALL, NULL},
    {"server_tool_use", FORM_CALL, NULL},
    {"tool_call_response", FORM_RESULT, NULL},
    {"tool-result", FORM_RESULT, NULL},
    {"tool_result", FORM_RESULT, NULL},
    {"toolResult", FORM_RESULT, NULL},
    {"function_call_output", FORM_RESULT, NULL},
    {"server_tool_call_response", FORM_RESULT, NULL},
    {"interrupt_response", FORM_RESULT, NULL},
    {"image", FORM_MEDIA, "image"},
    {"image_url", FORM_MEDIA, "image"},
    {"image-url", FORM_MEDIA, "image"},
    {"input_image", FORM_MEDIA, "image"},
    {"audio", FORM_MEDIA, "audio"},
    {"audio-url", FORM_MEDIA, "audio"},
    {"input_audio", FORM_MEDIA, "audio"},
    {"video", FORM_MEDIA, "video"},
    {"video-url", FORM_MEDIA, "video"},
    {"document", FORM_MEDIA, "document"},
    {"document-url", FORM_MEDIA, "document"},
    {"file", FORM_MEDIA, NULL},
    {"input_file", FORM_MEDIA, NULL},
    {"uri", FORM_MEDIA, NULL},
    {"blob", FORM_MEDIA, NULL},
    {"binary", FORM_MEDIA, NULL},
    {"media", FORM_MEDIA, NULL},
};

/* Where there is no type: the member whose name says what the part is. */
static const struct {
    const char *name;
    enum part_form form;
    const char *mime;
    bool inside; /* the member holds the part */
} members[] = {
    {"message_content", FORM_WRAPPER, NULL, true},
    {"tool_call", FORM_CALL, NULL, true},
    {"toolUse", FORM_CALL, NULL, true},
    {"functionCall", FORM_CALL, NULL, true},
    {"function_call", FORM_CALL, NULL, true},
    {"function", FORM_CALL, NULL, false},
    {"toolResult", FORM_RESULT, NULL, true},
    {"functionResponse", FORM_RESULT, NULL, true},
    {"function_response", FORM_RESULT, NULL, true},
    {"reasoningContent", FORM_REASONING, NULL, true},
    {"reasoningText", FORM_REASONING, NULL, true},
    {"inlineData", FORM_MEDIA, NULL, true},
    {"inline_data", FORM_MEDIA, NULL, true},
    {"fileData", FORM_MEDIA, NULL, true},
    {"file_data", FORM_MEDIA, NULL, true},
    {"image", FORM_MEDIA, "image", true},
    {"video", FORM_MEDIA, "video", true},
    {"document", FORM_MEDIA, "document", true},
    {"image_url", FORM_MEDIA, "image", true},
    {"text", FORM_TEXT, NULL, false},
    {"thinking", FORM_REASONING, NULL, false},
};

static void fill_call(struct content *content, const struct json *json, struct part *out)
{
    const struct json *function = FIRST(json, "function", "server_tool_call");
    const struct json *inner = function && function->type == JSON_OBJECT ? function : json;
    const struct json *arguments =
        FIRST(inner, "arguments", "args", "input", "parameters", "toolInput");
    if (!arguments && inner != json)
        arguments = FIRST(json, "arguments", "args", "input");
    const struct json *name = FIRST(inner, "name", "toolName", "tool_name");
    out->type = PART_TOOL_CALL;
    out->id = json_as_text(content,
                           FIRST(json, "id", "toolCallId", "tool_call_id", "toolUseId", "call_id"));
    if (json_get(json, STR("call_id"))) /* Responses: "id" is the item's, not the call's */
        out->id = json_as_text(content, json_get(json, STR("call_id")));
    out->name = json_as_text(content, name ? name : FIRST(json, "name", "type"));
    out->text = json_as_text(content, arguments);
    if (!arguments && inner != json)
        out->text = inner->raw; /* a server tool's own members */
}

static void fill_result(struct content *content, const struct json *json, struct part *out)
{
    const struct json *result =
        FIRST(json, "response", "result", "output", "content", "server_tool_call_response");
    out->type = PART_TOOL_RESULT;
    out->id = json_as_text(content, FIRST(json, "toolCallId", "tool_call_id", "toolUseId",
                                          "tool_use_id", "call_id", "id"));
    out->name = json_as_text(content, FIRST(json, "name", "toolName", "tool_name"));
    /* AI SDK 5 wraps results as {type, value}. */
    const struct json *value =
        result && result->type == JSON_OBJECT && result->count == 2 && json_get(result, STR("type"))
            ? json_get(result, STR("value"))
            : NULL;
    if (value)
        result = value;
    /* A list of text blocks is its text; anything else stays JSON. */
    bool blocks = result && result->type == JSON_ARRAY && result->count > 0;
    for (uint32_t i = 0; blocks && i < result->count; i++)
        blocks = json_string(json_get(&result->items[i], STR("text"))).ptr != NULL;
    out->text = blocks ? flat_text(content, result, 0) : json_as_text(content, result);
}

/* "data:image/png;base64,AAAA" is no link but the thing itself. */
static void split_data_url(struct part *out)
{
    if (!str_starts_nocase(out->uri, STR("data:")))
        return;
    size_t comma = str_find_byte(out->uri, ',');
    struct str head = str_sub(out->uri, 5, comma > 5 ? comma - 5 : 0);
    out->text = str_sub(out->uri, comma + 1, out->uri.len);
    out->mime = str_sub(head, 0, str_find_byte(head, ';'));
    out->uri = STR_NONE;
}

static void fill_media(struct content *content, const struct json *json, const char *kind,
                       struct part *out)
{
    static const char *const holders[] = {"image_url", "input_audio", "image",    "audio", "file",
                                          "source",    "video",       "document", NULL};
    out->type = PART_MEDIA;
    out->mime = json_as_text(content, FIRST(json, "mime_type", "mimeType", "media_type",
                                            "mediaType", "modality", "format"));
    for (const struct json *at = json; at && !out->uri.len && !out->text.len;) {
        const struct json *uri = FIRST(at, "uri", "url", "file_id", "fileUri", "file_uri");
        const struct json *data = FIRST(at, "data", "content", "bytes", "file_data");
        out->uri = json_string(uri);
        out->text = json_string(data);
        if (!out->mime.len)
            out->mime = json_as_text(
                content, FIRST(at, "mime_type", "mimeType", "media_type", "mediaType", "format"));
        const struct json *inner = json_first(at, holders);
        if (inner && inner->type == JSON_STRING && !out->uri.len && !out->text.len) {
            bool is_link = str_contains(str_sub(inner->string, 0, 40), STR(":"));
            *(is_link ? &out->uri : &out->text) = inner->string;
        }
        at = inner && inner->type == JSON_OBJECT ? inner : NULL;
    }
    split_data_url(out);
    if (!out->mime.len && kind)
        out->mime = str_from(kind);
    out->id = json_as_text(content, FIRST(json, "file_id"));
    out->name = json_as_text(content, FIRST(json, "name", "filename", "transcript"));
    if (!out->uri.len && !out->text.len)
        *out = (struct part){.type = PART_DATA, .text = json->raw};
}

static bool fill_form(struct content *content, enum part_form form, const char *mime,
                      const struct json *json, struct part *out)
{
    switch (form) {
    case FORM_TEXT:
        out->type = PART_TEXT;
        out->text = flat_text(content, json, 0);
        break;
    case FORM_REASONING:
        out->type = PART_REASONING;
        out->text = flat_text(content,
                              FIRST(json, "reasoningText", "reasoningContent")
                                  ? FIRST(json, "reasoningText", "reasoningContent")
                                  : json,
                              0);
        break;
    case FORM_CALL:
        fill_call(content, json, out);
        break;
    case FORM_RESULT:
        fill_result(content, json, out);
        break;
    case FORM_MEDIA:
        fill_media(content, json, mime, out);
        break;
    case FORM_WRAPPER:
        return part_from_json(content, json, out);
    }
    return true;
}

bool part_from_json(struct content *content, const struct json *json, struct part *out)
{
    *out = (struct part){.type = PART_TEXT};
    if (json->type == JSON_STRING) {
        out->text = json->string;
        return true;
    }
    if (json->type != JSON_OBJECT)
        return false;
    struct str type = json_string(json_get(json, STR("type")));
    for (size_t i = 0; type.len && i < sizeof types / sizeof *types; i++)
        if (str_equal(type, str_from(types[i].name)))
            return fill_form(content, types[i].form, types[i].mime, json, out);
    /* Gemini marks a thought on a text part; "executableCode" and others stay data. */
    const struct json *thought = json_get(json, STR("thought"));
    if (!type.len && thought && thought->type == JSON_BOOL && thought->boolean)
        return fill_form(content, FORM_REASONING, NULL, json, out);
    for (size_t i = 0; !type.len && i < sizeof members / sizeof *members; i++) {
        const struct json *inner = json_get(json, str_from(members[i].name));
        if (!inner || inner->type == JSON_NULL)
            continue;
        return fill_form(content, members[i].form, members[i].mime,
                         members[i].inside && inner->type == JSON_OBJECT ? inner : json, out);
    }
    *out = (struct part){.type = PART_DATA, .name = type, .text = json->raw};
    return true;
}

bool parts_from_json(struct content *content, const struct json *json, struct part **out_parts,
                     size_t *out_count)
{
    size_t count = json->type == JSON_ARRAY ? json->count : 1;
    struct part *parts = arena_array(content->arena, struct part, count + 1);
    size_t made = 0;
    if (!parts)
        return false;
    for (size_t i = 0; i < count; i++)
        made += part_from_json(content, json->type == JSON_ARRAY ? &json->items[i] : json,
                               &parts[made]);
    *out_parts = parts;
    *out_count = made;
    return made > 0;
}

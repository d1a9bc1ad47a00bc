/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content: the messages of a span and its input and output as they were sent. The sources come in
 * their order; the first that yields messages gives them, the first that has a text gives that.
 */
#include "normalise/normalise_private.h"
#include "wire/json.h"

/* Parses when it looks like JSON (R3, R4); JSON inside a JSON string is taken out once. */
static bool parse(struct content *content, struct str text, struct json *out)
{
    text = str_trim(text);
    if (text.len < 2 || (text.ptr[0] != '{' && text.ptr[0] != '[' && text.ptr[0] != '"'))
        return false;
    if (json_parse(text, content->arena, out, NULL) != STATUS_OK)
        return false;
    if (out->type != JSON_STRING)
        return true;
    struct str inner = str_trim(out->string);
    if (inner.len < 2 || (inner.ptr[0] != '{' && inner.ptr[0] != '['))
        return true;
    struct json second;
    if (json_parse(inner, content->arena, &second, NULL) == STATUS_OK)
        *out = second;
    return true;
}

/* Array items that are JSON texts themselves, as the AI SDK sends tools and documents. */
static void parse_items(struct content *content, struct json *json)
{
    for (uint32_t i = 0; json->type == JSON_ARRAY && i < json->count; i++) {
        struct json item;
        if (json->items[i].type == JSON_STRING && parse(content, json->items[i].string, &item) &&
            item.type == JSON_OBJECT)
            json->items[i] = item;
    }
}

bool content_parse(struct content *content, const struct value *value, struct json *out)
{
    struct str text = value_as_text(content->reading, value);
    if (!text.ptr || !parse(content, text, out))
        return false;
    parse_items(content, out);
    return true;
}

static void messages_from_value(struct content *content, const struct source *source,
                                struct str role, struct messages *out)
{
    struct json json;
    bool is_llm = content->reading->out->kind == KIND_LLM;
    struct str text = value_as_text(content->reading, source->value);
    if (parse(content, text, &json)) {
        const struct json *root = &json;
        if (source->shape == SHAPE_TYPED && json.type == JSON_OBJECT &&
            json_get(&json, STR("value")))
            root = json_get(&json, STR("value"));
        parse_items(content, &json);
        if (messages_from_json(content, root, role, out))
            return;
        if (root->type == JSON_STRING && is_llm)
            message_from_text(content, role, root->string, out);
        return;
    }
    if (is_llm && text.len)
        message_from_text(content, role, text, out);
}

static void keep_last_answer(struct messages *messages)
{
    for (size_t i = messages->count; i-- > 0;) {
        if (!str_equal(messages->items[i].role, STR("assistant")))
            continue;
        messages->items[0] = messages->items[i];
        messages->count = 1;
        return;
    }
    messages->count = 0;
}

static void messages_from_group(struct content *content, enum group group, struct str role,
                                struct messages *out)
{
    const struct reading *reading = content->reading;
    struct json json;
    struct str text =
        unflatten(content->arena, reading, &reading->span->attributes, group_prefix(group));
    if (text.ptr && json_parse(text, content->arena, &json, NULL) == STATUS_OK)
        messages_from_json(content, &json, role, out);
}

/* The AI SDK's answer: text, reasoning, object, tool calls, each under a key of its own. */
static void messages_from_ai_text(struct content *content)
{
    const struct reading *reading = content->reading;
    static const struct {
        enum keep keep;
        enum part_type type;
    } texts[] = {{KEEP_ai_reasoning, PART_REASONING},
                 {KEEP_ai_text, PART_TEXT},
                 {KEEP_ai_object, PART_DATA}};
    struct messages *out = &content->out->output;
    size_t room = 0, count = 0;
    struct json calls = {0}, files = {0};
    const struct value *call_value = reading->kept[KEEP_ai_tool_calls];
    const struct value *file_value = reading->kept[KEEP_ai_files];
    if (call_value && content_parse(content, call_value, &calls) && calls.type == JSON_ARRAY)
        room += calls.count;
    if (file_value && content_parse(content, file_value, &files) && files.type == JSON_ARRAY)
        room += files.count;
    struct part *parts = arena_array(content->arena, struct part, room + 4);
    if (!parts)
        return;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct str text = value_as_text(reading, reading->kept[texts[i].keep]);
        if (text.len)
            parts[count++] = (struct part){.type = texts[i].type, .text = text};
    }
    for (uint32_t i = 0; calls.type == JSON_ARRAY && i < calls.count; i++) {
        if (!part_from_json(content, &calls.items[i], &parts[count]))
            continue;
        if (parts[count].type == PART_DATA) /* version 3 wrote them without a type */
            parts[count] = (struct part){
                .type = PART_TOOL_CALL,
                .id = json_string(json_get(&calls.items[i], STR("toolCallId"))),
                .name = json_string(json_get(&calls.items[i], STR("toolName"))),
                .text =
                    json_as_text(content, json_first(&calls.items[i],
                                                     (const char *const[]){"input", "args", NULL})),
            };
        count++;
    }
    for (uint32_t i = 0; files.type == JSON_ARRAY && i < files.count; i++)
        count += part_from_json(content, &files.items[i], &parts[count]);
    if (count == 0 || !arena_grow(content->arena, &out->items, out->count, &out->capacity))
        return;
    out->items[out->count++] =
        (struct message){.role = STR("assistant"), .parts = parts, .part_count = count};
}

static void fill_side(struct content *content, const struct source *sources, size_t count, bool in)
{
    struct conversation *out = content->out;
    struct messages *messages = in ? &out->input : &out->output;
    struct str *text = in ? &out->input_text : &out->output_text;
    struct str role = in ? STR("user") : STR("assistant");
    for (size_t i = 0; i < count; i++) {
        const struct source *source = &sources[i];
        if (!text->ptr && source->value)
            *text = value_as_text(content->reading, source->value);
        if (messages->count || source->shape == SHAPE_ARGUMENTS)
            continue;
        if (source->shape == SHAPE_INDEXED)
            messages_from_group(content, (enum group)source->group, role, messages);
        else if (source->shape == SHAPE_EVENTS)
            messages_from_events(content);
        else if (source->shape == SHAPE_AI_TEXT)
            messages_from_ai_text(content);
        else
            messages_from_value(content, source, role, messages);
        if (source->shape == SHAPE_OUTPUT)
            keep_last_answer(messages);
    }
}

/* Rows of a content slot among the found keys, in their order; `from` continues behind the last. */
const struct found *content_row(const struct reading *reading, enum slot slot, int *from,
                                const struct row **out_row)
{
    const struct found *best = NULL;
    int best_order = 256;
    for (size_t i = 0; i < reading->found_count; i++) {
        const struct found *found = &reading->found[i];
        const struct row *rows = found->entry->rows;
        if (found->carrier > CARRIER_LOG)
            continue;
        for (size_t j = 0; j < found->entry->row_count; j++) {
            if (rows[j].slot != slot || rows[j].order <= *from || rows[j].order >= best_order)
                continue;
            if ((rows[j].only && !(rows[j].only >> reading->out->kind & 1)) ||
                !reading_knows(reading, &rows[j]))
                continue;
            best = found;
            best_order = rows[j].order;
            *out_row = &rows[j];
        }
    }
    *from = best_order;
    return best;
}

static void fill_system(struct content *content)
{
    const struct row *row;
    const struct found *found;
    for (int from = -1; !content->out->system_count &&
                        (found = content_row(content->reading, SLOT_system, &from, &row));) {
        struct json json;
        const struct json *root = &json;
        struct str text = value_as_text(content->reading, found->value);
        if (!parse(content, text, &json)) {
            json = (struct json){.type = JSON_STRING, .string = text};
            if (row->path || !text.len)
                continue;
        }
        if (row->path)
            root = json_path(&json, str_from(row->path));
        if (root && root->type == JSON_OBJECT && json_get(root, STR("parts")))
            root = json_get(root, STR("parts"));
        if (root && root->type != JSON_NULL)
            parts_from_json(content, root, &content->out->system, &content->out->system_count);
    }
}

void content_fill(struct content *content)
{
    struct reading *reading = content->reading;
    fill_system(content);
    fill_side(content, reading->inputs, reading->source_in_count, true);
    fill_side(content, reading->outputs, reading->source_out_count, false);
}

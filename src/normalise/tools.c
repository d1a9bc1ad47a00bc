/* SPDX-License-Identifier: Apache-2.0 */
/* tools: the functions a model was offered, as {name, description, parameters} (C28). */
#include "normalise/normalise_private.h"
#include "wire/json.h"

enum { TOOLS_MAX = 2000 };
#define FIRST(object, ...) json_first((object), (const char *const[]){__VA_ARGS__, NULL})

struct gathering {
    struct content *content;
    struct tool_definition *items;
    size_t count, capacity;
};

static void gather(struct gathering *tools, const struct json *json, unsigned depth);

static void add_tool(struct gathering *tools, struct str name, struct str description,
                     struct str parameters)
{
    if (!name.len || tools->count >= TOOLS_MAX ||
        !arena_grow(tools->content->arena, &tools->items, tools->count, &tools->capacity))
        return;
    tools->items[tools->count++] = (struct tool_definition){name, description, parameters};
}

static void gather_text(struct gathering *tools, struct str text, unsigned depth)
{
    struct json json;
    text = str_trim(text);
    if (text.len && (text.ptr[0] == '{' || text.ptr[0] == '[')) {
        if (json_parse(text, tools->content->arena, &json, NULL) == STATUS_OK)
            gather(tools, &json, depth + 1);
    } else
        add_tool(tools, text, STR_NONE, STR_NONE); /* Strands lists names */
}

static void gather_object(struct gathering *tools, const struct json *json, unsigned depth)
{
    const struct json *inner =
        FIRST(json, "function_declarations", "functionDeclarations", "function_tools", "tools",
              "function", "toolSpec", "json_schema", "tool");
    if (inner && inner->type == JSON_STRING) {
        gather_text(tools, inner->string, depth);
        return;
    }
    if (inner && (inner->type == JSON_OBJECT || inner->type == JSON_ARRAY)) {
        gather(tools, inner, depth + 1);
        return;
    }
    const struct json *schema =
        FIRST(json, "parameters", "inputSchema", "input_schema", "parameters_json_schema");
    const struct json *wrapped = schema ? FIRST(schema, "json", "jsonSchema") : NULL;
    if (wrapped)
        schema = wrapped;
    const struct json *name = FIRST(json, "name", "type");
    add_tool(tools, json_string(name), json_string(json_get(json, STR("description"))),
             json_as_text(tools->content, schema));
}

static void gather(struct gathering *tools, const struct json *json, unsigned depth)
{
    if (depth > 6)
        return;
    if (json->type == JSON_STRING)
        gather_text(tools, json->string, depth);
    else if (json->type == JSON_OBJECT)
        gather_object(tools, json, depth);
    for (uint32_t i = 0; json->type == JSON_ARRAY && i < json->count; i++)
        gather(tools, &json->items[i], depth + 1);
}

static void gather_group(struct gathering *tools, enum group group)
{
    struct reading *reading = tools->content->reading;
    struct json json;
    if (tools->count || !(reading->groups >> group & 1))
        return;
    struct str text =
        unflatten(tools->content->arena, reading, &reading->span->attributes, group_prefix(group));
    if (text.ptr && json_parse(text, tools->content->arena, &json, NULL) == STATUS_OK)
        gather(tools, &json, 0);
}

static bool is_parameter_bag(const struct key_entry *entry)
{
    for (size_t i = 0; i < entry->row_count; i++)
        if (entry->rows[i].slot == SLOT_parameter_bag)
            return true;
    return false;
}

void tools_fill(struct content *content)
{
    struct gathering tools = {.content = content};
    const struct found *found;
    const struct row *row;
    struct json json;
    for (int from = -1;
         !tools.count && (found = content_row(content->reading, SLOT_tools, &from, &row));) {
        if (!content_parse(content, found->value, &json))
            continue;
        const struct json *root = row->path ? json_path(&json, str_from(row->path)) : &json;
        if (root)
            gather(&tools, root, 0);
    }
    gather_group(&tools, GROUP_oi_tools);
    gather_group(&tools, GROUP_tl_functions);
    for (size_t i = 0; !tools.count && i < content->reading->found_count; i++) {
        /* Invocation parameters carry what was sent, tools included. */
        const struct found *bag = &content->reading->found[i];
        if (is_parameter_bag(bag->entry) && content_parse(content, bag->value, &json) &&
            json_get(&json, STR("tools")))
            gather(&tools, json_get(&json, STR("tools")), 0);
    }
    content->out->tools = tools.items;
    content->out->tool_count = tools.count;
}

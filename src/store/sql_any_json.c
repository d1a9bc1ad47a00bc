/* SPDX-License-Identifier: Apache-2.0 */
/* sql_any_json: dynamic values out of JSON, their parts, and lists of them. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sql_functions.h"
#include "wire/json.h"
#include "wire/utf8.h"

static void write_json(const struct sql_call *call, const struct json *json, struct sql_value *out)
{
    struct json_out writer = json_out(call->scratch);
    switch (json->type) {
    case JSON_NULL:
        out->null = true;
        return;
    case JSON_STRING:
        sql_give_text(call, json->string, out);
        return;
    case JSON_BOOL:
        sql_give_tagged(call, STORE_ANY_BOOLEAN, json->boolean ? STR("true") : STR("false"), out);
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        sql_give_tagged(call, STORE_ANY_JSON, json->raw, out);
        return;
    default:
        buf_add_byte(call->scratch, STORE_ANY_NUMBER);
        if (json->type == JSON_INT)
            json_out_int(&writer, NULL, json->integer);
        else if (json->type == JSON_UINT)
            buf_printf(call->scratch, "%llu", (unsigned long long)json->integer);
        else
            sql_write_number(call->scratch, json->number);
    }
    out->text = buf_str(call->scratch);
}

static bool parse(const struct sql_call *call, struct json *out_json)
{
    struct str text;
    if (call->args[0].null)
        return false;
    store_any_split(call->args[0].text, &text);
    return json_parse(text, call->arena, out_json, NULL) == STATUS_OK;
}

/* jsonParse: a map, a list or nothing. */
void sql_json_value(const struct sql_call *call, struct sql_value *out)
{
    struct json json;
    out->null = !parse(call, &json) || (json.type != JSON_ARRAY && json.type != JSON_OBJECT);
    if (!out->null)
        write_json(call, &json, out);
}

void sql_json_text(const struct sql_call *call, struct sql_value *out)
{
    struct str text;
    out->null = call->args[0].null;
    if (out->null)
        return;
    if (store_any_split(call->args[0].text, &text))
        buf_add_str(call->scratch, text);
    else
        json_write_string(call->scratch, text);
    out->text = buf_str(call->scratch);
}

/* A path into a map or list; the text of a map is looked into as well. */
void sql_any_get(const struct sql_call *call, struct sql_value *out)
{
    struct json json;
    const struct json *found = NULL;
    if (!call->args[1].null && parse(call, &json))
        found = json_discover(&json, call->args[1].text);
    out->null = !found;
    if (found)
        write_json(call, found, out);
}

/* The items of a list; anything else is a list of one. */
void sql_any_items(const struct sql_call *call, struct sql_value *out)
{
    struct json json;
    struct str text;
    out->null = call->args[0].null;
    if (out->null)
        return;
    bool is_list = store_any_split(call->args[0].text, &text) == STORE_ANY_JSON &&
                   parse(call, &json) && json.type == JSON_ARRAY;
    size_t count = is_list ? json.count : 1;
    out->items = arena_array(call->arena, struct str, count + 1);
    out->item_nulls = arena_array(call->arena, bool, count + 1);
    out->null = !out->items || !out->item_nulls;
    if (out->null)
        return;
    out->item_count = count;
    out->items[0] = call->args[0].text;
    for (size_t i = 0; is_list && i < count; i++) {
        struct sql_value item = {0};
        buf_clear(call->scratch);
        write_json(call, &json.items[i], &item);
        out->item_nulls[i] = item.null;
        out->items[i] = item.null ? STR_NONE : arena_copy(call->arena, item.text);
    }
    buf_clear(call->scratch);
}

static void write_item(struct json_out *writer, struct str any)
{
    struct str text;
    if (store_any_split(any, &text))
        json_out_raw(writer, NULL, text);
    else
        json_out_str(writer, NULL, text);
}

void sql_any_of_list(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null;
    if (out->null)
        return;
    buf_add_byte(call->scratch, STORE_ANY_JSON);
    struct json_out writer = json_out(call->scratch);
    json_out_array(&writer, NULL);
    for (size_t i = 0; i < call->args[0].item_count; i++)
        if (!call->args[0].item_nulls[i])
            write_item(&writer, call->args[0].items[i]);
    json_out_end_array(&writer);
    out->text = buf_str(call->scratch);
}

void sql_split_text(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null || call->args[1].null;
    if (out->null)
        return;
    struct str rest = call->args[0].text, separator = call->args[1].text;
    buf_add_byte(call->scratch, STORE_ANY_JSON);
    struct json_out writer = json_out(call->scratch);
    json_out_array(&writer, NULL);
    for (bool more = true; more;) {
        size_t at = separator.len ? str_find(rest, separator) : rest.len;
        more = at < rest.len;
        json_out_str(&writer, NULL, str_sub(rest, 0, at));
        rest = str_sub(rest, at + separator.len, rest.len);
    }
    json_out_end_array(&writer);
    out->text = buf_str(call->scratch);
}

void sql_list_size(const struct sql_call *call, struct sql_value *out)
{
    struct json json;
    out->null = !parse(call, &json) || json.type != JSON_ARRAY;
    out->integer = out->null ? 0 : json.count;
}

void sql_list_has(const struct sql_call *call, struct sql_value *out)
{
    struct json json;
    struct sql_value item;
    struct buf scratch = {0};
    const struct sql_call write = {.scratch = &scratch, .arena = call->arena};
    out->null = call->args[1].null || !parse(call, &json) || json.type != JSON_ARRAY;
    for (uint32_t i = 0; !out->null && i < json.count && !out->integer; i++) {
        int order = 1;
        item = (struct sql_value){0};
        write_json(&write, &json.items[i], &item);
        out->integer = !item.null &&
                       sql_any_compare(item.text, call->args[1].text, false, &order) && order == 0;
        buf_clear(&scratch);
    }
    buf_done(&scratch);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* json_get: looking into a parsed document. */
#include "wire/json.h"

#include <math.h>

const struct json *json_get(const struct json *object, struct str key)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (uint32_t i = object->count; i-- > 0;) /* of duplicates the last counts */
        if (str_equal(object->members[i].key, key))
            return &object->members[i].value;
    return NULL;
}

const struct json *json_path(const struct json *root, struct str path)
{
    struct str piece;
    const struct json *at = root;
    while (at && str_take(&path, '.', &piece)) {
        uint64_t index;
        if (at->type != JSON_ARRAY)
            at = json_get(at, piece);
        else if (str_to_u64(piece, &index) && index < at->count)
            at = &at->items[index];
        else
            at = NULL;
    }
    return at;
}

static const struct json *discover_item(const struct json *array, struct str path)
{
    struct str piece;
    uint64_t index;
    if (!str_take(&path, '.', &piece) || !str_to_u64(piece, &index) || index >= array->count)
        return NULL;
    return json_discover(&array->items[index], path);
}

/* Every split of the path is tried at most once a level, and a level takes a key off it. */
const struct json *json_discover(const struct json *root, struct str path)
{
    if (path.len == 0)
        return root;
    if (root->type == JSON_ARRAY)
        return discover_item(root, path);
    for (size_t end = path.len; root->type == JSON_OBJECT && end > 0; end--) {
        if (end < path.len && path.ptr[end] != '.')
            continue;
        const struct json *member = json_get(root, str_sub(path, 0, end));
        const struct json *found =
            member ? json_discover(member, str_sub(path, end + 1, path.len)) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

struct str json_string(const struct json *json)
{
    return json && json->type == JSON_STRING ? json->string : STR_NONE;
}

bool json_number(const struct json *json, double *out)
{
    if (!json)
        return false;
    switch (json->type) {
    case JSON_INT:
        *out = (double)json->integer;
        return true;
    case JSON_UINT:
        *out = (double)(uint64_t)json->integer;
        return true;
    case JSON_DOUBLE:
        *out = json->number;
        return true;
    case JSON_STRING:
        return str_to_double(json->string, out);
    default:
        return false;
    }
}

bool json_int(const struct json *json, int64_t *out)
{
    double number;
    if (json && json->type == JSON_INT) {
        *out = json->integer;
        return true;
    }
    if (json && json->type == JSON_STRING && str_to_i64(json->string, out))
        return true;
    if (!json || json->type == JSON_UINT || !json_number(json, &number))
        return false;
    if (!(number >= -0x1p63 && number < 0x1p63) || number != trunc(number))
        return false;
    *out = (int64_t)number;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* json_merge: metadata and tags, which add up instead of replacing each other. */
#include <stdlib.h>
#include <string.h>

#include "merge/merge_private.h"

static struct json_member *find(struct json *object, struct str key)
{
    for (uint32_t i = 0; i < object->count; i++)
        if (str_equal(object->members[i].key, key))
            return &object->members[i];
    return NULL;
}

static struct json *merge_json(const struct json *old, const struct json *fresh,
                               struct arena *arena)
{
    struct json *merged = arena_new(arena, struct json);
    if (!merged)
        return NULL;
    if (old->type != JSON_OBJECT || fresh->type != JSON_OBJECT) {
        *merged = *fresh;
        return merged;
    }
    merged->type = JSON_OBJECT;
    merged->members = arena_array(arena, struct json_member, old->count + fresh->count + 1);
    if (!merged->members)
        return NULL;
    if (old->count)
        memcpy(merged->members, old->members, old->count * sizeof *merged->members);
    merged->count = old->count;
    for (uint32_t i = 0; i < fresh->count; i++) {
        struct json_member *known = find(merged, fresh->members[i].key);
        struct json *value = &fresh->members[i].value;
        if (!known) {
            merged->members[merged->count++] = fresh->members[i];
            continue;
        }
        value = merge_json(&known->value, value, arena);
        if (!value)
            return NULL;
        known->value = *value;
    }
    return merged;
}

struct str merge_json_text(const struct json *json, struct arena *arena)
{
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    json_out_value(&out, NULL, json);
    struct str text = buf.failed ? STR_NONE : arena_copy(arena, buf_str(&buf));
    buf_done(&buf);
    return text;
}

/* What is not an object is the value of a member "metadata". */
static struct json *as_object(const struct fold *fold, const struct member *member)
{
    struct json *object = arena_new(fold->arena, struct json);
    struct json value = {.type = JSON_STRING};
    if (!object)
        return NULL;
    if (member->is_json && fold__parse(fold, member, object) && object->type == JSON_OBJECT)
        return object;
    value.string = fold__text(fold, member);
    object->members = arena_array(fold->arena, struct json_member, 1);
    if (!object->members)
        return NULL;
    object->members[0] = (struct json_member){STR("metadata"), value};
    object->type = JSON_OBJECT;
    object->count = 1;
    object->raw = STR_NONE;
    return object;
}

struct str fold__metadata(const struct fold *fold)
{
    struct json *merged = NULL;
    struct member member;
    for (size_t i = 0; i < fold->count; i++) {
        if (!fold__member(&fold->parts[i], STR("metadata"), &member) ||
            member.value->type == VALUE_NULL)
            continue;
        struct json *fresh = as_object(fold, &member);
        merged = merged && fresh ? merge_json(merged, fresh, fold->arena) : fresh;
    }
    return merged && merged->count ? merge_json_text(merged, fold->arena) : STR_NONE;
}

static int by_text(const void *a, const void *b)
{
    const struct value *left = a, *right = b;
    return str_compare(left->string, right->string);
}

struct value fold__tags(struct fold *fold)
{
    enum { TAGS_MAX = 1000 };
    struct value tags = {.type = VALUE_ARRAY};
    struct member member;
    struct json list;
    tags.array.items = arena_array(fold->arena, struct value, TAGS_MAX);
    for (size_t i = 0; i < fold->count && tags.array.items; i++) {
        if (!fold__member(&fold->parts[i], STR("tags"), &member) || !member.is_json ||
            !fold__parse(fold, &member, &list) || list.type != JSON_ARRAY)
            continue;
        for (uint32_t n = 0; n < list.count; n++) {
            struct str tag = json_string(&list.items[n]);
            bool known = tag.len == 0 || tags.array.count == TAGS_MAX;
            for (size_t at = 0; at < tags.array.count && !known; at++)
                known = str_equal(tags.array.items[at].string, tag);
            if (!known)
                tags.array.items[tags.array.count++] = value_string(tag);
        }
    }
    if (tags.array.count)
        qsort(tags.array.items, tags.array.count, sizeof *tags.array.items, by_text);
    return tags;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* merge: puts parts into order and hands them to the file of their sender. */
#include <stdlib.h>
#include <string.h>

#include "merge/merge_private.h"
#include "model/foreign_id.h"
#include "model/part.h"
#include "normalise/value_json.h"

/* --- reading ---------------------------------------------------------------------------------- */

static bool is_json_key(struct str key, struct str name)
{
    return key.len == name.len + sizeof PART_JSON_SUFFIX - 1 && str_starts(key, name) &&
           str_ends(key, STR(PART_JSON_SUFFIX));
}

bool fold__member(const struct said *part, struct str key, struct member *out)
{
    const struct attributes *attributes = &part->span->attributes;
    for (size_t i = attributes->count; i-- > 0;) {
        const struct attribute *attribute = &attributes->items[i];
        bool is_json = is_json_key(attribute->key, key);
        if (!is_json && !str_equal(attribute->key, key))
            continue;
        *out = (struct member){&attribute->value, is_json};
        return true;
    }
    return false;
}

/* An empty object says nothing: what was said before stays. */
static bool is_empty_object(const struct member *member)
{
    return member->is_json && member->value->type == VALUE_STRING &&
           str_equal(member->value->string, STR("{}"));
}

bool fold__last(const struct fold *fold, struct str key, struct member *out)
{
    for (size_t i = fold->count; i-- > 0;)
        if (fold__member(&fold->parts[i], key, out) && !is_empty_object(out))
            return out->value->type != VALUE_NULL;
    return false;
}

bool fold__first(const struct fold *fold, struct str key, struct member *out)
{
    for (size_t i = 0; i < fold->count; i++)
        if (fold__member(&fold->parts[i], key, out) && out->value->type != VALUE_NULL)
            return true;
    return false;
}

static bool is_truthy(const struct value *value)
{
    switch (value->type) {
    case VALUE_NULL:
        return false;
    case VALUE_BOOL:
        return value->boolean;
    case VALUE_INT:
        return value->integer != 0;
    case VALUE_DOUBLE:
        return value->number != 0;
    case VALUE_STRING:
        return value->string.len > 0;
    default:
        return true;
    }
}

bool fold__last_truthy(const struct fold *fold, struct str key, struct member *out)
{
    for (size_t i = fold->count; i-- > 0;)
        if (fold__member(&fold->parts[i], key, out) && is_truthy(out->value))
            return true;
    return false;
}

struct str fold__text(const struct fold *fold, const struct member *member)
{
    struct str text = value_plain_text(member->value, fold->contents, fold->arena);
    return text.len ? arena_copy(fold->arena, text) : STR_NONE;
}

struct str fold__last_text(const struct fold *fold, struct str key)
{
    struct member member;
    return fold__last(fold, key, &member) ? fold__text(fold, &member) : STR_NONE;
}

bool fold__parse(const struct fold *fold, const struct member *member, struct json *out)
{
    struct str text = fold__text(fold, member);
    return text.len && json_parse(text, fold->arena, out, NULL) == STATUS_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

void fold__put(struct fold *fold, struct str key, struct value value)
{
    if (!arena_grow(fold->arena, &fold->attributes, fold->attribute_count,
                    &fold->attribute_capacity)) {
        fold->full = true;
        return;
    }
    fold->attributes[fold->attribute_count++] = (struct attribute){key, value};
}

void fold__put_text(struct fold *fold, struct str key, struct str text)
{
    if (text.len)
        fold__put(fold, key, value_string(text));
}

/* --- order ------------------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b)
{
    const struct said *left = a, *right = b;
    if (left->time_ns != right->time_ns)
        return left->time_ns < right->time_ns ? -1 : 1;
    return (int)left->is_update - (int)right->is_update;
}

static bool order(const struct batch *const *parts, size_t count, struct fold *fold)
{
    fold->parts = arena_array(fold->arena, struct said, count);
    if (!fold->parts)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct span *span = &parts[i]->spans[0];
        fold->parts[fold->count++] =
            (struct said){span, parts[i], span->start_ns, str_ends(span->name, STR("-update"))};
    }
    /* Of equals the first to arrive stays first, which qsort() does not promise. */
    for (size_t i = 1; i < fold->count; i++)
        for (size_t at = i; at > 0 && by_time(&fold->parts[at - 1], &fold->parts[at]) > 0; at--) {
            struct said held = fold->parts[at];
            fold->parts[at] = fold->parts[at - 1];
            fold->parts[at - 1] = held;
        }
    return true;
}

static bool copy_source(struct batch *out, const struct batch *from, const struct fold *fold,
                        struct span *span)
{
    struct resource *resource = batch_add_resource(out);
    struct scope *scope = batch_add_scope(out);
    if (!resource || !scope)
        return false;
    span->resource = (uint32_t)out->resource_count - 1;
    span->scope = (uint32_t)out->scope_count - 1;
    scope->name = from->scope_count ? arena_copy(&out->arena, from->scopes[0].name) : STR("");
    if (from->resource_count == 0)
        return true;
    const struct attributes *attributes = &from->resources[0].attributes;
    resource->attributes.items = arena_array(&out->arena, struct attribute, attributes->count + 1);
    if (!resource->attributes.items)
        return false;
    for (size_t i = 0; i < attributes->count; i++)
        resource->attributes.items[resource->attributes.count++] = (struct attribute){
            arena_copy(&out->arena, attributes->items[i].key),
            value_string(arena_copy(&out->arena, value_plain_text(&attributes->items[i].value,
                                                                  fold->contents, &out->arena)))};
    return true;
}

enum status merge_parts(const struct batch *const *parts, size_t count, const uint8_t *known_trace,
                        const struct content_source *contents, struct batch *out, bool *out_made,
                        struct error *error)
{
    struct fold fold = {.contents = contents, .arena = &out->arena};
    struct span span = {0};
    *out_made = false;
    if (!order(parts, count, &fold))
        return fail(error, STATUS_TOO_LARGE, "no memory to merge %zu parts of a span", count);
    if (fold.count == 0 || !langfuse__span(&fold, known_trace, &span))
        return STATUS_OK;
    struct span *made = batch_add_span(out);
    if (fold.full || !made || !copy_source(out, fold.parts[fold.count - 1].batch, &fold, &span))
        return fail(error, STATUS_TOO_LARGE, "no memory to merge %zu parts of a span", count);
    span.attributes = (struct attributes){fold.attributes, fold.attribute_count};
    *made = span;
    *out_made = true;
    return STATUS_OK;
}

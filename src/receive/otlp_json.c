/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_json: the walk over groups, scopes and records of an OTLP/JSON body.
 *
 * What is wrong outside a record refuses the request: it may be another protocol altogether. A
 * resource or scope enters the batch's table only together with a record.
 */
#include "receive/otlp_json.h"

#include "wire/utf8.h"

static bool read_scope(struct otlp *otlp, const struct json *group, struct scope *scope)
{
    const struct json *json = otlp_member(group, "scope");
    if (!otlp_get_text(otlp, group, "schemaUrl", &scope->schema_url))
        return false;
    if (!json)
        return true;
    return (otlp_is_object(otlp, json) && otlp_get_text(otlp, json, "name", &scope->name) &&
            otlp_get_text(otlp, json, "version", &scope->version) &&
            otlp_get_attributes(otlp, json, "attributes", &scope->attributes) &&
            otlp_get_u32(otlp, json, "droppedAttributesCount", &scope->dropped_attributes)) ||
           otlp_at(otlp, "scope");
}

static bool read_resource(struct otlp *otlp, const struct json *group, struct resource *resource)
{
    const struct json *json = otlp_member(group, "resource");
    if (!otlp_get_text(otlp, group, "schemaUrl", &resource->schema_url))
        return false;
    if (!json)
        return true;
    return (otlp_is_object(otlp, json) &&
            otlp_get_attributes(otlp, json, "attributes", &resource->attributes) &&
            otlp_get_u32(otlp, json, "droppedAttributesCount", &resource->dropped_attributes)) ||
           otlp_at(otlp, "resource");
}

static bool read_record(struct otlp *otlp, const struct json *json)
{
    return (otlp_is_object(otlp, json) && otlp->shape->from_json(otlp, json)) || otlp_reject(otlp);
}

static bool read_scope_group(struct otlp *otlp, const struct json *group)
{
    struct batch *batch = otlp->batch;
    const struct json *list;
    if (!otlp_is_object(otlp, group) ||
        !otlp_get_list(otlp, group, otlp->shape->records, SIZE_MAX, &list))
        return false;
    struct scope *scope = batch_add_scope(batch);
    if (!scope)
        return otlp_full(otlp);
    otlp->scope = (uint32_t)(batch->scope_count - 1);
    if (!read_scope(otlp, group, scope))
        return false;
    size_t before = batch_record_count(batch);
    otlp->record_at = 0;
    for (; list && otlp->record_at < list->count; otlp->record_at++)
        if (!read_record(otlp, &list->items[otlp->record_at]))
            return false;
    batch->scope_count -= batch_record_count(batch) == before;
    return true;
}

static bool read_group(struct otlp *otlp, const struct json *group)
{
    struct batch *batch = otlp->batch;
    const struct json *list;
    if (!otlp_is_object(otlp, group) ||
        !otlp_get_list(otlp, group, otlp->shape->scopes, SIZE_MAX, &list))
        return false;
    struct resource *resource = batch_add_resource(batch);
    if (!resource)
        return otlp_full(otlp);
    otlp->resource = (uint32_t)(batch->resource_count - 1);
    if (!read_resource(otlp, group, resource))
        return false;
    size_t before = batch_record_count(batch);
    otlp->scope_at = 0;
    for (; list && otlp->scope_at < list->count; otlp->scope_at++)
        if (!read_scope_group(otlp, &list->items[otlp->scope_at]))
            return otlp_at(otlp, "%s[%zu]", otlp->shape->scopes, otlp->scope_at);
    batch->resource_count -= batch_record_count(batch) == before;
    return true;
}

static bool read_root(struct otlp *otlp, const struct json *root)
{
    const struct json *list;
    if (!otlp_is_object(otlp, root) ||
        !otlp_get_list(otlp, root, otlp->shape->groups, SIZE_MAX, &list))
        return false;
    for (; list && otlp->group_at < list->count; otlp->group_at++)
        if (!read_group(otlp, &list->items[otlp->group_at]))
            return otlp_at(otlp, "%s[%zu]", otlp->shape->groups, otlp->group_at);
    return true;
}

/* The parser checks UTF-8 on its way; only what it refused for that is looked at again. */
static enum status parse(struct otlp *otlp, struct str body, struct json *out_root,
                         struct error *error)
{
    struct arena *arena = &otlp->batch->arena;
    enum status status = json_parse(body, arena, out_root, error);
    if (status != STATUS_INVALID || utf8_valid(body))
        return status;
    body = utf8_repair(body, arena);
    otlp->batch->repaired_texts++;
    if (body.ptr)
        return json_parse(body, arena, out_root, error);
    otlp_full(otlp);
    return otlp_fail(otlp, error);
}

enum status otlp_from_json(struct otlp *otlp, struct str body, struct error *error)
{
    struct json root;
    enum status status = parse(otlp, body, &root, error);
    if (status != STATUS_OK)
        return status;
    return read_root(otlp, &root) ? STATUS_OK : otlp_fail(otlp, error);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_protobuf: the walk over groups, scopes and records, the same for all signals.
 *
 * Fields may come in any order, so a group is read twice: first for its resource, then for its
 * scopes. A resource or scope enters the batch's table only together with a record: a body of
 * nothing but empty scopes costs no memory.
 */
#include "receive/otlp_protobuf.h"

enum { RECORD_BYTES_USUAL = 24 };

/* A group or a scope, before its items are read. */
struct container {
    struct str head; /* Resource or InstrumentationScope; ptr NULL when absent */
    struct str schema_url;
    size_t items;
};

static bool open_container(struct otlp *otlp, struct str message, const struct otlp_fields *fields,
                           struct container *out)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    *out = (struct container){0};
    while (protobuf_next(&reader, &field)) {
        switch (otlp_tag(&field)) {
        case TAG(1, BYTES):
            if (!otlp_merge(otlp, &out->head, field.bytes))
                return false;
            break;
        case TAG(2, BYTES):
            out->items++;
            break;
        case TAG(3, BYTES):
            if (!otlp_text(otlp, field.bytes, &out->schema_url))
                return false;
            break;
        default:
            if (!otlp_skip(otlp, &field, fields))
                return false;
        }
    }
    return otlp_ended(otlp, &reader);
}

static bool read_resource(struct otlp *otlp, struct str message, struct resource *resource)
{
    static const struct otlp_fields fields = {
        {[1] = {"attributes", PROTOBUF_BYTES}, [2] = {"droppedAttributesCount", PROTOBUF_VARINT}}};
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct otlp_counts counts;
    if (!otlp_count(otlp, message, &counts) ||
        !otlp_attributes_room(otlp, counts.of[1], &resource->attributes))
        return false;
    while (protobuf_next(&reader, &field)) {
        switch (otlp_tag(&field)) {
        case TAG(1, BYTES):
            if (!otlp_attribute(otlp, field.bytes, &resource->attributes))
                return false;
            break;
        case TAG(2, VARINT):
            resource->dropped_attributes = (uint32_t)field.integer;
            break;
        default:
            if (!otlp_skip(otlp, &field, &fields))
                return false;
        }
    }
    return true;
}

static const struct otlp_fields scope_fields = {{
    [1] = {"name", PROTOBUF_BYTES},
    [2] = {"version", PROTOBUF_BYTES},
    [3] = {"attributes", PROTOBUF_BYTES},
    [4] = {"droppedAttributesCount", PROTOBUF_VARINT},
}};

static bool read_scope(struct otlp *otlp, struct str message, struct scope *scope)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct otlp_counts counts;
    if (!otlp_count(otlp, message, &counts) ||
        !otlp_attributes_room(otlp, counts.of[3], &scope->attributes))
        return false;
    while (protobuf_next(&reader, &field)) {
        bool is_fine = true;
        switch (otlp_tag(&field)) {
        case TAG(1, BYTES):
            is_fine = otlp_text(otlp, field.bytes, &scope->name);
            break;
        case TAG(2, BYTES):
            is_fine = otlp_text(otlp, field.bytes, &scope->version);
            break;
        case TAG(3, BYTES):
            is_fine = otlp_attribute(otlp, field.bytes, &scope->attributes);
            break;
        case TAG(4, VARINT):
            scope->dropped_attributes = (uint32_t)field.integer;
            break;
        default:
            is_fine = otlp_skip(otlp, &field, &scope_fields);
        }
        if (!is_fine)
            return false;
    }
    return true;
}

static bool read_records(struct otlp *otlp, struct str message)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    otlp->record_at = 0;
    while (protobuf_next(&reader, &field)) {
        if (otlp_tag(&field) != TAG(2, BYTES))
            continue;
        if (!otlp->shape->from_protobuf(otlp, field.bytes) && !otlp_reject(otlp))
            return false;
        otlp->record_at++;
    }
    return true;
}

static bool read_scope_group(struct otlp *otlp, struct str message)
{
    const struct otlp_fields fields = {{[1] = {"scope", PROTOBUF_BYTES},
                                        [2] = {otlp->shape->records, PROTOBUF_BYTES},
                                        [3] = {"schemaUrl", PROTOBUF_BYTES}}};
    struct batch *batch = otlp->batch;
    struct container group;
    if (!open_container(otlp, message, &fields, &group))
        return false;
    if (group.items == 0)
        return true;
    struct scope *scope = batch_add_scope(batch);
    if (!scope)
        return otlp_full(otlp);
    otlp->scope = (uint32_t)(batch->scope_count - 1);
    scope->schema_url = group.schema_url;
    if (!read_scope(otlp, group.head, scope))
        return otlp_at(otlp, "scope");
    /* A record of fewer bytes is hardly one: empty ones must not cost memory. */
    if (otlp->shape->reserve && group.items <= message.len / RECORD_BYTES_USUAL)
        otlp->shape->reserve(batch, group.items);
    size_t before = batch_record_count(batch);
    if (!read_records(otlp, message))
        return false;
    batch->scope_count -= batch_record_count(batch) == before;
    return true;
}

static bool read_scope_groups(struct otlp *otlp, struct str message)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    otlp->scope_at = 0;
    while (protobuf_next(&reader, &field)) {
        if (otlp_tag(&field) != TAG(2, BYTES))
            continue;
        if (!read_scope_group(otlp, field.bytes))
            return otlp_at(otlp, "%s[%zu]", otlp->shape->scopes, otlp->scope_at);
        otlp->scope_at++;
    }
    return true;
}

static bool read_group(struct otlp *otlp, struct str message)
{
    const struct otlp_fields fields = {{[1] = {"resource", PROTOBUF_BYTES},
                                        [2] = {otlp->shape->scopes, PROTOBUF_BYTES},
                                        [3] = {"schemaUrl", PROTOBUF_BYTES}}};
    struct batch *batch = otlp->batch;
    struct container group;
    if (!open_container(otlp, message, &fields, &group))
        return false;
    if (group.items == 0)
        return true;
    struct resource *resource = batch_add_resource(batch);
    if (!resource)
        return otlp_full(otlp);
    otlp->resource = (uint32_t)(batch->resource_count - 1);
    resource->schema_url = group.schema_url;
    if (!read_resource(otlp, group.head, resource))
        return otlp_at(otlp, "resource");
    size_t before = batch_record_count(batch);
    if (!read_scope_groups(otlp, message))
        return false;
    batch->resource_count -= batch_record_count(batch) == before;
    return true;
}

static bool read_body(struct otlp *otlp, struct str body)
{
    const struct otlp_fields fields = {{[1] = {otlp->shape->groups, PROTOBUF_BYTES}}};
    struct protobuf_reader reader = protobuf_reader(body);
    struct protobuf_field field;
    while (protobuf_next(&reader, &field)) {
        if (otlp_tag(&field) != TAG(1, BYTES)) {
            if (!otlp_skip(otlp, &field, &fields))
                return false;
            continue;
        }
        if (!read_group(otlp, field.bytes))
            return otlp_at(otlp, "%s[%zu]", otlp->shape->groups, otlp->group_at);
        otlp->group_at++;
    }
    return otlp_ended(otlp, &reader);
}

enum status otlp_from_protobuf(struct otlp *otlp, struct str body, struct error *error)
{
    return read_body(otlp, body) ? STATUS_OK : otlp_fail(otlp, error);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* deletions: see deletions.h. */
#include "pipeline/deletions.h"

#include "base/log.h"
#include "journal/coding.h"
#include "model/part.h"
#include "pipeline/rows_private.h"

/* The trace that the merged span has left; NULL: it was in no other. */
static const uint8_t *moved_from(const struct span *span)
{
    const struct value *from = attributes_get(&span->attributes, PART_MOVED_KEY);
    bool is_ours = from && from->type == VALUE_BYTES && from->string.len == TRACE_ID_BYTES &&
                   attributes_get(&span->attributes, PARTS_KEY);
    return is_ours ? (const uint8_t *)from->string.ptr : NULL;
}

static bool read_deletion(const struct batch *batch, const struct span *span,
                          struct store_deletion *out)
{
    if (batch->is_partial) {
        out->trace_id = span->trace_id;
        out->span_id = NULL;
        return str_equal(span->name, PART_DELETES_TRACE);
    }
    out->trace_id = moved_from(span);
    out->span_id = span->span_id;
    return out->trace_id != NULL;
}

/* What it used later belongs to a trace of the same id that came again. */
static void release_media(const struct rows_context *context, const struct batch *batch,
                          const struct span *span)
{
    char hex[2 * TRACE_ID_BYTES + 1];
    struct error error;
    if (!context->media || !batch->is_partial)
        return;
    str_hex_encode(span->trace_id, TRACE_ID_BYTES, hex);
    if (media_release(context->media, batch->project_id, str_from(hex), batch->arrival_ns,
                      &error) != STATUS_OK)
        log_error("indexer", "files of a deleted trace stay", "trace=%s reason=\"%s\"", hex,
                  error.text);
}

enum status deletions_add(const struct rows_context *context, const struct batch *batch,
                          uint32_t first_span, struct arena *scratch, struct error *error)
{
    size_t count = 0;
    struct store_deletion one = {0}, *list;
    for (size_t i = 0; i < batch->span_count; i++)
        count += read_deletion(batch, &batch->spans[i], &one);
    if (count == 0)
        return STATUS_OK;
    list = arena_array(scratch, struct store_deletion, count);
    if (!list)
        return fail(error, STATUS_TOO_LARGE, "no memory for %zu deletions", count);
    count = 0;
    for (size_t i = 0; i < batch->span_count; i++)
        if (read_deletion(batch, &batch->spans[i], &one)) {
            one.place = rows__place_of(context, batch, first_span + (uint32_t)i);
            list[count++] = one;
            release_media(context, batch, &batch->spans[i]);
        }
    return store_delete(context->store, list, count, error);
}

bool deletions_cover(const struct store *store, uint32_t project_id, const struct span *span)
{
    if (store_deletions_known(store) == 0)
        return false;
    const struct value *list = attributes_get(&span->attributes, PARTS_KEY);
    if (!list || list->type != VALUE_BYTES)
        return false;
    for (size_t at = 0; at + PART_REF_BYTES <= list->string.len; at += PART_REF_BYTES) {
        const uint8_t *ref = (const uint8_t *)list->string.ptr + at;
        const struct store_place place = {
            .segment = load_u32(ref), .record = load_u32(ref + 4), .frame = load_u64(ref + 8)};
        if (!store_deleted_since(store, project_id, span->trace_id, &place))
            return false;
    }
    return list->string.len >= PART_REF_BYTES;
}

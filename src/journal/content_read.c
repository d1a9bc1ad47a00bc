/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content_read: any range of a content's bytes. A list is followed from its end: its own items give
 * what they hold, then its parent gives what is before, and so on; every parent has a smaller
 * number, so this ends.
 */
#include "journal/journal_private.h"

#include <inttypes.h>

struct list {
    bool has_parent;
    uint32_t parent;
    uint64_t parent_bytes, prefix_bytes, size_bytes;
    struct cursor items;
};

static bool list_get(uint32_t ordinal, struct str record, struct list *out)
{
    struct cursor in = cursor_of(record);
    uint64_t distance = get_varint(&in);
    *out = (struct list){.has_parent = distance > 0};
    if (distance > ordinal)
        cursor_fail(&in);
    out->parent = ordinal - (uint32_t)distance;
    if (out->has_parent)
        out->parent_bytes = get_varint(&in);
    out->prefix_bytes = get_varint(&in);
    out->size_bytes = get_varint(&in);
    out->items = in;
    return !in.bad && out->parent_bytes <= out->prefix_bytes &&
           out->prefix_bytes <= out->size_bytes;
}

static enum status corrupt(uint32_t ordinal, struct error *error)
{
    return fail(error, STATUS_CORRUPT, "content %" PRIu32 " of the segment is damaged", ordinal);
}

/* Where bytes go: the range asked for, of the content asked for. */
struct range {
    uint64_t start, end;
    char *out;
};

/* Puts the part of `bytes`, which stand at `at`, that is within the range. */
static void put_part(const struct range *range, uint64_t at, struct str bytes)
{
    uint64_t start = at > range->start ? at : range->start;
    uint64_t end = at + bytes.len < range->end ? at + bytes.len : range->end;
    if (start < end)
        memcpy(range->out + (start - range->start), bytes.ptr + (start - at),
               (size_t)(end - start));
}

static enum status copy_item(const struct content_finder *finder, const struct range *range,
                             uint64_t at, uint32_t list, uint64_t ordinal, uint64_t size,
                             struct error *error)
{
    enum content_kind kind;
    struct str text;
    if (ordinal >= list)
        return corrupt(list, error);
    if (at >= range->end || at + size <= range->start)
        return STATUS_OK;
    enum status status = finder->find(finder->context, (uint32_t)ordinal, &kind, &text, error);
    if (status != STATUS_OK)
        return status;
    if (kind != CONTENT_TEXT || text.len != size)
        return corrupt((uint32_t)ordinal, error);
    put_part(range, at, text);
    return STATUS_OK;
}

/* The list's own items, which hold its bytes from parent_bytes on. Finding a text may take the
 * record away. */
static enum status copy_items(const struct content_finder *finder, const struct range *range,
                              uint32_t ordinal, const struct list *list, struct error *error)
{
    struct cursor in = list->items;
    uint64_t at = list->parent_bytes;
    while (cursor_left(&in) && at < range->end) {
        uint64_t head = get_varint(&in), size = head & 1 ? get_varint(&in) : head >> 1;
        if (in.bad || size > list->size_bytes - at)
            return corrupt(ordinal, error);
        if (head & 1) {
            enum status status = copy_item(finder, range, at, ordinal, head >> 1, size, error);
            if (status != STATUS_OK)
                return status;
        } else {
            struct str literal = get_bytes(&in, size);
            if (in.bad)
                return corrupt(ordinal, error);
            put_part(range, at, literal);
        }
        at += size;
    }
    return at < range->end ? corrupt(ordinal, error) : STATUS_OK;
}

enum status journal__content_copy(const struct content_finder *finder, uint32_t ordinal,
                                  uint64_t offset, size_t size, char *out, struct error *error)
{
    struct range range = {offset, offset + size, out};
    uint64_t needs_prefix = 0; /* what a child takes over */
    for (;;) {
        enum content_kind kind;
        struct str record;
        struct list list;
        enum status status = finder->find(finder->context, ordinal, &kind, &record, error);
        if (status != STATUS_OK)
            return status;
        if (kind == CONTENT_TEXT && needs_prefix == 0) {
            if (range.end > record.len)
                return corrupt(ordinal, error);
            put_part(&range, 0, record);
            return STATUS_OK;
        }
        if (kind != CONTENT_LIST || !list_get(ordinal, record, &list) ||
            range.end > list.size_bytes || (needs_prefix && list.prefix_bytes != needs_prefix))
            return corrupt(ordinal, error);
        status = copy_items(finder, &range, ordinal, &list, error);
        if (status != STATUS_OK || !list.has_parent || range.start >= list.parent_bytes)
            return status;
        if (range.end > list.parent_bytes)
            range.end = list.parent_bytes;
        needs_prefix = list.parent_bytes;
        ordinal = list.parent;
    }
}

enum status journal__content_size(const struct content_finder *finder, uint32_t ordinal,
                                  uint64_t *out_size, struct error *error)
{
    enum content_kind kind;
    struct str record;
    struct list list;
    enum status status = finder->find(finder->context, ordinal, &kind, &record, error);
    if (status != STATUS_OK)
        return status;
    if (kind == CONTENT_LIST && !list_get(ordinal, record, &list))
        return corrupt(ordinal, error);
    *out_size = kind == CONTENT_LIST ? list.size_bytes : record.len;
    return STATUS_OK;
}

bool journal__list_visit(uint32_t ordinal, struct str record,
                         bool (*visit)(void *context, uint32_t ordinal, uint64_t size,
                                       bool is_parent),
                         void *context, struct list_sizes *out_sizes)
{
    struct list list;
    if (!list_get(ordinal, record, &list))
        return false;
    if (list.has_parent && !visit(context, list.parent, list.parent_bytes, true))
        return false;
    uint64_t at = list.parent_bytes;
    while (cursor_left(&list.items)) {
        uint64_t head = get_varint(&list.items),
                 size = head & 1 ? get_varint(&list.items) : head >> 1;
        if (!(head & 1))
            get_bytes(&list.items, size);
        if (list.items.bad || size > list.size_bytes - at)
            return false;
        if ((head & 1) &&
            (head >> 1 >= ordinal || !visit(context, (uint32_t)(head >> 1), size, false)))
            return false;
        at += size;
    }
    *out_sizes = (struct list_sizes){list.prefix_bytes, list.size_bytes};
    return at == list.size_bytes;
}

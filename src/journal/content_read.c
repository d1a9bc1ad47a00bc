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
    uint32_t ordinal, parent;
    uint64_t parent_bytes, prefix_bytes, size_bytes;
    struct cursor items;
};

struct item {
    bool shared;
    uint32_t ordinal;
    uint64_t size;
    struct str literal;
};

static bool next_item(struct cursor *in, uint32_t list, struct item *out)
{
    uint64_t head = get_varint(in);
    *out = (struct item){.shared = head & 1, .size = head >> 1};
    if (out->shared) {
        uint64_t distance = head >> 1;
        if (distance == 0 || distance > list)
            cursor_fail(in);
        out->ordinal = list - (uint32_t)distance;
        out->size = get_varint(in);
    } else {
        out->literal = get_bytes(in, out->size);
    }
    return !in->bad;
}

/* Sums up the items: the size is written nowhere. */
static bool list_get(uint32_t ordinal, struct str record, struct list *out)
{
    struct cursor in = cursor_of(record);
    struct item item;
    uint64_t distance = get_varint(&in);
    *out = (struct list){.ordinal = ordinal, .has_parent = distance > 0};
    if (distance > ordinal)
        cursor_fail(&in);
    out->parent = ordinal - (uint32_t)distance;
    if (out->has_parent)
        out->parent_bytes = get_varint(&in);
    uint64_t tail_bytes = get_varint(&in);
    out->items = in;
    out->size_bytes = out->parent_bytes;
    while (cursor_left(&in) && next_item(&in, ordinal, &item))
        if (__builtin_add_overflow(out->size_bytes, item.size, &out->size_bytes))
            cursor_fail(&in);
    if (in.bad || tail_bytes > out->size_bytes - out->parent_bytes)
        return false;
    out->prefix_bytes = out->size_bytes - tail_bytes;
    return true;
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

static enum status copy_shared(const struct content_finder *finder, const struct range *range,
                               uint64_t at, const struct item *item, struct error *error)
{
    enum content_kind kind;
    struct str text;
    if (at >= range->end || at + item->size <= range->start)
        return STATUS_OK;
    enum status status = finder->find(finder->context, item->ordinal, &kind, &text, error);
    if (status != STATUS_OK)
        return status;
    if (kind != CONTENT_TEXT || text.len != item->size)
        return corrupt(item->ordinal, error);
    put_part(range, at, text);
    return STATUS_OK;
}

/* The list's own items, which hold its bytes from parent_bytes on. */
static enum status copy_items(const struct content_finder *finder, const struct range *range,
                              const struct list *list, struct error *error)
{
    struct cursor in = list->items;
    struct item item;
    for (uint64_t at = list->parent_bytes; at < range->end && cursor_left(&in); at += item.size) {
        if (!next_item(&in, list->ordinal, &item))
            return corrupt(list->ordinal, error);
        if (!item.shared) {
            put_part(range, at, item.literal);
            continue;
        }
        enum status status = copy_shared(finder, range, at, &item, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
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
        status = copy_items(finder, &range, &list, error);
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
    struct item item;
    while (cursor_left(&list.items) && next_item(&list.items, ordinal, &item))
        if (item.shared && !visit(context, item.ordinal, item.size, false))
            return false;
    *out_sizes = (struct list_sizes){list.prefix_bytes, list.size_bytes};
    return true;
}

bool journal__list_literals(uint32_t ordinal, struct str record,
                            void (*visit)(void *context, uint32_t ordinal, struct str bytes),
                            void *context)
{
    struct list list;
    struct item item;
    if (!list_get(ordinal, record, &list))
        return false;
    while (cursor_left(&list.items) && next_item(&list.items, ordinal, &item))
        if (!item.shared)
            visit(context, ordinal, item.literal);
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content: an entry's contents become numbers: known ones the number they have, new ones a record
 * in the frame.
 *
 * A list is looked up whole; if it is new, the longest beginning of it that ends another list
 * becomes its parent and only what follows is written, long elements by number. So a conversation
 * that grows by two messages a turn costs two messages a turn, and a span's attribute one number.
 */
#include "journal/journal_private.h"

#include <stdlib.h>

enum { CONTENTS_LENGTH_BYTES = 4 };

void journal__builder_start(struct frame_builder *builder, uint32_t first_content)
{
    buf_clear(&builder->raw);
    buf_clear(&builder->scratch);
    buf_add_u32(&builder->raw, 0); /* length of the content records, known at the end */
    builder->first_content = first_content;
    builder->content_count = 0;
    builder->failed = false;
}

void journal__builder_done(struct frame_builder *builder)
{
    buf_done(&builder->raw);
    buf_done(&builder->scratch);
    free(builder->content_at);
    free(builder->items);
    journal__known_done(&builder->known);
    *builder = (struct frame_builder){0};
}

static bool note_offset(struct frame_builder *builder)
{
    if (builder->content_count == builder->content_capacity) {
        size_t capacity = builder->content_capacity ? builder->content_capacity * 2 : 1024;
        uint32_t *wider = realloc(builder->content_at, capacity * sizeof *wider);
        if (!wider) {
            builder->failed = true;
            return false;
        }
        builder->content_at = wider;
        builder->content_capacity = capacity;
    }
    builder->content_at[builder->content_count] = (uint32_t)builder->raw.len;
    return true;
}

static uint32_t next_ordinal(const struct frame_builder *builder)
{
    return builder->first_content + builder->content_count;
}

static uint32_t add_record(struct frame_builder *builder, enum content_kind kind, const char *bytes,
                           size_t size)
{
    uint32_t ordinal = next_ordinal(builder);
    if (!note_offset(builder))
        return ordinal;
    put_varint(&builder->raw, (uint64_t)size << 2 | kind);
    put_bytes(&builder->raw, bytes, size);
    builder->content_count++;
    return ordinal;
}

static uint32_t add_text(struct frame_builder *builder, struct hash hash, const char *bytes,
                         size_t size)
{
    uint32_t ordinal;
    if (journal__known_get(&builder->known, hash, &ordinal)) {
        builder->hits++;
        return ordinal;
    }
    builder->misses++;
    ordinal = add_record(builder, CONTENT_TEXT, bytes, size);
    journal__known_put(&builder->known, hash, ordinal);
    return ordinal;
}

/* A block of an earlier chunk is written again: a chunk can then be decoded with nothing but
 * itself. */
static uint32_t add_block(struct frame_builder *builder, struct hash hash, const char *bytes,
                          size_t size)
{
    uint32_t ordinal;
    if (journal__known_get(&builder->known, hash, &ordinal) && ordinal >= builder->chunk_content)
        return ordinal;
    ordinal = add_record(builder, CONTENT_BLOCK, bytes, size);
    journal__known_put(&builder->known, hash, ordinal);
    return ordinal;
}

/* --- lists */

/* What follows the parent, being cut into bytes that stand here and texts that stand elsewhere. */
struct list_cutter {
    struct frame_builder *builder;
    const char *text;
    size_t pending; /* bytes from here on are in no item yet */
    size_t item_count;
};

static void add_item(struct list_cutter *cutter, struct list_item item)
{
    struct frame_builder *builder = cutter->builder;
    if (cutter->item_count == builder->item_capacity) {
        size_t capacity = builder->item_capacity ? builder->item_capacity * 2 : 256;
        struct list_item *wider = realloc(builder->items, capacity * sizeof *wider);
        if (!wider) {
            builder->failed = true;
            return;
        }
        builder->items = wider;
        builder->item_capacity = capacity;
    }
    builder->items[cutter->item_count++] = item;
}

static void cut_literal(struct list_cutter *cutter, size_t end)
{
    if (end > cutter->pending)
        add_item(cutter,
                 (struct list_item){.start = cutter->pending, .size = end - cutter->pending});
    cutter->pending = end;
}

static void cut_shared(struct list_cutter *cutter, size_t start, size_t end,
                       const struct hash *hash)
{
    struct frame_builder *builder = cutter->builder;
    const char *bytes = cutter->text + start;
    if (end - start < SHARED_BYTES_MIN)
        return;
    struct hash own = hash ? *hash : journal__hash_bytes(builder->secret, bytes, end - start);
    cut_literal(cutter, start);
    uint32_t ordinal = add_text(builder, own, bytes, end - start);
    add_item(cutter, (struct list_item){true, ordinal, start, end - start});
    cutter->pending = end;
}

static size_t find_parent(const struct frame_builder *builder, const struct entry_piece *pieces,
                          size_t count, uint32_t *out_parent)
{
    size_t least = count > PARENT_TRIES_MAX ? count - PARENT_TRIES_MAX : 0;
    for (size_t known = count; known > least; known--)
        if (journal__known_get(&builder->known, pieces[known - 1].prefix, out_parent))
            return known;
    return 0;
}

/* After all its texts: a list refers back, by distance, which stays small and so compresses. */
static uint32_t put_list(struct list_cutter *cutter, const uint32_t *parent, size_t parent_bytes,
                         size_t tail_bytes)
{
    struct frame_builder *builder = cutter->builder;
    struct buf *out = &builder->scratch;
    uint32_t ordinal = next_ordinal(builder);
    buf_clear(out);
    put_varint(out, parent ? ordinal - *parent : 0);
    if (parent)
        put_varint(out, parent_bytes);
    put_varint(out, tail_bytes);
    for (size_t i = 0; i < cutter->item_count; i++) {
        const struct list_item *item = &builder->items[i];
        if (item->shared) {
            put_varint(out, (uint64_t)(ordinal - item->ordinal) << 1 | 1);
            put_varint(out, item->size);
        } else {
            put_varint(out, (uint64_t)item->size << 1);
            put_bytes(out, cutter->text + item->start, item->size);
        }
    }
    builder->failed |= out->failed;
    return add_record(builder, CONTENT_LIST, out->ptr, out->len);
}

static uint32_t add_list(struct frame_builder *builder, const struct entry *entry,
                         const struct entry_content *content)
{
    uint32_t ordinal, parent;
    if (journal__known_get(&builder->known, content->hash, &ordinal)) {
        builder->hits++;
        return ordinal;
    }
    builder->misses++;
    const struct entry_piece *pieces = entry->pieces + content->piece_start;
    size_t count = content->piece_count;
    size_t inherited = find_parent(builder, pieces, count, &parent);
    size_t parent_bytes = inherited ? pieces[inherited - 1].end : 0;
    struct list_cutter cutter = {builder, entry->texts.ptr + content->offset, parent_bytes, 0};
    for (size_t i = inherited; i < count; i++) {
        cut_shared(&cutter, i ? pieces[i - 1].end : 0, pieces[i].start, NULL);
        cut_shared(&cutter, pieces[i].start, pieces[i].end, &pieces[i].text);
    }
    size_t prefix_bytes = pieces[count - 1].end;
    cut_literal(&cutter, prefix_bytes); /* no item straddles the end of what children inherit */
    cut_shared(&cutter, prefix_bytes, content->size, NULL);
    cut_literal(&cutter, content->size);
    ordinal =
        put_list(&cutter, inherited ? &parent : NULL, parent_bytes, content->size - prefix_bytes);
    journal__known_put(&builder->known, content->hash, ordinal);
    if (inherited < count)
        journal__known_put(&builder->known, pieces[count - 1].prefix, ordinal);
    return ordinal;
}

void journal__builder_add_contents(struct frame_builder *builder, struct entry *entry)
{
    for (size_t i = 0; i < entry->content_count; i++) {
        struct entry_content *content = &entry->contents[i];
        const char *bytes = entry->texts.ptr + content->offset;
        if (content->kind == CONTENT_LIST)
            content->ordinal = add_list(builder, entry, content);
        else if (content->kind == CONTENT_BLOCK)
            content->ordinal = add_block(builder, content->hash, bytes, content->size);
        else
            content->ordinal = add_text(builder, content->hash, bytes, content->size);
    }
}

/* --- entries, after the contents of all of them */

void journal__builder_end_contents(struct frame_builder *builder)
{
    builder->entries_at = builder->raw.len;
    if (!builder->raw.failed)
        store_u32((uint8_t *)builder->raw.ptr,
                  (uint32_t)(builder->raw.len - CONTENTS_LENGTH_BYTES));
}

void journal__builder_add_entry(struct frame_builder *builder, const struct entry *entry)
{
    struct buf *refs = &builder->scratch;
    buf_clear(refs);
    put_varint(refs, entry->content_count);
    for (size_t i = 0; i < entry->content_count; i++) {
        put_varint(refs, next_ordinal(builder) - entry->contents[i].ordinal);
        put_varint(refs, entry->contents[i].size);
    }
    put_varint(&builder->raw, refs->len + entry->body.len);
    put_bytes(&builder->raw, refs->ptr, refs->len);
    put_bytes(&builder->raw, entry->body.ptr, entry->body.len);
    if (refs->failed || builder->raw.failed)
        builder->failed = true;
}

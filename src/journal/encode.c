/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encode: a batch -> an entry: one run of bytes, with long texts and shared blocks set aside as
 * contents, hashed and split. Runs on the thread of whoever appends, so that the journal thread is
 * left with looking up and compressing.
 *
 * Layout: docs/journal.md, "Entries". Nothing here depends on the segment the entry will land in.
 */
#include "journal/journal_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

/* --- contents */

static struct entry_content *add_content(struct entry *entry)
{
    if (entry->content_count == entry->content_capacity) {
        size_t capacity = entry->content_capacity ? entry->content_capacity * 2 : 16;
        struct entry_content *wider = realloc(entry->contents, capacity * sizeof *wider);
        if (!wider) {
            entry->texts.failed = true;
            return NULL;
        }
        entry->contents = wider;
        entry->content_capacity = capacity;
    }
    struct entry_content *content = &entry->contents[entry->content_count++];
    *content = (struct entry_content){0};
    return content;
}

static bool reserve_pieces(struct entry *entry, size_t more)
{
    size_t need = entry->piece_count + more;
    if (need <= entry->piece_capacity)
        return true;
    size_t capacity = entry->piece_capacity * 2 > need ? entry->piece_capacity * 2 : need;
    struct entry_piece *wider = realloc(entry->pieces, capacity * sizeof *wider);
    if (!wider)
        return false;
    entry->pieces = wider;
    entry->piece_capacity = capacity;
    return true;
}

static void add_pieces(struct encoder *encoder, struct entry_content *content, struct str text)
{
    struct entry *entry = encoder->entry;
    const struct split *split = &encoder->split;
    if (!reserve_pieces(entry, split->count))
        return;
    content->kind = CONTENT_LIST;
    content->piece_start = (uint32_t)entry->piece_count;
    content->piece_count = (uint32_t)split->count;
    struct hash prefix = {0};
    size_t before = 0;
    for (size_t i = 0; i < split->count; i++) {
        struct split_piece at = split->items[i];
        struct hash piece =
            journal__hash_bytes(encoder->secret, text.ptr + at.start, at.end - at.start);
        prefix = journal__hash_next(encoder->secret, prefix, text.ptr + before, at.start - before,
                                    piece);
        entry->pieces[entry->piece_count++] = (struct entry_piece){at.start, at.end, piece, prefix};
        before = at.end;
    }
    content->hash =
        journal__hash_list(encoder->secret, prefix, text.ptr + before, text.len - before);
}

/* Sets text aside; 1 + its number among the entry's contents, or 0 when there is no memory. */
static size_t set_aside(struct encoder *encoder, struct str text, enum content_kind kind)
{
    struct entry *entry = encoder->entry;
    size_t offset = entry->texts.len;
    struct entry_content *content = add_content(entry);
    if (!content)
        return 0;
    content->kind = kind;
    content->offset = offset;
    content->size = text.len;
    put_bytes(&entry->texts, text.ptr, text.len);
    if (kind == CONTENT_TEXT && journal__split(text, &encoder->split))
        add_pieces(encoder, content, text);
    if (content->kind != CONTENT_LIST)
        content->hash = journal__hash_bytes(encoder->secret, text.ptr, text.len);
    if (kind == CONTENT_BLOCK)
        content->hash.high = ~content->hash.high;
    return entry->content_count;
}

/* --- strings and values */

static uint32_t quick_hash(struct str text)
{
    uint64_t first = 0, last = 0;
    if (text.len >= 8) {
        memcpy(&first, text.ptr, 8);
        memcpy(&last, text.ptr + text.len - 8, 8);
    } else {
        memcpy(&first, text.ptr, text.len);
    }
    uint64_t mixed =
        (first ^ (last * UINT64_C(0x9e3779b97f4a7c15)) ^ text.len) * UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(mixed >> 32);
}

static void dictionary_clear(struct dictionary *strings, size_t records)
{
    size_t slots = records > 16 ? DICTIONARY_MAX * 2 : 512;
    strings->count = 0;
    strings->slot_mask = slots - 1;
    memset(strings->slots, 0, slots * sizeof *strings->slots);
}

static uint16_t *dictionary_slot(struct dictionary *strings, struct str text)
{
    for (size_t at = quick_hash(text) & strings->slot_mask;; at = (at + 1) & strings->slot_mask) {
        uint16_t *slot = &strings->slots[at];
        if (*slot == 0 || str_equal(strings->items[*slot - 1], text))
            return slot;
    }
}

static void dictionary_widen(struct dictionary *strings)
{
    strings->slot_mask = DICTIONARY_MAX * 2 - 1;
    memset(strings->slots, 0, sizeof strings->slots);
    for (size_t i = 0; i < strings->count; i++)
        *dictionary_slot(strings, strings->items[i]) = (uint16_t)(i + 1);
}

/* Known: its number, doubled, plus one. New: its length, doubled, then its bytes; short ones are
 * remembered. */
void journal__put_str(struct encoder *encoder, struct str text)
{
    struct dictionary *strings = encoder->strings;
    if (strings && text.len > 0 && text.len <= DICTIONARY_STR_MAX) {
        uint16_t *slot = dictionary_slot(strings, text);
        if (*slot) {
            put_varint(encoder->out, (uint64_t)(*slot - 1) << 1 | 1);
            return;
        }
        if (strings->count < DICTIONARY_MAX) {
            strings->items[strings->count++] = text;
            *slot = (uint16_t)strings->count;
            if (strings->count * 2 > strings->slot_mask &&
                strings->slot_mask < DICTIONARY_MAX * 2 - 1)
                dictionary_widen(strings);
        }
    }
    put_varint(encoder->out, (uint64_t)text.len << 1);
    put_bytes(encoder->out, text.ptr, text.len);
}

static void put_text_value(struct encoder *encoder, struct str text)
{
    if (text.len < CONTENT_BYTES_MIN || !encoder->strings) {
        put_byte(encoder->out, TAG_STRING);
        journal__put_str(encoder, text);
        return;
    }
    put_byte(encoder->out, TAG_CONTENT);
    put_varint(encoder->out, set_aside(encoder, text, CONTENT_TEXT));
}

void journal__put_value(struct encoder *encoder, const struct value *value, int depth)
{
    struct buf *out = encoder->out;
    if (depth > VALUE_DEPTH_MAX) {
        encoder->too_deep = true;
        return;
    }
    switch (value->type) {
    case VALUE_NULL:
        put_byte(out, TAG_NULL);
        return;
    case VALUE_STRING:
        put_text_value(encoder, value->string);
        return;
    case VALUE_BOOL:
        put_byte(out, value->boolean ? TAG_TRUE : TAG_FALSE);
        return;
    case VALUE_INT:
        put_byte(out, TAG_INT);
        put_signed(out, value->integer);
        return;
    case VALUE_DOUBLE:
        put_byte(out, TAG_DOUBLE);
        put_double(out, value->number);
        return;
    case VALUE_BYTES:
        put_byte(out, TAG_BYTES);
        put_varint(out, value->string.len);
        put_bytes(out, value->string.ptr, value->string.len);
        return;
    case VALUE_ARRAY:
        put_byte(out, TAG_ARRAY);
        put_varint(out, value->array.count);
        for (size_t i = 0; i < value->array.count; i++)
            journal__put_value(encoder, &value->array.items[i], depth + 1);
        return;
    case VALUE_MAP:
        put_byte(out, TAG_MAP);
        put_varint(out, value->map.count);
        for (size_t i = 0; i < value->map.count; i++) {
            journal__put_str(encoder, value->map.items[i].key);
            journal__put_value(encoder, &value->map.items[i].value, depth + 1);
        }
        return;
    case VALUE_CONTENT:
        encoder->not_ours = true;
        return;
    }
    must(false);
}

void journal__put_attributes(struct encoder *encoder, const struct attributes *attributes)
{
    put_varint(encoder->out, attributes->count);
    for (size_t i = 0; i < attributes->count; i++) {
        journal__put_str(encoder, attributes->items[i].key);
        journal__put_value(encoder, &attributes->items[i].value, 0);
    }
}

/* --- blocks: what many records share */

/* Puts the finished block aside, or into the body when it is too short for that; then clears it. */
static void close_block(struct encoder *encoder, struct buf *block)
{
    struct buf *body = &encoder->entry->body;
    struct str bytes = buf_str(block);
    if (block->failed)
        body->failed = true;
    size_t number = bytes.len < BLOCK_BYTES_MIN ? 0 : set_aside(encoder, bytes, CONTENT_BLOCK);
    put_varint(body, number);
    if (number == 0) {
        put_varint(body, bytes.len);
        put_bytes(body, bytes.ptr, bytes.len);
    }
    buf_clear(block);
}

static void put_blocks(struct encoder *encoder, const struct batch *batch)
{
    struct buf block = {0};
    struct buf *body = encoder->out;
    encoder->out = &block;
    for (size_t i = 0; i < batch->resource_count; i++) {
        journal__put_resource(encoder, &batch->resources[i]);
        close_block(encoder, &block);
    }
    for (size_t i = 0; i < batch->scope_count; i++) {
        journal__put_scope(encoder, &batch->scopes[i]);
        close_block(encoder, &block);
    }
    for (size_t i = 0; i < batch->metric_count; i++) {
        journal__put_metric(encoder, &batch->metrics[i]);
        close_block(encoder, &block);
    }
    encoder->out = body;
    buf_done(&block);
}

/* --- records */

/* Groups of records with a dictionary each: whoever wants one record decodes only its group. */
static void put_groups(struct encoder *encoder, const struct batch *batch, size_t count,
                       void (*put)(struct encoder *, const struct batch *, size_t, size_t),
                       struct buf *group)
{
    struct buf *body = encoder->out;
    for (size_t start = 0; start < count; start += GROUP_RECORDS) {
        size_t end = count - start < GROUP_RECORDS ? count : start + GROUP_RECORDS;
        dictionary_clear(encoder->strings, end - start);
        encoder->out = group;
        for (size_t i = start; i < end; i++)
            put(encoder, batch, i, start);
        encoder->out = body;
        if (group->failed)
            body->failed = true;
        put_varint(body, group->len);
        put_bytes(body, group->ptr, group->len);
        buf_clear(group);
    }
}

static void put_batch(struct encoder *encoder, const struct batch *batch,
                      struct dictionary *strings)
{
    struct buf *body = encoder->out;
    const size_t counts[] = {batch->span_count, batch->log_count, batch->point_count};
    static_assert(sizeof counts / sizeof *counts == HEAD_SIGNALS, "as the format says");
    for (size_t i = 0; i < HEAD_SIGNALS; i++)
        put_varint(body, counts[i]);
    put_varint(body, batch->resource_count);
    put_varint(body, batch->scope_count);
    put_varint(body, batch->metric_count);
    put_varint(body, batch->project_id);
    journal__put_str(encoder, batch->receiver);
    put_signed(body, batch->arrival_ns);
    put_varint(body, batch->rejected_count);
    put_varint(body, batch->rejected.status);
    journal__put_str(encoder, str_from(batch->rejected.text));
    put_varint(body, batch->repaired_texts);
    put_blocks(encoder, batch);
    struct buf group = {0};
    encoder->strings = strings;
    put_groups(encoder, batch, batch->span_count, journal__put_span, &group);
    put_groups(encoder, batch, batch->log_count, journal__put_log, &group);
    put_groups(encoder, batch, batch->point_count, journal__put_point, &group);
    if (batch->score_count || batch->is_partial) {
        put_byte(body, batch->is_partial ? TAIL_IS_PARTIAL : 0);
        put_varint(body, batch->score_count);
        put_groups(encoder, batch, batch->score_count, journal__put_score, &group);
    }
    buf_done(&group);
}

static enum status check_entry(const struct encoder *encoder, struct error *error)
{
    const struct entry *entry = encoder->entry;
    if (encoder->not_ours)
        return fail(error, STATUS_INVALID,
                    "a value refers to content of the journal, expected its text");
    if (encoder->too_deep)
        return fail(error, STATUS_TOO_LARGE, "a value nests deeper than %d levels",
                    VALUE_DEPTH_MAX);
    if (entry->body.len + entry->texts.len > FRAME_BYTES_MAX)
        return fail(error, STATUS_TOO_LARGE, "the batch encodes to more than %zu bytes",
                    FRAME_BYTES_MAX);
    if (entry->body.failed || entry->texts.failed)
        return fail(error, STATUS_BUSY, "no memory to encode the batch");
    return STATUS_OK;
}

static size_t entry_bytes(const struct entry *entry)
{
    return sizeof *entry + entry->body.capacity + entry->texts.capacity +
           entry->content_capacity * sizeof *entry->contents +
           entry->piece_capacity * sizeof *entry->pieces + sizeof *entry->strings;
}

enum status journal__encode(const uint8_t *secret, const struct batch *batch, struct entry *entry,
                            struct error *error)
{
    entry->arrival_ns = batch->arrival_ns;
    entry->record_count = batch_record_count(batch);
    struct encoder encoder = {.secret = secret, .entry = entry, .out = &entry->body};
    put_batch(&encoder, batch, entry->strings);
    journal__split_done(&encoder.split);
    entry->waiting_bytes = entry_bytes(entry);
    return check_entry(&encoder, error);
}

struct entry *journal__entry_new(void)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->strings = malloc(sizeof *entry->strings);
    if (!entry->strings) {
        free(entry);
        return NULL;
    }
    entry->body.limit_bytes = entry->texts.limit_bytes = FRAME_BYTES_MAX + 1;
    return entry;
}

void journal__entry_clear(struct entry *entry)
{
    buf_clear(&entry->body);
    buf_clear(&entry->texts);
    entry->content_count = entry->piece_count = 0;
    entry->next = NULL;
}

void journal__entry_free(struct entry *entry)
{
    if (!entry)
        return;
    buf_done(&entry->body);
    buf_done(&entry->texts);
    free(entry->contents);
    free(entry->pieces);
    free(entry->strings);
    free(entry);
}

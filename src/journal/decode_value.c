/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_value: strings, values and attributes of an entry. Mirrors the second half of encode.c.
 */
#include "journal/journal_private.h"

/* --- values */

void *journal__get_array(struct decoder *decoder, size_t count, size_t size)
{
    void *items = count ? arena_zero_array(decoder->arena, count, size) : NULL;
    if (count && !items) {
        decoder->full = true;
        cursor_fail(&decoder->in);
    }
    return items;
}

static struct str keep(struct decoder *decoder, struct str text)
{
    if (!decoder->copy || text.len == 0)
        return text;
    struct str copy = arena_copy(decoder->arena, text);
    if (!copy.ptr) {
        decoder->full = true;
        cursor_fail(&decoder->in);
    }
    return copy;
}

struct str journal__get_str(struct decoder *decoder)
{
    uint64_t head = get_varint(&decoder->in);
    if (head & 1) {
        if (head >> 1 < decoder->string_count)
            return keep(decoder, decoder->strings[head >> 1]);
        cursor_fail(&decoder->in);
        return (struct str){"", 0};
    }
    struct str text = get_bytes(&decoder->in, head >> 1);
    if (!decoder->plain && text.len > 0 && text.len <= DICTIONARY_STR_MAX &&
        decoder->string_count < DICTIONARY_MAX)
        decoder->strings[decoder->string_count++] = text;
    return keep(decoder, text);
}

static void get_content(struct decoder *decoder, struct value *out)
{
    uint64_t number = get_varint(&decoder->in);
    if (decoder->plain || number == 0 || number > decoder->ref_count) {
        cursor_fail(&decoder->in);
        return;
    }
    const struct decode_frame *in = decoder->frame;
    const struct chunk_frame *frame = &in->frames[in->frame];
    struct content_ref ref = decoder->refs[number - 1];
    enum content_kind kind;
    struct str text;
    out->type = VALUE_CONTENT;
    out->content = ref;
    if (decoder->lazy || ref.ordinal < frame->first_content)
        return;
    if (!journal__chunk_content(frame, 1, ref.ordinal, &kind, &text) || kind == CONTENT_BLOCK) {
        cursor_fail(&decoder->in);
    } else if (kind == CONTENT_TEXT) {
        out->type = VALUE_STRING;
        out->string = text;
    }
}

static void get_array_value(struct decoder *decoder, struct value *out, int depth)
{
    size_t count = get_count(&decoder->in, 1);
    out->array.items = journal__get_array(decoder, count, sizeof *out->array.items);
    out->array.count = out->array.items ? count : 0;
    for (size_t i = 0; i < out->array.count && !decoder->in.bad; i++)
        journal__get_value(decoder, &out->array.items[i], depth + 1);
}

static void get_map_value(struct decoder *decoder, struct value *out, int depth)
{
    size_t count = get_count(&decoder->in, 2);
    out->map.items = journal__get_array(decoder, count, sizeof *out->map.items);
    out->map.count = out->map.items ? count : 0;
    for (size_t i = 0; i < out->map.count && !decoder->in.bad; i++) {
        out->map.items[i].key = journal__get_str(decoder);
        journal__get_value(decoder, &out->map.items[i].value, depth + 1);
    }
}

void journal__get_value(struct decoder *decoder, struct value *out, int depth)
{
    static const enum value_type types[] = {
        [TAG_NULL] = VALUE_NULL,      [TAG_STRING] = VALUE_STRING, [TAG_FALSE] = VALUE_BOOL,
        [TAG_TRUE] = VALUE_BOOL,      [TAG_INT] = VALUE_INT,       [TAG_DOUBLE] = VALUE_DOUBLE,
        [TAG_BYTES] = VALUE_BYTES,    [TAG_ARRAY] = VALUE_ARRAY,   [TAG_MAP] = VALUE_MAP,
        [TAG_CONTENT] = VALUE_CONTENT};
    uint8_t tag = get_byte(&decoder->in);
    *out = (struct value){.type = VALUE_NULL};
    if (tag > TAG_CONTENT || depth > VALUE_DEPTH_MAX) {
        cursor_fail(&decoder->in);
        return;
    }
    out->type = types[tag];
    switch ((enum value_tag)tag) {
    case TAG_NULL:
        break;
    case TAG_STRING:
        out->string = journal__get_str(decoder);
        break;
    case TAG_FALSE:
    case TAG_TRUE:
        out->boolean = tag == TAG_TRUE;
        break;
    case TAG_INT:
        out->integer = get_signed(&decoder->in);
        break;
    case TAG_DOUBLE:
        out->number = get_double(&decoder->in);
        break;
    case TAG_BYTES:
        out->string = keep(decoder, get_bytes(&decoder->in, get_varint(&decoder->in)));
        break;
    case TAG_ARRAY:
        get_array_value(decoder, out, depth);
        break;
    case TAG_MAP:
        get_map_value(decoder, out, depth);
        break;
    case TAG_CONTENT:
        get_content(decoder, out);
        break;
    }
}

void journal__get_attributes(struct decoder *decoder, struct attributes *out)
{
    size_t count = get_count(&decoder->in, 2);
    out->items = journal__get_array(decoder, count, sizeof *out->items);
    out->count = out->items ? count : 0;
    for (size_t i = 0; i < out->count && !decoder->in.bad; i++) {
        out->items[i].key = journal__get_str(decoder);
        journal__get_value(decoder, &out->items[i].value, 0);
    }
}

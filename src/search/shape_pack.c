/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape_pack: grams of shapes with the chunks each stands in, as bytes.
 *
 * Grams rise: how much larger than the one before, then its chunks: one: its number * 2 + 1;
 * several: their count * 2, then the gaps between their numbers, a byte each.
 */
#include "search/shape_pack.h"

void search_shape_put(struct shape_writer *writer, uint32_t gram, uint64_t mask)
{
    unsigned count = (unsigned)__builtin_popcountll(mask), last = 0;
    put_varint(writer->out, gram - writer->last);
    writer->last = gram;
    if (count == 1) {
        put_varint(writer->out, (uint64_t)__builtin_ctzll(mask) * 2 + 1);
        return;
    }
    put_varint(writer->out, count * 2);
    for (; mask; mask &= mask - 1) {
        put_byte(writer->out, (uint8_t)((unsigned)__builtin_ctzll(mask) - last));
        last = (unsigned)__builtin_ctzll(mask);
    }
}

struct shape_reader search_shape_read(struct str packed)
{
    return (struct shape_reader){.in = cursor_of(packed)};
}

bool search_shape_next(struct shape_reader *reader)
{
    struct cursor *in = &reader->in;
    if (!cursor_left(in)) {
        reader->gram = SHAPE_NO_GRAM;
        return false;
    }
    reader->gram += (uint32_t)get_varint(in);
    uint64_t head = get_varint(in);
    reader->one = head & 1 ? UINT64_C(1) << (head >> 1 & 63) : 0;
    reader->gaps = head & 1 ? STR_NONE : get_bytes(in, head / 2);
    return true;
}

uint64_t search_shape_mask(const struct shape_reader *reader)
{
    uint64_t mask = reader->one;
    unsigned at = 0;
    for (size_t i = 0; i < reader->gaps.len; i++) {
        at += (uint8_t)reader->gaps.ptr[i];
        mask |= UINT64_C(1) << (at & 63);
    }
    return mask;
}

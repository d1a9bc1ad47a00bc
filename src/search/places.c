/* SPDX-License-Identifier: Apache-2.0 */
/* places: see places.h. */
#include "search/places.h"

static void put_sections(struct buf *out, uint32_t sections)
{
    bool is_one = (sections & (sections - 1)) == 0;
    put_varint(out, is_one ? (uint32_t)__builtin_ctz(sections) * 2 + 1 : sections * 2);
}

void search_places_put(struct buf *out, const struct part_places *places)
{
    uint32_t count = 0, last = 0;
    for (uint32_t i = 0; i < PART_CHUNKS; i++)
        count += places->in[i] != 0;
    if (count != 1)
        put_varint(out, count * 2);
    for (uint32_t i = 0; i < PART_CHUNKS; i++) {
        if (!places->in[i])
            continue;
        put_varint(out, count == 1 ? i * 2 + 1 : i - last);
        put_sections(out, places->in[i]);
        last = i;
    }
}

static uint16_t get_sections(struct cursor *in)
{
    uint64_t number = get_varint(in);
    return (uint16_t)(number & 1 ? 1u << (number >> 1 & (SECTIONS - 1)) : number >> 1);
}

void search_places_get(struct cursor *in, struct part_places *places)
{
    uint64_t head = get_varint(in), at = 0;
    if (head & 1) {
        places->in[head >> 1 & (PART_CHUNKS - 1)] |= get_sections(in);
        return;
    }
    for (uint64_t i = 0; i < head / 2 && !in->bad; i++) {
        at += get_varint(in);
        places->in[at & (PART_CHUNKS - 1)] |= get_sections(in);
    }
}

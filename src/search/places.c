/* SPDX-License-Identifier: Apache-2.0 */
/* places: see places.h. */
#include "search/places.h"

static void put_sections(struct buf *out, uint32_t sections)
{
    bool is_one = (sections & (sections - 1)) == 0;
    put_varint(out, is_one ? (uint32_t)__builtin_ctz(sections) * 2 + 1 : sections * 2);
}

void search_places_put(struct buf *out, const struct chunk_place *places, size_t count)
{
    if (count != 1)
        put_varint(out, count * 2);
    for (size_t i = 0; i < count; i++) {
        uint32_t before = i ? places[i - 1].chunk : 0;
        put_varint(out, count == 1 ? places[i].chunk * 2u + 1 : places[i].chunk - before);
        put_sections(out, places[i].sections);
    }
}

static uint16_t get_sections(struct cursor *in)
{
    uint64_t number = get_varint(in);
    return (uint16_t)(number & 1 ? 1u << (number >> 1 & (SECTIONS - 1)) : number >> 1);
}

size_t search_places_read(struct cursor *in, struct chunk_place out_places[PART_CHUNKS])
{
    uint64_t head = get_varint(in), at = 0;
    if (head & 1) {
        out_places[0].chunk = head >> 1 & (PART_CHUNKS - 1);
        out_places[0].sections = get_sections(in);
        return 1;
    }
    size_t count = 0;
    for (; count < head / 2 && count < PART_CHUNKS && !in->bad; count++) {
        at += get_varint(in);
        out_places[count].chunk = at & (PART_CHUNKS - 1);
        out_places[count].sections = get_sections(in);
    }
    return count;
}

void search_places_skip(struct cursor *in)
{
    uint64_t head = get_varint(in);
    for (uint64_t left = head & 1 ? 1 : head; left && !in->bad; left--)
        get_varint(in);
}

void search_places_get(struct cursor *in, struct part_places *places)
{
    struct chunk_place read[PART_CHUNKS];
    size_t count = search_places_read(in, read);
    for (size_t i = 0; i < count; i++)
        places->in[read[i].chunk] |= read[i].sections;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places: where in some chunks something stands: in which sections of each.
 *
 * The contents of a chunk are cut into sections of as many contents; its last section is the
 * records themselves, with their short texts.
 */
#pragma once

#include "journal/coding.h"
#include "journal/journal.h"

enum {
    PART_CHUNKS = 64,
    CONTENT_SECTIONS = 15,
    RECORD_SECTION = CONTENT_SECTIONS,
    SECTIONS = CONTENT_SECTIONS + 1,
    ALL_SECTIONS = (1 << SECTIONS) - 1,
};

/* One chunk of them. */
struct chunk_place {
    uint16_t chunk, sections;
};
struct part_places {
    uint16_t in[PART_CHUNKS]; /* bit i: section i of the chunk */
};

static inline uint32_t search_section_of(const struct journal_chunk *chunk, uint32_t ordinal)
{
    uint64_t at = ordinal - chunk->first_content;
    return at < chunk->content_count ? (uint32_t)(at * CONTENT_SECTIONS / chunk->content_count) : 0;
}

/*
 * One chunk: its number * 2 + 1, then its sections. Several: their count * 2, then for each how
 * much its number is larger than that of the one before, and its sections. Sections: one: its
 * number * 2 + 1; several: their bits * 2.
 */
void search_places_put(struct buf *out, const struct chunk_place *places, size_t count);
/* Gives how many there are, in rising order of chunks. */
size_t search_places_read(struct cursor *in, struct chunk_place out_places[PART_CHUNKS]);
void search_places_skip(struct cursor *in);
/* Adds them to the places. */
void search_places_get(struct cursor *in, struct part_places *places);

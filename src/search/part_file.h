/* SPDX-License-Identifier: Apache-2.0 */
/* part_file: a part's file: its head, and what is written into it by builder.c and part_join.c. */
#pragma once

#include "search/part.h"
#include "search/shape_pack.h"

/*
 * 64 bytes: "VTRSRCH" and the version, u32 segment, first chunk, chunks, tokens, u32 1: unbounded,
 * u64 creation of the segment, u64 XXH3 of all behind the head, 12 zeros, u64 XXH3 of the 56 bytes
 * before it.
 */
struct part_head {
    uint32_t segment, first_chunk, chunk_count, token_count;
    bool unbounded;
    int64_t created_ns;
    uint64_t body_hash; /* read only */
};
void search_head_put(const struct part_head *head, struct str file, uint8_t *out);

/* Bytes of a section of a file, bytes of it compressed, then these. */
void search_section_put(struct buf *out, const struct buf *section, int level);

/* What goes into the sections of a file. */
struct part_draft {
    struct search_part part; /* its head, chunks and runs */
    size_t token_count;
    struct buf tokens, posts, shapes, grams, refs;
    struct buf refers; /* uint32_t */
};
void search_draft_done(struct part_draft *draft);
enum status search_draft_write(const struct part_draft *draft, struct buf *out,
                               struct error *error);

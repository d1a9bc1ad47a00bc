/* SPDX-License-Identifier: Apache-2.0 */
/* part_file: the head of a part's file, as builder.c writes and part.c reads it. */
#pragma once

#include "base/str.h"

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
bool search_head_get(struct str file, struct part_head *out);

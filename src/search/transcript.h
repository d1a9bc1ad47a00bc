/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript: the texts of a chunk as numbers of words, for searches that no index narrows: where a
 * word leads from a state of an automaton is asked once a chunk, then a text is read a word at a
 * time, without decompressing it.
 *
 * Derived and never needed, as parts are. It has every text that search_walk would look at in the
 * chunk, by section. docs/search.md has the layout.
 *
 * Threads  a writer and a finder belong to one.
 */
#pragma once

#include "search/automaton.h"
#include "search/places.h"

enum { TRANSCRIPT_VERSION = 1, TRANSCRIPT_HEADER_BYTES = 64 };

struct transcript_head {
    uint32_t segment, number; /* of the chunk in it */
    int64_t created_ns;       /* of the segment */
    uint32_t first_content, content_count, frame_count;
    bool has_nested;    /* records with arrays or maps, whose texts stand apart */
    uint64_t body_hash; /* read only */
};
/* Whether the file's first bytes are a transcript's. */
bool search_transcript_head(struct str bytes, struct transcript_head *out_head);

/* --- transcript_write.c */
enum status search_transcript_make(struct journal *journal, const struct journal_chunks *chunks,
                                   size_t number, struct buf *out, struct error *error);

/* --- transcript_find.c */
struct transcript_finder;
struct transcript_finder *search_finder_new(const struct search_expression *expression);
void search_finder_free(struct transcript_finder *finder); /* NULL is fine */
/* Whether it can say anything about any of these terms. */
bool search_finder_knows(struct transcript_finder *finder, uint32_t terms);
/* Takes terms out of sections that have no text with them. False: the file is damaged, and nothing
 * was taken out. */
bool search_finder_narrow(struct transcript_finder *finder, struct str file,
                          uint32_t allowed[SECTIONS]);

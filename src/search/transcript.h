/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript: the texts of a chunk as numbers of words, for searches that no index narrows: where a
 * word leads from a state of an automaton is asked once, then a text is read a word at a time,
 * without decompressing it.
 *
 * Derived and never needed, as parts are. It has every text that search_walk would look at in the
 * chunk, by section. Frequent words stand once for many transcripts, the others in each.
 * docs/search.md has the layout.
 *
 * Threads  a writer and a finder belong to one; words are read-only.
 */
#pragma once

#include "search/expression.h"
#include "search/places.h"

enum { TRANSCRIPT_VERSION = 4, TRANSCRIPT_HEADER_BYTES = 64 };

struct transcript_head {
    uint32_t segment, number; /* of the chunk in it */
    int64_t created_ns;       /* of the segment */
    uint32_t first_content, content_count, frame_count;
    bool is_apart;      /* some record has an array or map with texts that stand elsewhere */
    uint64_t words_id;  /* of the words it shares; 0: none */
    uint64_t body_hash; /* read only */
};
/* Whether the file's first bytes are a transcript's. */
bool search_transcript_head(struct str bytes, struct transcript_head *out_head);
/* Whether the file is as it was written. */
bool search_transcript_is_whole(struct str file);

/* --- transcript_words.c: words that transcripts share */
struct transcript_words {
    uint64_t id;
    struct buf bytes; /* each word behind a byte that is its length */
    uint32_t *at;     /* where that byte stands */
    size_t count;
};
/* Chooses those that stand most often in some chunks, by their numbers. `out` gets the file. */
enum status transcript_words_make(struct journal *journal, const struct journal_chunks *chunks,
                                  const size_t *numbers, size_t count, struct buf *out,
                                  struct error *error);
/* False: the file is damaged, or there is no memory. */
bool transcript_words_read(struct str file, struct transcript_words *out_words);
void transcript_words_done(struct transcript_words *words);

/* --- transcript_write.c */
/* *out_own: the share of its words that are not among those it shares (NULL: it shares none). */
enum status search_transcript_make(struct journal *journal, const struct journal_chunks *chunks,
                                   size_t number, const struct transcript_words *words,
                                   struct buf *out, double *out_own, struct error *error);

/* --- transcript_find.c */
struct transcript_finder;
struct transcript_finder *search_finder_new(const struct search_expression *expression);
void search_finder_free(struct transcript_finder *finder); /* NULL is fine */
/* Whether it can say anything about any of these terms. */
bool search_finder_knows(struct transcript_finder *finder, uint32_t terms);
/* The words that transcripts share from now on. False: as transcript_words_read() says. */
bool search_finder_use(struct transcript_finder *finder, struct str words_file);
uint64_t search_finder_words(const struct transcript_finder *finder); /* their id; 0: none */
/* Takes terms out of sections that have no text with them. The file is whole. False: it shares
 * other words, or is of no use, and nothing was taken out. */
bool search_finder_narrow(struct transcript_finder *finder, struct str file,
                          uint32_t allowed[SECTIONS]);

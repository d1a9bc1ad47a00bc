/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index: the parts of a journal, kept in files beside it and made in the background.
 *
 * A chunk that is complete gets a part of its own; neighbours of one size are joined, up to
 * PART_CHUNKS chunks, so that there are few. A thread does so when the journal is quiet, and slowly
 * while it is not; a search that met chunks without a part hurries it. Nothing here is needed for
 * correctness: what has no part is read.
 *
 * Searches that read many chunks in vain, because no part narrows them, want transcripts: of the
 * newest chunks, made when all parts are, as many as there is room for, and given up again when
 * nobody wanted any for a day.
 *
 * Owns     its directory and thread.  Threads  any.
 * Limits   loaded parts take at most `memory_bytes`; they are given back after a while unused.
 */
#pragma once

#include "search/part.h"

struct search_index;

struct search_index_options {
    const char *directory; /* created when absent */
    struct journal *journal;
    size_t memory_bytes;       /* 0: 64 MiB */
    uint64_t transcript_bytes; /* on disk, at most; 0: 512 MiB */
    int quiet_ms;              /* how long the journal must be still; 0: 1000 */
};
enum status search_index_open(const struct search_index_options *options,
                              struct search_index **out_index, struct error *error);
void search_index_close(struct search_index *index); /* NULL is fine */

/* The parts of a segment by their first chunk, each with a reference; only those from a chunk on.
 */
struct indexed_part;
struct part_list {
    struct indexed_part **items;
    const struct search_part **parts; /* of each item; between them are chunks without a part */
    size_t count;
};
/* Never fails: a part that cannot be read is left out. */
void search_index_parts(struct search_index *index, uint32_t segment, uint32_t first_chunk,
                        struct part_list *out_parts);
void search_index_release(struct search_index *index, struct part_list *parts);
/* Somebody searched chunks that have no part. */
void search_index_hurry(struct search_index *index);

/* The transcript of a chunk, when there is one and it is of this very chunk, and the id of the
 * words it shares. */
bool search_index_transcript(struct search_index *index, const struct journal_chunk *chunk,
                             uint32_t number, int64_t created_ns, struct buf *out,
                             uint64_t *out_words);
/* It was damaged: it is made again. */
void search_index_drop_transcript(struct search_index *index, uint32_t segment, uint32_t number);
/* The file of words that transcripts share. False: it cannot be read. */
bool search_index_words(struct search_index *index, uint64_t id, struct buf *out);
/* They were damaged: their transcripts are made again. */
void search_index_drop_words(struct search_index *index, uint64_t id);
void search_index_want_transcripts(struct search_index *index);

struct search_index_stats {
    uint64_t parts, chunks, file_bytes, memory_bytes;
    uint64_t transcripts, transcript_bytes;
    bool caught_up; /* every complete chunk has a part, and all transcripts wanted are made */
};
void search_index_get_stats(struct search_index *index, struct search_index_stats *out_stats);

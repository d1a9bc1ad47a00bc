/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk: the spans of a segment whose texts can make an expression hold, newest in the journal
 * first.
 *
 * Distinct texts are looked at once, and only in chunks that can have a term. A list holds what the
 * texts it is made of hold, a span what the lists and texts it refers to hold. Chunks are read when
 * a span's answer needs them, so a walk that is left early has read little; a second thread reads
 * ahead.
 *
 * Never leaves out a span that matches, as long as no text of it stands in a log record: those come
 * from a walk over the log records, and are given to the walk over spans as extra ones.
 * Threads  one at a time.
 */
#pragma once

#include "search/index.h"

struct search_walk;

struct search_walk_options {
    struct journal *journal;
    struct search_index *index; /* NULL: every chunk is read */
    const struct search_expression *expression;
    uint32_t project_id, segment;
    uint64_t frame_least, frame_most;      /* offsets of the frames to look at, both included */
    const struct journal_location *before; /* only what stands before; NULL: everything */
    bool logs; /* log records that hold any of the terms, instead of spans */
    const struct journal_location *extra; /* spans to give in any case, ascending */
    size_t extra_count;
    int64_t deadline_ns;           /* of clock_mono_ns() */
    const _Atomic bool *cancelled; /* NULL: never */
};
struct search_walk_stats {
    uint64_t bytes_read; /* decompressed */
    uint64_t bytes_scanned, chunks, chunks_skipped;
    uint64_t chunks_found; /* of those not skipped: some text holds a term */
};

/* STATUS_NOT_FOUND when retention has dropped the segment. */
enum status search_walk_open(const struct search_walk_options *options,
                             struct search_walk **out_walk, struct error *error);
/* STATUS_OK with *out_found false at the end; STATUS_TIMEOUT and STATUS_CANCELLED as the options
 * say. */
enum status search_walk_next(struct search_walk *walk, bool *out_found,
                             struct journal_location *out_location, struct error *error);
/* How many more spans are likely to be asked for: no more chunks than that are read ahead. */
void search_walk_expect(struct search_walk *walk, size_t spans);
/* How many chunks that hold something have been read. They are in the journal's cache, as long as
 * there are not many of them: who looks at the spans soon need not read them again. */
size_t search_walk_found_in(struct search_walk *walk);
/* Adds to the statistics. NULL is fine. */
void search_walk_close(struct search_walk *walk, struct search_walk_stats *stats);

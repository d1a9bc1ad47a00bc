/* SPDX-License-Identifier: Apache-2.0 */
/* walk_private: what walk.c (spans), walk_scan.c (texts), walk_transcript.c (texts as transcripts)
 * and walk_links.c (what refers to what) share. */
#pragma once

#include <pthread.h>

#include "search/match.h"
#include "search/transcript.h"
#include "search/walk.h"

/* Chunks in which something was found are kept in the journal's cache until their spans were looked
 * at, so helpers stay only so many ahead. */
enum { HELPERS_MAX = 4, AHEAD_MAX = 6 };

enum scan_state { SCAN_NONE, SCAN_BUSY, SCAN_DONE };

/* What a record that holds any term itself holds. */
struct record_terms {
    uint64_t frame; /* offset */
    uint32_t record, terms;
};

struct walk_chunk {
    struct journal_chunk chunk;
    const struct search_part *part; /* NULL: not in the index */
    const struct part_chunk *known;
    uint32_t possible;          /* terms that may stand in it */
    uint32_t allowed[SECTIONS]; /* and in each section of it */
    uint32_t before;            /* or in one before it in the segment */
    uint32_t reachable;         /* and in those it refers to */

    enum scan_state state; /* guarded by the walk's lock; what follows is good once it is DONE */
    enum status status;
    bool is_settled;              /* without reading it */
    uint32_t *own;                /* terms each content holds itself; NULL: none holds any */
    struct record_terms *records; /* ascending */
    size_t record_count, record_capacity;
    struct buf refs; /* when there is no part */

    bool linked; /* the lists are decoded */
    uint32_t *link_at, *links;
};

/* What each thread of a walk has of its own. */
struct scanner {
    struct search_matcher matcher;
    struct transcript_finder *finder; /* NULL: not needed so far */
    struct buf transcript;
};

struct search_walk {
    struct search_walk_options options;
    struct part_list parts;
    struct journal_chunks list;
    struct walk_chunk *chunks;
    size_t chunk_count;
    uint32_t assumed; /* terms that are not looked for: every text may hold them */

    pthread_mutex_t lock;
    pthread_cond_t scanned;
    pthread_t helpers[HELPERS_MAX];
    size_t helper_count;
    bool stop;
    size_t position; /* chunk being walked: helpers read what is before it */
    size_t ahead;    /* chunks before it that were read and hold something */
    uint64_t bytes_read, bytes_scanned;
    size_t in_vain;  /* chunks that were read for want of a transcript, and hold nothing */
    size_t found_in; /* chunks that were read and hold something */
    size_t expected; /* spans that will be asked for */
    struct scanner scanner;

    /* Of contents: their terms with all they are made of, and whether that is known. */
    uint32_t *masks;
    uint8_t *known;
    struct buf stack;

    struct walk_record *records; /* of the chunk being walked */
    size_t record_count, record_capacity, next_record;
    struct buf refs; /* of these, uint32_t */
    bool in_chunk;
};
struct walk_record {
    struct journal_location location;
    uint32_t project, ref_at, ref_count;
};

/* --- walk_scan.c */
/* Makes sure the chunk is read. */
enum status walk__scan(struct search_walk *walk, size_t chunk, struct error *error);
/*
 * Of a chunk that holds nothing itself: reads those before it until one holds something, which its
 * records may refer to. *out_nothing: none does, so that nobody needs to look at its records.
 */
enum status walk__scan_before(struct search_walk *walk, size_t chunk, bool *out_nothing,
                              struct error *error);
void *walk__help(void *walk);
/* Of a record that was read: the terms it holds itself. */
uint32_t walk__record_terms(const struct walk_chunk *chunk, const struct journal_location *place);
void walk__scanner_done(struct scanner *scanner);
/* --- walk_transcript.c */
/* Takes out of the chunk's sections what its transcript says is not there. False: it has none, and
 * one would be of use. */
bool walk__narrow(struct search_walk *walk, struct walk_chunk *chunk, struct scanner *scanner);
/* --- walk_links.c */
/* Terms of a content with all it is made of. */
enum status walk__resolve(struct search_walk *walk, uint32_t ordinal, uint32_t *out_terms,
                          struct error *error);
struct str walk__refs(const struct walk_chunk *chunk);
/* Whether it has to be read and its records can have what is wanted. */
bool walk__is_wanted(const struct search_walk *walk, const struct walk_chunk *chunk);
bool walk__is_over(const struct search_walk *walk, enum status *out_status);

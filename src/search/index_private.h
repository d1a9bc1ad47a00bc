/* SPDX-License-Identifier: Apache-2.0 */
/* index_private: what index.c (parts in memory) and index_build.c (the thread) share. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "search/index.h"
#include "search/transcript.h"

struct indexed_part {
    uint32_t segment, first_chunk, chunk_count;
    int64_t created_ns;
    uint64_t file_bytes;
    struct search_part *part; /* NULL: not loaded */
    int64_t used_ns;
    int refs;     /* lists that hold it */
    bool removed; /* no longer in the index: freed with its last reference */
};

/* A file of theirs. */
struct indexed_transcript {
    uint32_t segment, number;
    uint64_t file_bytes, words_id;
    bool is_whole; /* was seen to be since the index was opened */
};
enum { WORDS_FILES_MAX = 32 };

struct search_index {
    struct search_index_options options;
    char *path;
    int directory;

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    struct indexed_part **items; /* by segment and first chunk; no two overlap */
    size_t count, capacity;
    size_t memory_bytes;
    struct indexed_transcript *transcripts; /* ascending */
    size_t transcript_count, transcript_capacity;
    uint64_t transcript_bytes;
    uint64_t words_ids[WORDS_FILES_MAX]; /* files of words that transcripts share */
    size_t words_count;
    struct indexed_transcript no_room_before; /* it and those before it are not made */
    int64_t wanted_ns; /* when transcripts were last wanted; 0: they are not */
    bool closing, hurried, caught_up;
    bool
        changed_since; /* something was wanted since the thread began to look what there is to do */

    pthread_t thread;
    bool thread_started;
    /* Of the thread: */
    uint32_t done_before;          /* sealed segments before this one are covered */
    struct transcript_words words; /* for the transcripts to come; id 0: to be chosen */
    double own_first;              /* share of words of its own that their first transcript had */
    size_t poor;                   /* transcripts in a row that had many more */
};

enum { PART_PATH_BYTES = 40, UNUSED_SECONDS = 60 };
void search__part_name(uint32_t segment, uint32_t first_chunk, uint32_t chunk_count,
                       char out[PART_PATH_BYTES]);
/* With the lock held. */
size_t search__find(const struct search_index *index, uint32_t segment, uint32_t first_chunk);
bool search__insert(struct search_index *index, struct indexed_part *item);
void search__remove(struct search_index *index, size_t at, bool unlink_file);
void search__unload(struct search_index *index, struct indexed_part *item);
/* Writes the file whole, or not at all. */
enum status search__write_file(struct search_index *index, const char *name, struct str bytes,
                               struct error *error);
/* The whole file, behind what `out` has. */
enum status search__read_file(int directory, const char *name, struct buf *out,
                              struct error *error);
/* --- index_transcripts.c */
/* A file found when the index was opened. */
void search__take_transcript(struct search_index *index, const char *name);
void search__take_words(struct search_index *index, const char *name);
/* Makes the newest transcript that is wanted; *out_made false: there is none to make. */
enum status search__make_transcript(struct search_index *index, bool *out_made,
                                    struct error *error);
/* Those of segments that are gone, and all when nobody wants them any more. */
void search__drop_transcripts(struct search_index *index, uint32_t first_segment);
/* --- index_build.c */
void *search__build_run(void *index);

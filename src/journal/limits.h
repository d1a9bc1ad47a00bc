/* SPDX-License-Identifier: Apache-2.0 */
/* limits: the numbers that shape the journal's files and bound its memory. Layout on disk:
 * docs/journal.md. */
#pragma once

#include <stddef.h>

enum {
    JOURNAL_VERSION = 2,     /* of new segments */
    JOURNAL_VERSION_MIN = 1, /* the oldest that is read */
    HEAD_SIGNALS = 3,        /* counted at the beginning of an entry; scores at its end */
    SEGMENT_HEADER_BYTES = 32,
    FRAME_HEADER_BYTES = 40,
    SEAL_BYTES = 48,
    STREAM_END_BYTES = 3,

    CONTENT_BYTES_MIN = 128, /* string values from here on are content */
    PIECE_BYTES_MIN = 64,    /* shorter elements of a list travel with their neighbour */
    SHARED_BYTES_MIN = 128,  /* shorter pieces stand in the list itself */
    BLOCK_BYTES_MIN = 48,    /* resources, scopes, metrics: written once a chunk from here on */
    SPARE_BYTES_MAX = 12 << 20,
    PIECES_MAX = 1 << 14,    /* of one list; the rest is its tail */
    PARENT_TRIES_MAX = 256,  /* how many elements back a known prefix is looked for */
    GROUP_RECORDS = 128,     /* records that share one dictionary of strings */
    DICTIONARY_MAX = 2048,   /* strings in it */
    DICTIONARY_STR_MAX = 64, /* bytes of one */

    CHUNK_RAW_BYTES = 2 << 20, /* a new chunk begins beyond */
    GROUP_BYTES = 8 << 20,     /* of encoded batches; a group takes no further one beyond */
    WINDOW_LOG = 21,
    SEGMENT_CONTENTS_MAX = 1 << 20,
    SEGMENT_FRAMES_MAX = 1 << 17,
    CHUNK_FRAMES_MAX = 1 << 13,
    TABLES_LOADED_MAX = 8, /* segments whose table of frames is kept in memory */
    CHUNKS_CACHED_MAX = 512,
    SECRET_BYTES = 192,
};
/* Of one batch, encoded; lengths in frames are 32-bit. */
#define FRAME_BYTES_MAX ((size_t)512 << 20)
/* More than any chunk can have: the last frame of one is as large as a group, or one batch. */
#define JOURNAL_CHUNK_BYTES_MAX (FRAME_BYTES_MAX * 3)

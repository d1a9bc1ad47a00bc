/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment_private: frames, the chunks they are compressed in, and the files that hold these.
 *
 * A chunk and a segment are counted: whoever reads holds one, so that retention and the cache may
 * let go of it.
 */
#pragma once

#include <stdatomic.h>
#include <sys/types.h>

#include "journal/entry_private.h"

/* --- stream.c: a chunk is one zstd stream, flushed at the end of each frame. */
struct frame_header {
    bool starts_chunk;
    uint32_t payload_bytes, raw_bytes, first_content, content_count;
    int64_t arrival_max;
    uint64_t checksum;
};
void journal__header_put(const struct frame_header *header, struct journal_position at,
                         uint8_t *out);
bool journal__header_get(const uint8_t *bytes, struct journal_position at,
                         struct frame_header *out);

/* A frame, decompressed. */
struct chunk_frame {
    struct str raw;
    uint32_t first_content, content_count;
    uint32_t *content_at; /* content_count offsets into raw */
    size_t entries_at;
};
/*
 * The writer adds frames while others read: the array they saw stays where it is (retired), what it
 * holds does not change, and nobody looks beyond the count they saw under the lock.
 */
enum { RETIRED_MAX = 24 };
struct chunk {
    uint32_t segment, first_frame; /* number of the frame in its segment */
    size_t frame_count, frame_capacity;
    struct chunk_frame *frames, *retired[RETIRED_MAX];
    size_t retired_count;
    char *raw;    /* of all frames when read from disk; NULL: each frame's is its own */
    size_t bytes; /* what it counts for in the cache */
    _Atomic int refs;
    uint64_t used;     /* when, in the cache's own count */
    bool is_beginning; /* there are more frames than these */
    bool kept;         /* a visitor keeps it */
    int64_t kept_ns;   /* when it was last read, if so */
};
struct chunk *journal__chunk_new(uint32_t segment, uint32_t first_frame);
void journal__chunk_unref(struct chunk *chunk); /* NULL is fine */
/* Takes over nothing; finds the content records of a raw frame. False: it is not well-formed. */
bool journal__frame_index(struct str raw, uint32_t first_content, uint32_t content_count,
                          struct chunk_frame *out);
bool journal__chunk_add(struct chunk *chunk, const struct chunk_frame *frame);
/* The raw frames of a chunk out of its payloads, one behind the other, with room for
 * STREAM_END_BYTES more. */
bool journal__decompress(char *payloads, size_t size, char *out_raw, size_t raw_size);
/* A content record of these frames, and its kind. */
bool journal__chunk_content(const struct chunk_frame *frames, size_t count, uint32_t ordinal,
                            enum content_kind *out_kind, struct str *out_record);

/* --- segment.c: one file. */
struct frame_info {
    uint64_t offset;
    uint32_t payload_bytes, raw_bytes, first_content, content_count;
    uint32_t chunk; /* number of the frame that begins its chunk */
    bool corrupt;   /* found so when the table was made */
};
struct segment {
    uint32_t id, version;
    int directory; /* borrowed */
    int fd;        /* -1: not open */
    bool sealed;   /* has a footer: nothing is added */
    bool loaded;   /* frames are in memory */
    bool writable;
    struct frame_info *frames;
    size_t frame_count, frame_capacity;
    uint32_t content_count;
    uint64_t end; /* of the last frame */
    uint64_t file_bytes;
    uint64_t torn_bytes;
    int64_t created_ns, arrival_max;
    int refs; /* under the journal's lock */
    uint64_t used;
};
/* The last bytes of a file nothing will be added to; before it stands the footer, at `end`. */
struct seal {
    uint32_t frame_count, content_count, footer_bytes;
    uint64_t end, footer_checksum;
    int64_t arrival_max;
};
void journal__seal_put(uint32_t segment, const struct seal *seal, uint8_t *out);
/* Replaced by tests that need a disk to fail. */
struct journal_files {
    ssize_t (*write)(int fd, const void *bytes, size_t size, off_t offset);
    int (*sync)(int fd);
    int (*truncate)(int fd, off_t size);
    int64_t (*free_bytes)(int directory); /* -1: unknown */
};
extern const struct journal_files journal__files;
void journal__segment_free(struct segment *segment);
enum { SEGMENT_PATH_BYTES = 32 };
void journal__segment_name(uint32_t id, char out[SEGMENT_PATH_BYTES]);
enum status journal__segment_create(int directory, uint32_t id, const struct journal_files *files,
                                    struct segment **out_segment, struct error *error);
/* Opens the file and reads its header and seal; the table of frames stays unread when `sealed`
 * comes out true. */
enum status journal__segment_open(int directory, uint32_t id, bool writable,
                                  struct segment **out_segment, struct error *error);
/* Fills the table: from the footer, or frame by frame, which also checks every payload
 * (segment_scan.c). */
enum status journal__segment_load(struct segment *segment, struct error *error);
enum status journal__segment_scan(struct segment *segment, uint64_t limit, struct error *error);
void journal__segment_unload(struct segment *segment);
bool journal__segment_add(struct segment *segment, const struct frame_header *header,
                          uint64_t offset, bool corrupt);
/* Writes the footer and the seal; the caller notes the new size and `sealed`, under the lock where
 * there is one. */
enum status journal__segment_seal(const struct segment *segment, const struct journal_files *files,
                                  uint64_t *out_file_bytes, struct error *error);
enum status journal__write_all(const struct journal_files *files, int fd, const void *bytes,
                               size_t size, uint64_t offset, struct error *error);
enum status journal__read_all(int fd, void *bytes, size_t size, uint64_t offset,
                              struct error *error);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_private: what the files of this folder share; the batch as bytes is in entry_private.h,
 * frames and files in segment_private.h, numbers in limits.h. Layout on disk: docs/journal.md.
 *
 * On the way in: encode_*.c make an entry of a batch on the caller's thread, with split.c and
 * hash.c (texts to pieces and their hashes); writer.c makes a frame of entries on the journal
 * thread, with content.c (known texts, content records), stream.c (frames to compressed chunks) and
 * segment.c (the files).
 *
 * On the way out: reader.c finds frames, cache.c keeps chunks, decode_*.c make batches of frames,
 * content_read.c makes texts of content records.
 *
 * Locks: queue_lock guards what waits to be written; lock guards the list of segments with their
 * tables, the cache and the end. Neither is held while the other is taken, nor during a call to
 * `done`, nor during a write or a sync.
 */
#pragma once

#include <pthread.h>
#include <zstd.h>

#include "journal/segment_private.h"

/* --- known.c: hash -> ordinal, within the segment being written. */
struct known_slot {
    uint64_t low;
    uint32_t high, ordinal; /* ordinal + 1; 0: free */
};
struct known {
    struct known_slot *slots;
    size_t count, mask;
};
bool journal__known_get(const struct known *known, struct hash hash, uint32_t *out_ordinal);
void journal__known_put(struct known *known, struct hash hash,
                        uint32_t ordinal); /* without memory: forgets */
void journal__known_drop_from(struct known *known,
                              uint32_t ordinal); /* all of this ordinal or later */
void journal__known_done(struct known *known);

/* --- content.c: a frame's content records, being written. */
/* Bytes of a list that stand in it, or a text that stands elsewhere. */
struct list_item {
    bool shared;
    uint32_t ordinal;
    size_t start, size;
};
struct frame_builder {
    const uint8_t *secret;
    struct known known;
    uint32_t chunk_content; /* ordinals from here on are of the current chunk */
    struct buf raw, scratch;
    size_t entries_at; /* where the content records end */
    uint32_t first_content, content_count;
    uint32_t *content_at; /* where each record begins in raw */
    size_t content_capacity;
    struct list_item *items; /* of the list being written */
    size_t item_capacity;
    uint64_t hits, misses; /* texts and lists that were known, and that were not */
    bool failed;           /* no memory */
};
void journal__builder_start(struct frame_builder *builder, uint32_t first_content);
void journal__builder_add_contents(struct frame_builder *builder, struct entry *entry);
void journal__builder_end_contents(
    struct frame_builder *builder); /* before the first entry is added */
void journal__builder_add_entry(struct frame_builder *builder, const struct entry *entry);
void journal__builder_done(struct frame_builder *builder);

/* --- the journal itself */
struct journal {
    struct journal_options options; /* with the defaults filled in */
    char path[512];
    int directory, lock_file;
    struct journal_files files;
    uint8_t secret[SECRET_BYTES];

    pthread_mutex_t queue_lock;
    pthread_cond_t queue_filled;
    struct entry *queue_first, **queue_last;
    size_t queued_bytes, waiting_bytes; /* waiting: queued or in the group being written */
    struct entry *spare;                /* cleared entries, so that their memory is used again */
    size_t spare_bytes;
    bool closing, accepting;
    char reason[120];
    int64_t disk_free_bytes;

    pthread_mutex_t lock;
    pthread_cond_t frame_written;
    struct segment **segments; /* ascending by id; the last may be the active one */
    size_t segment_count, segment_capacity;
    struct chunk *chunks[CHUNKS_CACHED_MAX];
    size_t chunk_count, chunk_bytes, kept_bytes; /* kept_bytes: those that visitors keep, besides */
    uint64_t clock;                              /* of the least-recently-used order */
    uint64_t wakes, raw_bytes, written_bytes;
    bool cancelled;
    struct segment *active; /* NULL: the next frame begins a segment */
    struct chunk *chunk;    /* being written, counted; NULL: the next frame begins one */

    /* Of the journal thread alone. */
    pthread_t thread;
    bool thread_started;
    uint32_t next_segment;
    bool active_broken; /* a sync or truncation of it failed: nothing more goes there */
    size_t chunk_raw_bytes;
    struct frame_builder builder;
    struct buf out;
    ZSTD_CCtx *compressor;
    int64_t disk_checked_ns;
};

/* --- journal.c */
enum status journal__lock_directory(int directory, const char *path, int *out_file,
                                    struct error *error);
/* --- recovery.c */
enum status journal__recover(struct journal *journal, struct error *error);
/* The numbers of the segments in the directory, ascending; free() them. */
enum status journal__list_segments(int directory, uint32_t **out_ids, size_t *out_count,
                                   struct error *error);
/* --- writer.c, frame_write.c, disk.c */
void *journal__writer_run(void *journal);
void journal__drop_spare(struct journal *journal);
enum status journal__write_group(struct journal *journal, struct entry *group, struct error *error);
enum status journal__compressor_start(struct journal *journal, struct error *error);
int64_t journal__disk_free_bytes(int directory);
void journal__disk_defaults(struct journal *journal);
void journal__disk_check(struct journal *journal);
/* --- cache.c; all with journal->lock held */
void journal__cache_put(struct journal *journal,
                        struct chunk *chunk); /* takes a reference of its own */
void journal__cache_remove(struct journal *journal, const struct chunk *chunk);
void journal__cache_shrink(struct journal *journal);
void journal__cache_drop(struct journal *journal, uint32_t before_segment);
/* A chunk as it was when the lock was held. */
struct chunk_view {
    struct chunk *chunk; /* a reference */
    const struct chunk_frame *frames;
    size_t count;
    size_t frame; /* number in here of the frame asked for */
};
/* The chunk that holds this frame of the segment. Lets go of the lock meanwhile. */
enum status journal__chunk_get(struct journal *journal, struct segment *segment, size_t frame,
                               struct chunk_view *out_view, struct error *error);
/* The chunk that begins with this frame, at least `count` frames of it as far as they are good.
 * What had to be read is no more than these, and not put into the cache. */
enum status journal__chunk_peek(struct journal *journal, struct segment *segment, uint32_t first,
                                size_t count, struct chunk_view *out_view, struct error *error);
/* Puts it there after all. Without the lock. */
void journal__chunk_keep(struct journal *journal, struct chunk *chunk);
/* From the file: `frames` are those of one chunk, from its first on. As many as are good. */
enum status journal__chunk_load(const struct segment *segment, uint32_t first_frame,
                                const struct frame_info *frames, size_t count,
                                struct chunk **out_chunk, struct error *error);
/* --- segments.c; all with journal->lock held */
bool journal__segments_add(struct journal *journal, struct segment *segment); /* takes it over */
/* Number of the first segment with this id or a later one; segment_count when there is none. */
size_t journal__segments_find(const struct journal *journal, uint32_t id);
/* The segment with its table of frames read. It stays until the lock is let go, longer with a
 * reference. */
enum status journal__segments_load(struct journal *journal, size_t index,
                                   struct segment **out_segment, struct error *error);
void journal__segment_unref(struct segment *segment);
/* The segment with exactly this number, loaded, or STATUS_NOT_FOUND. */
enum status journal__segments_exact(struct journal *journal, uint32_t id,
                                    struct segment **out_segment, struct error *error);
/* --- content_read.c */
/* Where content records come from: the journal's cache, or the file check.c walks. */
struct content_finder {
    enum status (*find)(void *context, uint32_t ordinal, enum content_kind *out_kind,
                        struct str *out_record, struct error *error);
    void *context;
};
/* Bytes [offset, offset + size) of content `ordinal`, into `out`. */
enum status journal__content_copy(const struct content_finder *finder, uint32_t ordinal,
                                  uint64_t offset, size_t size, char *out, struct error *error);
/* The references of a list, its parent first (with the bytes it takes over as size and is_parent
 * set). */
struct list_sizes {
    uint64_t prefix_bytes, size_bytes;
};
/* Calls for the bytes that stand in a list itself. False: it is not well-formed. */
bool journal__list_literals(uint32_t ordinal, struct str record,
                            void (*visit)(void *context, uint32_t ordinal, struct str bytes),
                            void *context);
bool journal__list_visit(uint32_t ordinal, struct str record,
                         bool (*visit)(void *context, uint32_t ordinal, uint64_t size,
                                       bool is_parent),
                         void *context, struct list_sizes *out_sizes);
enum status journal__content_size(const struct content_finder *finder, uint32_t ordinal,
                                  uint64_t *out_size, struct error *error);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_private: what the files of this folder share. Layout on disk: docs/journal.md.
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
 * `done`, nor during a write or a sync. A chunk and a segment are counted: whoever reads holds one,
 * so that retention and the cache may let go of it.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <zstd.h>

#include "journal/coding.h"
#include "journal/journal.h"

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

/* --- hash.c: identities. The secret is drawn at open, so that nobody can prepare two texts of one
 * hash. */
struct hash {
    uint64_t low, high;
};
struct hash journal__hash_bytes(const uint8_t *secret, const void *bytes, size_t len);
/* Of a list of pieces: that of what stands before, one piece's separator and its text. */
struct hash journal__hash_next(const uint8_t *secret, struct hash before, const void *separator,
                               size_t separator_len, struct hash piece);
struct hash journal__hash_list(const uint8_t *secret, struct hash pieces, const void *tail,
                               size_t tail_len);
uint64_t journal__checksum(uint64_t seed, const void *bytes, size_t len);

/* --- split.c: where the elements of the arrays in a JSON text end. */
struct split_piece {
    uint32_t start,
        end; /* of the element; what stands before it and after the last piece is its separator */
};
struct split {
    struct split_piece *items;
    size_t count, capacity;
};
/* False: nothing worth splitting, or no memory. Never fails otherwise; the pieces ascend and do not
 * overlap. */
bool journal__split(struct str text, struct split *out);
/* The same without instructions that not every machine has. */
bool journal__split_plainly(struct str text, struct split *out);
void journal__split_done(struct split *split);

/* --- encode.c: a batch as one run of bytes, with its long texts aside. */
enum content_kind {
    CONTENT_TEXT,  /* bytes */
    CONTENT_LIST,  /* a parent's pieces, then own ones: a recipe for bytes */
    CONTENT_BLOCK, /* an encoded resource, scope or metric; known for the rest of the chunk only */
    CONTENT_KINDS
};
struct entry_piece {
    uint32_t start, end;
    struct hash text, prefix; /* of the element; of everything up to its end */
};
struct entry_content {
    enum content_kind kind;
    uint32_t piece_start, piece_count; /* CONTENT_LIST */
    uint32_t ordinal;                  /* filled in by the journal thread */
    size_t offset, size;               /* in texts */
    struct hash hash;
};
struct dictionary;
struct entry {
    struct entry *next;
    void (*done)(void *context, enum status status, const struct error *error);
    void *context;
    struct buf body, texts;
    struct entry_content *contents;
    struct entry_piece *pieces;
    struct dictionary *strings; /* while encoding */
    size_t content_count, content_capacity, piece_count, piece_capacity;
    int64_t arrival_ns;
    size_t waiting_bytes; /* what it counts for in the queue */
    int64_t queued_ns;
    size_t record_count;
};
struct entry *journal__entry_new(void);
void journal__entry_clear(struct entry *entry); /* keeps its memory, for the next batch */
void journal__entry_free(struct entry *entry);
enum status journal__encode(const uint8_t *secret, const struct batch *batch, struct entry *entry,
                            struct error *error);

/* How a value begins. */
enum value_tag {
    TAG_NULL,
    TAG_STRING,
    TAG_FALSE,
    TAG_TRUE,
    TAG_INT,
    TAG_DOUBLE,
    TAG_BYTES,
    TAG_ARRAY,
    TAG_MAP,
    TAG_CONTENT, /* its number among the entry's contents, from 1 */
};
/* How a span, a log record, a point begins: which parts are there. */
enum span_flag {
    SPAN_SAME_TRACE = 1,  /* as the record before */
    SPAN_SAME_SOURCE = 2, /* resource and scope */
    SPAN_HAS_PARENT = 4,
    SPAN_HAS_STATE = 8,   /* trace state */
    SPAN_HAS_STATUS = 16, /* status or its message */
    SPAN_HAS_EVENTS = 32,
    SPAN_HAS_LINKS = 64,
    SPAN_HAS_REST = 128, /* flags and dropped counts */
};
enum tail_flag { TAIL_IS_PARTIAL = 1 };
enum score_flag {
    SCORE_IS_DELETED = 1,
    SCORE_HAS_TRACE = 2,
    SCORE_HAS_SPAN = 4,
    SCORE_HAS_NUMBER = 8,
    SCORE_HAS_TARGET = 16, /* session, dataset run */
    SCORE_HAS_REST = 32,   /* configuration, author, attributes */
};
enum log_flag { LOG_SAME_SOURCE = 1, LOG_HAS_SPAN = 2, LOG_HAS_REST = 4 };
enum point_flag {
    POINT_IS_INT = 1,
    POINT_HAS_SUM = 2,
    POINT_HAS_MIN = 4,
    POINT_HAS_MAX = 8,
    POINT_HAS_NUMBER = 16, /* the member is not all zero bits */
    POINT_HAS_INTEGER = 32,
    POINT_HAS_BUCKETS = 64, /* count, sum, min, max, bounds, buckets */
    POINT_HAS_QUANTILES = 128,
    POINT_HAS_SCALE = 256, /* exponential */
    POINT_HAS_EXEMPLARS = 512,
    POINT_HAS_FLAGS = 1024,
};
/* What encode_*.c share. */
struct dictionary {
    struct str items[DICTIONARY_MAX];
    uint16_t slots[DICTIONARY_MAX * 2]; /* index + 1; 0: free */
    size_t count, slot_mask;
};
struct encoder {
    const uint8_t *secret;
    struct entry *entry;
    struct buf *out;
    struct dictionary *strings; /* NULL: every string in full, every text in place */
    struct split split;
    bool too_deep, not_ours; /* nested too deeply; VALUE_CONTENT */
};
void journal__put_str(struct encoder *encoder, struct str text);
void journal__put_value(struct encoder *encoder, const struct value *value, int depth);
void journal__put_attributes(struct encoder *encoder, const struct attributes *attributes);
void journal__dictionary_clear(struct dictionary *strings, size_t records);
void journal__put_span(struct encoder *encoder, const struct batch *batch, size_t index,
                       size_t group_start);
void journal__put_log(struct encoder *encoder, const struct batch *batch, size_t index,
                      size_t group_start);
void journal__put_point(struct encoder *encoder, const struct batch *batch, size_t index,
                        size_t group_start);
void journal__put_score(struct encoder *encoder, const struct batch *batch, size_t index,
                        size_t group_start);
void journal__put_resource(struct encoder *encoder, const struct resource *resource);
void journal__put_scope(struct encoder *encoder, const struct scope *scope);
void journal__put_metric(struct encoder *encoder, const struct metric *metric);

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
    size_t chunk_count, chunk_bytes;
    uint64_t clock; /* of the least-recently-used order */
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
/* --- decode_*.c */
struct decode_frame {
    const struct chunk_frame *frames; /* of its chunk */
    size_t frame;                     /* its number there; later ones are not looked at */
    uint32_t segment;
};
enum status journal__decode_frame(const struct decode_frame *in, struct journal_frame *out,
                                  struct error *error);
/* The same with all content as VALUE_CONTENT. */
enum status journal__decode_lazily(const struct decode_frame *in, struct journal_frame *out,
                                   struct error *error);
enum status journal__decode_record(const struct decode_frame *in, enum signal signal,
                                   uint32_t record, struct batch **out_batch, struct error *error);
/* What stands before an entry's records. */
struct entry_head {
    size_t counts[SIGNAL_COUNT]; /* of records */
    size_t resource_count, scope_count, metric_count;
    struct str *resources, *scopes, *metrics; /* encoded */
};
struct decoder {
    struct cursor in;
    const struct decode_frame *frame;
    struct batch *batch;
    struct arena *arena;
    const struct entry_head *head;
    struct content_ref *refs;
    size_t ref_count;
    struct str *strings;
    size_t string_count;
    bool plain; /* a block: no dictionary, no content */
    bool copy;  /* strings go into the arena */
    bool lazy;  /* all content as VALUE_CONTENT */
    bool full;  /* the arena is */
};
struct cursor journal__entries(const struct decode_frame *in); /* each: its length, its bytes */
size_t journal__arena_limit(size_t bytes);
enum status journal__bad_entry(const struct decoder *decoder, struct error *error);
void journal__get_head(struct decoder *decoder, struct entry_head *out);
/* What stands behind the records of HEAD_SIGNALS, when anything does. */
void journal__get_tail(struct decoder *decoder, struct entry_head *out);
void journal__get_resource_block(struct decoder *decoder, struct str block, struct resource *out);
void journal__get_scope_block(struct decoder *decoder, struct str block, struct scope *out);
void journal__get_metric_block(struct decoder *decoder, struct str block, struct metric *out);
/* One record; `before` is the one before in its group, or NULL. */
void journal__get_record(struct decoder *decoder, enum signal signal, void *out,
                         const void *before);
extern const size_t journal__record_bytes[SIGNAL_COUNT];
struct str journal__get_str(struct decoder *decoder);
void journal__get_value(struct decoder *decoder, struct value *out, int depth);
void journal__get_attributes(struct decoder *decoder, struct attributes *out);
void *journal__get_array(struct decoder *decoder, size_t count, size_t size);
void journal__get_span(struct decoder *decoder, struct span *out, const struct span *before);
void journal__get_log(struct decoder *decoder, struct log_record *out,
                      const struct log_record *before);
void journal__get_point(struct decoder *decoder, struct metric_point *out,
                        const struct metric_point *before);
void journal__get_score(struct decoder *decoder, struct score *out);
void journal__get_resource(struct decoder *decoder, struct resource *out);
void journal__get_scope(struct decoder *decoder, struct scope *out);
void journal__get_metric(struct decoder *decoder, struct metric *out);
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

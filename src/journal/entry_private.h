/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry_private: a batch as one run of bytes with its long texts aside, and back. What encode_*.c
 * write is what decode_*.c read: both go by the tags and flags here.
 */
#pragma once

#include "journal/coding.h"
#include "journal/journal.h"
#include "journal/limits.h"

struct chunk_frame; /* segment_private.h */

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

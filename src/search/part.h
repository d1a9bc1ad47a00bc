/* SPDX-License-Identifier: Apache-2.0 */
/*
 * part: what is known of some consecutive chunks of the journal, so that most need not be read:
 * which tokens each holds, and which texts each list and record refers to.
 *
 * A part covers up to PART_CHUNKS chunks of one segment. Everything in it is derived; one that does
 * not check out, or is of another version, is thrown away and made again. docs/search.md has the
 * layout.
 *
 * Threads  a builder belongs to one; a part is read-only.
 */
#pragma once

#include "base/buf.h"
#include "journal/journal.h"
#include "search/expression.h"
#include "search/places.h"
#include "search/shape.h"

enum { PART_VERSION = 3, PART_HEADER_BYTES = 64 };

struct part_chunk {
    struct journal_chunk chunk;
    uint32_t record_count; /* spans and logs */
    uint32_t refs_bytes;
    uint64_t refs_at;
    uint32_t refers_at, refers_count; /* which chunks it refers to, in `refers` */
    uint8_t gram_log;                 /* of the bits of its grams; 0: it has none */
    uint64_t grams_at;
    bool is_ascii;                             /* all its texts */
    uint32_t section_frames[CONTENT_SECTIONS]; /* how many of its first frames have all of it */
};

/* Where a token and its places begin. */
enum { TOKENS_A_MARK = 32 };
struct token_mark {
    uint32_t token, post;
};

struct search_part {
    uint32_t segment, first_chunk, chunk_count; /* first_chunk: its number in the segment */
    int64_t created_ns;                         /* of the segment */
    struct part_chunk chunks[PART_CHUNKS];
    char *tokens; /* each between line ends */
    size_t token_bytes, token_count;
    char *posts; /* where each stands, see places.h */
    size_t post_bytes;
    struct token_mark *marks; /* of every TOKENS_A_MARK-th token */
    char *shapes;             /* grams of shapes, as shape_reader reads them */
    size_t shape_bytes;
    uint8_t longest[PART_CHUNKS][SHAPE_RUNS]; /* runs of each chunk */
    uint8_t *grams;                           /* bitmaps, one behind the other */
    size_t gram_bytes;
    char *refs;
    size_t refs_bytes;
    uint32_t *refers; /* numbers of chunks of the segment, each before the one that refers to it */
    bool unbounded;   /* too many tokens: says nothing about words */
};
void search_part_free(struct search_part *part); /* NULL is fine */
size_t search_part_memory(const struct search_part *part);

/* --- part_tokens.c: a place among the tokens, which only moves on */
struct token_place {
    const struct search_part *part;
    size_t number;       /* part->token_count: behind the last one */
    struct str text;     /* of the token */
    struct cursor posts; /* at its places */
};
struct token_place search_tokens_start(const struct search_part *part);
void search_tokens_next(struct token_place *place);
/* To the token that begins at or before this byte of all tokens. */
void search_tokens_seek(struct token_place *place, size_t byte);

/* --- part_find.c: where the term can stand. */
void search_part_find(const struct search_part *part, const struct search_term *term,
                      struct part_places *out_places);

/* --- making */
struct part_builder;
struct part_builder *search_builder_new(uint32_t segment, uint32_t first_chunk, int64_t created_ns);
void search_builder_free(struct part_builder *builder); /* NULL is fine */
/* Reads a chunk of these; one that is damaged is taken in as far as it can be read. */
enum status search_builder_add(struct part_builder *builder, struct journal *journal,
                               const struct journal_chunks *chunks, size_t number,
                               struct error *error);
/* The part as a file's bytes. */
enum status search_builder_write(struct part_builder *builder, struct buf *out,
                                 struct error *error);
/* The same of two parts, the second of which goes on where the first ends, as one. */
enum status search_parts_join(const struct search_part *first, const struct search_part *second,
                              struct buf *out, struct error *error);

/* --- reading. The head alone tells segment, first_chunk, chunk_count and created_ns. */
bool search_part_head(struct str bytes, struct search_part *out_head);
enum status search_part_read(struct str bytes, struct search_part **out_part, struct error *error);

/* --- what a chunk's records refer to: the same for builders and readers */
struct ref_writer {
    struct buf lists, records;
    uint32_t last_list, last_ref, project, record_count;
    uint64_t last_frame; /* offset */
    uint32_t list;       /* being read, with its links (uint32_t) */
    struct buf links;
    void (*refers)(void *context, uint32_t ordinal); /* NULL, or told of every reference */
    void *context;
};
void search_refs_start(struct ref_writer *writer, const struct journal_chunk *chunk);
void search_refs_link(struct ref_writer *writer, uint32_t list, uint32_t ordinal);
void search_refs_record(struct ref_writer *writer, struct journal_location location,
                        const struct batch *batch, size_t index);
bool search_refs_end(struct ref_writer *writer, struct buf *out); /* false: no memory */
void search_refs_done(struct ref_writer *writer);

/* Goes through them: first the lists, then the records. */
struct ref_reader {
    const uint8_t *at, *end;
    uint32_t segment, list, ref, project, next_record[2];
    uint64_t frame;
    bool bad;
};
struct ref_list {
    uint32_t ordinal, count;
};
struct ref_record {
    struct journal_location location;
    uint32_t project, count;
};
struct ref_reader search_refs_read(struct str refs, const struct journal_chunk *chunk);
bool search_refs_next_list(struct ref_reader *reader, struct ref_list *out); /* false: no more */
uint32_t search_refs_next_link(struct ref_reader *reader, const struct ref_list *list);
bool search_refs_next_record(struct ref_reader *reader, struct ref_record *out);
uint32_t search_refs_next_ref(struct ref_reader *reader);

/* --- the short texts of a record, which stand in it itself. `stays`: the bytes stay where they are
 * as long as the batch does. */
enum record_also {
    RECORD_NUMBERS = 1, /* as JSON may write them */
    RECORD_WHOLES = 2,  /* arrays and maps as JSON, beside what is in them */
};
void search_record_texts(const struct batch *batch, enum signal signal, size_t index, unsigned also,
                         void (*text)(void *context, struct str text, bool stays), void *context);
/* Some array or map of it is more than these: too long, or with texts that stand elsewhere. */
bool search_record_is_apart(const struct batch *batch, enum signal signal, size_t index);

/*
 * Records of a group share their short texts, byte for byte at one place of memory: who has looked
 * at one need not look again. Of one chunk, while it is in memory; forgets when it likes.
 */
enum { SEEN_SLOTS = 1024, SEEN_BYTES_MAX = 64 };
struct seen_text {
    const char *ptr;
    size_t len;
    uint32_t terms;
};
static inline struct seen_text *search_seen(struct seen_text *slots, struct str text)
{
    return &slots[((uintptr_t)text.ptr ^ (uintptr_t)text.ptr >> 10) & (SEEN_SLOTS - 1)];
}

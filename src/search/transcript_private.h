/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript_private: how transcript_write.c codes texts and transcript_find.c reads them.
 *
 * Behind the head stand blocks: words (bytes, compressed bytes, zstd), then codes (bytes, and as
 * they are: they compress by a fifth, and decompressing would take as long as all else). A word is
 * a length of one byte and so many bytes; a code is a number of 16 bits, the least byte first. The
 * first codes are no words: a text of a section begins; something may stand here that only looking
 * at the text can tell; another text of the same section begins. Then come the words that many
 * transcripts share, then the block's own. The first and the last code of a block are of sections,
 * and say nothing. A text can go on in the next block.
 */
#pragma once

#include "search/automaton.h"
#include "search/fold.h"
#include "search/transcript.h"

enum {
    CODE_ANYTHING = SECTIONS,
    CODE_NEXT_TEXT,
    CODE_FIRST_WORD,
    CODES_MAX = 1 << 16,
    CODE_BYTES = 2,
    BLOCK_CODES_MAX = 1 << 22,
    WORD_BYTES_MAX = 64, /* of an escape: backslashes and two numbers */
    SHARED_WORDS_MAX = 48 << 10,
    /* Where words stand, by a hash of theirs. */
    WORD_SLOTS = 2 * CODES_MAX,
};
_Static_assert(CODE_FIRST_WORD + SHARED_WORDS_MAX < CODES_MAX, "a block has words of its own");

/* --- transcript_texts.c */
/* How long the word is at the front of a text that is not empty. *out_unsure: it is none, because
 * only looking at the text can tell what it is. */
size_t transcript__cut(struct str text, bool *out_unsure);
typedef void transcript_taker(void *context, struct str text, uint32_t section);
/* Every text of a chunk that search_walk would look at. *out_apart as transcript_head says. */
enum status transcript__read(struct journal *journal, const struct journal_chunk *chunk,
                             transcript_taker *take, void *context, bool *out_apart,
                             struct error *error);

/* --- transcript_words.c: words one behind the other, each behind a byte that is its length */
static inline struct str transcript__word(const struct buf *words, uint32_t at)
{
    return (struct str){words->ptr + at + 1, (uint8_t)words->ptr[at]};
}
/* Decompressed words, and where each begins: at most `most`. False: damaged, or no memory. */
bool transcript__get_words(struct cursor *in, size_t most, struct buf *out_words, uint32_t *out_at,
                           size_t *out_count);

/* --- transcript_rows.c: where words lead */

/* The words that codes stand for. */
struct vocabulary {
    const struct transcript_words *shared;
    struct buf own; /* of the block */
    uint32_t *own_at;
    size_t first_own, end; /* codes */
    struct buf folded;
    struct search_reading reading;
    bool is_damaged; /* a code was met that has no meaning */
};

/* What a row says instead of a row's number: all of these have the top bit. */
enum { ROWS_MAX = 128, NOT_A_ROW = 0x80, CODE_FOUND = 254, CODE_UNKNOWN = 255, NO_ROW = 255 };
/* The first rows: nothing so far; a text that need not be read further. */
enum { ROW_START, ROW_DEAD };

/* Of the states a term's automaton was met in, a row says where each code leads; it is filled in as
 * codes are met. */
struct row_table {
    struct automaton *automaton;
    uint8_t *rows; /* CODES_MAX bytes each */
    uint16_t states[ROWS_MAX];
    uint8_t row_of_state[AUTOMATON_STATES]; /* or NO_ROW */
    size_t count, most;
    uint64_t words_id; /* the shared words it knows */
};
/* False: the term is beyond an automaton, or there is no memory; the table has none then. */
bool row_table_init(struct row_table *table, const struct search_term *term, bool backwards,
                    size_t most);
void row_table_done(struct row_table *table);
/* Makes it ready for a block of other words than before. */
void row_table_start(struct row_table *table, struct vocabulary *words);
/* Before a transcript: forgets all when there are many states. */
void row_table_tidy(struct row_table *table);
/* Where a code leads. */
uint16_t row_table_step(struct row_table *table, struct vocabulary *words, uint16_t state,
                        uint16_t code);
/* The row of a state, NO_ROW when there is no room for it. */
uint8_t row_table_find(struct row_table *table, const struct vocabulary *words, uint16_t state);

static inline uint8_t *row_at(const struct row_table *table, size_t row)
{
    return table->rows + row * CODES_MAX;
}

/* --- transcript_read.c */

/* A term being looked for in the blocks of a transcript, in order or, backwards, from the last. */
struct hunt {
    struct row_table *table;
    bool is_backwards;        /* as its automaton */
    bool is_quiet;            /* few words lead away from where nothing was found so far */
    uint32_t sections, found; /* those of interest, those it was found in */
    uint32_t section;         /* where the block before ended, with its state */
    uint16_t state;
};
/* `codes` stand between two that are no words. */
void transcript__read_block(struct hunt *hunt, struct vocabulary *words, struct str codes);

static inline uint16_t transcript__code(const char *at)
{
    const uint8_t *bytes = (const uint8_t *)at;
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

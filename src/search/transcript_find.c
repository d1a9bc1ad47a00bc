/* SPDX-License-Identifier: Apache-2.0 */
/* transcript_find: the sections of a transcript that a term can stand in. */
#include <stdlib.h>
#include <string.h>

#include "search/transcript_private.h"

/* Rows of all terms together. */
enum { ROWS_OF_ALL = 512 };

struct transcript_finder {
    const struct search_expression *expression;
    /* Those a term could have, until it is known which way reading it is less work. */
    struct row_table tables[SEARCH_TERMS_MAX], backwards[SEARCH_TERMS_MAX];
    uint32_t tried, decided; /* terms */
    uint32_t quiet;          /* terms of which few words make anything */
    struct transcript_words shared;
    struct vocabulary words;
    struct str codes;  /* of the block, between two of sections */
    struct buf blocks; /* struct cursor: where each begins */
};

struct transcript_finder *search_finder_new(const struct search_expression *expression)
{
    struct transcript_finder *finder = calloc(1, sizeof *finder);
    if (!finder)
        return NULL;
    finder->expression = expression;
    finder->words.shared = &finder->shared;
    finder->words.own_at = malloc(CODES_MAX * sizeof *finder->words.own_at);
    if (!finder->words.own_at) {
        search_finder_free(finder);
        return NULL;
    }
    return finder;
}

void search_finder_free(struct transcript_finder *finder)
{
    if (!finder)
        return;
    for (size_t i = 0; i < SEARCH_TERMS_MAX; i++) {
        row_table_done(&finder->tables[i]);
        row_table_done(&finder->backwards[i]);
    }
    transcript_words_done(&finder->shared);
    search_reading_done(&finder->words.reading);
    buf_done(&finder->blocks);
    buf_done(&finder->words.own);
    buf_done(&finder->words.folded);
    free(finder->words.own_at);
    free(finder);
}

bool search_finder_knows(struct transcript_finder *finder, uint32_t terms)
{
    size_t count = finder->expression->term_count;
    size_t most = ROWS_OF_ALL / (count ? count : 1);
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        const struct search_term *term = &finder->expression->terms[i];
        if (terms & ~finder->tried & UINT32_C(1) << i)
            row_table_init(&finder->tables[i], term, false, most < ROWS_MAX ? most : ROWS_MAX);
        any |= (terms >> i & 1) && finder->tables[i].automaton;
    }
    finder->tried |= terms;
    return any;
}

bool search_finder_use(struct transcript_finder *finder, struct str words_file)
{
    transcript_words_done(&finder->shared);
    return transcript_words_read(words_file, &finder->shared);
}

uint64_t search_finder_words(const struct transcript_finder *finder)
{
    return finder->shared.id;
}

/* --- reading a block */

static bool get_block(struct transcript_finder *finder, struct cursor *in)
{
    struct vocabulary *words = &finder->words;
    size_t own;
    words->first_own = CODE_FIRST_WORD + finder->shared.count;
    if (!transcript__get_words(in, CODES_MAX - words->first_own, &words->own, words->own_at, &own))
        return false;
    words->end = words->first_own + own;
    finder->codes = get_bytes(in, get_varint(in));
    if (in->bad || finder->codes.len < 2 * CODE_BYTES || finder->codes.len % CODE_BYTES)
        return false;
    finder->codes = str_sub(finder->codes, CODE_BYTES, finder->codes.len - 2 * CODE_BYTES);
    return transcript__code(finder->codes.ptr - CODE_BYTES) < SECTIONS &&
           transcript__code(finder->codes.ptr + finder->codes.len) < SECTIONS;
}

/* --- which way */

/* How many of some codes of the block lead away from where nothing was found so far. */
static size_t count_leaving(struct transcript_finder *finder, struct row_table *table, size_t codes)
{
    size_t leaving = 0;
    row_table_start(table, &finder->words);
    const uint8_t *start = row_at(table, ROW_START);
    for (size_t i = 0; i < codes; i++) {
        uint16_t code = transcript__code(finder->codes.ptr + i * CODE_BYTES);
        leaving += code >= SECTIONS && start[code] != ROW_START;
    }
    return leaving;
}

/* Where little leads away, little is to be learned, and most can be passed over. */
static void decide(struct transcript_finder *finder, size_t term)
{
    enum { SAMPLE = 1 << 16, FEW = 48 };
    struct row_table *forwards = &finder->tables[term], *backwards = &finder->backwards[term];
    size_t codes = finder->codes.len / CODE_BYTES;
    if (codes > SAMPLE)
        codes = SAMPLE;
    finder->decided |= UINT32_C(1) << term;
    size_t leaving = count_leaving(finder, forwards, codes);
    if (leaving * FEW > codes &&
        row_table_init(backwards, &finder->expression->terms[term], true, forwards->most)) {
        size_t leaving_backwards = count_leaving(finder, backwards, codes);
        if (leaving_backwards < leaving) {
            struct row_table better = *backwards;
            *backwards = *forwards;
            *forwards = better;
            leaving = leaving_backwards;
        }
        row_table_done(backwards);
    }
    finder->quiet |= (uint32_t)(leaving * FEW <= codes) << term;
}

/* --- a transcript */

/* Where its blocks begin. False: they do not. */
static bool find_blocks(struct transcript_finder *finder, struct str body)
{
    struct cursor in = cursor_of(body);
    buf_clear(&finder->blocks);
    while (cursor_left(&in)) {
        buf_add(&finder->blocks, &in, sizeof in);
        get_varint(&in);
        get_bytes(&in, get_varint(&in));
        get_bytes(&in, get_varint(&in));
    }
    return !in.bad && finder->blocks.len && !finder->blocks.failed;
}

static bool open_block(struct transcript_finder *finder, size_t number)
{
    struct cursor in;
    memcpy(&in, finder->blocks.ptr + number * sizeof in, sizeof in);
    return get_block(finder, &in);
}

/* With the first block open: sets out to look for terms where they are allowed. */
static void start_hunts(struct transcript_finder *finder, const uint32_t allowed[SECTIONS],
                        struct hunt hunts[SEARCH_TERMS_MAX])
{
    for (size_t term = 0; term < finder->expression->term_count; term++) {
        struct row_table *table = &finder->tables[term];
        struct hunt *hunt = &hunts[term];
        *hunt = (struct hunt){.table = table};
        for (uint32_t section = 0; section < SECTIONS && table->automaton; section++)
            hunt->sections |= (allowed[section] >> term & 1) << section;
        if (!hunt->sections)
            continue;
        row_table_tidy(table);
        if (!(finder->decided >> term & 1))
            decide(finder, term);
        hunt->is_backwards = search_automaton_is_backwards(table->automaton);
        hunt->is_quiet = finder->quiet >> term & 1;
    }
}

/* Reads all blocks for the terms that are looked for this way. */
static bool read_blocks(struct transcript_finder *finder, struct hunt hunts[SEARCH_TERMS_MAX],
                        bool backwards)
{
    size_t blocks = finder->blocks.len / sizeof(struct cursor);
    uint32_t terms = 0;
    for (size_t i = 0; i < finder->expression->term_count; i++)
        terms |= (uint32_t)(hunts[i].sections && hunts[i].is_backwards == backwards) << i;
    for (size_t i = 0; i < blocks && terms; i++) {
        if (blocks > 1 && !open_block(finder, backwards ? blocks - 1 - i : i))
            return false;
        for (uint32_t left = terms; left; left &= left - 1)
            transcript__read_block(&hunts[__builtin_ctz(left)], &finder->words, finder->codes);
    }
    return true;
}

bool search_finder_narrow(struct transcript_finder *finder, struct str file,
                          uint32_t allowed[SECTIONS])
{
    struct hunt hunts[SEARCH_TERMS_MAX];
    struct transcript_head head;
    if (!search_transcript_head(file, &head) || head.words_id != finder->shared.id ||
        !find_blocks(finder, str_sub(file, TRANSCRIPT_HEADER_BYTES, file.len)) ||
        !open_block(finder, 0))
        return false;
    finder->words.is_damaged = false;
    start_hunts(finder, allowed, hunts);
    if (!read_blocks(finder, hunts, false) || !read_blocks(finder, hunts, true) ||
        finder->words.is_damaged)
        return false;
    for (size_t term = 0; term < finder->expression->term_count; term++) {
        uint32_t none = hunts[term].sections & ~hunts[term].found;
        if (head.is_apart && !finder->expression->terms[term].folded.ptr)
            none &= ~(UINT32_C(1) << RECORD_SECTION);
        for (; none; none &= none - 1)
            allowed[__builtin_ctz(none)] &= ~(UINT32_C(1) << term);
    }
    return true;
}

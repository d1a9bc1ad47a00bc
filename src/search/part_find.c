/* SPDX-License-Identifier: Apache-2.0 */
/* part_find: where in the chunks of a part a term can stand. */
#include "search/part.h"

#include <string.h>

#include "search/fold.h"
#include "search/match.h"
#include "search/regex.h"
#include "search/tokens.h"

static struct part_places everywhere(const struct search_part *part)
{
    struct part_places places = {{0}};
    for (uint32_t i = 0; i < part->chunk_count; i++)
        places.in[i] = ALL_SECTIONS;
    return places;
}

static bool is_anywhere(const struct part_places *places)
{
    uint16_t any = 0;
    for (uint32_t i = 0; i < PART_CHUNKS; i++)
        any |= places->in[i];
    return any != 0;
}

static bool is_everywhere(const struct search_part *part, const struct part_places *places)
{
    uint16_t all = ALL_SECTIONS;
    for (uint32_t i = 0; i < part->chunk_count; i++)
        all &= places->in[i];
    return all == ALL_SECTIONS;
}

static void keep_common(struct part_places *places, const struct part_places *others)
{
    for (uint32_t i = 0; i < PART_CHUNKS; i++)
        places->in[i] &= others->in[i];
}

static void keep_chunks(struct part_places *places, uint64_t chunks)
{
    for (uint32_t i = 0; i < PART_CHUNKS; i++)
        if (!(chunks >> i & 1))
            places->in[i] = 0;
}

/* Adds where the token stands; gives the byte where it ends. */
static size_t add_places(const struct token_place *token, struct part_places *places)
{
    struct cursor posts = token->posts;
    search_places_get(&posts, places);
    return (size_t)(token->text.ptr + token->text.len - token->part->tokens);
}

/* Adds where a token stands that has `needle` in it; a line end in the needle is where a token
 * ends. */
static void find_words(const struct search_part *part, struct str needle,
                       struct part_places *places)
{
    enum { LOOK_EVERY = 256 };
    const struct str tokens = {part->tokens, part->token_bytes};
    struct token_place token = search_tokens_start(part);
    size_t from = 0;
    for (size_t n = 1; token.number < part->token_count; n++) {
        const char *at = search_find_bytes(str_sub(tokens, from, tokens.len), needle);
        if (!at)
            return;
        search_tokens_seek(&token, (size_t)(at - tokens.ptr) + (needle.ptr[0] == '\n'));
        from = add_places(&token, places);
        if (n % LOOK_EVERY == 0 && is_everywhere(part, places))
            return;
        search_tokens_next(&token);
    }
}

static bool has_grams(const struct search_part *part, const struct part_chunk *chunk,
                      struct str run)
{
    if (!chunk->gram_log)
        return false;
    const uint8_t *bits = part->grams + chunk->grams_at;
    uint32_t keep = (1u << chunk->gram_log) - 1;
    for (size_t i = 0; i + GRAM_BYTES <= run.len; i++) {
        uint32_t bit = search_gram_hash(search_gram(run.ptr + i)) & keep;
        if (!(bits[bit / 8] >> (bit % 8) & 1))
            return false;
    }
    return true;
}

/* Adds the chunks with a run told by its grams that can have this one in it. */
static void find_bulk(const struct search_part *part, struct str run, struct part_places *places)
{
    for (uint32_t i = 0; i < part->chunk_count; i++)
        if (has_grams(part, &part->chunks[i], run))
            places->in[i] = ALL_SECTIONS;
}

static struct part_places find_token(const struct search_part *part, const struct token *token,
                                     bool open_left, bool open_right)
{
    struct part_places places = {{0}};
    bool is_symbols = token->kind == TOKEN_SYMBOL;
    if (token->kind == TOKEN_MIXED || token->kind == TOKEN_BULK ||
        (!is_symbols && (open_left || open_right)))
        find_bulk(part, token->text, &places);
    if (token->kind == TOKEN_BULK)
        return places;
    char text[TOKEN_BYTES_MAX + 2];
    size_t len = 0;
    if (is_symbols) {
        /* Pairs stand as such. One symbol alone may be any of a pair when its run goes on. */
        uint32_t number;
        bool pair = search_character(token->text, &number) < token->text.len;
        open_left = open_right = !pair && (open_left || open_right);
    }
    if (!open_left)
        text[len++] = '\n';
    memcpy(text + len, token->text.ptr, token->text.len);
    len += token->text.len;
    if (!open_right)
        text[len++] = '\n';
    find_words(part, (struct str){text, len}, &places);
    return places;
}

/* A piece of text that stands somewhere in a text: all of its tokens do. */
static struct part_places find_piece(const struct search_part *part, struct str folded)
{
    struct part_places places = everywhere(part);
    struct str piece = search_longest_piece(folded);
    struct token_reader reader = {.rest = piece};
    struct token token;
    while (is_anywhere(&places) && search_token_next(&reader, &token)) {
        bool first = token.text.ptr == piece.ptr;
        bool last = token.text.ptr + token.text.len == piece.ptr + piece.len;
        struct part_places own = find_token(part, &token, first, last);
        keep_common(&places, &own);
    }
    return places;
}

/*
 * What matches across the parts of a value that the record holds (an array, a map) can have its
 * atoms in several sections of the chunk; it is found by looking at the record.
 */
static void add_across(const struct search_part *part, const struct search_regex *regex,
                       const struct part_places *each, size_t count, struct part_places *found)
{
    for (uint32_t chunk = 0; chunk < part->chunk_count; chunk++) {
        uint64_t present = 0;
        for (size_t i = 0; i < count; i++)
            present |= (uint64_t)(each[i].in[chunk] != 0) << i;
        if (search_regex_passes(regex, present))
            found->in[chunk] |= 1u << RECORD_SECTION;
    }
}

/* Where enough of the atoms stand for the regex; `each` says where each of them does. */
static struct part_places combine(const struct search_part *part, const struct search_regex *regex,
                                  const struct part_places *each, size_t count)
{
    struct part_places found = {{0}};
    uint64_t asked = 0;
    bool passes = search_regex_passes(regex, 0);
    for (uint32_t at = 0; at < part->chunk_count * SECTIONS; at++) {
        uint64_t present = 0;
        for (size_t i = 0; i < count; i++)
            present |= (uint64_t)(each[i].in[at / SECTIONS] >> at % SECTIONS & 1) << i;
        if (present != asked) /* neighbours are often the same */
            passes = search_regex_passes(regex, present);
        asked = present;
        found.in[at / SECTIONS] |= (uint16_t)(passes << at % SECTIONS);
    }
    return found;
}

/* `find` says where an atom can stand. */
static struct part_places find_atoms(const struct search_part *part, const struct search_term *term,
                                     struct part_places (*find)(const struct search_part *part,
                                                                struct str folded))
{
    struct str atoms[REGEX_ATOMS_MAX];
    struct part_places each[REGEX_ATOMS_MAX];
    size_t count = search_regex_atoms(term->regex, atoms);
    struct buf folded = {0};
    for (size_t i = 0; i < count; i++) {
        buf_clear(&folded);
        search_fold(atoms[i], &folded);
        each[i] = folded.failed ? everywhere(part) : find(part, buf_str(&folded));
    }
    buf_done(&folded);
    struct part_places found = combine(part, term->regex, each, count);
    if (term->extent == EXTENT_ANY)
        add_across(part, term->regex, each, count, &found);
    return found;
}

static struct part_places find_in_bulk(const struct search_part *part, struct str folded)
{
    struct part_places places = {{0}};
    find_bulk(part, folded, &places);
    return places;
}

/*
 * A match of letters and digits stands in one token, so the tokens are matched instead of the text.
 * Beyond ASCII a word may end, for RE2, where a token goes on.
 */
static struct part_places find_in_tokens(const struct search_part *part,
                                         const struct search_term *term)
{
    enum { LOOK_EVERY = 256, MATCHES_MAX = 20000 };
    struct part_places places = find_atoms(part, term, find_in_bulk);
    const struct str tokens = {part->tokens, part->token_bytes};
    struct token_place token = search_tokens_start(part);
    size_t start = 0, end, from = 0;
    for (uint32_t i = 0; i < part->chunk_count; i++) {
        bool has_bulk = part->chunks[i].gram_log != 0;
        bool is_unlike = term->is_bounded && !part->chunks[i].is_ascii;
        places.in[i] = is_unlike ? ALL_SECTIONS : has_bulk ? places.in[i] : 0;
    }
    for (size_t n = 1; token.number < part->token_count; n++) {
        if (!search_regex_find(term->loose, tokens, from, &start, &end))
            return places;
        if (end == start || n == MATCHES_MAX)
            return everywhere(part);
        search_tokens_seek(&token, start);
        from = add_places(&token, &places);
        if (n % LOOK_EVERY == 0 && is_everywhere(part, &places))
            return places;
        search_tokens_next(&token);
    }
    return places;
}

static struct part_places find_regex(const struct search_part *part, const struct search_term *term)
{
    struct part_places places = find_atoms(part, term, find_piece);
    if (term->extent == EXTENT_TOKEN && term->loose && is_anywhere(&places)) {
        struct part_places in_tokens = find_in_tokens(part, term);
        keep_common(&places, &in_tokens);
    }
    return places;
}

void search_part_find(const struct search_part *part, const struct search_term *term,
                      struct part_places *out_places)
{
    const struct shape_grams shapes = {
        {part->shapes, part->shape_bytes}, part->longest, part->chunk_count};
    *out_places = everywhere(part);
    uint64_t chunks = term->shape ? search_shape_ask(term->shape, &shapes) : UINT64_MAX;
    if (part->unbounded || !chunks) {
        keep_chunks(out_places, chunks);
        return;
    }
    *out_places = term->folded.ptr ? find_piece(part, term->folded) : find_regex(part, term);
    keep_chunks(out_places, chunks);
}

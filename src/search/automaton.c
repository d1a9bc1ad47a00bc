/* SPDX-License-Identifier: Apache-2.0 */
/*
 * automaton: a pattern's characters are positions; a state is the set of positions a match may have
 * reached. States are made when they are first met.
 */
#include "search/automaton.h"

#include <stdlib.h>
#include <string.h>

#include "search/syntax.h"

enum { POSITIONS_MAX = 512, WORDS = POSITIONS_MAX / 64, DEPTH_MAX = 16, COPIES_MAX = 64 };
enum { SLOTS = 2 * AUTOMATON_STATES, NO_STATE = 0xffff };
enum { WORK_MAX = 1 << 16 }; /* pieces read again to be repeated */

struct positions {
    uint64_t bits[WORDS];
};
struct state {
    struct positions at;
    uint16_t next[256]; /* NO_STATE: not known so far */
};

struct automaton {
    bool is_folded, is_backwards;
    size_t count;                           /* positions */
    struct positions takes[256];            /* those whose set has the byte */
    struct positions follow[POSITIONS_MAX]; /* which can come next */
    struct positions first, last;
    struct state *states;
    size_t state_count;
    uint16_t slots[SLOTS]; /* state + 1 by hash; 0: free */
};

static void set(struct positions *positions, size_t position)
{
    positions->bits[position / 64] |= UINT64_C(1) << position % 64;
}

static void join(struct positions *positions, const struct positions *others)
{
    for (size_t i = 0; i < WORDS; i++)
        positions->bits[i] |= others->bits[i];
}

static bool meet(const struct positions *a, const struct positions *b)
{
    uint64_t both = 0;
    for (size_t i = 0; i < WORDS; i++)
        both |= a->bits[i] & b->bits[i];
    return both != 0;
}

/* --- a pattern -> positions */

/* A part of a pattern. */
struct fragment {
    struct positions first, last;
    bool may_be_empty;
};
struct compiler {
    struct automaton *automaton;
    struct syntax_reader reader;
    struct syntax_piece piece; /* the last one that was read */
    int depth;
    size_t work;
    bool lost;
};

static const struct fragment nothing = {.may_be_empty = true};

static void follow(struct automaton *automaton, const struct positions *from,
                   const struct positions *to)
{
    for (size_t i = 0; i < automaton->count; i++)
        if (from->bits[i / 64] >> i % 64 & 1)
            join(&automaton->follow[i], to);
}

static void append(struct compiler *compiler, struct fragment *fragment,
                   const struct fragment *next)
{
    follow(compiler->automaton, &fragment->last, &next->first);
    if (fragment->may_be_empty)
        join(&fragment->first, &next->first);
    if (next->may_be_empty)
        join(&fragment->last, &next->last);
    else
        fragment->last = next->last;
    fragment->may_be_empty &= next->may_be_empty;
}

/* A new position; POSITIONS_MAX when there is no room. */
static size_t add_position(struct compiler *compiler, struct fragment *out)
{
    struct automaton *automaton = compiler->automaton;
    *out = nothing;
    if (automaton->count == POSITIONS_MAX) {
        compiler->lost = true;
        return POSITIONS_MAX;
    }
    set(&out->first, automaton->count);
    out->last = out->first;
    out->may_be_empty = false;
    return automaton->count++;
}

static struct fragment of_set(struct compiler *compiler, const struct character_set *characters)
{
    struct automaton *automaton = compiler->automaton;
    struct fragment fragment;
    size_t position = add_position(compiler, &fragment);
    if (position == POSITIONS_MAX)
        return fragment;
    for (int byte = 0; byte < 128; byte++)
        if (search_set_has(characters, (unsigned char)byte))
            set(&automaton->takes[byte], position);
    for (int byte = 128; byte < 256 && search_set_has_beyond(characters); byte++)
        set(&automaton->takes[byte], position);
    return fragment;
}

static struct fragment take_alternatives(struct compiler *compiler);

static struct fragment take_atom(struct compiler *compiler)
{
    struct fragment fragment = nothing;
    if (compiler->piece.kind == SYNTAX_CHARACTER)
        return of_set(compiler, &compiler->piece.set);
    if (compiler->piece.kind != SYNTAX_OPEN)
        return fragment;
    if (++compiler->depth > DEPTH_MAX)
        compiler->lost = true;
    else
        fragment = take_alternatives(compiler);
    compiler->lost |= compiler->piece.kind != SYNTAX_CLOSE;
    compiler->depth--;
    return fragment;
}

/* The atom that begins at `start` again, with positions of its own. */
static struct fragment copy_atom(struct compiler *compiler, size_t start)
{
    struct fragment fragment = nothing;
    size_t end = compiler->reader.at;
    compiler->reader.at = start;
    search_syntax_next(&compiler->reader, &compiler->piece);
    compiler->lost |= ++compiler->work > WORK_MAX;
    if (!compiler->lost)
        fragment = take_atom(compiler);
    compiler->reader.at = end;
    return fragment;
}

/* An atom that was read once is there `least` to `most` times. Beyond COPIES_MAX it may be there
 * any number of times. */
static struct fragment repeat(struct compiler *compiler, struct fragment once, size_t start,
                              uint32_t least, uint32_t most)
{
    struct fragment all = nothing, next = once;
    bool forever = most > COPIES_MAX;
    uint32_t copies = !forever ? most : least < COPIES_MAX ? least : COPIES_MAX;
    if (copies == 0 && forever)
        copies = 1;
    for (uint32_t n = 0; n < copies && !compiler->lost; n++) {
        if (n)
            next = copy_atom(compiler, start);
        next.may_be_empty |= n >= least;
        if (forever && n + 1 == copies)
            follow(compiler->automaton, &next.last, &next.first);
        append(compiler, &all, &next);
    }
    return all;
}

/* Up to a bar, a parenthesis or the end, which is compiler->piece then. */
static struct fragment take_sequence(struct compiler *compiler)
{
    struct fragment all = nothing;
    for (;;) {
        size_t start = compiler->reader.at, end;
        uint32_t least, most;
        search_syntax_next(&compiler->reader, &compiler->piece);
        enum syntax_kind kind = compiler->piece.kind;
        compiler->lost |= kind == SYNTAX_LOST;
        if (kind == SYNTAX_BAR || kind == SYNTAX_CLOSE || kind == SYNTAX_END || compiler->lost)
            return all;
        struct fragment atom = take_atom(compiler);
        end = compiler->reader.at;
        if (!compiler->lost && search_syntax_repeat(&compiler->reader, &least, &most)) {
            size_t behind = compiler->reader.at;
            compiler->reader.at = end;
            atom = repeat(compiler, atom, start, least, most);
            compiler->reader.at = behind;
            /* What is repeated twice over, (x*)*, is rare enough. */
            compiler->lost |= search_syntax_repeat(&compiler->reader, &least, &most);
        }
        if (compiler->lost)
            return all;
        append(compiler, &all, &atom);
    }
}

static struct fragment take_alternatives(struct compiler *compiler)
{
    struct fragment all = take_sequence(compiler);
    while (compiler->piece.kind == SYNTAX_BAR && !compiler->lost) {
        struct fragment one = take_sequence(compiler);
        join(&all.first, &one.first);
        join(&all.last, &one.last);
        all.may_be_empty |= one.may_be_empty;
    }
    return all;
}

static bool compile_pattern(struct compiler *compiler, struct str pattern, struct fragment *out)
{
    compiler->reader.text = pattern;
    *out = take_alternatives(compiler);
    return !compiler->lost && compiler->piece.kind == SYNTAX_END;
}

/* --- a literal: the longest of the pieces that match.c looks for */

static struct str longest_between_marks(struct str rest)
{
    struct str best = STR_NONE;
    while (rest.len) {
        size_t len = 0;
        while (len < rest.len && rest.ptr[len] != ',' && rest.ptr[len] != ':')
            len++;
        struct str piece = str_trim(str_sub(rest, 0, len));
        if (piece.len > best.len)
            best = piece;
        rest = str_sub(rest, len + 1, rest.len);
    }
    return best;
}

static bool compile_literal(struct compiler *compiler, struct str folded, struct fragment *out)
{
    struct str piece = longest_between_marks(folded);
    *out = nothing;
    for (size_t i = 0; i < piece.len; i++) {
        struct fragment one;
        size_t position = add_position(compiler, &one);
        if (position == POSITIONS_MAX)
            break; /* the beginning of it is enough */
        unsigned char byte = (unsigned char)piece.ptr[i];
        set(&compiler->automaton->takes[byte], position);
        if (byte >= 'a' && byte <= 'z')
            set(&compiler->automaton->takes[byte ^ 0x20], position);
        append(compiler, out, &one);
    }
    return piece.len > 0;
}

/* --- states */

static size_t hash(const struct positions *at)
{
    return (size_t)str_hash((struct str){(const char *)at, sizeof *at}) & (SLOTS - 1);
}

static void add_state(struct automaton *automaton, const struct positions *at, size_t slot)
{
    struct state *state = &automaton->states[automaton->state_count++];
    state->at = *at;
    memset(state->next, 0xff, sizeof state->next);
    automaton->slots[slot] = (uint16_t)automaton->state_count;
}

static uint16_t find_state(struct automaton *automaton, const struct positions *at)
{
    if (meet(at, &automaton->last))
        return STATE_FOUND;
    size_t slot = hash(at);
    for (; automaton->slots[slot]; slot = (slot + 1) & (SLOTS - 1)) {
        uint16_t known = (uint16_t)(automaton->slots[slot] - 1);
        if (!memcmp(&automaton->states[known].at, at, sizeof *at))
            return known;
    }
    if (automaton->state_count == AUTOMATON_STATES)
        return STATE_FOUND;
    add_state(automaton, at, slot);
    return (uint16_t)(automaton->state_count - 1);
}

/* All of them, but for the two that have fixed numbers. */
static void start_states(struct automaton *automaton)
{
    static const struct positions none;
    memset(automaton->slots, 0, sizeof automaton->slots);
    automaton->state_count = 0;
    add_state(automaton, &none, hash(&none));
    automaton->state_count++; /* STATE_FOUND is never stepped from */
}

bool search_automaton_tidy(struct automaton *automaton)
{
    bool many = automaton->state_count > AUTOMATON_STATES / 2;
    if (many)
        start_states(automaton);
    return many;
}

static struct positions next_positions(const struct automaton *automaton,
                                       const struct positions *at, uint8_t byte)
{
    struct positions next = automaton->first;
    /* The first byte of a character beyond ASCII stands for all of it, from either side. */
    if (!automaton->is_folded && byte >= 0x80 && byte < 0xc0)
        return *at;
    for (size_t i = 0; i < WORDS; i++)
        for (uint64_t left = at->bits[i]; left; left &= left - 1)
            join(&next, &automaton->follow[i * 64 + (size_t)__builtin_ctzll(left)]);
    for (size_t i = 0; i < WORDS; i++)
        next.bits[i] &= automaton->takes[byte].bits[i];
    return next;
}

static uint16_t step_byte(struct automaton *automaton, uint16_t from, uint8_t byte)
{
    struct positions next = next_positions(automaton, &automaton->states[from].at, byte);
    uint16_t to = find_state(automaton, &next);
    automaton->states[from].next[byte] = to;
    return to;
}

uint16_t search_automaton_step(struct automaton *automaton, uint16_t state, struct str bytes)
{
    for (size_t i = 0; i < bytes.len && state != STATE_FOUND; i++) {
        uint8_t byte = (uint8_t)bytes.ptr[automaton->is_backwards ? bytes.len - 1 - i : i];
        uint16_t next = automaton->states[state].next[byte];
        state = next == NO_STATE ? step_byte(automaton, state, byte) : next;
    }
    return state;
}

uint16_t search_automaton_either(struct automaton *automaton, uint16_t first, uint16_t second)
{
    if (first == second)
        return first;
    if (first == STATE_FOUND || second == STATE_FOUND)
        return STATE_FOUND;
    struct positions both = automaton->states[first].at;
    join(&both, &automaton->states[second].at);
    return find_state(automaton, &both);
}

bool search_automaton_is_folded(const struct automaton *automaton)
{
    return automaton->is_folded;
}

bool search_automaton_is_backwards(const struct automaton *automaton)
{
    return automaton->is_backwards;
}

void search_automaton_free(struct automaton *automaton)
{
    if (automaton)
        free(automaton->states);
    free(automaton);
}

static void turn_round(struct automaton *automaton)
{
    struct positions before[POSITIONS_MAX] = {{{0}}}, first = automaton->first;
    for (size_t i = 0; i < automaton->count; i++)
        for (size_t next = 0; next < automaton->count; next++)
            if (automaton->follow[i].bits[next / 64] >> next % 64 & 1)
                set(&before[next], i);
    memcpy(automaton->follow, before, sizeof before);
    automaton->first = automaton->last;
    automaton->last = first;
    automaton->is_backwards = true;
}

struct automaton *search_automaton_new(const struct search_term *term, bool backwards)
{
    struct automaton *automaton = calloc(1, sizeof *automaton);
    struct compiler compiler = {.automaton = automaton};
    struct fragment whole = nothing;
    if (!automaton)
        return NULL;
    automaton->is_folded = term->folded.ptr != NULL;
    automaton->states = malloc(AUTOMATON_STATES * sizeof *automaton->states);
    bool good = automaton->is_folded
                    ? compile_literal(&compiler, term->piece, &whole)
                    : term->loose && compile_pattern(&compiler, term->pattern, &whole);
    if (!good || whole.may_be_empty || !automaton->states) {
        search_automaton_free(automaton);
        return NULL;
    }
    automaton->first = whole.first;
    automaton->last = whole.last;
    if (backwards)
        turn_round(automaton);
    start_states(automaton);
    return automaton;
}

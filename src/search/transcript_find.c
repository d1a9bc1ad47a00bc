/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript_find: the sections of a transcript that a term can stand in. Of the states met in a
 * block, a row says where each code leads; it is filled in as codes are met.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "search/fold.h"
#include "search/transcript_private.h"

/* What a row says instead of a row's number: all of these have the top bit. */
enum { ROWS_MAX = 128, NOT_A_ROW = 0x80, CODE_FOUND = 254, CODE_UNKNOWN = 255, NO_ROW = 255 };
/* The first rows: nothing so far; a text that need not be read further. */
enum { ROW_START, ROW_DEAD };

/*
 * Several texts are read side by side, as each step waits for the one before it: the codes of a
 * block are cut where texts begin, as many pieces as lanes.
 */
enum { LANES = 4 };
struct lane {
    size_t at, end;
    uint32_t section;
    uint8_t row;
    uint16_t left; /* in ROW_DEAD: the state it was left in */
};

struct transcript_finder {
    const struct search_expression *expression;
    struct automaton *automata[SEARCH_TERMS_MAX];
    uint32_t tried; /* terms that have an automaton, or cannot have one */
    uint8_t *rows;  /* CODES_MAX bytes each */
    uint16_t states[ROWS_MAX];
    uint8_t row_of_state[AUTOMATON_STATES]; /* or NO_ROW */
    size_t row_count;
    struct lane lanes[LANES];
    struct buf words, folded;
    struct search_reading reading;
    uint32_t *word_at; /* of each code: where its word's length stands in `words` */
    size_t code_count; /* of the block: codes that have a meaning */
    struct str codes;  /* of the block, but the last */
    bool is_damaged;
};

struct transcript_finder *search_finder_new(const struct search_expression *expression)
{
    struct transcript_finder *finder = calloc(1, sizeof *finder);
    if (!finder)
        return NULL;
    finder->expression = expression;
    finder->rows = calloc(ROWS_MAX, CODES_MAX);
    finder->word_at = malloc(CODES_MAX * sizeof *finder->word_at);
    if (!finder->rows || !finder->word_at) {
        search_finder_free(finder);
        return NULL;
    }
    return finder;
}

void search_finder_free(struct transcript_finder *finder)
{
    if (!finder)
        return;
    for (size_t i = 0; i < SEARCH_TERMS_MAX; i++)
        search_automaton_free(finder->automata[i]);
    search_reading_done(&finder->reading);
    buf_done(&finder->words);
    buf_done(&finder->folded);
    free(finder->word_at);
    free(finder->rows);
    free(finder);
}

bool search_finder_knows(struct transcript_finder *finder, uint32_t terms)
{
    bool any = false;
    for (size_t i = 0; i < finder->expression->term_count; i++) {
        uint32_t bit = UINT32_C(1) << i;
        if ((terms & bit) && !(finder->tried & bit))
            finder->automata[i] = search_automaton_new(&finder->expression->terms[i]);
        finder->tried |= terms & bit;
        any |= (terms & bit) && finder->automata[i];
    }
    return any;
}

/* --- reading a block */

static bool get_words(struct cursor *in, struct buf *out)
{
    uint64_t size = get_varint(in), packed_size = get_varint(in);
    struct str packed = get_bytes(in, packed_size);
    buf_clear(out);
    if (in->bad || size > (size_t)BLOCK_WORDS_MAX * (WORD_BYTES_MAX + 1) ||
        !buf_reserve(out, (size_t)size + 1))
        return false;
    out->len = (size_t)size;
    return ZSTD_decompress(out->ptr, out->len, packed.ptr, packed.len) == size;
}

static bool cut_words(struct transcript_finder *finder)
{
    struct str words = buf_str(&finder->words);
    size_t code = CODE_FIRST_WORD, at = 0;
    for (; at < words.len && code < CODES_MAX; code++) {
        finder->word_at[code] = (uint32_t)at;
        at += 1 + (size_t)(uint8_t)words.ptr[at];
    }
    finder->code_count = code;
    return at == words.len;
}

static struct str word_of(const struct transcript_finder *finder, size_t code)
{
    const char *length = finder->words.ptr + finder->word_at[code];
    return (struct str){length + 1, (uint8_t)*length};
}

static inline uint16_t code_in(const char *codes)
{
    uint16_t code;
    memcpy(&code, codes, sizeof code);
    return le16toh(code);
}

static inline uint16_t code_at(const struct transcript_finder *finder, size_t at)
{
    return code_in(finder->codes.ptr + at * sizeof(uint16_t));
}

static bool get_block(struct transcript_finder *finder, struct cursor *in)
{
    if (!get_words(in, &finder->words) || !cut_words(finder))
        return false;
    finder->codes = get_bytes(in, get_varint(in));
    if (in->bad || finder->codes.len < sizeof(uint16_t) || finder->codes.len % sizeof(uint16_t))
        return false;
    finder->codes.len -= sizeof(uint16_t);
    return code_in(finder->codes.ptr + finder->codes.len) < SECTIONS;
}

/* --- rows */

static uint8_t *row_at(const struct transcript_finder *finder, size_t row)
{
    return finder->rows + row * CODES_MAX;
}

static void add_row(struct transcript_finder *finder, uint16_t state, uint8_t content)
{
    memset(row_at(finder, finder->row_count), content, finder->code_count);
    finder->states[finder->row_count] = state;
    finder->row_of_state[state] = (uint8_t)finder->row_count++;
}

static void clear_rows(struct transcript_finder *finder)
{
    finder->row_count = 0;
    memset(finder->row_of_state, NO_ROW, sizeof finder->row_of_state);
    add_row(finder, STATE_START, CODE_UNKNOWN);
    add_row(finder, STATE_FOUND, ROW_DEAD);
    memset(row_at(finder, ROW_DEAD), CODE_UNKNOWN, SECTIONS);
}

static uint16_t step_reading(struct transcript_finder *finder, struct automaton *automaton,
                             uint16_t state, struct str text)
{
    if (!search_automaton_is_folded(automaton))
        return search_automaton_step(automaton, state, text);
    buf_clear(&finder->folded);
    search_fold(text, &finder->folded);
    return finder->folded.failed
               ? STATE_FOUND
               : search_automaton_step(automaton, state, buf_str(&finder->folded));
}

/* Any reading of an escape may be the one that is part of a match. */
static uint16_t step(struct transcript_finder *finder, struct automaton *automaton, uint16_t state,
                     uint16_t code)
{
    struct str text;
    finder->is_damaged |= code >= finder->code_count;
    if (code == CODE_ANYTHING || code >= finder->code_count)
        return STATE_FOUND;
    text = word_of(finder, code);
    if (!text.len || text.ptr[0] != '\\')
        return step_reading(finder, automaton, state, text);
    finder->reading.started = false;
    finder->reading.level = 0;
    search_reading_next(&finder->reading, text, READINGS_MAX); /* as it is */
    uint16_t to = step_reading(finder, automaton, state, text);
    while (search_reading_next(&finder->reading, text, READINGS_MAX))
        to = search_automaton_either(automaton, to,
                                     step_reading(finder, automaton, state, finder->reading.text));
    return to;
}

/* The row of a state, NO_ROW when there is no room for it. */
static uint8_t row_of(struct transcript_finder *finder, uint16_t state)
{
    if (finder->row_of_state[state] == NO_ROW && finder->row_count < ROWS_MAX)
        add_row(finder, state, CODE_UNKNOWN);
    return finder->row_of_state[state];
}

/* Bytes with which something may begin to be found; of folded text, those that become one. */
static void find_starts(struct automaton *automaton, bool starts[256])
{
    for (int byte = 0; byte < 256; byte++) {
        char text = (char)byte;
        starts[byte] =
            search_automaton_step(automaton, STATE_START, (struct str){&text, 1}) != STATE_START;
    }
    if (!search_automaton_is_folded(automaton))
        return;
    for (int capital = 'A'; capital <= 'Z'; capital++)
        starts[capital] |= starts[capital | 0x20];
    memset(starts + 0x80, true, 0x80);
}

static bool has_start(struct str text, const bool starts[256])
{
    bool any = false;
    for (size_t i = 0; i < text.len; i++)
        any |= starts[(uint8_t)text.ptr[i]];
    return any;
}

/* Nearly every word is met where nothing was found so far: learned in order, and at once, they cost
 * less than one by one in between. */
static void learn_words(struct transcript_finder *finder, struct automaton *automaton)
{
    uint8_t *start = row_at(finder, ROW_START);
    bool starts[256];
    find_starts(automaton, starts);
    starts['\\'] = true; /* an escape may be read as something else */
    for (size_t code = CODE_FIRST_WORD; code < finder->code_count; code++) {
        if (!has_start(word_of(finder, code), starts)) {
            start[code] = ROW_START;
            continue;
        }
        uint16_t to = step(finder, automaton, STATE_START, (uint16_t)code);
        uint8_t row = to == STATE_FOUND ? CODE_FOUND : row_of(finder, to);
        start[code] = row == NO_ROW ? CODE_UNKNOWN : row;
    }
}

/* --- texts */

/* Where a term is being looked for: which sections are of interest, in which it was found. */
struct hunt {
    struct automaton *automaton;
    uint32_t sections, found, section;
    uint16_t state; /* where the block before ended */
};

/* Where the first text begins at or after this code. */
static size_t text_start(const struct transcript_finder *finder, size_t at)
{
    size_t count = finder->codes.len / sizeof(uint16_t);
    while (at < count && code_at(finder, at) >= SECTIONS)
        at++;
    return at;
}

/*
 * Takes a lane to a state. When there is no room for a row of it, the lane goes on without, word by
 * word, to a state that has one or the end of the text.
 */
static void enter(struct transcript_finder *finder, struct hunt *hunt, struct lane *lane,
                  uint16_t state)
{
    row_of(finder, state);
    while (finder->row_of_state[state] == NO_ROW && code_at(finder, lane->at) >= SECTIONS)
        state = step(finder, hunt->automaton, state, code_at(finder, lane->at++));
    if (state == STATE_FOUND)
        hunt->found |= UINT32_C(1) << lane->section;
    lane->left = state;
    lane->row = finder->row_of_state[state] == NO_ROW ? ROW_DEAD : finder->row_of_state[state];
}

/* A code that the lane's row does not know yet, or that is no word. */
static void take_code(struct transcript_finder *finder, struct hunt *hunt, struct lane *lane)
{
    uint16_t code = code_at(finder, lane->at++);
    if (code < SECTIONS) {
        lane->section = code;
        bool is_open = hunt->sections & ~hunt->found & (UINT32_C(1) << code);
        lane->row = is_open ? ROW_START : ROW_DEAD;
        lane->left = STATE_FOUND;
        return;
    }
    uint8_t row = lane->row;
    bool is_found = row_at(finder, row)[code] == CODE_FOUND;
    uint16_t to = is_found ? STATE_FOUND : step(finder, hunt->automaton, finder->states[row], code);
    enter(finder, hunt, lane, to);
    if (to == STATE_FOUND)
        row_at(finder, row)[code] = CODE_FOUND;
    else if (finder->row_of_state[to] != NO_ROW)
        row_at(finder, row)[code] = finder->row_of_state[to];
}

static void start_lanes(struct transcript_finder *finder, struct hunt *hunt)
{
    size_t count = finder->codes.len / sizeof(uint16_t), from = 0;
    clear_rows(finder);
    learn_words(finder, hunt->automaton);
    for (size_t i = 0; i < LANES; i++) {
        size_t end = i + 1 < LANES ? text_start(finder, count / LANES * (i + 1)) : count;
        finder->lanes[i] = (struct lane){.at = from, .end = end};
        from = end;
    }
    finder->lanes[0].section = hunt->section;
    enter(finder, hunt, &finder->lanes[0], hunt->state);
}

static void read_lane(struct transcript_finder *finder, struct hunt *hunt, struct lane *lane)
{
    while (lane->at < lane->end) {
        uint8_t next = row_at(finder, lane->row)[code_at(finder, lane->at)];
        if (next & NOT_A_ROW)
            take_code(finder, hunt, lane);
        else
            lane->row = next, lane->at++;
    }
}

/*
 * All lanes some codes further, as long as they know where to: what stands at a lane's end is no
 * word. Spelled out, because a compiler keeps four variables in registers but not an array of four.
 */
__attribute__((noinline)) static void step_lanes(struct transcript_finder *finder)
{
    struct lane *lanes = finder->lanes;
    const uint8_t *rows = finder->rows;
    const char *codes = finder->codes.ptr;
    const char *a = codes + lanes[0].at * 2, *b = codes + lanes[1].at * 2;
    const char *c = codes + lanes[2].at * 2, *d = codes + lanes[3].at * 2;
    size_t row_a = lanes[0].row, row_b = lanes[1].row, row_c = lanes[2].row, row_d = lanes[3].row;
    size_t steps = 0;
    for (;; steps++) {
        size_t next_a = rows[row_a * CODES_MAX + code_in(a + steps * 2)];
        size_t next_b = rows[row_b * CODES_MAX + code_in(b + steps * 2)];
        size_t next_c = rows[row_c * CODES_MAX + code_in(c + steps * 2)];
        size_t next_d = rows[row_d * CODES_MAX + code_in(d + steps * 2)];
        if ((next_a | next_b | next_c | next_d) & NOT_A_ROW)
            break;
        row_a = next_a, row_b = next_b, row_c = next_c, row_d = next_d;
    }
    const size_t ends[LANES] = {row_a, row_b, row_c, row_d};
    for (int i = 0; i < LANES; i++)
        lanes[i].at += steps, lanes[i].row = (uint8_t)ends[i];
}

/* Takes the code each lane stopped at, as far as it is no row's number. False: a lane has ended. */
static bool take_codes(struct transcript_finder *finder, struct hunt *hunt)
{
    for (int i = 0; i < LANES; i++)
        if (finder->lanes[i].at == finder->lanes[i].end)
            return false;
    for (int i = 0; i < LANES; i++) {
        struct lane *lane = &finder->lanes[i];
        if (row_at(finder, lane->row)[code_at(finder, lane->at)] & NOT_A_ROW)
            take_code(finder, hunt, lane);
    }
    return true;
}

static void read_block(struct transcript_finder *finder, struct hunt *hunt)
{
    start_lanes(finder, hunt);
    do
        step_lanes(finder);
    while (take_codes(finder, hunt));
    for (int i = 0; i < LANES; i++)
        read_lane(finder, hunt, &finder->lanes[i]);
    size_t last = LANES - 1;
    while (last && finder->lanes[last].end == finder->lanes[last - 1].end)
        last--;
    const struct lane *lane = &finder->lanes[last];
    hunt->section = lane->section;
    hunt->state = lane->row == ROW_DEAD ? lane->left : finder->states[lane->row];
}

static size_t start_hunts(struct transcript_finder *finder, const uint32_t allowed[SECTIONS],
                          struct hunt hunts[SEARCH_TERMS_MAX])
{
    size_t hunting = 0;
    for (size_t term = 0; term < finder->expression->term_count; term++) {
        hunts[term] = (struct hunt){.automaton = finder->automata[term]};
        for (uint32_t section = 0; section < SECTIONS && hunts[term].automaton; section++)
            hunts[term].sections |= (allowed[section] >> term & 1) << section;
        hunting += hunts[term].sections != 0;
        if (hunts[term].sections)
            search_automaton_tidy(hunts[term].automaton);
    }
    return hunting;
}

bool search_finder_narrow(struct transcript_finder *finder, struct str file,
                          uint32_t allowed[SECTIONS])
{
    struct hunt hunts[SEARCH_TERMS_MAX];
    struct transcript_head head;
    struct str body = str_sub(file, TRANSCRIPT_HEADER_BYTES, file.len);
    struct cursor in = cursor_of(body);
    if (!search_transcript_head(file, &head) || head.body_hash != str_hash(body))
        return false;
    size_t terms = finder->expression->term_count;
    if (!start_hunts(finder, allowed, hunts))
        return true;
    finder->is_damaged = false;
    while (cursor_left(&in)) {
        if (!get_block(finder, &in))
            return false;
        for (size_t term = 0; term < terms; term++)
            if (hunts[term].sections)
                read_block(finder, &hunts[term]);
    }
    if (finder->is_damaged)
        return false;
    for (size_t term = 0; term < terms; term++) {
        uint32_t none = hunts[term].sections & ~hunts[term].found;
        if (head.has_nested && !finder->expression->terms[term].folded.ptr)
            none &= ~(UINT32_C(1) << RECORD_SECTION);
        for (; none; none &= none - 1)
            allowed[__builtin_ctz(none)] &= ~(UINT32_C(1) << term);
    }
    return true;
}

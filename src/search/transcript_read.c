/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript_read: a term looked for in the texts of a block, from its front or its end.
 *
 * Each step waits for the one before it, so several texts are read side by side: the codes of a
 * block are cut where texts begin, as many pieces as lanes. Where hardly a word leads anywhere,
 * eight are passed over at once.
 */
#include "search/transcript_private.h"

enum { LANES = 4, AT_ONCE = 8 };
struct lane {
    const char *at;   /* the code it reads next */
    size_t more;      /* codes still to be read */
    uint32_t section; /* of the text it is in; backwards, of its first text */
    uint8_t row;
    uint16_t left; /* in ROW_DEAD: the state it was left in */
};

/* Whether the code is part of a text, and does not begin one. */
static bool is_within(uint16_t code)
{
    return code >= SECTIONS && code != CODE_NEXT_TEXT;
}

static uint16_t next_code(const struct hunt *hunt, struct lane *lane)
{
    uint16_t code = transcript__code(lane->at);
    lane->at += hunt->is_backwards ? -CODE_BYTES : CODE_BYTES;
    lane->more--;
    return code;
}

/*
 * Takes a lane to a state. When there is no room for a row of it, the lane goes on without, word by
 * word, to a state that has one or to where the text ends, or the block.
 */
static void enter(struct hunt *hunt, struct vocabulary *words, struct lane *lane, uint16_t state)
{
    struct row_table *table = hunt->table;
    row_table_find(table, words, state);
    while (table->row_of_state[state] == NO_ROW && is_within(transcript__code(lane->at)))
        state = row_table_step(table, words, state, next_code(hunt, lane));
    if (table->row_of_state[state] == NO_ROW && transcript__code(lane->at) == CODE_NEXT_TEXT)
        state = STATE_START;
    if (state == STATE_FOUND && !hunt->is_backwards)
        hunt->found |= UINT32_C(1) << lane->section;
    lane->left = state;
    lane->row = table->row_of_state[state] == NO_ROW ? ROW_DEAD : table->row_of_state[state];
}

static bool has_found(const struct lane *lane)
{
    return lane->row == ROW_DEAD && lane->left == STATE_FOUND;
}

static void start_text(const struct hunt *hunt, struct lane *lane, uint32_t section)
{
    bool is_open = hunt->is_backwards || (hunt->sections & ~hunt->found & UINT32_C(1) << section);
    lane->row = is_open ? ROW_START : ROW_DEAD;
    lane->left = STATE_START;
}

/* The texts of a section begin; read backwards they end, and it is told which section that was. */
static void take_section(struct hunt *hunt, struct lane *lane, uint16_t section)
{
    if (!hunt->is_backwards)
        lane->section = section;
    else if (has_found(lane))
        hunt->found |= UINT32_C(1) << section;
    start_text(hunt, lane, section);
}

/* A code that the lane's row does not know yet, or that is no word. */
static void take_code(struct hunt *hunt, struct vocabulary *words, struct lane *lane)
{
    struct row_table *table = hunt->table;
    uint16_t code = next_code(hunt, lane);
    if (code < SECTIONS) {
        take_section(hunt, lane, code);
        return;
    }
    uint8_t *known = row_at(table, lane->row) + code;
    uint16_t from = table->states[lane->row];
    uint16_t to = *known == CODE_FOUND ? STATE_FOUND : row_table_step(table, words, from, code);
    enter(hunt, words, lane, to);
    if (to == STATE_FOUND)
        *known = CODE_FOUND;
    else if (table->row_of_state[to] != NO_ROW)
        *known = table->row_of_state[to];
}

static void read_code(struct hunt *hunt, struct vocabulary *words, struct lane *lane)
{
    uint8_t next = row_at(hunt->table, lane->row)[transcript__code(lane->at)];
    if (next & NOT_A_ROW) {
        take_code(hunt, words, lane);
    } else {
        next_code(hunt, lane);
        lane->row = next;
    }
}

/* --- lanes */

/* The lane that goes on with the text of the block before, or with which it goes on in the next. */
static struct lane *outer_lane(struct lane lanes[LANES], bool is_last)
{
    struct lane *lane = &lanes[is_last ? LANES - 1 : 0];
    for (int i = 1; i < LANES && !lane->more; i++)
        lane += is_last ? -1 : 1;
    return lane->more ? lane : &lanes[0];
}

/* Where the first text begins at or after this code. */
static size_t text_start(struct str codes, size_t at)
{
    size_t count = codes.len / CODE_BYTES;
    while (at < count && is_within(transcript__code(codes.ptr + at * CODE_BYTES)))
        at++;
    return at;
}

/* Of the text that begins at this code. */
static uint32_t section_at(struct str codes, size_t at)
{
    while (at && transcript__code(codes.ptr + at * CODE_BYTES) >= SECTIONS)
        at--;
    uint16_t code = transcript__code(codes.ptr + at * CODE_BYTES);
    return code < SECTIONS ? code : 0;
}

/* As many as are given, of about one length; what is left of LANES is empty. */
static void cut_lanes(const struct hunt *hunt, struct str codes, size_t given,
                      struct lane lanes[LANES])
{
    size_t count = codes.len / CODE_BYTES, from = 0;
    for (size_t i = 0; i < LANES; i++) {
        size_t end = i + 1 < given ? text_start(codes, count / given * (i + 1)) : count;
        const char *first = codes.ptr + from * CODE_BYTES;
        const char *last = codes.ptr + end * CODE_BYTES - CODE_BYTES;
        lanes[i] = (struct lane){.at = hunt->is_backwards ? last : first, .more = end - from};
        if (i && end > from)
            lanes[i].section = section_at(codes, from);
        start_text(hunt, &lanes[i], lanes[i].section);
        from = end;
    }
}

/*
 * All lanes some codes further, `most` at most, as long as they know where to. Spelled out, because
 * a compiler keeps four variables in registers but not an array of four.
 */
static inline void step_lanes(struct lane lanes[LANES], const uint8_t *rows, size_t most,
                              ptrdiff_t by)
{
    const char *a = lanes[0].at, *b = lanes[1].at, *c = lanes[2].at, *d = lanes[3].at;
    size_t row_a = lanes[0].row, row_b = lanes[1].row, row_c = lanes[2].row, row_d = lanes[3].row;
    ptrdiff_t at = 0;
    for (const ptrdiff_t end = (ptrdiff_t)most * by; at != end; at += by) {
        size_t next_a = rows[row_a * CODES_MAX + transcript__code(a + at)];
        size_t next_b = rows[row_b * CODES_MAX + transcript__code(b + at)];
        size_t next_c = rows[row_c * CODES_MAX + transcript__code(c + at)];
        size_t next_d = rows[row_d * CODES_MAX + transcript__code(d + at)];
        if ((next_a | next_b | next_c | next_d) & NOT_A_ROW)
            break;
        row_a = next_a, row_b = next_b, row_c = next_c, row_d = next_d;
    }
    const size_t ends[LANES] = {row_a, row_b, row_c, row_d};
    for (int i = 0; i < LANES; i++) {
        lanes[i].at += at;
        lanes[i].more -= (size_t)(at / by);
        lanes[i].row = (uint8_t)ends[i];
    }
}

__attribute__((noinline)) static void step_forwards(struct lane lanes[LANES], const uint8_t *rows,
                                                    size_t most)
{
    step_lanes(lanes, rows, most, CODE_BYTES);
}

__attribute__((noinline)) static void step_backwards(struct lane lanes[LANES], const uint8_t *rows,
                                                     size_t most)
{
    step_lanes(lanes, rows, most, -CODE_BYTES);
}

static size_t shortest(const struct lane lanes[LANES])
{
    size_t least = lanes[0].more;
    for (int i = 1; i < LANES; i++)
        least = lanes[i].more < least ? lanes[i].more : least;
    return least;
}

static void read_side_by_side(struct hunt *hunt, struct vocabulary *words, struct lane lanes[LANES])
{
    for (size_t most = shortest(lanes); most; most = shortest(lanes)) {
        (hunt->is_backwards ? step_backwards : step_forwards)(lanes, hunt->table->rows, most);
        for (int i = 0; i < LANES; i++)
            if (lanes[i].more &&
                row_at(hunt->table, lanes[i].row)[transcript__code(lanes[i].at)] & NOT_A_ROW)
                take_code(hunt, words, &lanes[i]);
    }
}

/* --- passing over */

_Static_assert(ROW_START == 0, "what any of eight makes is seen at once");

/* How many codes from `at` on stay where they are at the start, in eights. */
static inline size_t count_staying(const uint8_t *start, const char *at, size_t more, ptrdiff_t by)
{
    size_t count = 0;
    for (; count + AT_ONCE <= more; count += AT_ONCE, at += AT_ONCE * by) {
        uint8_t any = 0;
        for (ptrdiff_t i = 0; i < AT_ONCE; i++)
            any |= start[transcript__code(at + i * by)];
        if (any)
            break;
    }
    return count;
}

static size_t staying(const struct hunt *hunt, const struct lane *lane)
{
    const uint8_t *start = row_at(hunt->table, ROW_START);
    return hunt->is_backwards ? count_staying(start, lane->at, lane->more, -CODE_BYTES)
                              : count_staying(start, lane->at, lane->more, CODE_BYTES);
}

static void pass_over(const struct hunt *hunt, struct lane *lane, size_t count)
{
    lane->at += (hunt->is_backwards ? -CODE_BYTES : CODE_BYTES) * (ptrdiff_t)count;
    lane->more -= count;
}

static void read_quietly(struct hunt *hunt, struct vocabulary *words, struct lane *lane)
{
    while (lane->more) {
        if (lane->row == ROW_START)
            pass_over(hunt, lane, staying(hunt, lane));
        while (lane->row == ROW_DEAD && lane->more && transcript__code(lane->at) >= SECTIONS)
            next_code(hunt, lane);
        for (size_t i = 0; i < AT_ONCE && lane->more; i++)
            read_code(hunt, words, lane);
    }
}

void transcript__read_block(struct hunt *hunt, struct vocabulary *words, struct str codes)
{
    struct lane lanes[LANES];
    row_table_start(hunt->table, words);
    cut_lanes(hunt, codes, hunt->is_quiet ? 1 : LANES, lanes);
    struct lane *first = outer_lane(lanes, hunt->is_backwards);
    struct lane *last = outer_lane(lanes, !hunt->is_backwards);
    if (!hunt->is_backwards)
        first->section = hunt->section;
    enter(hunt, words, first, hunt->state);
    if (!hunt->is_quiet)
        read_side_by_side(hunt, words, lanes);
    for (int i = 0; i < LANES; i++) {
        read_quietly(hunt, words, &lanes[i]);
        /* Before its first text stand others of the section, or take_section() has said so. */
        if (i && hunt->is_backwards && has_found(&lanes[i]))
            hunt->found |= UINT32_C(1) << lanes[i].section;
    }
    hunt->section = last->section;
    hunt->state = last->row == ROW_DEAD ? last->left : hunt->table->states[last->row];
}

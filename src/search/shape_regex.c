/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape_regex: a pattern in RE2's syntax -> what the shape of every match must have.
 *
 * A pattern becomes characters (a set of symbols each) with gaps between them where anything may
 * stand. What can be repeated stands once for its beginning and once for its end, a gap between
 * them; what can be left out is a gap; alternatives are a condition of their own between gaps.
 * Sets are never smaller than RE2's, so leaving out is the only mistake that can be made. RE2 has
 * found the pattern well-formed before.
 */
#include <string.h>

#include "search/shape_private.h"
#include "search/syntax.h"

enum { ITEMS_MAX = 512, DEPTH_MAX = 16, COPIES_MAX = 64 };

/* A set of symbols; or, with the top bit, a gap (0) or the number of a node. */
typedef uint32_t item_number;
#define ITEM_GAP     UINT32_C(0x80000000)
#define IS_SET(item) (!((item)&ITEM_GAP))

struct pattern {
    struct syntax_reader reader;
    struct syntax_piece piece; /* the last one that was read */
    int depth;
    bool lost;    /* met what is not understood */
    bool is_open; /* met what can match more than letters and digits, or looks around */
    bool crosses; /* met what can match a breaker */
    bool has_boundary;
    item_number items[ITEMS_MAX];
    size_t count;
    struct shape_question *question;
};

static void add_item(struct pattern *pattern, item_number item)
{
    const uint32_t solid = SHAPE_SET(SYMBOL_LETTER) | SHAPE_SET(SYMBOL_DIGIT);
    pattern->is_open |= IS_SET(item) && item & ~solid;
    pattern->crosses |= IS_SET(item) && item & SHAPE_SET(SYMBOL_BREAKER);
    if (IS_SET(item) && item & SHAPE_SET(SYMBOL_BREAKER))
        item = ITEM_GAP; /* nothing can be concluded from its neighbours */
    if (pattern->count < ITEMS_MAX)
        pattern->items[pattern->count++] = item;
    else
        pattern->lost = true;
}

static void add_set(struct pattern *pattern, const struct character_set *set)
{
    uint32_t symbols = 0;
    for (int i = 0; i < 128; i++)
        if (set->listed[i] != set->is_negated)
            symbols |= SHAPE_SET(shape__symbols[i]);
    /* Some characters beyond ASCII are letters of it when case is ignored. */
    if (set->beyond || set->is_negated)
        symbols |= SHAPE_SET(SYMBOL_OTHER) | SHAPE_SET(SYMBOL_LETTER);
    add_item(pattern, symbols);
}

/* --- structure */

static void take_alternatives(struct pattern *pattern);

/* The items from `from` on, as conditions that all hold. 0: there is no room. */
static uint8_t conditions(struct pattern *pattern, size_t from)
{
    struct shape_question *question = pattern->question;
    uint8_t node = shape__add(question, SHAPE_AND, 0);
    size_t start = from;
    for (size_t i = from; i <= pattern->count && node; i++) {
        item_number item = i < pattern->count ? pattern->items[i] : ITEM_GAP;
        if (IS_SET(item))
            continue;
        shape__add_stretch(question, pattern->items + start, i - start, node);
        shape__put_below(question, (uint8_t)(item & 0xff), node);
        start = i + 1;
    }
    return node;
}

/* Behind the parenthesis. */
static void take_group(struct pattern *pattern)
{
    if (++pattern->depth > DEPTH_MAX) {
        pattern->lost = true;
        return;
    }
    take_alternatives(pattern);
    pattern->lost |= pattern->piece.kind != SYNTAX_CLOSE;
    pattern->depth--;
}

/* The items from `from` on, which stand there once, so often. */
static void repeat(struct pattern *pattern, size_t from, uint32_t least, uint32_t most)
{
    size_t size = pattern->count - from;
    item_number once[ITEMS_MAX];
    memcpy(once, pattern->items + from, size * sizeof *once);
    pattern->count = from;
    uint32_t copies = least < COPIES_MAX ? least : COPIES_MAX;
    if (size > 8 && copies > 2)
        copies = 2; /* enough to tell what stands next to itself */
    uint32_t at_ends = copies < SHAPE_LENGTH ? copies : SHAPE_LENGTH;
    for (uint32_t n = 0; n < copies; n++)
        for (size_t i = 0; i < size; i++)
            add_item(pattern, once[i]);
    if (most == copies)
        return;
    add_item(pattern, ITEM_GAP);
    for (uint32_t n = 0; n < at_ends; n++)
        for (size_t i = 0; i < size; i++)
            add_item(pattern, once[i]);
}

/* Up to a bar, a parenthesis or the end, which is pattern->piece then. */
static void take_sequence(struct pattern *pattern)
{
    for (;;) {
        struct syntax_piece *piece = &pattern->piece;
        size_t from = pattern->count;
        uint32_t least, most;
        search_syntax_next(&pattern->reader, piece);
        pattern->lost |= piece->kind == SYNTAX_LOST;
        if (piece->kind == SYNTAX_BAR || piece->kind == SYNTAX_CLOSE || piece->kind == SYNTAX_END ||
            pattern->lost)
            return;
        pattern->is_open |= piece->assertion == 'B' || piece->assertion == '-';
        pattern->has_boundary |= piece->assertion == 'b';
        if (piece->kind == SYNTAX_OPEN)
            take_group(pattern);
        else if (piece->kind == SYNTAX_CHARACTER)
            add_set(pattern, &piece->set);
        while (!pattern->lost && search_syntax_repeat(&pattern->reader, &least, &most))
            repeat(pattern, from, least, most);
    }
}

/* One sequence stays where it stands; several become a condition between gaps. */
static void take_alternatives(struct pattern *pattern)
{
    size_t from = pattern->count;
    uint8_t either = 0;
    take_sequence(pattern);
    if (pattern->piece.kind != SYNTAX_BAR || pattern->lost)
        return;
    either = shape__add(pattern->question, SHAPE_OR, 0);
    for (bool more = true; more && !pattern->lost;) {
        uint8_t one = conditions(pattern, from);
        pattern->count = from;
        shape__put_below(pattern->question, one, either);
        if (!one)
            either = 0; /* without one alternative the others say nothing */
        more = pattern->piece.kind == SYNTAX_BAR;
        if (more)
            take_sequence(pattern);
    }
    add_item(pattern, ITEM_GAP);
    add_item(pattern, ITEM_GAP | either);
}

/* False: there is no memory, or something is not understood. */
static bool read_pattern(struct pattern *pattern, struct str text, struct arena *arena)
{
    pattern->reader.text = text;
    pattern->question = arena_alloc(arena, sizeof *pattern->question);
    if (!pattern->question)
        return false;
    *pattern->question = (struct shape_question){.count = 1};
    take_alternatives(pattern);
    return !pattern->lost && pattern->piece.kind == SYNTAX_END;
}

const struct shape_question *search_shape_of_regex(struct str text, struct arena *arena)
{
    struct pattern pattern = {0};
    if (!read_pattern(&pattern, text, arena))
        return NULL;
    pattern.question->root = conditions(&pattern, 0);
    return pattern.question->nodes[pattern.question->root].first ? pattern.question : NULL;
}

enum shape_extent search_shape_extent(struct str text, struct arena *arena, bool *out_bounded)
{
    struct pattern pattern = {0};
    bool is_read = read_pattern(&pattern, text, arena);
    *out_bounded = pattern.has_boundary;
    return !is_read || pattern.crosses ? EXTENT_ANY
           : pattern.is_open           ? EXTENT_STRING
                                       : EXTENT_TOKEN;
}

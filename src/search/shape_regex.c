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

#include "search/fold.h"
#include "search/shape_private.h"

enum { ITEMS_MAX = 512, DEPTH_MAX = 16, COPIES_MAX = 64, REPEAT_FOREVER = 1 << 20 };

/* A set of symbols; or, with the top bit, a gap (0) or the number of a node. */
typedef uint32_t item_number;
#define ITEM_GAP     UINT32_C(0x80000000)
#define IS_SET(item) (!((item)&ITEM_GAP))

struct pattern {
    struct str text;
    size_t at;
    int depth;
    bool lost;    /* met what is not understood */
    bool is_open; /* met what can match more than letters and digits, or looks around */
    bool crosses; /* met what can match a breaker */
    bool has_boundary;
    item_number items[ITEMS_MAX];
    size_t count;
    struct shape_question *question;
};

static bool at_end(const struct pattern *pattern)
{
    return pattern->at >= pattern->text.len;
}

static char peek(const struct pattern *pattern)
{
    return at_end(pattern) ? 0 : pattern->text.ptr[pattern->at];
}

static bool take(struct pattern *pattern, char byte)
{
    bool is_it = !at_end(pattern) && peek(pattern) == byte;
    pattern->at += is_it;
    return is_it;
}

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

/* --- characters and classes */

/* Which ASCII characters a class lists, and what else. */
struct class_set {
    bool listed[128];
    bool beyond; /* or any other character */
};

static uint32_t symbols_of(const struct class_set *class, bool is_negated)
{
    uint32_t symbols = 0;
    for (int i = 0; i < 128; i++)
        if (class->listed[i] != is_negated)
            symbols |= SHAPE_SET(shape__symbols[i]);
    /* Some characters beyond ASCII are letters of it when case is ignored. */
    if (class->beyond || is_negated)
        symbols |= SHAPE_SET(SYMBOL_OTHER) | SHAPE_SET(SYMBOL_LETTER);
    return symbols;
}

static void list_range(struct class_set *class, uint32_t low, uint32_t high)
{
    for (uint32_t i = low; i <= high && i < 128; i++)
        class->listed[i] = true;
    class->beyond |= high >= 128;
}

/* \d, \s, \w. */
static bool list_named(struct class_set *class, char name)
{
    if (name != 'd' && name != 's' && name != 'w')
        return false;
    if (name == 's') {
        list_range(class, '\t', '\r');
        list_range(class, ' ', ' ');
        return true;
    }
    list_range(class, '0', '9');
    if (name == 'w') {
        list_range(class, 'a', 'z');
        list_range(class, 'A', 'Z');
        list_range(class, '_', '_');
    }
    return true;
}

static uint32_t take_character(struct pattern *pattern)
{
    uint32_t number = 0;
    struct str rest = str_sub(pattern->text, pattern->at, pattern->text.len);
    pattern->at += rest.len ? search_character(rest, &number) : 0;
    return number;
}

static bool is_word_character(char byte)
{
    return byte == '_' || (byte >= '0' && byte <= '9') ||
           ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

/* Behind the backslash: a character that stands for itself. False: it is something else. */
static bool take_escaped(struct pattern *pattern, uint32_t *out_number)
{
    static const char names[] = "tnrfva", meanings[] = "\t\n\r\f\v\a";
    char byte = peek(pattern);
    const char *name = byte ? strchr(names, byte) : NULL;
    if (at_end(pattern) || (!name && is_word_character(byte)))
        return false;
    if (name) {
        pattern->at++;
        *out_number = (uint32_t)meanings[name - names];
        return true;
    }
    *out_number = take_character(pattern);
    return true;
}

/* One member of a class, or a range. */
static void take_member(struct pattern *pattern, struct class_set *class)
{
    uint32_t low = 0, high = 0;
    if (take(pattern, '\\')) {
        if (list_named(class, peek(pattern))) {
            pattern->at++;
            return;
        }
        pattern->lost |= !take_escaped(pattern, &low);
    } else {
        low = take_character(pattern);
    }
    high = low;
    char after = pattern->at + 1 < pattern->text.len ? pattern->text.ptr[pattern->at + 1] : ']';
    if (!pattern->lost && peek(pattern) == '-' && after != ']') {
        pattern->at++;
        if (take(pattern, '\\'))
            pattern->lost |= !take_escaped(pattern, &high);
        else
            high = take_character(pattern);
    }
    if (!pattern->lost)
        list_range(class, low, high);
}

/* Behind the bracket. */
static void take_class(struct pattern *pattern)
{
    struct class_set class = {0};
    bool is_negated = take(pattern, '^');
    for (bool first = true; !pattern->lost && (first || peek(pattern) != ']'); first = false) {
        if (at_end(pattern) ||
            str_starts(str_sub(pattern->text, pattern->at, pattern->text.len), STR("[:")))
            pattern->lost = true;
        else
            take_member(pattern, &class);
    }
    pattern->at++;
    add_item(pattern, symbols_of(&class, is_negated));
}

static void add_character(struct pattern *pattern, uint32_t number)
{
    struct class_set class = {0};
    list_range(&class, number, number);
    add_item(pattern, symbols_of(&class, false));
}

/* Behind the backslash, outside classes. */
static void take_escape(struct pattern *pattern)
{
    struct class_set class = {0};
    uint32_t number = 0;
    char byte = peek(pattern);
    if (byte && strchr("bBAz", byte)) {
        pattern->at++; /* takes no room */
        pattern->is_open |= byte == 'B';
        pattern->has_boundary |= byte == 'b';
    } else if (byte && strchr("DSW", byte)) {
        pattern->at++;
        add_item(pattern, SHAPE_ANY);
    } else if (list_named(&class, byte)) {
        pattern->at++;
        add_item(pattern, symbols_of(&class, false));
    } else if (take_escaped(pattern, &number)) {
        add_character(pattern, number);
    } else {
        pattern->lost = true;
    }
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

/* Behind "(?": flags, a name. False: there is no group, only flags. */
static bool take_group_head(struct pattern *pattern)
{
    if (peek(pattern) == 'P' || peek(pattern) == '<') {
        while (!at_end(pattern) && !take(pattern, '>'))
            pattern->at++;
        return true;
    }
    for (; !at_end(pattern) && peek(pattern) != ':' && peek(pattern) != ')'; pattern->at++)
        pattern->is_open |= peek(pattern) == '-'; /* case may matter again */
    bool is_group = peek(pattern) == ':';
    pattern->at++;
    return is_group;
}

/* Behind the parenthesis. */
static void take_group(struct pattern *pattern)
{
    if (take(pattern, '?') && !take_group_head(pattern))
        return;
    if (++pattern->depth > DEPTH_MAX) {
        pattern->lost = true;
        return;
    }
    take_alternatives(pattern);
    pattern->lost |= !take(pattern, ')');
    pattern->depth--;
}

static uint32_t take_number(struct pattern *pattern)
{
    uint32_t number = 0;
    for (char byte = peek(pattern); byte >= '0' && byte <= '9'; byte = peek(pattern)) {
        number = number < REPEAT_FOREVER ? number * 10 + (uint32_t)(byte - '0') : number;
        pattern->at++;
    }
    return number;
}

/* "{2}", "{2,}", "{2,3}"; anything else in braces is text. */
static bool take_braces(struct pattern *pattern, uint32_t *out_least, uint32_t *out_most)
{
    size_t start = pattern->at;
    if (!take(pattern, '{') || peek(pattern) < '0' || peek(pattern) > '9') {
        pattern->at = start;
        return false;
    }
    *out_least = *out_most = take_number(pattern);
    if (take(pattern, ','))
        *out_most = peek(pattern) == '}' ? REPEAT_FOREVER : take_number(pattern);
    if (take(pattern, '}'))
        return true;
    pattern->at = start;
    return false;
}

static bool take_repeat(struct pattern *pattern, uint32_t *out_least, uint32_t *out_most)
{
    *out_least = *out_most = 1;
    if (take(pattern, '*'))
        *out_least = 0, *out_most = REPEAT_FOREVER;
    else if (take(pattern, '+'))
        *out_most = REPEAT_FOREVER;
    else if (take(pattern, '?'))
        *out_least = 0;
    else if (!take_braces(pattern, out_least, out_most))
        return false;
    take(pattern, '?');
    return true;
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

/* Up to a bar, a parenthesis or the end. */
static void take_sequence(struct pattern *pattern)
{
    while (!at_end(pattern) && !pattern->lost && peek(pattern) != '|' && peek(pattern) != ')') {
        size_t from = pattern->count;
        uint32_t least, most;
        if (take(pattern, '('))
            take_group(pattern);
        else if (take(pattern, '['))
            take_class(pattern);
        else if (take(pattern, '\\'))
            take_escape(pattern);
        else if (take(pattern, '.'))
            add_item(pattern, SHAPE_ANY);
        else if (!take(pattern, '^') && !take(pattern, '$'))
            add_character(pattern, take_character(pattern));
        while (!pattern->lost && take_repeat(pattern, &least, &most))
            repeat(pattern, from, least, most);
    }
}

/* One sequence stays where it stands; several become a condition between gaps. */
static void take_alternatives(struct pattern *pattern)
{
    size_t from = pattern->count;
    uint8_t either = 0;
    take_sequence(pattern);
    if (peek(pattern) != '|' || at_end(pattern) || pattern->lost)
        return;
    either = shape__add(pattern->question, SHAPE_OR, 0);
    for (bool more = true; more && !pattern->lost;) {
        uint8_t one = conditions(pattern, from);
        pattern->count = from;
        shape__put_below(pattern->question, one, either);
        if (!one)
            either = 0; /* without one alternative the others say nothing */
        more = take(pattern, '|');
        if (more)
            take_sequence(pattern);
    }
    add_item(pattern, ITEM_GAP);
    add_item(pattern, ITEM_GAP | either);
}

/* False: there is no memory, or something is not understood. */
static bool read_pattern(struct pattern *pattern, struct str text, struct arena *arena)
{
    pattern->text = text;
    pattern->question = arena_alloc(arena, sizeof *pattern->question);
    if (!pattern->question)
        return false;
    *pattern->question = (struct shape_question){.count = 1};
    take_alternatives(pattern);
    return !pattern->lost && at_end(pattern);
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

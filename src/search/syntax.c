/* SPDX-License-Identifier: Apache-2.0 */
/* syntax: see syntax.h. */
#include "search/syntax.h"

#include <string.h>

#include "search/fold.h"

static bool is_letter(unsigned char byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

bool search_set_has(const struct character_set *set, unsigned char byte)
{
    if (set->is_negated)
        return !set->listed[byte];
    /* The Kelvin sign and the long s are letters of it when case is ignored. */
    bool may_be_beyond = (byte | 0x20) == 'k' || (byte | 0x20) == 's';
    return set->listed[byte] ||
           (is_letter(byte) && (set->listed[byte ^ 0x20] || (set->beyond && may_be_beyond)));
}

bool search_set_has_beyond(const struct character_set *set)
{
    return set->beyond || set->is_negated || set->listed['k'] || set->listed['K'] ||
           set->listed['s'] || set->listed['S'];
}

static bool at_end(const struct syntax_reader *reader)
{
    return reader->at >= reader->text.len;
}

static char peek(const struct syntax_reader *reader)
{
    return at_end(reader) ? 0 : reader->text.ptr[reader->at];
}

static bool take(struct syntax_reader *reader, char byte)
{
    bool is_it = !at_end(reader) && peek(reader) == byte;
    reader->at += is_it;
    return is_it;
}

/* --- characters and classes */

static void list_range(struct character_set *set, uint32_t low, uint32_t high)
{
    for (uint32_t i = low; i <= high && i < 128; i++)
        set->listed[i] = true;
    set->beyond |= high >= 128;
}

/* \d, \s, \w. */
static bool list_named(struct character_set *set, char name)
{
    if (name != 'd' && name != 's' && name != 'w')
        return false;
    if (name == 's') {
        list_range(set, '\t', '\r');
        list_range(set, ' ', ' ');
        return true;
    }
    list_range(set, '0', '9');
    if (name == 'w') {
        list_range(set, 'a', 'z');
        list_range(set, 'A', 'Z');
        list_range(set, '_', '_');
    }
    return true;
}

/* `[:alpha:]`, `[:^alpha:]`, within a class. False: there is none of that name, or all but it are
 * left out, which depends on whether case matters. */
static bool list_posix(struct character_set *set, struct str name)
{
    static const struct {
        struct str name;
        const char *members; /* two each: from, to */
    } classes[] = {
        {STR_INIT("alnum"), "09AZaz"},
        {STR_INIT("alpha"), "AZaz"},
        {STR_INIT("ascii"), "\x01\x7f"},
        {STR_INIT("blank"), "\t\t  "},
        {STR_INIT("cntrl"), "\x01\x1f\x7f\x7f"},
        {STR_INIT("digit"), "09"},
        {STR_INIT("graph"), "!~"},
        {STR_INIT("lower"), "az"},
        {STR_INIT("print"), " ~"},
        {STR_INIT("punct"), "!/:@[`{~"},
        {STR_INIT("space"), "\t\r  "},
        {STR_INIT("upper"), "AZ"},
        {STR_INIT("word"), "09AZaz__"},
        {STR_INIT("xdigit"), "09AFaf"},
    };
    bool is_negated = str_starts(name, STR("^"));
    if (is_negated)
        name = str_sub(name, 1, name.len);
    if (is_negated && set->is_negated)
        return false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (!str_equal(name, classes[i].name))
            continue;
        struct character_set these = {0};
        for (const char *at = classes[i].members; *at; at += 2)
            list_range(&these, (unsigned char)at[0], (unsigned char)at[1]);
        /* Of those with it, the one whose number is 0. */
        these.listed[0] = these.listed[1];
        for (int byte = 0; byte < 128; byte++)
            set->listed[byte] |= these.listed[byte] != is_negated;
        set->beyond |= is_negated;
        return true;
    }
    return false;
}

/*
 * Behind `\p` or `\P`: a category by one or two letters, or a script. What it has of ASCII is told
 * roughly, and more rather than less; so what a class leaves out by it cannot be told.
 */
static bool list_property(struct syntax_reader *reader, struct character_set *set)
{
    bool is_negated = peek(reader) == 'P';
    reader->at++;
    struct str rest = str_sub(reader->text, reader->at, reader->text.len),
               name = str_sub(rest, 0, 1);
    reader->at += name.len;
    if (str_equal(name, STR("{"))) {
        name = str_sub(rest, 1, str_find_byte(rest, '}') - 1);
        reader->at += name.len + 1;
    }
    if (!name.len || set->is_negated)
        return false;
    bool is_category = name.len <= 2;
    set->beyond = true;
    if (is_negated || name.ptr[0] == '^' || str_equal(name, STR("Common")) ||
        str_equal(name, STR("Any"))) {
        list_range(set, 0, 127);
    } else if (str_equal(name, STR("Latin")) || (is_category && name.ptr[0] == 'L')) {
        list_range(set, 'A', 'Z');
        list_range(set, 'a', 'z');
    } else if (is_category && name.ptr[0] == 'N') {
        list_range(set, '0', '9');
    } else if (is_category && name.ptr[0] == 'Z') {
        list_range(set, ' ', ' ');
    } else if (is_category) {
        list_range(set, 0, 127);
    }
    return true;
}

static uint32_t take_character(struct syntax_reader *reader)
{
    uint32_t number = 0;
    struct str rest = str_sub(reader->text, reader->at, reader->text.len);
    reader->at += rest.len ? search_character(rest, &number) : 0;
    return number;
}

static bool is_word_character(char byte)
{
    return byte == '_' || (byte >= '0' && byte <= '9') || is_letter((unsigned char)byte);
}

/* Behind `\x`: two hexadecimal digits, or some in braces. */
static bool take_hexadecimal(struct syntax_reader *reader, uint32_t *out_number)
{
    static const char digits[] = "0123456789abcdef";
    bool in_braces = take(reader, '{');
    uint32_t number = 0;
    int count = 0;
    for (const char *digit; count < (in_braces ? 8 : 2); count++, reader->at++) {
        char byte = peek(reader);
        digit = byte ? strchr(digits, byte >= 'A' && byte <= 'F' ? byte | 0x20 : byte) : NULL;
        if (!digit)
            break;
        number = number << 4 | (uint32_t)(digit - digits);
    }
    *out_number = number;
    return count && (!in_braces || take(reader, '}'));
}

/* Behind the backslash: a character that stands for itself. False: it is something else. */
static bool take_escaped(struct syntax_reader *reader, uint32_t *out_number)
{
    static const char names[] = "tnrfva", meanings[] = "\t\n\r\f\v\a";
    char byte = peek(reader);
    const char *name = byte ? strchr(names, byte) : NULL;
    if (take(reader, 'x'))
        return take_hexadecimal(reader, out_number);
    if (at_end(reader) || (!name && is_word_character(byte)))
        return false;
    if (name) {
        reader->at++;
        *out_number = (uint32_t)meanings[name - names];
        return true;
    }
    *out_number = take_character(reader);
    return true;
}

/* One member of a class, or a range. False: it is not understood. */
static bool take_member(struct syntax_reader *reader, struct character_set *set)
{
    uint32_t low = 0, high = 0;
    if (take(reader, '\\')) {
        if (list_named(set, peek(reader))) {
            reader->at++;
            return true;
        }
        if ((peek(reader) | 0x20) == 'p')
            return list_property(reader, set);
        if (!take_escaped(reader, &low))
            return false;
    } else {
        low = take_character(reader);
    }
    high = low;
    char after = reader->at + 1 < reader->text.len ? reader->text.ptr[reader->at + 1] : ']';
    if (peek(reader) == '-' && after != ']') {
        reader->at++;
        if (!take(reader, '\\'))
            high = take_character(reader);
        else if (!take_escaped(reader, &high))
            return false;
    }
    list_range(set, low, high);
    return true;
}

/* Behind the bracket. */
static bool take_class(struct syntax_reader *reader, struct character_set *set)
{
    set->is_negated = take(reader, '^');
    for (bool first = true; first || peek(reader) != ']'; first = false) {
        struct str rest = str_sub(reader->text, reader->at, reader->text.len), name = STR_NONE;
        if (str_starts(rest, STR("[:")))
            name = str_sub(rest, 2, str_find_byte(rest, ']') - 2);
        if (str_ends(name, STR(":"))) {
            if (!list_posix(set, str_sub(name, 0, name.len - 1)))
                return false;
            reader->at += name.len + 3;
        } else if (!rest.len || !take_member(reader, set)) {
            return false;
        }
    }
    reader->at++;
    return true;
}

/* Behind the backslash, outside classes. */
static enum syntax_kind take_escape(struct syntax_reader *reader, struct syntax_piece *piece)
{
    uint32_t number = 0;
    char byte = peek(reader);
    if (byte && strchr("bBAz", byte)) {
        reader->at++;
        piece->assertion = byte;
        return SYNTAX_ASSERTION;
    }
    if (byte == 'p' || byte == 'P')
        return list_property(reader, &piece->set) ? SYNTAX_CHARACTER : SYNTAX_LOST;
    if (byte && strchr("DSW", byte)) {
        reader->at++;
        piece->set.is_negated = true;
        list_named(&piece->set, (char)(byte | 0x20));
    } else if (list_named(&piece->set, byte)) {
        reader->at++;
    } else if (take_escaped(reader, &number)) {
        list_range(&piece->set, number, number);
    } else {
        return SYNTAX_LOST;
    }
    return SYNTAX_CHARACTER;
}

/* --- structure */

/* Behind the parenthesis: flags, a name. */
static enum syntax_kind take_group_head(struct syntax_reader *reader, struct syntax_piece *piece)
{
    if (!take(reader, '?'))
        return SYNTAX_OPEN;
    if (peek(reader) == 'P' || peek(reader) == '<') {
        while (!at_end(reader) && !take(reader, '>'))
            reader->at++;
        return SYNTAX_OPEN;
    }
    for (; !at_end(reader) && peek(reader) != ':' && peek(reader) != ')'; reader->at++)
        if (peek(reader) == '-')
            piece->assertion = '-'; /* case may matter again */
    bool is_group = peek(reader) == ':';
    reader->at++;
    return is_group ? SYNTAX_OPEN : SYNTAX_ASSERTION;
}

void search_syntax_next(struct syntax_reader *reader, struct syntax_piece *out_piece)
{
    *out_piece = (struct syntax_piece){.kind = SYNTAX_END};
    if (at_end(reader))
        return;
    if (take(reader, '(')) {
        out_piece->kind = take_group_head(reader, out_piece);
    } else if (take(reader, ')')) {
        out_piece->kind = SYNTAX_CLOSE;
    } else if (take(reader, '|')) {
        out_piece->kind = SYNTAX_BAR;
    } else if (take(reader, '^') || take(reader, '$')) {
        out_piece->kind = SYNTAX_ASSERTION;
    } else if (take(reader, '\\')) {
        out_piece->kind = take_escape(reader, out_piece);
    } else if (take(reader, '[')) {
        out_piece->kind = take_class(reader, &out_piece->set) ? SYNTAX_CHARACTER : SYNTAX_LOST;
    } else {
        out_piece->kind = SYNTAX_CHARACTER;
        uint32_t number = take_character(reader);
        if (number == '.')
            out_piece->set.is_negated = true; /* nothing is not in it */
        else
            list_range(&out_piece->set, number, number);
    }
}

static uint32_t take_number(struct syntax_reader *reader)
{
    uint32_t number = 0;
    for (char byte = peek(reader); byte >= '0' && byte <= '9'; byte = peek(reader)) {
        number = number < REPEAT_FOREVER ? number * 10 + (uint32_t)(byte - '0') : number;
        reader->at++;
    }
    return number;
}

/* "{2}", "{2,}", "{2,3}"; anything else in braces is text. */
static bool take_braces(struct syntax_reader *reader, uint32_t *out_least, uint32_t *out_most)
{
    size_t start = reader->at;
    if (!take(reader, '{') || peek(reader) < '0' || peek(reader) > '9') {
        reader->at = start;
        return false;
    }
    *out_least = *out_most = take_number(reader);
    if (take(reader, ','))
        *out_most = peek(reader) == '}' ? REPEAT_FOREVER : take_number(reader);
    if (take(reader, '}'))
        return true;
    reader->at = start;
    return false;
}

bool search_syntax_repeat(struct syntax_reader *reader, uint32_t *out_least, uint32_t *out_most)
{
    *out_least = *out_most = 1;
    if (take(reader, '*'))
        *out_least = 0, *out_most = REPEAT_FOREVER;
    else if (take(reader, '+'))
        *out_most = REPEAT_FOREVER;
    else if (take(reader, '?'))
        *out_least = 0;
    else if (!take_braces(reader, out_least, out_most))
        return false;
    take(reader, '?');
    return true;
}

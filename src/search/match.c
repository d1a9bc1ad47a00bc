/* SPDX-License-Identifier: Apache-2.0 */
/* match: see match.h. */
#define _GNU_SOURCE
#include "search/match.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "search/regex.h"

enum { TRUE_READINGS = 3 };

void search_matcher_done(struct search_matcher *matcher)
{
    search_reading_done(&matcher->reading);
    buf_done(&matcher->folded);
}

#ifdef __SSE2__
/* Places where the needle's first and last byte stand as far apart as in it, 16 at a time; the rest
 * of the text, too short for that, is left in *text. */
static const char *find_by_ends(struct str *text, struct str needle)
{
    const __m128i first = _mm_set1_epi8(needle.ptr[0]);
    const __m128i last = _mm_set1_epi8(needle.ptr[needle.len - 1]);
    size_t at = 0;
    for (; at + needle.len + 15 <= text->len; at += 16) {
        const char *here = text->ptr + at;
        __m128i begins = _mm_loadu_si128((const __m128i *)here);
        __m128i ends = _mm_loadu_si128((const __m128i *)(here + needle.len - 1));
        unsigned both = (unsigned)_mm_movemask_epi8(
            _mm_and_si128(_mm_cmpeq_epi8(begins, first), _mm_cmpeq_epi8(ends, last)));
        for (; both; both &= both - 1) {
            const char *hit = here + __builtin_ctz(both);
            if (!memcmp(hit, needle.ptr, needle.len))
                return hit;
        }
    }
    *text = str_sub(*text, at, text->len);
    return NULL;
}
#endif

const char *search_find_bytes(struct str text, struct str needle)
{
    if (text.len < needle.len)
        return NULL;
#ifdef __SSE2__
    const char *hit = find_by_ends(&text, needle);
    if (hit)
        return hit;
#endif
    return memmem(text.ptr, text.len, needle.ptr, needle.len);
}

struct str search_longest_piece(struct str folded)
{
    struct str best = {folded.ptr, 0};
    while (folded.len) {
        size_t len = 0;
        while (len < folded.len && (unsigned char)folded.ptr[len] >= ' ' &&
               !memchr("{}[]\"\\", folded.ptr[len], 6))
            len++;
        if (len > best.len)
            best = str_sub(folded, 0, len);
        folded = str_sub(folded, len + 1, folded.len);
    }
    return str_trim(best);
}

/* Between numbers and names white space may differ too. */
static bool holds_pieces(struct str folded, struct str rest)
{
    struct str piece;
    while (rest.len) {
        size_t len = 0;
        while (len < rest.len && rest.ptr[len] != ',' && rest.ptr[len] != ':')
            len++;
        piece = str_trim(str_sub(rest, 0, len));
        if (piece.len && !search_find_bytes(folded, piece))
            return false;
        rest = str_sub(rest, len + 1, rest.len);
    }
    return true;
}

static bool any_literal(const struct search_expression *expression, uint32_t terms)
{
    for (size_t i = 0; i < expression->term_count; i++)
        if ((terms >> i & 1) && expression->terms[i].folded.ptr)
            return true;
    return false;
}

static bool finds(const struct search_term *term, struct str text, struct str folded, bool loosely)
{
    size_t start, end;
    if (!term->folded.ptr) {
        const struct search_regex *regex = loosely ? term->loose : term->regex;
        return !regex || search_regex_find(regex, text, 0, &start, &end);
    }
    return loosely ? holds_pieces(folded, term->piece)
                   : search_find_bytes(folded, term->folded) != NULL;
}

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] & 0x80)
            return false;
    return true;
}

/*
 * A short cut for most of the world's text: ASCII in which no letter is escaped. There, what JSON
 * never escapes stands as it is, and what is not ASCII does not stand at all. Gives the terms
 * found; *open are those that still have to be looked for in every reading.
 */
static uint32_t find_simply(struct search_matcher *matcher, struct str text, uint32_t terms,
                            bool loosely, uint32_t *open)
{
    const struct search_expression *expression = matcher->expression;
    size_t backslash = str_find_byte(text, '\\');
    struct str escapes = str_sub(text, backslash, text.len);
    uint32_t found = 0;
    *open = terms;
    if (!any_literal(expression, terms) || !search_is_ascii(text) ||
        (escapes.len && (!loosely || search_find_bytes(escapes, STR("\\u")))))
        return 0;
    buf_clear(&matcher->folded);
    search_fold(text, &matcher->folded);
    for (size_t i = 0; i < expression->term_count; i++) {
        const struct search_term *term = &expression->terms[i];
        if (!(terms >> i & 1) || !term->folded.ptr || matcher->folded.failed)
            continue;
        if (!term->is_plain && is_ascii(term->folded) && escapes.len)
            continue;
        *open &= ~(UINT32_C(1) << i);
        if (finds(term, text, buf_str(&matcher->folded), loosely))
            found |= UINT32_C(1) << i;
    }
    return found;
}

static uint32_t find_all(struct search_matcher *matcher, struct str text, uint32_t terms,
                         bool loosely)
{
    const struct search_expression *expression = matcher->expression;
    uint32_t open;
    if (text.len == 0)
        text = STR("");
    uint32_t found = find_simply(matcher, text, terms, loosely, &open);
    matcher->reading.started = false;
    matcher->reading.level = 0;
    while (open &&
           search_reading_next(&matcher->reading, text, loosely ? READINGS_MAX : TRUE_READINGS)) {
        struct str now = matcher->reading.text;
        buf_clear(&matcher->folded);
        if (any_literal(expression, open))
            search_fold(now, &matcher->folded);
        if (loosely && matcher->folded.failed)
            return terms;
        for (size_t i = 0; i < expression->term_count; i++)
            if (open >> i & 1 &&
                finds(&expression->terms[i], now, buf_str(&matcher->folded), loosely)) {
                found |= UINT32_C(1) << i;
                open &= ~(UINT32_C(1) << i);
            }
    }
    return found;
}

uint32_t search_find(struct search_matcher *matcher, struct str text, uint32_t terms)
{
    return find_all(matcher, text, terms, false);
}

uint32_t search_find_loosely(struct search_matcher *matcher, struct str bytes, uint32_t terms)
{
    return find_all(matcher, bytes, terms, true);
}

/* --- snippets */

/* Where the character stands that made this byte of the folded text. */
static size_t unfolded(struct str text, size_t folded_at)
{
    struct buf one = {0};
    size_t at = 0, seen = 0;
    while (at < text.len) {
        uint32_t number;
        size_t size = 1;
        if ((unsigned char)text.ptr[at] < 0x80) {
            seen++;
        } else {
            size = search_character(str_sub(text, at, text.len), &number);
            buf_clear(&one);
            search_fold(str_sub(text, at, size), &one);
            seen += one.len;
        }
        if (seen > folded_at)
            break;
        at += size;
    }
    buf_done(&one);
    return at;
}

/* The earliest place in this reading where one of the terms stands; text.len: none. */
static size_t first_match(struct search_matcher *matcher, struct str text, uint32_t terms)
{
    const struct search_expression *expression = matcher->expression;
    size_t best = text.len, best_folded = SIZE_MAX, start, end;
    buf_clear(&matcher->folded);
    if (any_literal(expression, terms))
        search_fold(text, &matcher->folded);
    struct str folded = buf_str(&matcher->folded);
    bool any = false;
    for (size_t i = 0; i < expression->term_count; i++) {
        const struct search_term *term = &expression->terms[i];
        if (!(terms >> i & 1))
            continue;
        if (term->folded.ptr) {
            const char *hit = search_find_bytes(folded, term->folded);
            if (hit && (size_t)(hit - folded.ptr) < best_folded)
                best_folded = (size_t)(hit - folded.ptr);
        } else if (search_regex_find(term->regex, text, 0, &start, &end) &&
                   (!any || start < best)) {
            best = start;
            any = true;
        }
    }
    if (best_folded != SIZE_MAX) {
        size_t at = unfolded(text, best_folded);
        if (!any || at < best)
            best = at;
        any = true;
    }
    return any ? best : SIZE_MAX;
}

static bool is_inside(struct str text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
}

struct window {
    struct str text; /* all of it */
    size_t start, end;
};

static struct window window_around(struct str text, size_t at)
{
    struct window window = {text, at > SNIPPET_LEAD_BYTES ? at - SNIPPET_LEAD_BYTES : 0, 0};
    while (window.start && is_inside(text, window.start))
        window.start++;
    window.end = window.start + SNIPPET_BYTES;
    if (window.end > text.len)
        window.end = text.len;
    while (window.end < text.len && window.end > window.start && is_inside(text, window.end))
        window.end--;
    return window;
}

static void add_highlight(struct search_snippet *snippet, const struct window *window, size_t from,
                          size_t to, size_t shift)
{
    if (from < window->start)
        from = window->start;
    if (to > window->end)
        to = window->end;
    if (from >= to || snippet->highlight_count == HIGHLIGHTS_MAX)
        return;
    uint32_t start = (uint32_t)(from - window->start + shift);
    uint32_t end = (uint32_t)(to - window->start + shift);
    size_t at = snippet->highlight_count++;
    for (; at > 0 && snippet->highlights[at - 1].from > start; at--)
        snippet->highlights[at] = snippet->highlights[at - 1];
    snippet->highlights[at].from = start;
    snippet->highlights[at].to = end;
}

static void highlight_regex(struct search_snippet *snippet, const struct window *window,
                            const struct search_regex *regex, size_t shift)
{
    size_t from = 0, start, end;
    for (int n = 0; n < HIGHLIGHTS_MAX && from <= window->end; n++) {
        if (!search_regex_find(regex, window->text, from, &start, &end) || start >= window->end)
            return;
        if (end <= window->start)
            n--; /* before the window: does not count, but moves on */
        add_highlight(snippet, window, start, end, shift);
        from = end > start ? end : end + 1;
        while (is_inside(window->text, from))
            from++;
    }
}

static void highlight_literal(struct search_snippet *snippet, const struct window *window,
                              struct str needle, size_t shift)
{
    struct buf folded = {0}, starts = {0}, ends = {0};
    search_fold_mapped(str_sub(window->text, window->start, window->end - window->start), &folded,
                       &starts, &ends);
    struct str rest = buf_str(&folded);
    const char *hit;
    while (!ends.failed && !starts.failed && (hit = search_find_bytes(rest, needle)) != NULL) {
        size_t at = (size_t)(hit - folded.ptr);
        uint32_t from, to;
        memcpy(&from, starts.ptr + at * sizeof from, sizeof from);
        memcpy(&to, ends.ptr + (at + needle.len - 1) * sizeof to, sizeof to);
        add_highlight(snippet, window, window->start + from, window->start + to, shift);
        rest = str_sub(buf_str(&folded), at + needle.len, folded.len);
    }
    buf_done(&folded);
    buf_done(&starts);
    buf_done(&ends);
}

/* Joins those that touch; they are sorted by where they begin. */
static void merge_highlights(struct search_snippet *snippet)
{
    size_t kept = 0;
    for (size_t i = 0; i < snippet->highlight_count; i++) {
        if (kept && snippet->highlights[i].from <= snippet->highlights[kept - 1].to) {
            if (snippet->highlights[i].to > snippet->highlights[kept - 1].to)
                snippet->highlights[kept - 1].to = snippet->highlights[i].to;
        } else {
            snippet->highlights[kept++] = snippet->highlights[i];
        }
    }
    snippet->highlight_count = kept;
}

static const struct str ellipsis = STR_INIT("…");

static struct str copy_window(const struct window *window, struct arena *arena)
{
    size_t size = window->end - window->start;
    char *to = arena_alloc(arena, size + 2 * ellipsis.len), *at = to;
    if (!to)
        return STR_NONE;
    if (window->start)
        at = mempcpy(at, ellipsis.ptr, ellipsis.len);
    at = mempcpy(at, window->text.ptr + window->start, size);
    if (window->end < window->text.len)
        at = mempcpy(at, ellipsis.ptr, ellipsis.len);
    return (struct str){to, (size_t)(at - to)};
}

bool search_make_snippet(struct search_matcher *matcher, struct str text, uint32_t terms,
                         struct arena *arena, struct search_snippet *out_snippet)
{
    const struct search_expression *expression = matcher->expression;
    matcher->reading.started = false;
    matcher->reading.level = 0;
    while (search_reading_next(&matcher->reading, text, TRUE_READINGS)) {
        struct str now = matcher->reading.text;
        size_t at = first_match(matcher, now, terms);
        if (at == SIZE_MAX)
            continue;
        struct window window = window_around(now, at);
        size_t lead = window.start ? ellipsis.len : 0;
        *out_snippet = (struct search_snippet){.text = copy_window(&window, arena)};
        for (size_t i = 0; i < expression->term_count; i++) {
            if (!(terms >> i & 1))
                continue;
            if (expression->terms[i].folded.ptr)
                highlight_literal(out_snippet, &window, expression->terms[i].folded, lead);
            else
                highlight_regex(out_snippet, &window, expression->terms[i].regex, lead);
        }
        merge_highlights(out_snippet);
        return out_snippet->text.ptr != NULL;
    }
    return false;
}

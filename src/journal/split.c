/* SPDX-License-Identifier: Apache-2.0 */
/*
 * split: finds where the elements of the arrays in a JSON text end, so that a list that grows keeps
 * its pieces.
 *
 * Looked at are the outermost array, arrays directly in it, arrays that are members of an outermost
 * object, and arrays directly in those: `[…]`, `[[…]]`, `{"messages": […]}`, `{"messages": [[…]]}`.
 * Every cut depends only on the bytes to its left, so a longer text with the same beginning is cut
 * the same there. Nothing is parsed but quotes, brackets and commas: whatever the text is, its
 * pieces are disjoint runs of it, and joining everything gives it back.
 *
 * 64 bytes at a time: quotes and backslashes become bit masks, a prefix sum of the quotes tells
 * what is inside a string, and only the brackets left outside are looked at one by one.
 */
#include "journal/journal_private.h"

#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { BLOCK = 64, LEVELS = 3 };

struct masks {
    uint64_t quotes, backslashes;
};

struct scan {
    const char *text;
    size_t len;
    struct split *out;
    uint32_t depth;
    bool is_array[LEVELS + 1], cut_here[LEVELS + 1]; /* by depth, from 1 */
    size_t element;                                  /* where the current element began */
    size_t cut;                                      /* end of the last piece */
    size_t closed;                                   /* where the outermost bracket closed */
    bool stop, invalid;
};

#if defined(__SSE2__)
static inline uint64_t equal_mask(const __m128i *block, char byte)
{
    __m128i wanted = _mm_set1_epi8(byte);
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block[i], wanted)) << (16 * i);
    return mask;
}

static inline struct masks text_masks(const char *at)
{
    __m128i block[4];
    memcpy(block, at, sizeof block);
    return (struct masks){equal_mask(block, '"'), equal_mask(block, '\\')};
}

static inline uint64_t bracket_mask(const char *at)
{
    __m128i block[4];
    memcpy(block, at, sizeof block);
    /* [ ] { } differ in bits 0x20 (round which kind) and 0x06 (open or close). */
    for (int i = 0; i < 4; i++)
        block[i] = _mm_or_si128(block[i], _mm_set1_epi8(0x20));
    return equal_mask(block, '{') | equal_mask(block, '}');
}

static inline uint64_t comma_mask(const char *at)
{
    __m128i block[4];
    memcpy(block, at, sizeof block);
    return equal_mask(block, ',');
}
#else
static inline uint64_t equal_mask(const char *at, char byte)
{
    uint64_t mask = 0;
    for (int i = 0; i < BLOCK; i++)
        mask |= (uint64_t)(at[i] == byte) << i;
    return mask;
}

static inline struct masks text_masks(const char *at)
{
    return (struct masks){equal_mask(at, '"'), equal_mask(at, '\\')};
}

static inline uint64_t bracket_mask(const char *at)
{
    return equal_mask(at, '[') | equal_mask(at, ']') | equal_mask(at, '{') | equal_mask(at, '}');
}

static inline uint64_t comma_mask(const char *at)
{
    return equal_mask(at, ',');
}
#endif

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Bit i of the result: an odd number of set bits in 0…i. */
static inline uint64_t parity_prefix(uint64_t bits)
{
    for (int shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

/* The bytes behind a backslash that is not itself behind one. *carry: the next block begins with
 * such. */
static inline uint64_t escaped_mask(uint64_t backslashes, uint64_t *carry)
{
    uint64_t escaped = *carry;
    backslashes &= ~escaped;
    *carry = 0;
    while (backslashes) {
        uint64_t lowest = backslashes & (0 - backslashes), next = lowest << 1;
        if (!next)
            *carry = 1;
        escaped |= next;
        backslashes &= ~(lowest | next);
    }
    return escaped;
}

static bool add_piece(struct split *out, size_t start, size_t end)
{
    if (out->count == out->capacity) {
        size_t capacity = out->capacity ? out->capacity * 2 : 64;
        struct split_piece *wider = realloc(out->items, capacity * sizeof *wider);
        if (!wider)
            return false;
        out->items = wider;
        out->capacity = capacity;
    }
    out->items[out->count++] = (struct split_piece){(uint32_t)start, (uint32_t)end};
    return out->count < PIECES_MAX;
}

static void end_element(struct scan *scan, size_t at)
{
    size_t start = scan->element, end = at;
    if (start < scan->cut)
        start = scan->cut;
    while (end > start && is_blank(scan->text[end - 1]))
        end--;
    while (start < end && is_blank(scan->text[start]))
        start++;
    if (end - start < PIECE_BYTES_MIN)
        return;
    scan->cut = end;
    if (!add_piece(scan->out, start, end))
        scan->stop = true;
}

static bool cuts(const struct scan *scan, uint32_t depth)
{
    return depth >= 1 && depth <= LEVELS && scan->cut_here[depth];
}

static void open_bracket(struct scan *scan, size_t at, bool array)
{
    uint32_t depth = ++scan->depth;
    if (depth > LEVELS)
        return;
    scan->is_array[depth] = array;
    scan->cut_here[depth] =
        array && (depth == 1 || scan->cut_here[depth - 1] || (depth == 2 && !scan->is_array[1]));
    if (scan->cut_here[depth])
        scan->element = at + 1;
}

static void close_bracket(struct scan *scan, size_t at)
{
    if (cuts(scan, scan->depth)) {
        end_element(scan, at);
        scan->element = at; /* what is left of an outer element */
    }
    if (--scan->depth == 0) {
        scan->closed = at;
        scan->stop = true;
    }
}

static void commas(struct scan *scan, size_t base, uint64_t mask)
{
    for (; mask && !scan->stop; mask &= mask - 1) {
        size_t at = base + (size_t)__builtin_ctzll(mask);
        end_element(scan, at);
        scan->element = at + 1;
    }
}

/* One block outside of strings: brackets in order, and the commas between them where they separate
 * elements. */
static void structure(struct scan *scan, const char *block, size_t base, uint64_t outside)
{
    uint64_t brackets = bracket_mask(block) & outside, separators = 0;
    bool have_separators = false;
    for (;;) {
        uint64_t before = brackets ? (brackets & (0 - brackets)) - 1 : ~UINT64_C(0);
        if (cuts(scan, scan->depth)) {
            if (!have_separators)
                separators = comma_mask(block) & outside;
            have_separators = true;
            commas(scan, base, separators & before);
        }
        if (!brackets || scan->stop)
            return;
        size_t bit = (size_t)__builtin_ctzll(brackets);
        char c = block[bit];
        if (c == '[' || c == '{')
            open_bracket(scan, base + bit, c == '[');
        else
            close_bracket(scan, base + bit);
        /* Commas up to here are done with. */
        separators &= ~(before | (brackets & (0 - brackets)));
        outside &= ~(before | (brackets & (0 - brackets)));
        brackets &= brackets - 1;
        if (scan->stop)
            return;
    }
}

static void scan_text(struct scan *scan, size_t from)
{
    uint64_t inside = 0, escape = 0; /* inside: all ones while in a string */
    char last[BLOCK];
    for (size_t base = from; base < scan->len && !scan->stop; base += BLOCK) {
        const char *block = scan->text + base;
        if (scan->len - base < BLOCK) {
            memset(last, ' ', sizeof last);
            memcpy(last, block, scan->len - base);
            block = last;
        }
        struct masks masks = text_masks(block);
        uint64_t escaped =
            masks.backslashes || escape ? escaped_mask(masks.backslashes, &escape) : 0;
        uint64_t strings = parity_prefix(masks.quotes & ~escaped) ^ inside;
        inside = 0 - (strings >> 63);
        if (strings != ~UINT64_C(0))
            structure(scan, block, base, ~strings);
    }
    /* Cut off inside a string or a bracket: no JSON. (Enough pieces found counts as a good end.) */
    if (!scan->stop)
        scan->invalid = true;
}

bool journal__split(struct str text, struct split *out)
{
    size_t at = 0;
    out->count = 0;
    while (at < text.len && is_blank(text.ptr[at]))
        at++;
    if (text.len - at < 2 * PIECE_BYTES_MIN || text.len > FRAME_BYTES_MAX)
        return false;
    if (text.ptr[at] != '[' && text.ptr[at] != '{')
        return false;
    struct scan scan = {.text = text.ptr, .len = text.len, .out = out};
    scan_text(&scan, at);
    for (size_t i = scan.closed + 1; scan.closed && i < text.len; i++)
        if (!is_blank(text.ptr[i]))
            scan.invalid = true;
    return !scan.invalid && out->count > 0;
}

void journal__split_done(struct split *split)
{
    free(split->items);
    *split = (struct split){0};
}

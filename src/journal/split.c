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
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { BLOCK = 64, LEVELS = 3 };

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

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
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

/* --- the loop, by instruction set */

#if defined(__x86_64__)
#define SCAN(name)  name##_avx2
#define SCAN_TARGET __attribute__((target("avx2,bmi,pclmul")))
SCAN_TARGET static inline uint64_t equal_avx2(const char *block, char byte)
{
    const __m256i *halves = (const __m256i *)block;
    __m256i wanted = _mm256_set1_epi8(byte);
    uint32_t low =
        (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(halves), wanted));
    uint32_t high =
        (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(halves + 1), wanted));
    return low | (uint64_t)high << 32;
}
/* A product without carries by all ones is the sum of all shifts. */
SCAN_TARGET static inline uint64_t parity_avx2(uint64_t bits)
{
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}
#include "journal/split_scan.h"
#undef SCAN
#undef SCAN_TARGET
#endif

#define SCAN(name) name##_any
#define SCAN_TARGET
#if defined(__SSE2__)
static inline uint64_t equal_any(const char *block, char byte)
{
    const __m128i *quarters = (const __m128i *)block;
    __m128i wanted = _mm_set1_epi8(byte);
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++) {
        __m128i hits = _mm_cmpeq_epi8(_mm_loadu_si128(quarters + i), wanted);
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(hits) << (16 * i);
    }
    return mask;
}
#else
/* Eight bytes at a time, without carries from one to the next: a byte is zero where its top bit
 * comes out. */
static inline uint64_t equal_any(const char *block, char byte)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), low7 = ones * 0x7f;
    uint64_t mask = 0;
    for (int i = 0; i < BLOCK / 8; i++) {
        uint64_t differences = load_u64((const uint8_t *)block + 8 * i) ^ ones * (uint8_t)byte;
        uint64_t equal = ~(((differences & low7) + low7) | differences | low7);
        mask |= ((equal >> 7) * UINT64_C(0x0102040810204080) >> 56) << (8 * i);
    }
    return mask;
}
#endif
static inline uint64_t parity_any(uint64_t bits)
{
    for (int shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}
#include "journal/split_scan.h"
#undef SCAN
#undef SCAN_TARGET

static void scan_text(struct scan *scan, size_t from)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("pclmul")) {
        text_avx2(scan, from);
        return;
    }
#endif
    text_any(scan, from);
}

static bool split(struct str text, struct split *out, void (*scan_from)(struct scan *, size_t))
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
    scan_from(&scan, at);
    for (size_t i = scan.closed + 1; scan.closed && i < text.len; i++)
        if (!is_blank(text.ptr[i]))
            scan.invalid = true;
    return !scan.invalid && out->count > 0;
}

bool journal__split(struct str text, struct split *out)
{
    return split(text, out, scan_text);
}

bool journal__split_plainly(struct str text, struct split *out)
{
    return split(text, out, text_any);
}

void journal__split_done(struct split *split)
{
    free(split->items);
    *split = (struct split){0};
}

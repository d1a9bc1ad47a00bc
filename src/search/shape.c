/* SPDX-License-Identifier: Apache-2.0 */
/* shape: texts -> grams and runs. */
#include "search/shape_private.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { SEEN_WORDS = (1 << SHAPE_GRAM_BITS) / 64 };

#define LETTERS_6(at)                                                                              \
    [at] = SYMBOL_LETTER, [at + 1] = SYMBOL_LETTER, [at + 2] = SYMBOL_LETTER,                      \
    [at + 3] = SYMBOL_LETTER, [at + 4] = SYMBOL_LETTER, [at + 5] = SYMBOL_LETTER
#define LETTERS_26(at)                                                                             \
    LETTERS_6(at), LETTERS_6(at + 6), LETTERS_6(at + 12), LETTERS_6(at + 18),                      \
        [at + 24] = SYMBOL_LETTER, [at + 25] = SYMBOL_LETTER
#define MARK(byte, number) [byte] = SYMBOL_MARK + number
const uint8_t shape__symbols[128] = {
    [0 ... 31] = SYMBOL_BREAKER,
    [127] = SYMBOL_BREAKER,
    ['"'] = SYMBOL_BREAKER,
    [','] = SYMBOL_BREAKER,
    [':'] = SYMBOL_BREAKER,
    ['['] = SYMBOL_BREAKER,
    [']'] = SYMBOL_BREAKER,
    ['{'] = SYMBOL_BREAKER,
    ['}'] = SYMBOL_BREAKER,
    ['\\'] = SYMBOL_BREAKER,
    [' '] = SYMBOL_SPACE,
    ['0' ... '9'] = SYMBOL_DIGIT,
    LETTERS_26('A'),
    LETTERS_26('a'),
    MARK('!', 0),
    MARK('#', 1),
    MARK('$', 2),
    MARK('%', 3),
    MARK('&', 4),
    MARK('\'', 5),
    MARK('(', 6),
    MARK(')', 7),
    MARK('*', 8),
    MARK('+', 9),
    MARK('-', 10),
    MARK('.', 11),
    MARK('/', 12),
    MARK(';', 13),
    MARK('<', 14),
    MARK('=', 15),
    MARK('>', 16),
    MARK('?', 17),
    MARK('@', 18),
    MARK('^', 19),
    MARK('_', 20),
    MARK('`', 21),
    MARK('|', 22),
    MARK('~', 23),
};

/*
 * Lengths of the runs that end at a character, a byte each, at most 255. Where a symbol goes on
 * with a run, its mask is all ones. Nothing here branches: words are short, so every guess would
 * fail.
 */
static const uint8_t goes_on[32][SHAPE_RUNS] = {
    [SYMBOL_LETTER] = {[RUN_LETTERS] = 255, [RUN_LETTERS_AND_DIGITS] = 255, [RUN_SOLID] = 255},
    [SYMBOL_DIGIT] = {[RUN_DIGITS] = 255, [RUN_LETTERS_AND_DIGITS] = 255, [RUN_SOLID] = 255},
    [SYMBOL_OTHER] = {[RUN_SOLID] = 255},
    [SYMBOL_MARK... SYMBOL_END - 1] = {[RUN_SOLID] = 255},
};

#ifdef __SSE2__
struct runs {
    __m128i now, longest; /* only the first SHAPE_RUNS bytes count */
};

static inline __m128i load_runs(const uint8_t *from)
{
    int bytes;
    memcpy(&bytes, from, sizeof bytes);
    return _mm_cvtsi32_si128(bytes);
}

static struct runs runs_begin(const uint8_t *longest)
{
    return (struct runs){_mm_setzero_si128(), load_runs(longest)};
}

static inline void runs_step(struct runs *runs, uint32_t symbol)
{
    __m128i longer = _mm_adds_epu8(runs->now, _mm_set1_epi8(1));
    runs->now = _mm_and_si128(longer, load_runs(goes_on[symbol]));
    runs->longest = _mm_max_epu8(runs->longest, runs->now);
}

static void runs_end(const struct runs *runs, uint8_t *out_longest)
{
    int bytes = _mm_cvtsi128_si32(runs->longest);
    memcpy(out_longest, &bytes, sizeof bytes);
}
#else
struct runs {
    uint8_t now[SHAPE_RUNS], longest[SHAPE_RUNS];
};

static struct runs runs_begin(const uint8_t *longest)
{
    struct runs runs = {{0}, {0}};
    memcpy(runs.longest, longest, SHAPE_RUNS);
    return runs;
}

static inline void runs_step(struct runs *runs, uint32_t symbol)
{
    for (int i = 0; i < SHAPE_RUNS; i++) {
        uint8_t longer = (uint8_t)(runs->now[i] + (runs->now[i] < SHAPE_RUN_MAX));
        runs->now[i] = longer & goes_on[symbol][i];
        runs->longest[i] = runs->now[i] > runs->longest[i] ? runs->now[i] : runs->longest[i];
    }
}

static void runs_end(const struct runs *runs, uint8_t *out_longest)
{
    memcpy(out_longest, runs->longest, SHAPE_RUNS);
}
#endif
_Static_assert(SHAPE_RUNS == sizeof(int), "four runs are taken at once");

bool search_shape_init(struct shape_collector *collector)
{
    *collector = (struct shape_collector){.seen = calloc(SEEN_WORDS, sizeof *collector->seen)};
    return collector->seen != NULL;
}

void search_shape_done(struct shape_collector *collector)
{
    free(collector->seen);
    collector->seen = NULL;
}

/* The two letters outside ASCII that are the same as one within it when case is ignored. */
static enum shape_symbol symbol_beyond_ascii(const uint8_t *at, const uint8_t *end)
{
    bool is_long_s = end - at >= 2 && at[0] == 0xc5 && at[1] == 0xbf;
    bool is_kelvin = end - at >= 3 && at[0] == 0xe2 && at[1] == 0x84 && at[2] == 0xaa;
    return is_long_s || is_kelvin ? SYMBOL_LETTER : SYMBOL_OTHER;
}

static inline void note_gram(struct shape_collector *collector, uint32_t gram)
{
    uint64_t bit = UINT64_C(1) << (gram & 63), *word = &collector->seen[gram >> 6];
    if (!(*word & bit))
        *word |= bit;
}

void search_shape_add(struct shape_collector *collector, struct str text)
{
    const uint8_t *at = (const uint8_t *)text.ptr, *end = at + text.len;
    uint32_t gram = 0, keep = (UINT32_C(1) << SHAPE_GRAM_BITS) - 1;
    struct runs runs = runs_begin(collector->longest);
    size_t count = 0;
    for (; at < end; at++) {
        if ((*at & 0xc0) == 0x80)
            continue; /* within a character */
        uint32_t symbol = *at < 0x80 ? shape__symbols[*at] : symbol_beyond_ascii(at, end);
        gram = (gram << SHAPE_SYMBOL_BITS | symbol) & keep;
        if (++count >= SHAPE_LENGTH)
            note_gram(collector, gram);
        runs_step(&runs, symbol);
    }
    runs_end(&runs, collector->longest);
    for (size_t i = 1; i < SHAPE_LENGTH && count; i++) {
        gram = (gram << SHAPE_SYMBOL_BITS | SYMBOL_END) & keep;
        if (++count >= SHAPE_LENGTH)
            note_gram(collector, gram);
    }
}

void search_shape_take(struct shape_collector *collector, struct buf *out_grams,
                       uint8_t out_longest[SHAPE_RUNS])
{
    for (uint32_t i = 0; i < SEEN_WORDS; i++) {
        if (!collector->seen[i])
            continue;
        for (uint64_t word = collector->seen[i]; word; word &= word - 1) {
            uint32_t gram = i * 64 + (uint32_t)__builtin_ctzll(word);
            buf_add(out_grams, &gram, sizeof gram);
        }
        collector->seen[i] = 0;
    }
    memcpy(out_longest, collector->longest, SHAPE_RUNS);
    memset(collector->longest, 0, SHAPE_RUNS);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* pattern: see pattern.h. Patterns are found by the number of words and the first fixed word. */
#include "query/pattern_numbers.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wire/utf8.h"

enum { BUCKETS = 4096, CANDIDATES_MAX = 64, ALIKE_PERCENT = 60 };
enum { STEADY_TEXTS = 20 }; /* so many with the same word, and another one is news */

/* What a variable word looks like; the name is printed. */
enum word_kind { WORD_FIXED, WORD_NUMBER, WORD_ID, WORD_ADDRESS, WORD_TIME, WORD_TOKEN };
static const char *const kind_names[] = {"", "Number", "ID", "IP", "Time", "Token"};

struct word {
    struct str text, before; /* before: what stands between the word before and this one */
    enum word_kind kind;
};

struct pattern {
    struct word *words;
    size_t count;
    struct str tail; /* behind the last word */
    int64_t counts[PATTERN_WINDOWS];
    struct str changed_to;
    struct pattern_numbers *numbers;
    struct pattern *next; /* of the bucket */
};

struct patterns {
    struct arena *arena;
    struct pattern *buckets[BUCKETS];
    struct pattern *all[PATTERNS_MAX];
    size_t count;
    int64_t others[PATTERN_WINDOWS], total;
    bool samples;
};

struct patterns *patterns_new(struct arena *arena)
{
    struct patterns *patterns = arena_new(arena, struct patterns);
    if (patterns)
        patterns->arena = arena;
    return patterns;
}

void patterns_sample(struct patterns *patterns)
{
    patterns->samples = true;
}

/* --- words --------------------------------------------------------------------------------- */

static bool is_word_byte(unsigned char c)
{
    return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
           (c && strchr("_-./%@+:", c));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

struct shape {
    size_t digits, hex, letters, dots, dashes, colons, others;
};

static struct shape shape_of(struct str text)
{
    struct shape shape = {0};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], lower = (char)(c | 32);
        shape.digits += is_digit(c);
        shape.hex += is_digit(c) || (lower >= 'a' && lower <= 'f');
        shape.letters += lower >= 'a' && lower <= 'z';
        shape.dots += c == '.';
        shape.dashes += c == '-';
        shape.colons += c == ':';
        shape.others += (unsigned char)c >= 0x80;
    }
    return shape;
}

static enum word_kind kind_of(struct str text)
{
    struct shape shape = shape_of(text);
    size_t rest = text.len - shape.digits;
    if (shape.digits == 0)
        return text.len >= 16 && shape.hex == text.len ? WORD_ID : WORD_FIXED;
    if (rest == 0 || (rest == shape.dots && shape.dots == 1) ||
        (text.ptr[0] == '-' && rest == 1 + shape.dots && shape.dots <= 1))
        return WORD_NUMBER;
    if (shape.dots == 3 && rest <= 3 + shape.colons)
        return WORD_ADDRESS;
    if (shape.digits >= 4 && shape.letters <= 2 && (shape.colons >= 1 || shape.dashes == 2))
        return WORD_TIME;
    if (shape.hex + shape.dashes == text.len && text.len >= 8)
        return WORD_ID;
    /* 12ms, 4KB, 37% */
    if (is_digit(text.ptr[0]) && shape.letters <= 3 && shape.others == 0)
        return WORD_NUMBER;
    return WORD_TOKEN;
}

/* Punctuation at the end of a sentence is no part of its last word. */
static size_t word_end(struct str text, size_t at)
{
    size_t end = at;
    while (end < text.len && is_word_byte((unsigned char)text.ptr[end]))
        end++;
    while (end > at + 1 && strchr(".:-", text.ptr[end - 1]))
        end--;
    return end;
}

static size_t cut(struct str text, struct word *words, struct str *out_tail)
{
    size_t count = 0, from = 0, at = 0;
    while (at < text.len && count < PATTERN_WORDS_MAX) {
        if (!is_word_byte((unsigned char)text.ptr[at])) {
            at++;
            continue;
        }
        size_t end = word_end(text, at);
        struct str word = str_sub(text, at, end - at);
        words[count++] = (struct word){word, str_sub(text, from, at - from), kind_of(word)};
        from = at = end;
    }
    *out_tail = str_sub(text, from, text.len);
    return count;
}

/* --- patterns ------------------------------------------------------------------------------ */

static struct pattern **bucket_of(struct patterns *patterns, const struct word *words, size_t count)
{
    uint64_t hash = count * 0x9E3779B97F4A7C15u;
    if (count && words[0].kind == WORD_FIXED)
        hash ^= str_hash(words[0].text);
    return &patterns->buckets[(hash >> 20) % BUCKETS];
}

/* Percent of the words that are fixed in both and equal, or variable in both. */
static size_t likeness(const struct pattern *pattern, const struct word *words, size_t count)
{
    size_t alike = 0;
    if (pattern->count != count)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (!str_equal(str_trim(pattern->words[i].before), str_trim(words[i].before)))
            return 0;
        bool fixed = pattern->words[i].kind == WORD_FIXED, other = words[i].kind == WORD_FIXED;
        alike += fixed ? other && str_equal(pattern->words[i].text, words[i].text)
                       : !other || pattern->words[i].kind == WORD_TOKEN;
    }
    return count ? alike * 100 / count : 100;
}

static struct pattern *find(struct pattern *first, const struct word *words, size_t count)
{
    struct pattern *best = NULL;
    size_t best_percent = ALIKE_PERCENT - 1, seen = 0;
    for (struct pattern *one = first; one && seen < CANDIDATES_MAX; one = one->next, seen++) {
        size_t percent = likeness(one, words, count);
        if (percent > best_percent) {
            best_percent = percent;
            best = one;
        }
    }
    return best;
}

static void widen(struct pattern *pattern, const struct word *words, int window,
                  struct arena *arena)
{
    int64_t usual = 0;
    for (int i = PATTERN_USUAL; i < PATTERN_WINDOWS; i++)
        usual += pattern->counts[i];
    for (size_t i = 0; i < pattern->count; i++) {
        struct word *word = &pattern->words[i];
        if (word->kind == WORD_FIXED && words[i].kind == WORD_FIXED) {
            if (str_equal(word->text, words[i].text))
                continue;
            word->kind = WORD_TOKEN;
            /* Texts of now come last: what changes then had been the same before. */
            if (window == PATTERN_NOW && usual >= STEADY_TEXTS && !pattern->changed_to.ptr)
                pattern->changed_to = arena_copy(arena, words[i].text);
        } else if (word->kind != words[i].kind) {
            word->kind = WORD_TOKEN;
        }
    }
}

static struct pattern *add_new(struct patterns *patterns, struct str text, struct pattern **bucket)
{
    struct word words[PATTERN_WORDS_MAX];
    struct str copy = arena_copy(patterns->arena, text);
    struct pattern *made = arena_new(patterns->arena, struct pattern);
    if (!copy.ptr || !made || patterns->count == PATTERNS_MAX)
        return NULL;
    made->count = cut(copy, words, &made->tail);
    made->words = arena_array(patterns->arena, struct word, made->count + 1);
    if (!made->words)
        return NULL;
    memcpy(made->words, words, made->count * sizeof *words);
    made->next = *bucket;
    *bucket = made;
    patterns->all[patterns->count++] = made;
    return made;
}

static void sample_numbers(struct patterns *patterns, struct pattern *pattern,
                           const struct word *words, size_t count, bool usual)
{
    size_t place = 0;
    if (!pattern->numbers)
        pattern->numbers = arena_new(patterns->arena, struct pattern_numbers);
    for (size_t i = 0; pattern->numbers && i < count; i++)
        if (words[i].kind == WORD_NUMBER)
            pattern_numbers_add(pattern->numbers, patterns->arena, place++, words[i].text,
                                i ? words[i - 1].text : STR(""), usual);
}

void patterns_add(struct patterns *patterns, struct str text, int window)
{
    struct word words[PATTERN_WORDS_MAX];
    struct str tail;
    text = utf8_clip(str_trim(text), PATTERN_BYTES_MAX);
    size_t count = cut(text, words, &tail);
    struct pattern **bucket = bucket_of(patterns, words, count);
    struct pattern *pattern = find(*bucket, words, count);
    if (pattern)
        widen(pattern, words, window, patterns->arena);
    else
        pattern = add_new(patterns, text, bucket);
    patterns->total += window == PATTERN_NOW;
    if (!pattern) {
        patterns->others[window]++;
        return;
    }
    pattern->counts[window]++;
    if (patterns->samples)
        sample_numbers(patterns, pattern, words, count, window != PATTERN_NOW);
}

/* --- rows ---------------------------------------------------------------------------------- */

static struct str written(const struct pattern *pattern, struct arena *arena)
{
    struct buf text = {0};
    int number = 0;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct word *word = &pattern->words[i];
        buf_add_str(&text, word->before);
        if (word->kind == WORD_FIXED)
            buf_add_str(&text, word->text);
        else
            buf_printf(&text, "<%s-%d>", kind_names[word->kind], ++number);
    }
    /* What stands behind the last of very many words is any text. */
    buf_add_str(&text, pattern->count == PATTERN_WORDS_MAX ? STR(" …") : pattern->tail);
    struct str copy = arena_copy(arena, buf_str(&text));
    buf_done(&text);
    return copy;
}

static struct str severity_of(const struct pattern *pattern)
{
    static const struct {
        const char *word, *label;
    } words[] = {{"fatal", "FATAL"},  {"critical", "FATAL"}, {"panic", "FATAL"},
                 {"error", "ERROR"},  {"err", "ERROR"},      {"exception", "ERROR"},
                 {"failed", "ERROR"}, {"failure", "ERROR"},  {"warn", "WARN"},
                 {"warning", "WARN"}, {"info", "INFO"},      {"debug", "DEBUG"},
                 {"trace", "TRACE"}};
    for (size_t n = 0; n < sizeof words / sizeof words[0]; n++)
        for (size_t i = 0; i < pattern->count; i++)
            if (pattern->words[i].kind == WORD_FIXED &&
                str_equal_nocase(pattern->words[i].text, str_from(words[n].word)))
                return str_from(words[n].label);
    return STR_NONE;
}

static int by_count(const void *a, const void *b)
{
    const struct pattern_row *left = a, *right = b;
    if (left->counts[PATTERN_NOW] != right->counts[PATTERN_NOW])
        return left->counts[PATTERN_NOW] > right->counts[PATTERN_NOW] ? -1 : 1;
    return str_compare(left->text, right->text);
}

static struct pattern_row row_of(const struct pattern *pattern, struct arena *arena)
{
    struct pattern_row row = {.text = written(pattern, arena),
                              .severity = severity_of(pattern),
                              .changed_to = pattern->changed_to,
                              .numbers = pattern->numbers};
    memcpy(row.counts, pattern->counts, sizeof row.counts);
    return row;
}

struct pattern_row *patterns_rows(struct patterns *patterns, size_t *out_count)
{
    struct pattern_row *rows =
        arena_array(patterns->arena, struct pattern_row, patterns->count + 1);
    size_t count = 0;
    bool others = false;
    for (size_t i = 0; rows && i < patterns->count; i++)
        rows[count++] = row_of(patterns->all[i], patterns->arena);
    for (int i = 0; i < PATTERN_WINDOWS; i++)
        others |= patterns->others[i] > 0;
    if (rows && others) {
        rows[count] = (struct pattern_row){.text = STR("<Other>")};
        memcpy(rows[count++].counts, patterns->others, sizeof patterns->others);
    }
    for (size_t i = 0; i < count; i++)
        rows[i].ratio =
            patterns->total ? (double)rows[i].counts[PATTERN_NOW] / (double)patterns->total : 0;
    if (rows)
        qsort(rows, count, sizeof *rows, by_count);
    *out_count = count;
    return rows;
}

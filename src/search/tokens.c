/* SPDX-License-Identifier: Apache-2.0 */
/* tokens: see tokens.h. */
#include "search/tokens.h"

#include "search/fold.h"

enum class { BREAK, LETTER, DIGIT, SYMBOL };

#define TEN(class)        class, class, class, class, class, class, class, class, class, class
#define TWENTY_SIX(class) TEN(class), TEN(class), class, class, class, class, class, class
static const uint8_t ascii[128] = {
    [48] = TEN(DIGIT), [65] = TWENTY_SIX(LETTER), [97] = TWENTY_SIX(LETTER)};
#undef TEN
#undef TWENTY_SIX

static enum class class_beyond_ascii(struct str text, size_t *out_size) {
    uint32_t number; *out_size = search_character(text, &number);
    if (number < 0xc0 || (number >= 0x2000 && number < 0x2070) || number == 0xfffd) return BREAK;
    return number < 0xe00 || (number >= 0x1e00 && number < 0x2000) ? LETTER : SYMBOL;
}

static inline enum class class_at(const char *at, const char *end, size_t *out_size) {
        *out_size = 1;
        return (unsigned char)*at < 0x80
                   ? (enum class)ascii[(unsigned char)*at]
                   : class_beyond_ascii((struct str){at, (size_t)(end - at)}, out_size);
}

/* The first character of the run, or the two at `at`. */
static bool next_symbol(struct token_reader *reader, bool starts, struct token *out)
{
    uint32_t number;
    struct str run = reader->symbols;
    size_t first = search_character(run, &number);
    struct str after = str_sub(run, first, run.len);
    size_t second = after.len ? search_character(after, &number) : 0;
    *out = (struct token){str_sub(run, 0, first + second), TOKEN_SYMBOL, starts,
                          first + second == run.len};
    /* A pair begins at every character but the last. */
    reader->symbols = first + second < run.len ? after : STR_NONE;
    return true;
}

static bool read_symbols(struct token_reader *reader, const char *start, struct token *out)
{
    const char *at = start, *end = reader->rest.ptr + reader->rest.len;
    size_t size;
    while (at < end && class_at(at, end, &size) == SYMBOL)
        at += size;
    reader->symbols = (struct str){start, (size_t)(at - start)};
    reader->rest = (struct str){at, (size_t)(end - at)};
    return next_symbol(reader, true, out);
}

static enum token_kind kind_of(size_t len, bool has_letters, bool has_digits)
{
    bool is_word = has_digits ? (has_letters ? len < GRAM_BYTES : len <= TOKEN_NUMBER_MAX)
                              : len <= TOKEN_BYTES_MAX;
    return is_word ? TOKEN_WORD : has_digits && len <= TOKEN_MIXED_MAX ? TOKEN_MIXED : TOKEN_BULK;
}

bool search_token_next(struct token_reader *reader, struct token *out)
{
    if (reader->symbols.len)
        return next_symbol(reader, false, out);
    const char *start = reader->rest.ptr, *end = start + reader->rest.len;
    size_t size = 0;
    enum class class = BREAK;
    for (; start < end; start += size)
        if ((class = class_at(start, end, &size)) != BREAK)
            break;
    if (start == end)
        return false;
    if (class == SYMBOL)
        return read_symbols(reader, start, out);
    bool has_letters = false, has_digits = false;
    const char *at = start;
    for (; at < end; at += size) {
        class = class_at(at, end, &size);
        if (class != LETTER && class != DIGIT)
            break;
        has_letters |= class == LETTER;
        has_digits |= class == DIGIT;
    }
    size_t len = (size_t)(at - start);
    *out = (struct token){{start, len}, kind_of(len, has_letters, has_digits), true, true};
    reader->rest = (struct str){at, (size_t)(end - at)};
    return true;
}

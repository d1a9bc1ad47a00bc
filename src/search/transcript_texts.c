/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript_texts: the texts of a chunk, and the words they are cut into: letters, or up to three
 * digits, with the marks behind them; a JSON escape is a word of its own, so that its readings can
 * be told from it alone.
 */
#include <stdlib.h>

#include "search/part.h"
#include "search/transcript_private.h"

enum { LETTERS_MAX = 24, DIGITS_MAX = 3, MARKS_MAX = 3, BACKSLASHES_MAX = 16 };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte & 0x80) || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

/* Four hexadecimal digits behind a `u`. */
static bool take_number(struct str rest, uint32_t *out_number)
{
    uint8_t bytes[2];
    if (rest.len < 5 || rest.ptr[0] != 'u' || !str_hex_decode(str_sub(rest, 1, 4), bytes, 2))
        return false;
    *out_number = (uint32_t)bytes[0] << 8 | bytes[1];
    return true;
}

static size_t count_backslashes(struct str rest)
{
    size_t count = 0;
    while (count < rest.len && rest.ptr[count] == '\\')
        count++;
    return count;
}

/* The other half of a surrogate pair, however often it was escaped. */
static size_t second_half(struct str rest)
{
    uint32_t number;
    size_t count = count_backslashes(rest);
    return count && count <= BACKSLASHES_MAX &&
                   take_number(str_sub(rest, count, rest.len), &number) && number >= 0xdc00 &&
                   number < 0xe000
               ? count + 5
               : 0;
}

static bool is_incomplete_number(struct str behind_u)
{
    size_t digits = 0;
    uint8_t byte;
    char two[2] = {0, '0'};
    while (digits < 4 && digits < behind_u.len &&
           (two[0] = behind_u.ptr[digits], str_hex_decode((struct str){two, 2}, &byte, 1)))
        digits++;
    return digits < 4 && digits < behind_u.len && behind_u.ptr[digits] == '\\';
}

/*
 * Backslashes and all that they can be about, in any reading. *out_unsure: what follows can be
 * about it too, because the escape makes a letter of another escape.
 */
static size_t escape_length(struct str rest, bool *out_unsure)
{
    uint32_t number;
    size_t count = count_backslashes(rest);
    struct str behind = str_sub(rest, count, rest.len);
    *out_unsure = count > BACKSLASHES_MAX;
    if (*out_unsure || !behind.len || (behind.ptr[0] & 0x80))
        return count;
    if (!take_number(behind, &number)) {
        *out_unsure = behind.ptr[0] == 'u' && is_incomplete_number(str_sub(behind, 1, behind.len));
        return count + 1;
    }
    *out_unsure =
        number == '\\' || (number < 0x80 && (is_digit((char)number) || is_letter((char)number)));
    bool is_first_half = number >= 0xd800 && number < 0xdc00;
    return count + 5 + (is_first_half ? second_half(str_sub(behind, 5, behind.len)) : 0);
}

/* No character is cut in two. */
static size_t letters_length(struct str rest)
{
    size_t len = 0;
    while (len < rest.len && len < LETTERS_MAX && is_letter(rest.ptr[len]))
        len++;
    size_t cut = len;
    while (cut && cut < rest.len && len - cut < 3 && (rest.ptr[cut] & 0xc0) == 0x80)
        cut--;
    return cut && (cut == rest.len || (rest.ptr[cut] & 0xc0) != 0x80) ? cut : len;
}

static size_t word_length(struct str rest)
{
    size_t len = letters_length(rest), marks = 0;
    while (len < rest.len && len < DIGITS_MAX && is_digit(rest.ptr[0]) && is_digit(rest.ptr[len]))
        len++;
    while (len < rest.len && marks < MARKS_MAX && rest.ptr[len] != '\\' &&
           !is_digit(rest.ptr[len]) && !is_letter(rest.ptr[len]))
        len++, marks++;
    return len;
}

size_t transcript__cut(struct str text, bool *out_unsure)
{
    *out_unsure = false;
    return text.ptr[0] == '\\' ? escape_length(text, out_unsure) : word_length(text);
}

/* --- a chunk */

struct reader {
    const struct journal_chunk *chunk;
    transcript_taker *take;
    void *context;
    bool is_apart;
    struct seen_text short_texts[SEEN_SLOTS];
    uint64_t others[SEEN_SLOTS]; /* hashes of texts that did not stay */
};

static void visit_text(void *context, uint32_t ordinal, struct str text)
{
    struct reader *reader = context;
    reader->take(reader->context, text, search_section_of(reader->chunk, ordinal));
}

static bool was_seen(struct reader *reader, struct str text, bool stays)
{
    struct seen_text *seen = search_seen(reader->short_texts, text);
    if (stays) {
        bool same = seen->ptr == text.ptr && seen->len == text.len;
        *seen = (struct seen_text){text.ptr, text.len, 0};
        return same;
    }
    uint64_t hash = str_hash(text), *other = &reader->others[hash & (SEEN_SLOTS - 1)];
    bool same = *other == hash;
    *other = hash;
    return same;
}

static void visit_short(void *context, struct str text, bool stays)
{
    struct reader *reader = context;
    if (was_seen(reader, text, stays))
        return;
    reader->take(reader->context, text, RECORD_SECTION);
}

static void visit_record(void *context, struct journal_location location, const struct batch *batch,
                         size_t index)
{
    struct reader *reader = context;
    if (location.signal != SIGNAL_SPANS && location.signal != SIGNAL_LOGS)
        return;
    search_record_texts(batch, location.signal, index, RECORD_NUMBERS | RECORD_WHOLES, visit_short,
                        reader);
    reader->is_apart |= search_record_is_apart(batch, location.signal, index);
}

enum status transcript__read(struct journal *journal, const struct journal_chunk *chunk,
                             transcript_taker *take, void *context, bool *out_apart,
                             struct error *error)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return fail(error, STATUS_BUSY, "no memory for a transcript");
    reader->chunk = chunk;
    reader->take = take;
    reader->context = context;
    const struct journal_visitor visitor = {
        .context = reader, .text = visit_text, .record = visit_record};
    enum status status = journal_visit_chunk(journal, chunk, &visitor, error);
    *out_apart = reader->is_apart;
    free(reader);
    /* What can be read is in it, and nobody reads more. */
    return status == STATUS_CORRUPT ? STATUS_OK : status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript_write: the texts of a chunk -> a transcript. A word is letters, or up to three digits,
 * with the marks behind it; a JSON escape is a word of its own, so that its readings can be told
 * from it alone.
 */
#include <stdlib.h>
#include <string.h>

#include "search/part_file.h"
#include "search/transcript_private.h"

enum { LEVEL = 1, LETTERS_MAX = 24, DIGITS_MAX = 3, MARKS_MAX = 3, BACKSLASHES_MAX = 16 };
enum { SLOTS = 2 * CODES_MAX, HEAD_HASHED = 56 };

static const uint8_t magic[8] = {'V', 'T', 'R', 'T', 'E', 'X', 'T', TRANSCRIPT_VERSION};

struct word {
    uint32_t at, len; /* in words.ptr, behind its length */
};
struct transcriber {
    struct transcript_head head;
    const struct journal_chunk *chunk;
    struct buf words, codes, *out;
    struct word items[BLOCK_WORDS_MAX];
    size_t count;
    uint32_t slots[SLOTS]; /* word + 1 by hash; 0: free */
    struct seen_text short_texts[SEEN_SLOTS];
};

/* --- the head: magic and version, u32 segment, number, first content, contents, frames, u32 1: has
 * nested, u64 creation of the segment, u64 XXH3 of what is behind the head, 0, u64 XXH3 of the 56
 * bytes before it. */

static void put_head(const struct transcript_head *head, struct buf *file)
{
    uint8_t *out = (uint8_t *)file->ptr;
    memset(out, 0, TRANSCRIPT_HEADER_BYTES);
    memcpy(out, magic, sizeof magic);
    store_u32(out + 8, head->segment);
    store_u32(out + 12, head->number);
    store_u32(out + 16, head->first_content);
    store_u32(out + 20, head->content_count);
    store_u32(out + 24, head->frame_count);
    store_u32(out + 28, head->has_nested);
    store_u64(out + 32, (uint64_t)head->created_ns);
    store_u64(out + 40, str_hash(str_sub(buf_str(file), TRANSCRIPT_HEADER_BYTES, file->len)));
    store_u64(out + HEAD_HASHED, str_hash((struct str){(const char *)out, HEAD_HASHED}));
}

bool search_transcript_head(struct str bytes, struct transcript_head *out_head)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    if (bytes.len < TRANSCRIPT_HEADER_BYTES || memcmp(at, magic, sizeof magic) != 0 ||
        load_u64(at + HEAD_HASHED) != str_hash(str_sub(bytes, 0, HEAD_HASHED)))
        return false;
    *out_head = (struct transcript_head){.segment = load_u32(at + 8),
                                         .number = load_u32(at + 12),
                                         .first_content = load_u32(at + 16),
                                         .content_count = load_u32(at + 20),
                                         .frame_count = load_u32(at + 24),
                                         .has_nested = load_u32(at + 28) & 1,
                                         .created_ns = (int64_t)load_u64(at + 32),
                                         .body_hash = load_u64(at + 40)};
    return true;
}

/* --- text -> words */

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

/* --- words -> codes */

static void put_code(struct transcriber *to, uint32_t code)
{
    if (put_room(&to->codes, 2)) {
        to->codes.ptr[to->codes.len++] = (char)code;
        to->codes.ptr[to->codes.len++] = (char)(code >> 8);
    }
}

static void end_block(struct transcriber *to)
{
    put_code(to, 0); /* no word: who reads side by side stops here */
    search_section_put(to->out, &to->words, LEVEL);
    put_varint(to->out, to->codes.len);
    put_bytes(to->out, to->codes.ptr, to->codes.len);
    to->out->failed |= to->codes.failed;
    buf_clear(&to->words);
    buf_clear(&to->codes);
    memset(to->slots, 0, sizeof to->slots);
    to->count = 0;
}

static void put_word(struct transcriber *to, struct str text)
{
    if (to->count == BLOCK_WORDS_MAX || to->codes.len >= 2 * BLOCK_CODES_MAX)
        end_block(to);
    size_t slot = str_hash(text) & (SLOTS - 1);
    for (; to->slots[slot]; slot = (slot + 1) & (SLOTS - 1)) {
        const struct word *known = &to->items[to->slots[slot] - 1];
        if (known->len == text.len && !memcmp(to->words.ptr + known->at, text.ptr, text.len)) {
            put_code(to, CODE_FIRST_WORD + to->slots[slot] - 1);
            return;
        }
    }
    put_byte(&to->words, (uint8_t)text.len);
    to->items[to->count] = (struct word){(uint32_t)to->words.len, (uint32_t)text.len};
    put_bytes(&to->words, text.ptr, text.len);
    put_code(to, CODE_FIRST_WORD + (uint32_t)to->count);
    to->slots[slot] = (uint32_t)++to->count;
}

static void put_text(struct transcriber *to, struct str text, uint32_t section)
{
    put_code(to, section);
    while (text.len) {
        bool unsure = false;
        size_t len = text.ptr[0] == '\\' ? escape_length(text, &unsure) : word_length(text);
        if (unsure)
            put_code(to, CODE_ANYTHING);
        else
            put_word(to, str_sub(text, 0, len));
        text = str_sub(text, len, text.len);
    }
}

/* --- a chunk */

static void visit_text(void *context, uint32_t ordinal, struct str text)
{
    struct transcriber *to = context;
    put_text(to, text, search_section_of(to->chunk, ordinal));
}

static void visit_short(void *context, struct str text, bool stays)
{
    struct transcriber *to = context;
    struct seen_text *seen = search_seen(to->short_texts, text);
    if (stays && seen->ptr == text.ptr && seen->len == text.len)
        return;
    if (stays)
        *seen = (struct seen_text){text.ptr, text.len, 0};
    put_text(to, text, RECORD_SECTION);
}

static void visit_record(void *context, struct journal_location location, const struct batch *batch,
                         size_t index)
{
    struct transcriber *to = context;
    if (location.signal != SIGNAL_SPANS && location.signal != SIGNAL_LOGS)
        return;
    search_record_texts(batch, location.signal, index, true, visit_short, to);
    to->head.has_nested |= search_record_nests(batch, location.signal, index);
}

enum status search_transcript_make(struct journal *journal, const struct journal_chunks *chunks,
                                   size_t number, struct buf *out, struct error *error)
{
    const struct journal_chunk *chunk = &chunks->items[number];
    struct transcriber *to = calloc(1, sizeof *to);
    if (!to || !buf_reserve(out, TRANSCRIPT_HEADER_BYTES)) {
        free(to);
        return fail(error, STATUS_BUSY, "no memory for a transcript");
    }
    out->len = TRANSCRIPT_HEADER_BYTES;
    to->head = (struct transcript_head){.segment = chunk->segment,
                                        .number = (uint32_t)number,
                                        .created_ns = chunks->created_ns,
                                        .first_content = chunk->first_content,
                                        .content_count = chunk->content_count,
                                        .frame_count = chunk->frame_count};
    to->chunk = chunk;
    to->out = out;
    const struct journal_visitor visitor = {
        .context = to, .text = visit_text, .record = visit_record};
    enum status status = journal_visit_chunk(journal, chunk, &visitor, error);
    if (status == STATUS_CORRUPT)
        status = STATUS_OK; /* what can be read is in it, and nobody reads more */
    end_block(to);
    if (status == STATUS_OK && (to->words.failed || out->failed))
        status = fail(error, STATUS_BUSY, "no memory for a transcript");
    if (status == STATUS_OK)
        put_head(&to->head, out);
    buf_done(&to->words);
    buf_done(&to->codes);
    free(to);
    return status;
}

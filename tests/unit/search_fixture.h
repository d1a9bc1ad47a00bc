/* SPDX-License-Identifier: Apache-2.0 */
/* search_fixture: random texts as senders store them, and a part of the text index and a transcript
 * made of them. */
#pragma once

#include "journal_testing.h"

#include "search/fold.h"
#include "search/match.h"
#include "search/part.h"
#include "search/transcript.h"
#include "wire/json.h"

static uint64_t seed = 7;
static uint32_t below(uint32_t limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % limit;
}

static const char *const pieces[] = {
    "a",
    "The",
    "order",
    " ",
    " ",
    " ",
    ",",
    ".",
    "\n",
    "\t",
    "\"",
    "\\",
    "\\n",
    "/",
    "{",
    "}",
    "[",
    "]",
    ":",
    "-",
    "_",
    "é",
    "e\u0301",
    "ß",
    "İ",
    "ŉ",
    "ﬃ",
    "上",
    "海天气",
    "مُ",
    "حمد",
    "🚀",
    "👩‍🚀",
    "42",
    "20261121",
    "a1b2",
    "deadbeefcafe0123456789",
    "\\u00e9",
    "K\u212a",
    "\x01",
    "×",
    "…",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "ไทย",
    "한국",
};

static void random_text(struct buf *out, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_add_str(out, str_from(pieces[below(sizeof pieces / sizeof pieces[0])]));
}

/* A part of the text that begins and ends with a character. */
static struct str random_slice(struct str text)
{
    size_t start = below((uint32_t)text.len), end = start + 1 + below(12);
    while (start > 0 && (text.ptr[start] & 0xc0) == 0x80)
        start--;
    end = end < text.len ? end : text.len;
    while (end < text.len && (text.ptr[end] & 0xc0) == 0x80)
        end++;
    return str_sub(text, start, end - start);
}

static void quote(struct buf *out, struct str text, bool ascii)
{
    struct buf quoted = {0};
    json_write_string(&quoted, text);
    for (struct str rest = buf_str(&quoted); rest.len;) {
        uint32_t number;
        size_t size = search_character(rest, &number);
        if (ascii && number >= 0x10000)
            buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((number - 0x10000) >> 10),
                       0xdc00 + ((number - 0x10000) & 0x3ff));
        else if (ascii && number >= 0x80)
            buf_printf(out, "\\u%04x", number);
        else
            buf_add_str(out, str_sub(rest, 0, size));
        rest = str_sub(rest, size, rest.len);
    }
    buf_done(&quoted);
}

/* The text as senders store it: as it is, within JSON, within JSON within JSON. */
static void store_text(struct buf *out, struct str text, int levels, bool ascii)
{
    struct buf inner = {0}, outer = {0};
    buf_add_str(&inner, text);
    for (int i = 0; i < levels; i++) {
        buf_clear(&outer);
        buf_add_str(&outer, STR("[{\"role\":\"user\",\"content\":"));
        quote(&outer, buf_str(&inner), ascii);
        buf_add_str(&outer, STR("}]"));
        buf_clear(&inner);
        buf_add_str(&inner, buf_str(&outer));
    }
    buf_add_str(out, buf_str(&inner));
    buf_done(&inner);
    buf_done(&outer);
}

static uint32_t find_in(const struct search_expression *expression, struct str text, bool loosely)
{
    struct search_matcher matcher = {.expression = expression};
    uint32_t found =
        loosely ? search_find_loosely(&matcher, text, 1) : search_find(&matcher, text, 1);
    search_matcher_done(&matcher);
    return found;
}

/* A transcript, and the file of the words it shares. */
struct transcript_files {
    struct buf transcript, words;
};

static void transcript_files_done(struct transcript_files *files)
{
    buf_done(&files->transcript);
    buf_done(&files->words);
}

static void transcribe_chunk(struct journal *journal, const struct journal_chunks *chunks,
                             bool shares, struct transcript_files *out)
{
    struct transcript_words words = {0};
    size_t number = 0;
    double own;
    if (shares && !out->words.len)
        assert_int_equal(transcript_words_make(journal, chunks, &number, 1, &out->words, NULL),
                         STATUS_OK);
    if (shares) {
        assert_true(transcript_words_read(buf_str(&out->words), &words));
    }
    assert_int_equal(search_transcript_make(journal, chunks, number, shares ? &words : NULL,
                                            &out->transcript, &own, NULL),
                     STATUS_OK);
    assert_true(own >= 0 && own <= 1);
    transcript_words_done(&words);
}

/* One chunk whose texts are these, as a part and as a transcript (unless NULL), which shares the
 * words that are there, or those frequent in it, or none. */
static struct search_part *index_texts(const struct str *texts, size_t count, bool shares,
                                       struct transcript_files *out_files)
{
    const char *path = test_directory();
    struct journal *journal = open_journal(path);
    struct journal_chunks chunks;
    struct search_part *part;
    struct buf file = {0};
    struct batch *batch = batch_new((size_t)64 << 20);
    batch_add_resource(batch);
    batch_add_scope(batch);
    batch->receiver = STR("test");
    batch->project_id = 1;
    for (size_t i = 0; i < count; i++) {
        struct span *span = batch_add_span(batch);
        span->name = STR("span");
        span->attributes.items = arena_array(&batch->arena, struct attribute, 1);
        span->attributes.items[0] = (struct attribute){STR("text"), value_string(texts[i])};
        span->attributes.count = 1;
    }
    append(journal, batch);
    batch_free(batch);
    assert_int_equal(journal_list_chunks(journal, 1, &chunks, NULL), STATUS_OK);
    assert_int_equal(chunks.count, 1);
    struct part_builder *builder = search_builder_new(1, 0, chunks.created_ns);
    assert_int_equal(search_builder_add(builder, journal, &chunks, 0, NULL), STATUS_OK);
    assert_int_equal(search_builder_write(builder, &file, NULL), STATUS_OK);
    search_builder_free(builder);
    assert_int_equal(search_part_read(buf_str(&file), &part, NULL), STATUS_OK);
    for (size_t i = 0; i < file.len; i += 1 + file.len / 64) {
        struct search_part *broken = NULL;
        file.ptr[i] ^= 1;
        assert_int_equal(search_part_read(buf_str(&file), &broken, NULL), STATUS_CORRUPT);
        file.ptr[i] ^= 1;
    }
    buf_done(&file);
    if (out_files)
        transcribe_chunk(journal, &chunks, shares, out_files);
    free(chunks.items);
    journal_close(journal);
    remove_directory(path);
    return part;
}

static bool is_found(const struct search_part *part, const struct search_term *term)
{
    struct part_places places;
    search_part_find(part, term, &places);
    return places.in[0] != 0;
}

/* Whether the expression's term can stand in any section of the transcript. */
static bool is_transcribed(const struct transcript_files *files,
                           const struct search_expression *expression)
{
    uint32_t allowed[SECTIONS], left = 0;
    struct transcript_finder *finder = search_finder_new(expression);
    for (int section = 0; section < SECTIONS; section++)
        allowed[section] = 1;
    if (files->words.len)
        assert_true(search_finder_use(finder, buf_str(&files->words)));
    if (search_finder_knows(finder, 1))
        assert_true(search_finder_narrow(finder, buf_str(&files->transcript), allowed));
    search_finder_free(finder);
    for (int section = 0; section < SECTIONS; section++)
        left |= allowed[section];
    return left;
}

/* Texts as they are, and as they are stored. */
enum { RANDOM_TEXTS = 40 };
struct random_texts {
    struct buf texts[RANDOM_TEXTS], stored[RANDOM_TEXTS];
    struct search_part *part; /* of those stored */
    struct transcript_files files;
};

static void random_texts_init(struct random_texts *random, int round)
{
    struct str list[RANDOM_TEXTS];
    *random = (struct random_texts){0};
    for (int i = 0; i < RANDOM_TEXTS; i++) {
        random_text(&random->texts[i], 1 + below(round % 3 ? 12 : 80));
        store_text(&random->stored[i], buf_str(&random->texts[i]), (int)below(3), below(2));
        list[i] = buf_str(&random->stored[i]);
    }
    random->part = index_texts(list, RANDOM_TEXTS, round % 2, &random->files);
}

static void random_texts_done(struct random_texts *random)
{
    search_part_free(random->part);
    transcript_files_done(&random->files);
    for (int i = 0; i < RANDOM_TEXTS; i++) {
        buf_done(&random->texts[i]);
        buf_done(&random->stored[i]);
    }
}

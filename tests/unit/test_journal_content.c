/* SPDX-License-Identifier: Apache-2.0 */
/* Long texts are stored once, lists as what is new in them, and every byte comes back in any range.
 */
#include "unit/journal_testing.h"

#include "journal/journal_private.h"

/* --- splitting */

static size_t pieces_of(struct str text)
{
    struct split split = {0};
    size_t count = journal__split(text, &split) ? split.count : 0;
    size_t before = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(split.items[i].start >= before);
        assert_true(split.items[i].end >= split.items[i].start + PIECE_BYTES_MIN);
        assert_true(split.items[i].end <= text.len);
        before = split.items[i].end;
    }
    struct split plain = {0};
    assert_int_equal(journal__split_plainly(text, &plain) ? plain.count : 0, count);
    if (count)
        assert_memory_equal(split.items, plain.items, count * sizeof *plain.items);
    journal__split_done(&plain);
    journal__split_done(&split);
    return count;
}

#define LONG_A                                                                                     \
    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""
#define LONG_B                                                                                     \
    "{\"text\": \"b, [b] \\\" {bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"}"

static void texts_are_cut_at_the_elements_of_outer_arrays(void **state)
{
    (void)state;
    assert_int_equal(pieces_of(STR("[" LONG_A "," LONG_B "]")), 2);
    assert_int_equal(pieces_of(STR(" \n[ " LONG_A " ,\t" LONG_B " ] \n")), 2);
    assert_int_equal(
        pieces_of(STR("{\"model\": \"m\", \"messages\": [" LONG_A ", " LONG_B "], \"n\": 1}")), 2);
    assert_int_equal(pieces_of(STR("{\"messages\": [[" LONG_A ", " LONG_B ", " LONG_A "]]}")), 3);
    assert_int_equal(pieces_of(STR("[[" LONG_A "],[" LONG_B "]]")), 2);
    /* Within an element nothing is cut, nor are short elements. */
    assert_int_equal(pieces_of(STR("[{\"parts\": [" LONG_A ", " LONG_B "]}, " LONG_A "]")), 2);
    assert_int_equal(
        pieces_of(
            STR("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,"
                "29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53]")),
        0);
}

static void what_is_no_json_stays_whole(void **state)
{
    (void)state;
    assert_int_equal(pieces_of(STR("[" LONG_A "," LONG_B)), 0);
    assert_int_equal(pieces_of(STR("[" LONG_A "," LONG_B "] and more")), 0);
    assert_int_equal(pieces_of(STR("[" LONG_A ", \"" LONG_A LONG_A)), 0);
    assert_int_equal(pieces_of(STR("plain text [" LONG_A "," LONG_B "]")), 0);
    assert_int_equal(pieces_of(STR("")), 0);
    assert_int_equal(pieces_of(STR("[")), 0);
}

/* The plain rule, byte by byte: ends of elements of the outermost array. */
static size_t count_slowly(const char *text, size_t len)
{
    int depth = 0;
    bool inside = false, escaped = false;
    size_t start = 0, cut = 0, count = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (inside) {
            if (!escaped && c == '"')
                inside = false;
            escaped = !escaped && c == '\\';
            continue;
        }
        if (c == '"')
            inside = true;
        bool ends = depth == 1 && (c == ',' || c == ']');
        if (ends) {
            size_t from = start > cut ? start : cut, to = i;
            if (to - from >= PIECE_BYTES_MIN) {
                count++;
                cut = to;
            }
            start = i + 1;
        }
        depth += (c == '[' || c == '{') - (c == ']' || c == '}');
        if (depth == 1 && c == '[')
            start = i + 1;
    }
    return count;
}

/* Quotes, backslashes and brackets at every place of a block of 64. */
static void escapes_and_brackets_count_wherever_they_stand(void **state)
{
    (void)state;
    char text[2000];
    unsigned random = 1;
    for (int round = 0; round < 3000; round++) {
        size_t len = 0;
        text[len++] = '[';
        for (int element = 0; element < 6; element++) {
            text[len++] = '"';
            for (int i = (int)((random = random * 1103515245 + 12345) >> 16) % 150; i > 0; i--) {
                unsigned pick = (random = random * 1103515245 + 12345) >> 16;
                const char *part = pick % 7 == 0   ? "\\\\"
                                   : pick % 7 == 1 ? "\\\""
                                   : pick % 7 == 2 ? "],["
                                                   : "x";
                memcpy(text + len, part, strlen(part));
                len += strlen(part);
            }
            text[len++] = '"';
            text[len++] = element == 5 ? ']' : ',';
        }
        size_t expected = len < 2 * PIECE_BYTES_MIN ? 0 : count_slowly(text, len);
        assert_int_equal(pieces_of((struct str){text, len}), expected);
    }
}

/* --- through the journal */

static void append_text(struct journal *journal, struct str text)
{
    struct batch *batch = text_batch(text);
    append(journal, batch);
    batch_free(batch);
}

/* Reads frame by frame and compares the one attribute of the one span of each with `texts`. */
static void compare_texts(struct journal *journal, const struct str *texts, size_t count)
{
    struct journal_position at = {0};
    for (size_t i = 0; i < count; i++) {
        struct journal_frame frame;
        struct error error = {0};
        if (journal_read(journal, at, 0, &frame, &error) != STATUS_OK)
            STOP("frame %zu: %s", i, error.text);
        struct value expected = value_string(texts[i]);
        assert_int_equal(frame.batch_count, 1);
        same_value(journal, &expected, &frame.batches[0]->spans[0].attributes.items[0].value);
        at = frame.next;
        journal_frame_done(&frame);
    }
}

static const char *const odd_texts[] = {
    "",
    " ",
    "[]",
    "[" LONG_A "]",
    "[" LONG_A "," LONG_B "]",
    "[" LONG_A ",\n  " LONG_B "\n]\n",
    "[" LONG_A "," LONG_B "," LONG_A "] ",
    "[" LONG_A "," LONG_B "," LONG_A "]",
    "[" LONG_A "," LONG_B,
    "[" LONG_A "," LONG_B "]]",
    "[1," LONG_A ",2," LONG_B ",3]",
    "[1," LONG_A ",2," LONG_B ",3,4,5]",
    "{\"a\": [" LONG_A "," LONG_B "], \"b\": [" LONG_B "]}",
    "{\"a\": [" LONG_A "," LONG_B "," LONG_B "], \"b\": [" LONG_B "]}",
    "\xff\xfe[" LONG_A "\x80," LONG_B "]",
    "[" LONG_A "}," LONG_B "]",
};

static void odd_lists_come_back_byte_by_byte(void **state)
{
    (void)state;
    enum { COUNT = sizeof odd_texts / sizeof *odd_texts };
    char *path = test_directory();
    struct journal *journal = open_journal(path);
    struct str texts[2 * COUNT];
    for (size_t i = 0; i < 2 * COUNT; i++) {
        texts[i] = str_from(odd_texts[i < COUNT ? i : 2 * COUNT - 1 - i]);
        append_text(journal, texts[i]);
    }
    compare_texts(journal, texts, 2 * COUNT);
    journal_close(journal);
    journal = open_journal(path);
    compare_texts(journal, texts, 2 * COUNT);
    journal_close(journal);
    remove_directory(path);
}

/* A chat that grows by two messages a turn. */
static struct str chat_text(struct arena *arena, size_t turns)
{
    struct buf text = {0};
    buf_add_byte(&text, '[');
    for (size_t i = 0; i < turns; i++)
        buf_printf(&text,
                   "%s{\"role\": \"user\", \"content\": \"%zu: what about %zu? %s\"}, {\"role\": "
                   "\"assistant\", "
                   "\"content\": \"%zu\"}",
                   i ? ", " : "", i, i * 977,
                   "There was more to say, [much] more, {and} \\\"so\\\" it was said.", i);
    buf_add_byte(&text, ']');
    struct str copy = arena_copy(arena, buf_str(&text));
    buf_done(&text);
    return copy;
}

static void a_growing_chat_costs_what_is_new(void **state)
{
    (void)state;
    enum { TURNS = 60 };
    struct arena arena;
    arena_init(&arena, ARENA_NO_LIMIT);
    char *path = test_directory();
    struct journal *journal = open_journal(path);
    struct str texts[TURNS];
    size_t naive = 0;
    for (size_t i = 0; i < TURNS; i++) {
        texts[i] = chat_text(&arena, i + 1);
        naive += texts[i].len;
        append_text(journal, texts[i]);
    }
    compare_texts(journal, texts, TURNS);
    /* Unique bytes in front of the compressor: the last text, and some for each span. */
    size_t raw = 0;
    for (size_t i = 0; i < journal->segments[0]->frame_count; i++)
        raw += journal->segments[0]->frames[i].raw_bytes;
    if (raw >= texts[TURNS - 1].len + TURNS * 200)
        STOP("%zu raw bytes, the last text has %zu", raw, texts[TURNS - 1].len);
    assert_true(raw < naive / 10);
    journal_close(journal);
    journal = open_journal(path);
    compare_texts(journal, texts, TURNS);
    journal_close(journal);
    remove_directory(path);
    arena_done(&arena);
}

static void the_same_text_is_stored_once(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal = open_journal(path);
    char *big = malloc(1 << 20);
    for (size_t i = 0; i < 1 << 20; i++)
        big[i] = (char)(i * i * 2654435761u >> 24);
    for (int i = 0; i < 20; i++)
        append_text(journal, (struct str){big, 1 << 20});
    struct journal_stats stats;
    journal_get_stats(journal, &stats);
    assert_true(stats.raw_bytes > 20 << 20);
    assert_true(stats.file_bytes < (1 << 20) + (1 << 18));
    journal_close(journal);
    free(big);
    remove_directory(path);
}

/* Every way to ask for a part: within a piece, over several, over parents, beyond the end. */
static void any_range_can_be_read(void **state)
{
    (void)state;
    struct arena arena, out;
    arena_init(&arena, ARENA_NO_LIMIT);
    char *path = test_directory();
    struct journal *journal = open_journal(path);
    struct str text = STR_NONE;
    for (size_t i = 1; i < 12; i++) {
        text = chat_text(&arena, i);
        append_text(journal, text);
    }
    struct journal_frame frame;
    struct journal_position at = {0};
    struct content_ref ref = {0};
    while (journal_read(journal, at, 0, &frame, NULL) == STATUS_OK) {
        const struct value *value = &frame.batches[0]->spans[0].attributes.items[0].value;
        assert_int_equal(value->type, VALUE_CONTENT);
        ref = value->content;
        at = frame.next;
        journal_frame_done(&frame);
    }
    assert_int_equal(ref.size_bytes, text.len);
    for (size_t offset = 0; offset <= text.len + 10; offset += 37)
        for (size_t length = 0; length < 700; length = length * 3 + 1) {
            struct str part, expected = str_sub(text, offset, length);
            arena_init(&out, ARENA_NO_LIMIT);
            assert_int_equal(journal_read_content(journal, ref, offset, length, &out, &part, NULL),
                             STATUS_OK);
            same_str(expected, part);
            arena_done(&out);
        }
    const struct content_source source = journal_content_source(journal);
    for (size_t bytes = 0; bytes <= text.len + 40; bytes += 37) {
        struct str part, expected = str_sub(text, bytes < text.len ? text.len - bytes : 0, bytes);
        arena_init(&out, ARENA_NO_LIMIT);
        assert_int_equal(source.read_end(source.context, ref, bytes, &out, &part, NULL), STATUS_OK);
        same_str(expected, part);
        arena_done(&out);
    }
    journal_close(journal);
    remove_directory(path);
    arena_done(&arena);
}

static void unknown_content_is_an_error(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal = open_journal(path);
    append_text(journal, STR("[" LONG_A "," LONG_B "]"));
    struct arena arena;
    struct str text;
    arena_init(&arena, ARENA_NO_LIMIT);
    struct content_ref ref = {.segment = 1, .ordinal = 1000};
    assert_int_equal(journal_read_content(journal, ref, 0, 10, &arena, &text, NULL),
                     STATUS_CORRUPT);
    ref.segment = 9;
    assert_int_equal(journal_read_content(journal, ref, 0, 10, &arena, &text, NULL),
                     STATUS_NOT_FOUND);
    arena_done(&arena);
    journal_close(journal);
    remove_directory(path);
}

static void values_that_nest_too_deeply_are_refused(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal = open_journal(path);
    for (int levels = VALUE_DEPTH_MAX - 1; levels <= VALUE_DEPTH_MAX + 1; levels++) {
        struct batch *batch = text_batch(STR("x"));
        struct value *value = &batch->spans[0].attributes.items[0].value;
        for (int i = 0; i < levels; i++) {
            *value = (struct value){.type = VALUE_ARRAY};
            value->array.items = arena_array(&batch->arena, struct value, 1);
            value->array.count = 1;
            value = value->array.items;
        }
        struct error error = {0};
        enum status expected = levels > VALUE_DEPTH_MAX ? STATUS_TOO_LARGE : STATUS_OK;
        assert_int_equal(append_and_wait(journal, batch, &error), expected);
        batch_free(batch);
    }
    struct batch *batch = text_batch(STR("x"));
    batch->spans[0].attributes.items[0].value.type = VALUE_CONTENT;
    assert_int_equal(append_and_wait(journal, batch, NULL), STATUS_INVALID);
    batch_free(batch);
    journal_close(journal);
    remove_directory(path);
}

/* --- what visitors keep */

static bool keep_it(void *context)
{
    return *(bool *)context;
}

/* Its spans can be read although their bytes in the file are gone. */
static void a_chunk_that_a_visitor_keeps_is_not_read_again(void **state)
{
    enum { TEXTS = 3, TEXT_BYTES = 1 << 20 };
    (void)state;
    const char *path = test_directory();
    struct journal_options options = {
        .directory = path, .disk_low_bytes = -1, .group_wait_us = 100, .cache_bytes = 1};
    struct journal *journal;
    assert_int_equal(journal_open(&options, &journal, NULL), STATUS_OK);
    char *text = malloc(TEXT_BYTES), file[128];
    for (int n = 0; n < TEXTS; n++) {
        memset(text, 'a' + n, TEXT_BYTES);
        append_text(journal, (struct str){text, TEXT_BYTES});
    }
    struct journal_chunks chunks;
    assert_int_equal(journal_list_chunks(journal, 1, &chunks, NULL), STATUS_OK);
    assert_true(chunks.count > 1);
    bool keeps = true;
    const struct journal_visitor visitor = {.context = &keeps, .keep = keep_it};
    assert_int_equal(journal_visit_chunk(journal, &chunks.items[0], &visitor, NULL), STATUS_OK);
    segment_path(path, 1, file);
    int fd = open(file, O_WRONLY);
    memset(text, 0, TEXT_BYTES);
    assert_true(pwrite(fd, text, 64, (off_t)chunks.items[0].start + 8) == 64);
    close(fd);
    const struct journal_location place = {.frame = {1, chunks.items[0].start},
                                           .signal = SIGNAL_SPANS};
    for (int kept = 1; kept >= 0; kept--) {
        struct batch *batch = NULL;
        journal_forget_kept(journal, kept ? 0 : INT64_MAX);
        assert_int_equal(journal_read_record(journal, place, &batch, NULL),
                         kept ? STATUS_OK : STATUS_CORRUPT);
        batch_free(batch);
    }
    free(text);
    free(chunks.items);
    journal_close(journal);
    remove_directory(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_cut_at_the_elements_of_outer_arrays),
        cmocka_unit_test(what_is_no_json_stays_whole),
        cmocka_unit_test(escapes_and_brackets_count_wherever_they_stand),
        cmocka_unit_test(odd_lists_come_back_byte_by_byte),
        cmocka_unit_test(a_growing_chat_costs_what_is_new),
        cmocka_unit_test(the_same_text_is_stored_once),
        cmocka_unit_test(any_range_can_be_read),
        cmocka_unit_test(unknown_content_is_an_error),
        cmocka_unit_test(values_that_nest_too_deeply_are_refused),
        cmocka_unit_test(a_chunk_that_a_visitor_keeps_is_not_read_again),
    };
    return cmocka_run_group_tests_name("journal: contents", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Search: what the shape of a match says never rules out a text that matches, and rules out much
 * that does not; and parts that were joined say what their halves said. */
#include "search_fixture.h"

static struct search_expression *regex(struct str pattern)
{
    struct search_expression *expression = NULL;
    return search_single(pattern, true, &expression, NULL) == STATUS_OK ? expression : NULL;
}

static struct search_part *index_text(const char *text)
{
    const struct str texts[] = {str_from(text)};
    return index_texts(texts, 1, false, NULL);
}

static void test_shapes_rule_out(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        bool stays;
    } cases[] = {
        {"\\b\\d{3}-\\d{2}-\\d{4}\\b", false}, /* only a date is there */
        {"\\d{4}-\\d{2}-\\d{2}", true},
        {"[a-z]{17,}", false},
        {"[a-z]{12,}", true},
        {"\\d{9}", false},
        {"\\d+", true},
        {"[\\w.]+@[\\w.]+", false},
        {"\\w+\\.\\w+", true},
        {"(foo|b.r)\\$\\d", false},
        {"(x@y|\\d-\\d)", true},
        {"order[0-9]{3}7\\b", false}, /* order1234 is there */
        {"order[0-9]{3}4\\b", true},
        {"rder[0-9]{3}", true},
        {"order[0-9]{5}", false},
        {"\\border[0-9]*\\b", true},
        {"^[0-9a-f]{8}$", false},
        {"(?i)ORDER\\d{4}", true},
        {"(?-i)order\\d{4}", true},
        {"[^a-z]{30}", true}, /* what a class leaves out says nothing of what stands there */
        {"q?order1?", true},
        {"(?:\\d\\d/){2}\\d", false},
    };
    struct search_part *part =
        index_text("On 2026-11-21 the extraordinary order1234 was sent. A parcel, v1.2 of it, "
                   "weighing 12 kg; internationally. See the table below for 100 % of it all.");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct search_expression *expression = regex(str_from(cases[i].pattern));
        assert_non_null(expression);
        if (is_found(part, &expression->terms[0]) != cases[i].stays)
            STOP("/%s/ is %sruled out", cases[i].pattern, cases[i].stays ? "" : "not ");
        search_expression_free(expression);
    }
    search_part_free(part);
}

static void add_escaped(struct buf *out, struct str character)
{
    if (memchr("\\.+*?()|[]{}^$", character.ptr[0], 14))
        buf_add_byte(out, '\\');
    buf_add_str(out, character);
}

/* Something that matches this character. */
static void add_character(struct buf *out, struct str character)
{
    bool is_letter = (character.ptr[0] | 0x20) >= 'a' && (character.ptr[0] | 0x20) <= 'z';
    bool is_digit = character.ptr[0] >= '0' && character.ptr[0] <= '9';
    switch (below(9)) {
    case 0:
        buf_add_str(out, is_digit ? STR("\\d") : is_letter ? STR("[a-z]") : STR("\\W"));
        break;
    case 4:
        buf_add_str(out, is_digit    ? STR("[[:digit:]]")
                         : is_letter ? STR("[[:lower:]_]")
                                     : STR("[^[:alnum:]]"));
        break;
    case 5:
        buf_add_str(out, is_digit ? STR("\\pN") : is_letter ? STR("\\p{Lu}") : STR("[\\PL\\pL]"));
        break;
    case 6:
        if (character.len == 1)
            buf_printf(out, below(2) ? "\\x%02x" : "[\\x{%X}]", (unsigned char)character.ptr[0]);
        else
            buf_add_str(out, STR("[^[:ascii:]]"));
        break;
    case 1:
        buf_add_str(out, is_digit || is_letter ? STR("\\w") : STR("[^a-z]"));
        break;
    case 2:
        buf_add_str(out, STR("(?:zz@|"));
        add_escaped(out, character);
        buf_add_str(out, STR(")"));
        break;
    case 3:
        buf_add_str(out, STR("(?s:.)"));
        break;
    default:
        add_escaped(out, character);
    }
}

/* A pattern that mostly matches the slice, so that what it rules out is ruled out wrongly. */
static void random_pattern(struct str slice, struct buf *out)
{
    static const char *const repeats[] = {"+", "{1,3}", "*", "{1}", "+?", "{1,}"};
    static const char *const besides[] = {"q?", "\\b", "(?:x1)*", "[0-9]{0,2}", "^", "()"};
    while (slice.len) {
        uint32_t number;
        size_t size = search_character(slice, &number);
        bool is_group = below(8) == 0;
        buf_add_str(out, is_group ? STR("(?:") : STR(""));
        add_character(out, str_sub(slice, 0, size));
        buf_add_str(out, is_group ? STR(")") : STR(""));
        if (below(5) == 0)
            buf_add_str(out, str_from(repeats[below(6)]));
        else if (below(12) == 0)
            buf_add_str(out, str_from(besides[below(6)]));
        slice = str_sub(slice, size, slice.len);
    }
}

static void check_patterns(const struct random_texts *random, size_t *matched)
{
    enum { PATTERNS = 120 };
    for (int n = 0; n < PATTERNS; n++) {
        struct buf pattern = {0};
        struct str text = buf_str(&random->texts[below(RANDOM_TEXTS)]);
        random_pattern(random_slice(text), &pattern);
        struct search_expression *expression = regex(buf_str(&pattern));
        if (expression && find_in(expression, text, false)) {
            (*matched)++;
            if (!is_found(random->part, &expression->terms[0]))
                STOP("the part does not have /%.*s/ of '%.*s'", STR_ARGS(buf_str(&pattern)),
                     STR_ARGS(text));
            if (!is_transcribed(&random->files, expression))
                STOP("the transcript does not have /%.*s/ of '%.*s'", STR_ARGS(buf_str(&pattern)),
                     STR_ARGS(text));
        }
        search_expression_free(expression);
        buf_done(&pattern);
    }
}

static void test_no_match_is_ruled_out(void **state)
{
    enum { ROUNDS = 25 };
    (void)state;
    size_t matched = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct random_texts random;
        random_texts_init(&random, round);
        check_patterns(&random, &matched);
        random_texts_done(&random);
    }
    assert_true(matched > 1000);
}

/* An array's elements may be texts of their own, and the array as a whole is what matches. */
static void test_a_match_across_texts_is_in_the_record(void **state)
{
    (void)state;
    static char long_texts[2][400];
    snprintf(long_texts[0], sizeof long_texts[0], "first %0300d", 1);
    snprintf(long_texts[1], sizeof long_texts[1], "second %0300d", 2);
    const struct str texts[] = {str_from(long_texts[0]), str_from(long_texts[1])};
    static const struct {
        const char *pattern;
        uint16_t sections;
    } cases[] = {{"first.*second", 1u << RECORD_SECTION},
                 {"first\\W+second", 1u << RECORD_SECTION},
                 {"first-?[a-z]+second", 0}};
    struct search_part *part = index_texts(texts, 2, false, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct search_expression *expression = regex(str_from(cases[i].pattern));
        struct part_places places;
        search_part_find(part, &expression->terms[0], &places);
        assert_int_equal(places.in[0], cases[i].sections);
        search_expression_free(expression);
    }
    search_part_free(part);
}

/* --- joining */

/* The part as if it were number `first` of its segment. */
static struct search_part *moved(struct search_part *part, uint32_t first)
{
    part->first_chunk = first;
    return part;
}

static void test_joined_parts_say_the_same(void **state)
{
    (void)state;
    struct search_part *first = index_text("apple banana 555-0199 order1234"), *joined;
    struct search_part *second = moved(index_text("banana cherry a@b.example"), 1);
    struct buf file = {0};
    assert_int_equal(search_parts_join(first, second, &file, NULL), STATUS_OK);
    assert_int_equal(search_part_read(buf_str(&file), &joined, NULL), STATUS_OK);
    assert_int_equal(joined->chunk_count, 2);
    static const char *const questions[] = {
        "apple",     "banana",         "cherry", "nan", "/\\d{3}-\\d{4}/",
        "/\\w@\\w/", "/order\\d+\\b/", "1234",   "zzz", "rr"};
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct search_expression *expression = NULL;
        struct part_places one, other, both;
        assert_int_equal(search_parse(str_from(questions[i]), &expression, NULL), STATUS_OK);
        search_part_find(first, &expression->terms[0], &one);
        search_part_find(second, &expression->terms[0], &other);
        search_part_find(joined, &expression->terms[0], &both);
        assert_int_equal(both.in[0], one.in[0]);
        assert_int_equal(both.in[1], other.in[0]);
        search_expression_free(expression);
    }
    struct buf again = {0};
    assert_int_equal(search_parts_join(second, first, &again, NULL), STATUS_INVALID);
    search_part_free(first);
    search_part_free(second);
    search_part_free(joined);
    buf_done(&file);
    buf_done(&again);
}

/* --- tokens */

enum { MANY_TEXTS = 300, MANY_WORDS = 60 };

/* Words of few letters, so that most stand within others. */
static struct search_part *index_many(struct buf texts[MANY_TEXTS])
{
    struct str list[MANY_TEXTS];
    for (int i = 0; i < MANY_TEXTS; i++) {
        buf_clear(&texts[i]);
        for (int word = 0; word < MANY_WORDS; word++) {
            for (uint32_t n = 2 + below(6); n; n--)
                buf_add_byte(&texts[i], (char)('a' + below(4)));
            buf_add_byte(&texts[i], ' ');
        }
        list[i] = buf_str(&texts[i]);
    }
    struct search_part *part = index_texts(list, MANY_TEXTS, false, NULL);
    assert_int_equal(part->chunks[0].chunk.content_count, MANY_TEXTS);
    assert_true(part->token_count > 20 * TOKENS_A_MARK);
    return part;
}

static uint16_t sections_of(const struct search_part *part, const struct buf texts[MANY_TEXTS],
                            const char *word)
{
    const struct journal_chunk *chunk = &part->chunks[0].chunk;
    uint16_t sections = 0;
    for (uint32_t i = 0; i < MANY_TEXTS; i++)
        if (search_find_bytes(buf_str(&texts[i]), str_from(word)))
            sections |= (uint16_t)(1u << search_section_of(chunk, chunk->first_content + i));
    return sections;
}

static void test_words_are_found_where_they_stand(void **state)
{
    (void)state;
    static struct buf texts[2][MANY_TEXTS];
    struct search_part *one = index_many(texts[0]), *joined;
    struct search_part *other = moved(index_many(texts[1]), 1);
    struct buf file = {0};
    assert_int_equal(search_parts_join(one, other, &file, NULL), STATUS_OK);
    assert_int_equal(search_part_read(buf_str(&file), &joined, NULL), STATUS_OK);
    size_t nowhere = 0, somewhere = 0;
    for (int round = 0; round < 1500; round++) {
        char word[12] = {0}, pattern[24];
        for (uint32_t n = 0, length = 2 + below(7); n < length; n++)
            word[n] = (char)('a' + below(4));
        snprintf(pattern, sizeof pattern, "/%.4s%s/", word, "[a-d]");
        for (int asked = 0; asked < 2; asked++) {
            struct search_expression *expression = NULL;
            struct part_places places;
            assert_int_equal(search_parse(str_from(asked ? pattern : word), &expression, NULL),
                             STATUS_OK);
            search_part_find(joined, &expression->terms[0], &places);
            uint16_t first = 0, second = 0;
            for (int last = 0; last < (asked ? 4 : 1); last++) {
                char whole[16];
                snprintf(whole, sizeof whole, asked ? "%.4s%c" : "%s", word, 'a' + last);
                first |= sections_of(one, texts[0], whole);
                second |= sections_of(other, texts[1], whole);
            }
            assert_int_equal(places.in[0], first);
            assert_int_equal(places.in[1], second);
            nowhere += !first && !second;
            somewhere += first || second;
            search_expression_free(expression);
        }
    }
    assert_true(nowhere > 100 && somewhere > 100);
    search_part_free(one);
    search_part_free(other);
    search_part_free(joined);
    buf_done(&file);
    for (int i = 0; i < 2 * MANY_TEXTS; i++)
        buf_done(&texts[i / MANY_TEXTS][i % MANY_TEXTS]);
}

/* --- places */

static void test_places_are_read_as_written(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct part_places places = {{0}}, read = {{0}};
        struct buf out = {0};
        uint32_t count = 1 + below(round % 2 ? 2 : PART_CHUNKS);
        for (uint32_t i = 0; i < count; i++)
            places.in[below(PART_CHUNKS)] |=
                (uint16_t)(below(2) ? 1u << below(SECTIONS) : 1 + below(ALL_SECTIONS));
        struct chunk_place list[PART_CHUNKS];
        size_t listed = 0;
        for (uint32_t i = 0; i < PART_CHUNKS; i++)
            if (places.in[i])
                list[listed++] = (struct chunk_place){(uint16_t)i, places.in[i]};
        search_places_put(&out, list, listed);
        struct cursor in = cursor_of(buf_str(&out)), skipped = in;
        search_places_get(&in, &read);
        search_places_skip(&skipped);
        assert_ptr_equal(skipped.at, in.at);
        assert_false(in.bad);
        assert_int_equal(cursor_left(&in), 0);
        assert_memory_equal(&places, &read, sizeof places);
        buf_done(&out);
    }
}

/* --- transcripts */

static struct transcript_files transcribe(const struct str *texts, size_t count, bool shares)
{
    struct transcript_files files = {0};
    search_part_free(index_texts(texts, count, shares, &files));
    return files;
}

static void check_transcribed(const struct transcript_files *files, const char *text, bool stays)
{
    struct search_expression *expression = NULL;
    assert_int_equal(search_parse(str_from(text), &expression, NULL), STATUS_OK);
    if (is_transcribed(files, expression) != stays)
        STOP("%s is %sruled out", text, stays ? "" : "not ");
    search_expression_free(expression);
}

static void test_transcripts_rule_out(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool stays;
    } cases[] = {
        {"/(sta|ra).{3}z\\W/", true},  /* "ra biz-" */
        {"/(sta|ra).{3}z\\w/", false}, /* that only stands in two texts */
        {"/(sta|ra).{4}z\\W/", false},
        {"/(sta|ra).{2}z-/", false},
        {"/(sta|ra).{1,3}z-/", true},
        {"/RA BI./", true},
        {"/ra\\s+bi[^a-y]/", true},
        {"/of.{1,9}order/", true},
        {"/order.{1,9}of/", false},
        {"/[0-9]{3}-[0-9]{4}-[a-z]{2}/", false},
        {"/[0-9]{3}-[0-9]{4}-[a-z]/", true}, /* numbers are words of three digits */
        {"/(foo|ba).{2,5}q/", false},
        {"/(?:ab?){3}c{2,}/", true},
        {"/x*y*/", true}, /* nothing is everywhere */
        {"/line.{1}next/", true},
        {"/line\\nnext/", true},
        {"/line\\\\nnext/", true}, /* as it is stored */
        {"/caf. au/", true},
        {"/caf[^x]? a[uU]$/", true},
        {"/Stra.e 1/", true},
        {"/ra\\pZ+bi[[:punct:]]/", false},
        {"/[[:lower:]]{2} biz[[:punct:]]/", true},
        {"/ra[^[:^space:]]biz\\x2d[\\p{Ll}\\d]/", true},
        {"/\\p{Greek}{2}|para biz[[:xdigit:]]/", false},
        {"/[^[:^lower:]]tra.e 1/", true}, /* "Stra": case is ignored in what is left out, too */
        {"/(?i:CAF)\\p{Latin} \\x{61}u/", true},
        {"\"of the order\"", false},
        {"\"of an order\"", true},
        {"\"cafe au\"", true},
        {"\"STRASSE 1\"", true},
        {"\"strasse 2\"", false},
        {"\"end of the\" ", false}, /* one text ends, the next begins */
    };
    static char filler[2000];
    const struct str texts[] = {
        STR("a para bi"),
        STR("z-like para biz-like of an order, aabababcc 555-1234-x at the end"),
        STR("of the line\\nnext caf\\u00e9 au"),
        STR("Straße 1"),
        str_from(filler),
    };
    memset(filler, 'y', sizeof filler - 1);
    for (int shares = 0; shares < 2; shares++) {
        struct transcript_files files = transcribe(texts, sizeof texts / sizeof *texts, shares);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            check_transcribed(&files, cases[i].text, cases[i].stays);
        transcript_files_done(&files);
    }
}

/* Escapes of which another escape makes letters are only told by reading them. */
static void test_escapes_within_escapes_are_never_ruled_out(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *found;
    } cases[] = {
        {STR_INIT("x \\\\\\u005cn y"), "/x \\n y/"},
        {STR_INIT("x \\\\\\u00750041 y"), "\"x A y\""},
        {STR_INIT("x \\u00\\u00341 y"), "\"x A y\""},
        {STR_INIT("x \\\\ud83d\\\\ude80 y"), "\"x 🚀 y\""},
        {STR_INIT("x \\\\u003c y"), "\"x < y\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct transcript_files files = transcribe(&cases[i].text, 1, false);
        check_transcribed(&files, cases[i].found, true);
        transcript_files_done(&files);
    }
}

/* Some bytes of the text, or others, with gaps between them. */
static struct search_expression *pattern_with_gaps(struct str text)
{
    struct buf pattern = {0};
    struct str slice = str_sub(text, below((uint32_t)text.len - 80), 60);
    for (size_t at = 0; at < 24;) {
        size_t len = 1 + below(4), gap = below(14), more = below(4);
        if (below(40) == 0)
            buf_add_str(&pattern, STR("q"));
        buf_add_str(&pattern, str_sub(slice, at, len));
        buf_printf(&pattern, below(3) ? ".{%zu,%zu}" : "(?:..){0,%zu}.{0,%zu}", gap, gap + more);
        at += len + gap + below((uint32_t)more + 1);
    }
    struct search_expression *expression = regex(buf_str(&pattern));
    buf_done(&pattern);
    return expression;
}

/* More words than codes, a text that goes on over several blocks, more states than rows. */
static void check_many_words(bool shares)
{
    enum { TOKENS = 120000, PATTERN_ROUNDS = 40 };
    struct buf text = {0};
    size_t found = 0;
    for (int i = 0; i < TOKENS; i++)
        buf_printf(&text, "%c%c%c%c%c", (char)('b' + below(8)), (char)('a' + below(15)),
                   (char)('a' + below(15)), (char)('a' + below(15)), " -, "[below(4)]);
    buf_add_str(&text, STR("aqqaqq"));
    struct str texts[] = {buf_str(&text)};
    struct transcript_files files = transcribe(texts, 1, shares);
    for (int round = 0; round < PATTERN_ROUNDS; round++) {
        struct search_expression *expression = pattern_with_gaps(texts[0]);
        bool stands = find_in(expression, texts[0], true);
        if (stands && !is_transcribed(&files, expression))
            STOP("/%.*s/ is ruled out", STR_ARGS(expression->terms[0].pattern));
        found += stands;
        search_expression_free(expression);
    }
    assert_true(found > PATTERN_ROUNDS / 3);
    check_transcribed(&files, "/[b-m].{30,40}aqqaqq/", true);
    check_transcribed(&files, "/[bd].{1,9}aqqaqqa/", false);
    check_transcribed(&files, "/[a-e].{11}qqaqqa/", false);
    buf_done(&text);
    transcript_files_done(&files);
}

static void test_a_transcript_of_many_words(void **state)
{
    (void)state;
    check_many_words(false);
    check_many_words(true);
}

static bool is_whole(struct str file, bool is_words)
{
    struct transcript_words words;
    bool whole = is_words ? transcript_words_read(file, &words) : search_transcript_is_whole(file);
    if (is_words && whole)
        transcript_words_done(&words);
    return whole;
}

/* Every byte of it counts. */
static void check_damage(struct buf *file, bool is_words)
{
    assert_true(is_whole(buf_str(file), is_words));
    for (size_t i = 0; i < file->len; i++) {
        file->ptr[i] ^= 4;
        assert_false(is_whole(buf_str(file), is_words));
        file->ptr[i] ^= 4;
    }
    for (size_t len = 0; len < file->len; len++)
        assert_false(is_whole(str_sub(buf_str(file), 0, len), is_words));
}

static void test_damaged_transcripts_are_not_read(void **state)
{
    (void)state;
    struct str texts[] = {STR("some words about some words about some words about nothing")};
    struct transcript_files files = transcribe(texts, 1, true);
    check_damage(&files.words, true);
    check_damage(&files.transcript, false);
    transcript_files_done(&files);
}

/* What a finder learned of words that are shared is true of the next transcript, what it learned of
 * others is not. */
static void test_a_finder_reads_many_transcripts(void **state)
{
    enum { FILES = 4, ASKED = 60, TEXT_WORDS = 400 };
    (void)state;
    struct transcript_files files[2 * FILES] = {0};
    struct buf texts[FILES] = {0};
    for (int i = 0; i < FILES; i++) {
        for (int n = 0; n < TEXT_WORDS; n++)
            buf_printf(&texts[i], "%c%c%c%s", (char)('a' + below(4)), (char)('a' + below(3)),
                       (char)('a' + i), &" ,.-"[below(4)]);
        struct str text[] = {buf_str(&texts[i])};
        files[i] = transcribe(text, 1, false);
        if (i)
            buf_add_str(&files[FILES + i].words, buf_str(&files[FILES].words));
        search_part_free(index_texts(text, 1, true, &files[FILES + i]));
    }
    for (int round = 0; round < ASKED; round++) {
        struct search_expression *expression = pattern_with_gaps(buf_str(&texts[round % FILES]));
        struct transcript_finder *finder = search_finder_new(expression);
        assert_true(search_finder_knows(finder, 1));
        for (int n = 0; n < 6 * FILES; n++) {
            const struct transcript_files *file = &files[below(2 * FILES)];
            uint32_t allowed[SECTIONS], any = 0;
            for (int section = 0; section < SECTIONS; section++)
                allowed[section] = 1;
            if (file->words.len && !search_finder_words(finder))
                assert_true(search_finder_use(finder, buf_str(&file->words)));
            bool shares = file->words.len > 0, shared = search_finder_words(finder) != 0;
            assert_int_equal(search_finder_narrow(finder, buf_str(&file->transcript), allowed),
                             shares == shared);
            for (int section = 0; section < SECTIONS; section++)
                any |= allowed[section];
            if (shares != shared)
                continue;
            if (any != is_transcribed(file, expression))
                STOP("/%.*s/ is found by a new finder only",
                     STR_ARGS(expression->terms[0].pattern));
        }
        search_finder_free(finder);
        search_expression_free(expression);
    }
    for (int i = 0; i < FILES; i++)
        buf_done(&texts[i]);
    for (int i = 0; i < 2 * FILES; i++)
        transcript_files_done(&files[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transcripts_rule_out),
        cmocka_unit_test(test_escapes_within_escapes_are_never_ruled_out),
        cmocka_unit_test(test_a_transcript_of_many_words),
        cmocka_unit_test(test_a_finder_reads_many_transcripts),
        cmocka_unit_test(test_damaged_transcripts_are_not_read),
        cmocka_unit_test(test_shapes_rule_out),
        cmocka_unit_test(test_no_match_is_ruled_out),
        cmocka_unit_test(test_a_match_across_texts_is_in_the_record),
        cmocka_unit_test(test_joined_parts_say_the_same),
        cmocka_unit_test(test_words_are_found_where_they_stand),
        cmocka_unit_test(test_places_are_read_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

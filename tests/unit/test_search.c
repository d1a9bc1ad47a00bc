/* SPDX-License-Identifier: Apache-2.0 */
/* Search: expressions, folding, readings, and that nothing skips a text that matches. */
#include "search_fixture.h"

/* --- expressions */

static struct search_expression *parsed(const char *text)
{
    struct search_expression *expression = NULL;
    struct error error = {0};
    if (search_parse(str_from(text), &expression, &error) != STATUS_OK)
        STOP("%s: %s", text, error.text);
    return expression;
}

/* Which of the terms a, b, c (bits 0, 1, 2) make the expression hold, as eight characters. */
static void check_table(const char *text, const char *expected)
{
    struct search_expression *expression = parsed(text);
    char table[9] = {0};
    for (uint32_t found = 0; found < 8; found++)
        table[found] = search_holds(expression, found) ? '1' : '0';
    assert_string_equal(table, expected);
    search_expression_free(expression);
}

static void test_operators(void **state)
{
    (void)state;
    check_table("a", "01010101");
    check_table("a b", "00010001");
    check_table("a AND b", "00010001");
    check_table("a OR b", "01110111");
    check_table("a b OR c", "00011111");
    check_table("a OR b c", "01010111");
    check_table("(a OR b) c", "00000111");
    check_table("NOT a", "10101010");
    check_table("-a", "10101010");
    check_table("a NOT b", "01000100");
    check_table("a -(b OR c)", "01000000");
    check_table("NOT NOT a", "01010101");
}

static void test_terms(void **state)
{
    (void)state;
    struct search_expression *expression = parsed(
        "input:Foo \"a \\\"b\\\" c\" /x\\/y+/ tool:(p OR error:q) http://h /api/users --flag");
    assert_int_equal(expression->term_count, 8);
    assert_int_equal(expression->terms[0].fields, 1u << SEARCH_input);
    assert_true(str_equal(expression->terms[0].folded, STR("foo")));
    assert_true(str_equal(expression->terms[1].folded, STR("a \"b\" c")));
    assert_non_null(expression->terms[2].regex);
    assert_int_equal(expression->terms[3].fields, 1u << SEARCH_tool);
    assert_int_equal(expression->terms[4].fields, 1u << SEARCH_error);
    assert_true(str_equal(expression->terms[5].folded, STR("http://h")));
    assert_int_equal(expression->terms[5].fields, 0);
    assert_true(str_equal(expression->terms[6].folded, STR("/api/users")));
    assert_true(str_equal(expression->terms[7].folded, STR("--flag")));
    search_expression_free(expression);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "q: at character 1: expected a word"},
        {"(", "q: at character 2: expected a word"},
        {"a )", "q: at character 3: this ')' has no '('"},
        {"(a", "q: at character 1: expected a ')'"},
        {"()", "q: at character 2: expected a word, \"phrase\", /regex/ or '(' before this ')'"},
        {"ü \"x", "q: at character 3: expected a closing quote"},
        {"\"\"", "q: at character 1: expected a text that is not empty"},
        {"a OR", "q: at character 5: expected a word"},
        {"output:", "q: at character 8: expected a word, \"phrase\" or /regex/ behind the colon"},
        {"/(/", "q: at character 1: the regular expression cannot be read"},
        {"/[[:nosuch:]]/", "q: at character 1: the regular expression cannot be read"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct search_expression *expression = NULL;
        struct error error = {0};
        assert_int_equal(search_parse(str_from(cases[i].text), &expression, &error),
                         STATUS_INVALID);
        assert_null(expression);
        if (strncmp(error.text, cases[i].says, strlen(cases[i].says)) != 0)
            STOP("'%s': expected '%s', got '%s'", cases[i].text, cases[i].says, error.text);
    }
}

/* --- folding and readings */

static void check_fold(const char *text, const char *expected)
{
    struct buf out = {0}, mapped = {0}, starts = {0}, ends = {0};
    search_fold(str_from(text), &out);
    assert_true(str_equal(buf_str(&out), str_from(expected)) || (out.len == 0 && expected[0] == 0));
    search_fold_mapped(str_from(text), &mapped, &starts, &ends);
    assert_int_equal(mapped.len, out.len);
    assert_int_equal(starts.len, out.len * sizeof(uint32_t));
    assert_true(out.len == 0 || !memcmp(mapped.ptr, out.ptr, out.len));
    buf_done(&out);
    buf_done(&mapped);
    buf_done(&starts);
    buf_done(&ends);
}

static void test_folding(void **state)
{
    (void)state;
    check_fold("ABCxyz@[`{ 0123456789 MIXED case of more than eight",
               "abcxyz@[`{ 0123456789 mixed case of more than eight");
    check_fold("STRASSE Straße ẞ", "strasse strasse ss");
    check_fold("ZÜRICH Zu\xcc\x88rich", "zurich zurich");
    check_fold("ÀÉÎõç ĄŁ", "aeioc ał");
    check_fold("ΣΊΣΥΦΟΣ", "σισυφοσ");
    check_fold("\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f", "\u0645\u062d\u0645\u062f");
    check_fold("أإآ", "ااا");
    check_fold("上海 한국 👩‍🚀", "上海 한국 👩‍🚀");
    check_fold("K\xe2\x84\xaa", "kk");
    check_fold("\xff\xc3(\xe2\x82", "\xff\xc3(\xe2\x82");
}

static void test_readings(void **state)
{
    (void)state;
    static const struct {
        const char *text, *readings;
    } cases[] = {
        {"plain", "plain|"},
        {"C:\\new", "C:\\new|C:\new|"},
        {"{\"a\":\"x\\ny\"}", "{\"a\":\"x\ny\"}|"},
        {"{\"a\":\"{\\\"b\\\":\\\"\\\\u00fc\\\"}\"}",
         "{\"a\":\"{\"b\":\"\\u00fc\"}\"}|{\"a\":\"{\"b\":\"ü\"}\"}|"},
        {"{\"a\":\"\\q\"}", "{\"a\":\"\\q\"}|"},
        {"\\ud83d\\ude80 \\ud83d", "\\ud83d\\ude80 \\ud83d|🚀 \xef\xbf\xbd|"},
        {"\\", "\\|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct search_reading reading = {0};
        struct buf all = {0};
        while (search_reading_next(&reading, str_from(cases[i].text), READINGS_MAX)) {
            buf_add_str(&all, reading.text);
            buf_add_byte(&all, '|');
        }
        if (!str_equal(buf_str(&all), str_from(cases[i].readings)))
            STOP("expected %s, got %.*s", cases[i].readings, (int)all.len, all.ptr);
        buf_done(&all);
        search_reading_done(&reading);
    }
}

static void check_snippet(const char *query, const char *text, const char *expected)
{
    struct search_expression *expression = parsed(query);
    struct search_matcher matcher = {.expression = expression};
    struct search_snippet snippet;
    struct arena arena;
    struct buf shown = {0};
    arena_init(&arena, 1 << 16);
    uint32_t found = search_find(&matcher, str_from(text), UINT32_MAX >> 1);
    assert_true(search_make_snippet(&matcher, str_from(text), found, &arena, &snippet));
    size_t at = 0;
    for (size_t i = 0; i < snippet.highlight_count; i++) {
        buf_add_str(&shown, str_sub(snippet.text, at, snippet.highlights[i].from - at));
        at = snippet.highlights[i].from;
        buf_add_byte(&shown, '[');
        buf_add_str(&shown, str_sub(snippet.text, at, snippet.highlights[i].to - at));
        at = snippet.highlights[i].to;
        buf_add_byte(&shown, ']');
    }
    buf_add_str(&shown, str_sub(snippet.text, at, snippet.text.len));
    if (!str_equal(buf_str(&shown), str_from(expected)))
        STOP("expected '%s', got '%.*s'", expected, (int)shown.len, shown.ptr);
    buf_done(&shown);
    arena_done(&arena);
    search_matcher_done(&matcher);
    search_expression_free(expression);
}

static void test_snippets(void **state)
{
    (void)state;
    char text[2048], expected[512];
    check_snippet("order", "My Order and your ORDER", "My [Order] and your [ORDER]");
    check_snippet("zurich", "nach ZÜRICH!", "nach [ZÜRICH]!");
    check_snippet("ab OR bc", "xabcx", "x[abc]x");
    check_snippet("/o\\w+r/", "your order", "y[our] [order]");
    check_snippet("strasse", "Die Straße.", "Die [Straße].");
    check_snippet("line", "{\"a\":\"one\\nline\"}", "{\"a\":\"one\n[line]\"}");
    memset(text, 'x', 1000);
    memcpy(text + 500, " needle ", 8);
    text[1000] = 0;
    snprintf(expected, sizeof expected, "…%.*s [needle] %.*s…", 71, text, 161, text);
    check_snippet("needle", text, expected);
}

/* --- nothing is skipped that matches */

static struct search_expression *literal(struct str text)
{
    struct search_expression *expression;
    return search_single(text, false, &expression, NULL) == STATUS_OK ? expression : NULL;
}

static void test_nothing_is_skipped(void **state)
{
    enum { SLICES = 50 };
    (void)state;
    size_t found_total = 0, absent_total = 0;
    for (int round = 0; round < 12; round++) {
        struct random_texts random;
        random_texts_init(&random, round);
        for (int n = 0; n < SLICES; n++) {
            int i = (int)below(RANDOM_TEXTS);
            struct str text = buf_str(&random.texts[i]), stored = buf_str(&random.stored[i]);
            struct search_expression *expression = literal(random_slice(text));
            if (!expression)
                continue; /* nothing but marks that are not compared */
            assert_int_equal(find_in(expression, text, false), 1);
            if (!find_in(expression, stored, true))
                STOP("'%.*s' is not found in '%.*s'", STR_ARGS(expression->terms[0].folded),
                     STR_ARGS(stored));
            if (!is_found(random.part, &expression->terms[0]))
                STOP("the part does not have '%.*s'", STR_ARGS(expression->terms[0].folded));
            if (!is_transcribed(&random.files, expression))
                STOP("the transcript does not have '%.*s'", STR_ARGS(expression->terms[0].folded));
            found_total++;
            search_expression_free(expression);
            expression = literal(STR("qqqqqq"));
            absent_total += !is_found(random.part, &expression->terms[0]) &&
                            !is_transcribed(&random.files, expression);
            search_expression_free(expression);
        }
        random_texts_done(&random);
    }
    assert_true(found_total > 400);
    assert_true(absent_total > 500); /* and it does skip */
}

static void test_bounds_hold(void **state)
{
    (void)state;
    static const char *const words[] = {"a", "b", "c", "d", "OR", "AND", "NOT", "-", "(", ")"};
    size_t good = 0;
    for (int round = 0; round < 20000; round++) {
        struct buf text = {0};
        struct search_expression *expression = NULL;
        for (uint32_t i = 0, count = 1 + below(9); i < count; i++)
            buf_printf(&text, "%s ", words[below(10)]);
        if (search_parse(buf_str(&text), &expression, NULL) == STATUS_OK) {
            good++;
            for (uint32_t found = 0; found < 256; found++)
                for (uint32_t extra = 0; extra < 256; extra += 37)
                    if (search_holds(expression, found))
                        assert_true(search_may_hold(expression, found | extra));
        }
        search_expression_free(expression);
        buf_done(&text);
    }
    assert_true(good > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operators),
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_readings),
        cmocka_unit_test(test_snippets),
        cmocka_unit_test(test_nothing_is_skipped),
        cmocka_unit_test(test_bounds_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* json: documents in, the words for what is none, and replies out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json.h"

#include <cmocka.h> /* last: it has a macro named fail */

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, ARENA_NO_LIMIT);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

/* From an exact heap copy, so that the sanitiser sees any read past the end. */
static enum status parse(struct str text, struct json *out, struct error *error)
{
    char *copy = malloc(text.len + 1);
    memcpy(copy, text.ptr, text.len);
    char *exact = realloc(copy, text.len ? text.len : 1);
    enum status status = json_parse((struct str){exact, text.len}, &arena, out, error);
    free(exact);
    return status;
}

static struct json parsed(const char *text)
{
    struct json json;
    struct error error = {0};
    if (json_parse(str_from(text), &arena, &json, &error) != STATUS_OK)
        fail_msg("%s: %s", text, error.text);
    return json;
}

static void every_type_is_read(void **state)
{
    (void)state;
    struct json json = parsed(" [null, true, false, -1, 9223372036854775807,"
                              "18446744073709551615, 0.5, -2e3, \"\", [], {}, \"a\\u0000b\"] ");
    static const enum json_type types[] = {JSON_NULL,   JSON_BOOL,  JSON_BOOL,   JSON_INT,
                                           JSON_INT,    JSON_UINT,  JSON_DOUBLE, JSON_DOUBLE,
                                           JSON_STRING, JSON_ARRAY, JSON_OBJECT, JSON_STRING};
    assert_int_equal(json.count, sizeof types / sizeof *types);
    for (size_t i = 0; i < json.count; i++)
        assert_int_equal(json.items[i].type, types[i]);
    assert_true(json.items[1].boolean && !json.items[2].boolean);
    assert_true(json.items[3].integer == -1 && json.items[4].integer == INT64_MAX);
    assert_true((uint64_t)json.items[5].integer == UINT64_MAX);
    assert_true(json.items[6].number == 0.5 && json.items[7].number == -2000);
    assert_true(str_equal(json.items[11].string, STR("a\0b")));
}

static void containers_know_their_bytes(void **state)
{
    (void)state;
    struct json json = parsed("  {\"a\" : [ 1, {\"b\":\"]\\\"}\"} , [ ] ],\"c\":{ }, \"d\":7}\n");
    assert_true(str_starts(json.raw, STR("{\"a\"")) && str_ends(json.raw, STR(":7}")));
    assert_true(str_equal(json_path(&json, STR("a"))->raw, STR("[ 1, {\"b\":\"]\\\"}\"} , [ ] ]")));
    assert_true(str_equal(json_path(&json, STR("a.1"))->raw, STR("{\"b\":\"]\\\"}\"}")));
    assert_true(str_equal(json_path(&json, STR("a.2"))->raw, STR("[ ]")));
    assert_true(str_equal(json_path(&json, STR("c"))->raw, STR("{ }")));
    assert_null(json_path(&json, STR("d"))->raw.ptr);
    assert_null(json_path(&json, STR("a.3")));
    assert_null(json_path(&json, STR("d.x")));
    assert_null(json_path(&json, STR("a.x")));
}

static void of_duplicate_keys_the_last_counts(void **state)
{
    (void)state;
    struct json json = parsed("{\"k\":1,\"k\":2}");
    assert_int_equal(json_get(&json, STR("k"))->integer, 2);
    assert_null(json_get(&json, STR("K")));
    assert_null(json_get(NULL, STR("K")));
}

static void numbers_are_read_from_numbers_and_texts(void **state)
{
    (void)state;
    struct json json =
        parsed("[7, \"7\", 7.0, \"7.5\", 7.5, 1e300, 18446744073709551615, \"x\", null, true]");
    static const bool is_int[] = {1, 1, 1, 0, 0, 0, 0, 0, 0, 0};
    static const bool is_number[] = {1, 1, 1, 1, 1, 1, 1, 0, 0, 0};
    for (size_t i = 0; i < json.count; i++) {
        int64_t integer = 0;
        double number = 0;
        assert_int_equal(json_int(&json.items[i], &integer), is_int[i]);
        assert_int_equal(json_number(&json.items[i], &number), is_number[i]);
        if (is_int[i])
            assert_true(integer == 7 && number == 7);
    }
    assert_null(json_string(&json.items[0]).ptr);
    assert_true(str_equal(json_string(&json.items[7]), STR("x")));
}

static const struct {
    struct str text;
    const char *error;
} refused[] = {
    {STR_INIT(""), "at byte 0: expected a value"},
    {STR_INIT("  "), "at byte 2: expected a value"},
    {STR_INIT("{"), "at byte 1: expected a string"},
    {STR_INIT("{\"a\""), "at byte 4: expected ':'"},
    {STR_INIT("{\"a\":1,}"), "at byte 7: expected a string"},
    {STR_INIT("{\"a\":1 \"b\":2}"), "at byte 7: expected ',' or '}'"},
    {STR_INIT("{a:1}"), "at byte 1: expected a string"},
    {STR_INIT("[1,]"), "at byte 3: expected a value"},
    {STR_INIT("[1"), "at byte 2: expected ',' or ']'"},
    {STR_INIT("[1}"), "at byte 2: expected ',' or ']'"},
    {STR_INIT("[01]"), "at byte 3: expected a number without leading zeros"},
    {STR_INIT("[1.]"), "at byte 3: expected a digit"},
    {STR_INIT("[1e]"), "at byte 3: expected a digit"},
    {STR_INIT("[-]"), "at byte 2: expected a number"},
    {STR_INIT("[+1]"), "at byte 1: expected a value"},
    {STR_INIT("[NaN]"), "at byte 1: expected a value"},
    {STR_INIT("[tru]"), "at byte 1: expected a value"},
    {STR_INIT("\"abc"), "at byte 4: expected the end of a string"},
    {STR_INIT("\"a\nb\""), "at byte 2: expected no control character"},
    {STR_INIT("\"a\\x\""), "at byte 2: expected an escape sequence"},
    {STR_INIT("\"a\\u12\""), "at byte 2: expected an escape sequence"},
    {STR_INIT("{} {}"), "at byte 3: expected nothing after the end"},
    {STR_INIT("[1] x"), "at byte 4: expected nothing after the end"},
    {STR_INIT("[\"a\xFF\"]"), "at byte 3: expected UTF-8"},
    {STR_INIT("[1\0]"), "at byte 2: expected ',' or ']'"},
    {STR_INIT("<html>"), "at byte 0: expected a value"},
};

static void what_is_not_json_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct error error = {0};
        struct json json;
        assert_int_equal(parse(refused[i].text, &json, &error), STATUS_INVALID);
        if (!strstr(error.text, refused[i].error))
            fail_msg("%.*s: %s", STR_ARGS(refused[i].text), error.text);
    }
}

static void every_prefix_of_a_document_is_refused(void **state)
{
    (void)state;
    struct str text =
        STR("{\"a\":[1,-2.5e3,true,null],\"b\":{\"c\":\"d\\u00e9\\n\"},\"e\":[[],{}]}");
    for (size_t len = 0; len < text.len; len++) {
        struct json json;
        assert_int_equal(parse(str_sub(text, 0, len), &json, NULL), STATUS_INVALID);
    }
    struct json json;
    assert_int_equal(parse(text, &json, NULL), STATUS_OK);
}

static void halves_of_surrogate_pairs_are_mended(void **state)
{
    (void)state;
    struct json json =
        parsed("[\"cut \\ud83d\", \"\\ude00\", \"\\ud83d\\ude00\", \"\\ud83d\\ud83d\\ude00\","
               " \"\\ud83dx\", \"\\\\ud83d\", \"\\uD83D\\n\"]");
    assert_true(str_equal(json.items[0].string, STR("cut \xEF\xBF\xBD")));
    assert_true(str_equal(json.items[1].string, STR("\xEF\xBF\xBD")));
    assert_true(str_equal(json.items[2].string, STR("\xF0\x9F\x98\x80")));
    assert_true(str_equal(json.items[3].string, STR("\xEF\xBF\xBD\xF0\x9F\x98\x80")));
    assert_true(str_equal(json.items[4].string, STR("\xEF\xBF\xBDx")));
    assert_true(str_equal(json.items[5].string, STR("\\ud83d")));
    assert_true(str_equal(json.items[6].string, STR("\xEF\xBF\xBD\n")));
}

static void whole_numbers_beyond_64_bits_become_doubles(void **state)
{
    (void)state;
    struct json json = parsed("[123456789012345678901234567890, -123456789012345678901, "
                              "{\"a\":340282366920938463463374607431768211455}, "
                              "18446744073709551616, -9223372036854775809, [3]]");
    assert_int_equal(json.items[0].type, JSON_DOUBLE);
    assert_true(fabs(json.items[0].number / 123456789012345678901234567890.0 - 1) < 1e-14);
    assert_true(fabs(json.items[1].number / -123456789012345678901.0 - 1) < 1e-14);
    assert_true(fabs(json_path(&json, STR("2.a"))->number / 0x1p128 - 1) < 1e-14);
    assert_true(fabs(json.items[3].number / 0x1p64 - 1) < 1e-14);
    assert_true(fabs(json.items[4].number / -0x1p63 - 1) < 1e-14);
    assert_true(str_equal(json.items[5].raw, STR("[3]")));
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    enum { OVER = JSON_DEPTH_MAX + 10 };
    char text[2 * OVER];
    for (size_t depth = JSON_DEPTH_MAX - 2; depth < OVER; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct error error = {0};
        struct json json;
        enum status status = json_parse((struct str){text, 2 * depth}, &arena, &json, &error);
        if (depth < JSON_DEPTH_MAX - 1)
            assert_int_equal(status, STATUS_OK);
        if (depth > JSON_DEPTH_MAX) {
            assert_int_equal(status, STATUS_TOO_LARGE);
            assert_non_null(strstr(error.text, "nested deeper than 512"));
        }
    }
}

static void a_full_arena_is_said_so(void **state)
{
    (void)state;
    struct str text = STR("{\"a\":[1,2,3,{\"b\":\"cccccccccccccccccccccccc\"}],\"d\":\"e\"}");
    bool passed = false;
    for (size_t limit = 0; !passed; limit += 8) {
        struct arena small;
        struct json json;
        arena_init(&small, limit);
        enum status status = json_parse(text, &small, &json, NULL);
        passed = status == STATUS_OK;
        assert_true(passed || status == STATUS_TOO_LARGE);
        arena_done(&small);
        assert_true(limit < 4096);
    }
}

static void large_documents_are_read_whole(void **state)
{
    (void)state;
    enum { ITEMS = 300000 };
    struct buf buf = {0};
    buf_add_byte(&buf, '[');
    for (int i = 0; i < ITEMS; i++)
        buf_printf(&buf, "%s{\"n\":%d,\"s\":\"text %d\"}", i ? "," : "", i, i);
    buf_add_byte(&buf, ']');
    struct json json;
    assert_int_equal(json_parse(buf_str(&buf), &arena, &json, NULL), STATUS_OK);
    assert_int_equal(json.count, ITEMS);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(json_get(&json.items[i], STR("n"))->integer, i);
    assert_int_equal(json.raw.len, buf.len);
    buf_done(&buf);
}

static void absurdly_long_arrays_are_refused(void **state)
{
    (void)state;
    enum { ITEMS = (1 << 24) + 5 };
    struct str text = {malloc(2 * (size_t)ITEMS + 1), 2 * (size_t)ITEMS + 1};
    char *at = (char *)text.ptr;
    *at++ = '[';
    for (size_t i = 0; i < ITEMS; i++, at += 2)
        memcpy(at, i + 1 < ITEMS ? "1," : "1]", 2);
    struct json json;
    assert_int_equal(json_parse(text, &arena, &json, NULL), STATUS_TOO_LARGE);
    struct arena small;
    arena_init(&small, 1 << 20);
    assert_int_equal(json_parse(text, &small, &json, NULL), STATUS_TOO_LARGE);
    arena_done(&small);
    free((char *)text.ptr);
}

static void the_writer_puts_in_the_commas(void **state)
{
    (void)state;
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    json_out_object(&out, NULL);
    json_out_text(&out, "a", "b");
    json_out_array(&out, "list");
    json_out_int(&out, NULL, -5);
    json_out_int_text(&out, NULL, INT64_MAX);
    json_out_object(&out, NULL);
    json_out_end_object(&out);
    json_out_array(&out, NULL);
    json_out_end_array(&out);
    json_out_end_array(&out);
    json_out_bool(&out, "yes", true);
    json_out_null(&out, "none");
    json_out_text(&out, "nothing", NULL);
    json_out_raw(&out, "raw", STR("[1]"));
    json_out_double(&out, "x", 0.1);
    json_out_double(&out, "y", NAN);
    json_out_double(&out, "z", 1e21);
    json_out_double(&out, "w", 1.0 / 3);
    json_out_end_object(&out);
    assert_true(str_equal(
        buf_str(&buf),
        STR("{\"a\":\"b\",\"list\":[-5,\"9223372036854775807\",{},[]],\"yes\":true,\"none\":null,"
            "\"nothing\":null,\"raw\":[1],\"x\":0.1,\"y\":null,\"z\":1e+21,"
            "\"w\":0.3333333333333333}")));
    buf_done(&buf);
}

static void doubles_are_written_as_people_would(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-1.5, "-1.5"},
        {100000, "100000"},
        {1e16, "10000000000000000"},
        {1e17, "1e+17"},
        {0.00001, "0.00001"},
        {1e-6, "1e-06"},
        {0.1 + 0.2, "0.30000000000000004"},
        {5e-324, "5e-324"},
        {1.2345678901234567e-5, "0.000012345678901234568"},
        {-1.7976931348623157e308, "-1.7976931348623157e+308"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf buf = {0};
        struct json_out out = json_out(&buf);
        json_out_double(&out, NULL, cases[i].number);
        buf_add_byte(&buf, 0);
        assert_string_equal(buf.ptr, cases[i].text);
        assert_true(strtod(buf.ptr, NULL) == cases[i].number);
        buf_done(&buf);
    }
}

static void written_strings_read_back(void **state)
{
    (void)state;
    static const struct {
        struct str text, back;
    } cases[] = {
        {STR_INIT(""), STR_INIT("")},
        {STR_INIT("quote \" slash \\ / line\n tab\t bell\a null\0 del\x7F"),
         STR_INIT("quote \" slash \\ / line\n tab\t bell\a null\0 del\x7F")},
        {STR_INIT("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"),
         STR_INIT("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80")},
        {STR_INIT("bad \xFF\xC3 \xE2\x82"), STR_INIT("bad \xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf buf = {0};
        struct json json;
        json_write_string(&buf, cases[i].text);
        assert_int_equal(json_parse(buf_str(&buf), &arena, &json, NULL), STATUS_OK);
        assert_true(str_equal(json.string, cases[i].back));
        buf_done(&buf);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(every_type_is_read),
        TEST(containers_know_their_bytes),
        TEST(of_duplicate_keys_the_last_counts),
        TEST(numbers_are_read_from_numbers_and_texts),
        TEST(what_is_not_json_is_refused_with_its_place),
        TEST(every_prefix_of_a_document_is_refused),
        TEST(halves_of_surrogate_pairs_are_mended),
        TEST(whole_numbers_beyond_64_bits_become_doubles),
        TEST(nesting_is_bounded),
        TEST(a_full_arena_is_said_so),
        TEST(large_documents_are_read_whole),
        TEST(absurdly_long_arrays_are_refused),
        TEST(the_writer_puts_in_the_commas),
        TEST(doubles_are_written_as_people_would),
        TEST(written_strings_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* vitrine query: how an answer looks in each form, and that nothing in it reaches a terminal raw.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/query_reply.h"
#include "cli/terminal.h"

#include <cmocka.h> /* last: it has a macro named fail */
#undef fail

#define COLUMNS                                                                                    \
    "{\"columns\":[{\"name\":\"@timestamp\",\"type\":\"time\"},{\"name\":\"name\",\"type\":"       \
    "\"text\"},{\"name\":\"n\",\"type\":\"integer\"},{\"name\":\"cost\",\"type\":\"number\"},"     \
    "{\"name\":\"ok\",\"type\":\"boolean\"}],"

static const char plain[] =
    COLUMNS "\"rows\":[[\"1700000000123456789\",\"caf\xC3\xA9\",9223372036854775807,12.5,1],"
            "[null,\"a,\\\"b\\\"\\n\\u001b[31m\\u202e\\u009b\",null,0.000012345,true],"
            "[\"1700000001000000000\",[\"x\",{\"y\":1}],3,1234567.125,0]],\"pointers\":[\"t/s\","
            "null,null],\"shape\":\"table\",\"truncated\":true}";

typedef void writer(FILE *, const struct query_reply *, struct query_look);

static char *written(const char *body, writer *write, size_t width, const char *query)
{
    struct arena arena;
    struct query_reply reply;
    struct error error;
    char *text = NULL;
    size_t size;
    arena_init(&arena, ARENA_NO_LIMIT);
    assert_int_equal(query_reply_read(str_from(body), &arena, &reply, &error), STATUS_OK);
    query_reply_find_keys(&reply, str_from(query));
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    write(file, &reply, (struct query_look){.width = width, .headings = true});
    fclose(file);
    arena_done(&arena);
    return text;
}

static void check(const char *body, writer *write, size_t width, const char *expected)
{
    char *text = written(body, write, width, "fields a");
    assert_string_equal(text, expected);
    free(text);
}

static void a_table_lines_up_and_is_harmless(void **state)
{
    (void)state;
    check(plain, query_write_table, 0,
          "@timestamp               name                             n         cost  ok\n"
          "-----------------------  -------------  -------------------  -----------  --\n"
          "2023-11-14 22:13:20.123  caf\xC3\xA9           9223372036854775807         12.5   1\n"
          "                         a,\"b\"\xE2\x90\x8A\xE2\x90\x9B[31m\xEF\xBF\xBD\xEF\xBF\xBD"
          "                        0.00001234   1\n"
          "2023-11-14 22:13:21.000  [\"x\",{\"y\":1}]                    3  1234567.125   0\n");
}

static void a_narrow_table_cuts_texts_not_numbers(void **state)
{
    (void)state;
    char *text = written(plain, query_write_table, 72, "fields a");
    assert_non_null(strstr(text, "a,\"b\"\xE2\x90\x8A\xE2\x90\x9B[\xE2\x80\xA6"));
    assert_non_null(strstr(text, "9223372036854775807"));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(terminal_text_width(str_from(line)) <= 72);
    free(text);
}

static void a_row_too_wide_is_a_block(void **state)
{
    (void)state;
    check(COLUMNS "\"rows\":[[null,\"a long name of a span\",1,0.5,0],[null,\"b\",2,null,1]]}",
          query_write_table, 24,
          "name        a long name\xE2\x80\xA6\nn           1\ncost        0.5\nok          0\n\n"
          "name        b\nn           2\nok          1\n");
}

static void csv_keeps_every_byte_when_no_terminal_reads_it(void **state)
{
    (void)state;
    check(plain, query_write_csv, 0,
          "@timestamp,name,n,cost,ok\r\n"
          "2023-11-14 22:13:20.123,caf\xC3\xA9,9223372036854775807,12.5,1\r\n"
          ",\"a,\"\"b\"\"\n\x1b[31m\xE2\x80\xAE\xC2\x9B\",,1.2345e-05,1\r\n"
          "2023-11-14 22:13:21.000,\"[\"\"x\"\",{\"\"y\"\":1}]\",3,1234567.125,0\r\n");
    char *shown = written(plain, query_write_csv, 80, "");
    assert_null(strchr(shown, '\x1b'));
    assert_null(strstr(shown, "\xC2\x9B"));
    free(shown);
}

static void ndjson_is_an_object_a_line(void **state)
{
    (void)state;
    check(plain, query_write_ndjson, 0,
          "{\"@timestamp\":\"2023-11-14 22:13:20.123\",\"name\":\"caf\xC3\xA9\","
          "\"n\":9223372036854775807,\"cost\":12.5,\"ok\":1}\n"
          "{\"name\":\"a,\\\"b\\\"\\n\\u001b[31m\xE2\x80\xAE\xC2\x9B\",\"cost\":1.2345e-05,"
          "\"ok\":true}\n"
          "{\"@timestamp\":\"2023-11-14 22:13:21.000\",\"name\":[\"x\",{\"y\":1}],\"n\":3,"
          "\"cost\":1234567.125,\"ok\":0}\n");
}

#define SERIES                                                                                     \
    "{\"columns\":[{\"name\":\"t\",\"type\":\"time\"},{\"name\":\"code\",\"type\":\"integer\"},"   \
    "{\"name\":\"n\",\"type\":\"integer\"}],\"shape\":\"series\",\"rows\":["

/* code is a number and yet a key: the query says so. */
static void a_chart_has_a_line_a_group_and_a_sign_a_bin(void **state)
{
    (void)state;
    char *text = written(SERIES "[\"1699999800000000000\",200,8],[\"1700000100000000000\",200,4],"
                                "[\"1700000400000000000\",200,16],[\"1700000700000000000\",200,0],"
                                "[\"1699999800000000000\",500,1],[\"1700000700000000000\",500,2]]}",
                         query_write_chart, 80, "stats count(*) as n by bin(5m) as t, code");
    assert_string_equal(text, "\nn  2023-11-14 22:10 to 2023-11-14 22:30, a sign is 5m\n"
                              "200  \xE2\x96\x84\xE2\x96\x82\xE2\x96\x88\xE2\x96\x81  most 16  "
                              "last 0\n"
                              "500  \xE2\x96\x81  \xE2\x96\x81  most 2  last 2\n");
    free(text);
    /* A column of the stats that is no number is neither. */
    text = written(
        "{\"columns\":[{\"name\":\"t\",\"type\":\"time\"},{\"name\":\"last\",\"type\":"
        "\"time\"},{\"name\":\"n\",\"type\":\"integer\"}],\"shape\":\"series\",\"rows\":[["
        "\"1699999800000000000\",\"1699999800000000001\",8]]}",
        query_write_chart, 80, "stats max(@timestamp) as last, count(*) as n by bin(5m) as t");
    assert_string_equal(
        text, "\nn  2023-11-14 22:10 to 2023-11-14 22:10\n\xE2\x96\x88  most 8  last 8\n");
    free(text);
}

static void a_chart_of_many_bins_and_groups_fits(void **state)
{
    (void)state;
    struct buf body = {0};
    buf_printf(&body, SERIES);
    for (int group = 0; group < 30; group++)
        for (int bin = 0; bin < 500; bin++)
            buf_printf(&body, "%s[\"%lld\",%d,%d]", group + bin ? "," : "",
                       1700000000000000000 + bin * 60000000000LL, group, group * bin);
    buf_printf(&body, "]}");
    buf_add_byte(&body, 0);
    char *text =
        written(body.ptr, query_write_chart, 70, "stats count(*) as n by bin(1m) as t, code");
    assert_non_null(strstr(text, "and 10 more\n"));
    assert_non_null(strstr(text, "most 14471  last 14471\n")); /* 29 * 499 */
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(terminal_text_width(str_from(line)) <= 70);
    free(text);
    buf_done(&body);
}

static void an_answer_that_is_none_is_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{}",
        "{\"columns\":[]}",
        "{\"columns\":[],\"rows\":[[1]]}",
        "{\"columns\":[{\"name\":\"a\"}],\"rows\":[[1],[1,2]]}",
        "{\"columns\":{},\"rows\":[]}",
        "{\"columns\":[{}],\"rows\":[7]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct arena arena;
        struct query_reply reply;
        struct error error;
        arena_init(&arena, ARENA_NO_LIMIT);
        assert_int_equal(query_reply_read(str_from(bodies[i]), &arena, &reply, &error),
                         STATUS_CORRUPT);
        arena_done(&arena);
    }
}

static void an_empty_answer_has_headings_only(void **state)
{
    (void)state;
    check("{\"columns\":[{\"name\":\"a\",\"type\":\"text\"}],\"rows\":[]}", query_write_table, 0,
          "a\n-\n");
    check("{\"columns\":[],\"rows\":[]}", query_write_table, 0, "");
    check("{\"columns\":[],\"rows\":[]}", query_write_chart, 0, "");
    check("{\"columns\":[],\"rows\":[],\"shape\":\"series\"}", query_write_chart, 0, "");
}

static void cells_are_cut_by_width_not_by_bytes(void **state)
{
    static const struct {
        const char *text;
        size_t width;
        bool right;
        const char *expected;
    } rows[] = {
        {"abc", 5, false, "abc  "},
        {"abc", 5, true, "  abc"},
        {"abc", 3, false, "abc"},
        {"abcd", 3, false, "ab\xE2\x80\xA6"},
        {"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", 6, false, "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E"},
        {"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", 5, false, "\xE6\x97\xA5\xE6\x9C\xAC\xE2\x80\xA6"},
        {"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", 4, false, "\xE6\x97\xA5\xE2\x80\xA6 "},
        {"e\xCC\x81\xCC\x81x", 2, false, "e\xCC\x81\xCC\x81x"},
        {"a\xFF\xC3", 3, false, "a\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"abc", 1, false, "\xE2\x80\xA6"},
        {"abc", 0, false, ""},
        {"\x7F\x01\t", 3, false, "\xE2\x90\xA1\xE2\x90\x81\xE2\x90\x89"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        terminal_add_cell(&out, str_from(rows[i].text), rows[i].width, rows[i].right);
        buf_add_byte(&out, 0);
        assert_string_equal(out.ptr, rows[i].expected);
        buf_done(&out);
    }
}

static void numbers_in_tables_are_short(void **state)
{
    static const struct {
        double number;
        const char *expected;
    } rows[] = {{0, "0"},
                {1, "1"},
                {100, "100"},
                {12.5, "12.5"},
                {1.0 / 3, "0.3333"},
                {-2.0 / 3, "-0.6667"},
                {1e-9, "1e-09"},
                {0.000123456, "0.0001235"},
                {0.05, "0.05"},
                {1234.56789, "1234.568"},
                {10.0004, "10"},
                {1e20, "1e+20"},
                {99999.9996, "100000"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        query_number_show(rows[i].number, &out);
        buf_add_byte(&out, 0);
        assert_string_equal(out.ptr, rows[i].expected);
        buf_done(&out);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_lines_up_and_is_harmless),
        cmocka_unit_test(a_narrow_table_cuts_texts_not_numbers),
        cmocka_unit_test(a_row_too_wide_is_a_block),
        cmocka_unit_test(csv_keeps_every_byte_when_no_terminal_reads_it),
        cmocka_unit_test(ndjson_is_an_object_a_line),
        cmocka_unit_test(a_chart_has_a_line_a_group_and_a_sign_a_bin),
        cmocka_unit_test(a_chart_of_many_bins_and_groups_fits),
        cmocka_unit_test(an_answer_that_is_none_is_refused),
        cmocka_unit_test(an_empty_answer_has_headings_only),
        cmocka_unit_test(cells_are_cut_by_width_not_by_bytes),
        cmocka_unit_test(numbers_in_tables_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

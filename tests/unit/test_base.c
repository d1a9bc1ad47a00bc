/* SPDX-License-Identifier: Apache-2.0 */
/* base: text, arena, time, map, log lines, statuses, pool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours (base/status.h) */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/status.h"

static void numbers_are_whole_texts(void **state)
{
    (void)state;
    int64_t number = 7;
    uint64_t wide;
    double real;
    assert_true(str_to_i64(STR("-9223372036854775808"), &number));
    assert_int_equal(number, INT64_MIN);
    assert_false(str_to_i64(STR("9223372036854775808"), &number));
    assert_false(str_to_i64(STR("12x"), &number));
    assert_false(str_to_i64(STR(""), &number));
    assert_false(str_to_i64(STR(" 1"), &number));
    assert_false(str_to_i64(STR("1\0"
                                "2"),
                            &number));
    assert_int_equal(number, INT64_MIN);
    assert_true(str_to_u64(STR("18446744073709551615"), &wide));
    assert_true(wide == UINT64_MAX);
    assert_false(str_to_u64(STR("-1"), &wide));
    assert_true(str_to_double(STR("1.5e3"), &real));
    assert_true(real == 1500.0);
}

static void text_is_found_and_cut(void **state)
{
    (void)state;
    struct str rest = STR("a,b,,c"), piece;
    const char *expected[] = {"a", "b", "", "c"};
    for (int i = 0; i < 4; i++) {
        assert_true(str_take(&rest, ',', &piece));
        assert_true(str_equal(piece, str_from(expected[i])));
    }
    assert_false(str_take(&rest, ',', &piece));
    assert_int_equal(str_find(STR("hello"), STR("llo")), 2);
    assert_int_equal(str_find(STR("hello"), STR("x")), 5);
    assert_true(str_equal_nocase(STR("Content-Type"), STR("content-type")));
    assert_true(str_equal(str_sub(STR("hello"), 3, 100), STR("lo")));
    assert_true(str_equal(str_trim(STR(" \t a b \n")), STR("a b")));
    uint8_t bytes[2];
    char hex[5];
    assert_true(str_hex_decode(STR("aBc9"), bytes, 2));
    str_hex_encode(bytes, 2, hex);
    assert_string_equal(hex, "abc9");
    assert_false(str_hex_decode(STR("abcg"), bytes, 2));
    assert_false(str_hex_decode(STR("abc"), bytes, 2));
}

static void an_arena_stops_at_its_limit(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1000);
    assert_non_null(arena_alloc(&arena, 900));
    assert_null(arena_alloc(&arena, 101));
    assert_non_null(arena_alloc(&arena, 100));
    assert_null(arena_alloc(&arena, 1));
    arena_done(&arena);
    assert_non_null(arena_alloc(&arena, 1000));
    assert_null(arena_zero_array(&arena, SIZE_MAX / 2, 4));
    arena_done(&arena);
}

static void an_array_in_an_arena_grows_and_keeps_its_items(void **state)
{
    (void)state;
    struct arena arena;
    int *items = NULL;
    size_t capacity = 0;
    arena_init(&arena, ARENA_NO_LIMIT);
    for (int i = 0; i < 1000; i++) {
        assert_true(arena_grow(&arena, &items, (size_t)i, &capacity));
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    arena_done(&arena);
}

static void a_buffer_fails_for_good_over_its_limit(void **state)
{
    (void)state;
    struct buf buf = {.limit_bytes = 10};
    buf_add_str(&buf, STR("12345"));
    assert_false(buf.failed);
    buf_add_str(&buf, STR("123456"));
    assert_true(buf.failed);
    buf_add_str(&buf, STR("1"));
    assert_int_equal(buf.len, 5);
    buf_done(&buf);
    struct buf numbers = {0};
    buf_add_int(&numbers, INT64_MIN);
    buf_add_byte(&numbers, ' ');
    buf_add_int(&numbers, 0);
    buf_add_int(&numbers, INT64_MAX);
    assert_true(str_equal(buf_str(&numbers), STR("-9223372036854775808 09223372036854775807")));
    buf_done(&numbers);
    struct buf varint = {0};
    buf_add_varint(&varint, 300);
    assert_int_equal(varint.len, 2);
    assert_int_equal((uint8_t)varint.ptr[0], 0xAC);
    buf_done(&varint);
}

static void times_are_read_in_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"2026-01-31T12:00:00Z", INT64_C(1769860800000000000)},
        {"2026-01-31T12:00:00.5Z", INT64_C(1769860800500000000)},
        {"2026-01-31T13:00:00+01:00", INT64_C(1769860800000000000)},
        {"2026-01-31 12:00:00", INT64_C(1769860800000000000)},
        {"2026-01-31", INT64_C(1769817600000000000)},
        {"1969-12-31T23:59:59.000000001Z", INT64_C(-999999999)},
        {"2000-02-29T00:00:00Z", INT64_C(951782400000000000)},
        {"1769860800", INT64_C(1769860800000000000)},
        {"1769860800000", INT64_C(1769860800000000000)},
        {"1769860800000000", INT64_C(1769860800000000000)},
        {"1769860800000000001", INT64_C(1769860800000000001)},
        {"1769860800.25", INT64_C(1769860800250000000)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ns = 0;
        assert_true(clock_parse(str_from(cases[i].text), &ns));
        assert_int_equal(ns, cases[i].ns);
    }
    static const char *const bad[] = {
        "",           "yesterday", "2026-13-01", "2026-01-31T25:99Z",       "2026-01-32",
        "9999-01-01", "nan",       "1e300",      "2026-01-31T12:00:00Zjunk"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ns = 42;
        assert_false(clock_parse(str_from(bad[i]), &ns));
        assert_int_equal(ns, 42);
    }
    char text[CLOCK_TEXT_BYTES];
    clock_format(INT64_C(-1), text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999999Z");
}

static void a_map_finds_what_was_put(void **state)
{
    (void)state;
    struct map map;
    map_init(&map);
    uint64_t number;
    assert_false(map_get(&map, STR("x"), &number));
    for (uint64_t i = 0; i < 5000; i++) {
        char key[32];
        snprintf(key, sizeof key, "key-%llu", (unsigned long long)i);
        assert_true(map_put(&map, str_from(key), i));
    }
    assert_true(map_put(&map, STR("key-7"), 70));
    assert_int_equal(map.count, 5000);
    assert_true(map_get(&map, STR("key-7"), &number));
    assert_int_equal(number, 70);
    assert_true(map_get(&map, STR("key-4999"), &number));
    assert_int_equal(number, 4999);
    assert_true(map_put(&map, STR(""), 1));
    assert_true(map_get(&map, STR(""), &number));
    map_done(&map);
}

static void a_long_error_is_not_cut_inside_a_character(void **state)
{
    (void)state;
    struct error error;
    char text[600];
    memset(text, 'x', 498);
    memcpy(text + 498, "\xC3\xA9\xC3\xA9", 5);
    assert_int_equal(fail(&error, STATUS_INVALID, "%s", text), STATUS_INVALID);
    assert_int_equal(strlen(error.text), 498);
    assert_int_equal(status_http(STATUS_BUSY), 503);
    assert_int_equal(status_grpc(STATUS_BUSY), 8);
}

static void quoted_log_text_has_no_control_bytes(void **state)
{
    (void)state;
    char out[LOG_QUOTE_BYTES];
    assert_string_equal(log_quote(STR("a\"b\n\x1b[31m"), out), "\"a\\\"b\\\\x0a\\\\x1b[31m\"");
    char wide[1000];
    memset(wide, 1, sizeof wide);
    log_quote((struct str){wide, sizeof wide}, out);
    assert_true(strlen(out) < LOG_QUOTE_BYTES);
}

static pthread_mutex_t done_lock = PTHREAD_MUTEX_INITIALIZER;
static int done_jobs;

static void count_job(void *context)
{
    (void)context;
    pthread_mutex_lock(&done_lock);
    done_jobs++;
    pthread_mutex_unlock(&done_lock);
}

static void block_job(void *context)
{
    pthread_mutex_t *gate = context;
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
}

static void a_pool_refuses_beyond_its_queue_and_ends_what_it_took(void **state)
{
    (void)state;
    struct pool *pool;
    struct error error;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&gate);
    assert_int_equal(pool_start("test", 1, 4, &pool, &error), STATUS_OK);
    assert_int_equal(pool_submit(pool, block_job, &gate), STATUS_OK);
    int taken = 0;
    for (int i = 0; i < 20; i++)
        taken += pool_submit(pool, count_job, NULL) == STATUS_OK;
    assert_true(taken >= 3 && taken <= 4);
    pthread_mutex_unlock(&gate);
    pool_stop(pool);
    assert_int_equal(done_jobs, taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_whole_texts),
        cmocka_unit_test(text_is_found_and_cut),
        cmocka_unit_test(an_arena_stops_at_its_limit),
        cmocka_unit_test(an_array_in_an_arena_grows_and_keeps_its_items),
        cmocka_unit_test(a_buffer_fails_for_good_over_its_limit),
        cmocka_unit_test(times_are_read_in_every_form),
        cmocka_unit_test(a_map_finds_what_was_put),
        cmocka_unit_test(a_long_error_is_not_cut_inside_a_character),
        cmocka_unit_test(quoted_log_text_has_no_control_bytes),
        cmocka_unit_test(a_pool_refuses_beyond_its_queue_and_ends_what_it_took),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* utf8: what is valid, what a repair leaves, where a cut may fall. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/utf8.h"

#include <cmocka.h> /* last: it has a macro named fail */

#define R "\xEF\xBF\xBD"

static const struct {
    struct str broken, repaired;
} repairs[] = {
    {STR_INIT(""), STR_INIT("")},
    {STR_INIT("plain"), STR_INIT("plain")},
    {STR_INIT("gr\xC3\xBC\xC3\x9F"), STR_INIT("gr\xC3\xBC\xC3\x9F")},
    {STR_INIT("a\x80z"), STR_INIT("a" R "z")},
    {STR_INIT("\xFF\xFE"), STR_INIT(R R)},
    {STR_INIT("\xC0\xAF"), STR_INIT(R R)},             /* overlong slash */
    {STR_INIT("\xE0\x80\x80"), STR_INIT(R R R)},       /* overlong */
    {STR_INIT("\xED\xA0\x80"), STR_INIT(R R R)},       /* a surrogate */
    {STR_INIT("\xF4\x90\x80\x80"), STR_INIT(R R R R)}, /* beyond U+10FFFF */
    {STR_INIT("\xE2\x82"), STR_INIT(R)},               /* cut: one run */
    {STR_INIT("x\xF0\x9F\x98"), STR_INIT("x" R)},      /* cut emoji */
    {STR_INIT("\xF0\x9F\x98"
              "A"),
     STR_INIT(R "A")},
    {STR_INIT("\xF0\x9F\xF0\x9F\x98\x80"), STR_INIT(R "\xF0\x9F\x98\x80")},
    {STR_INIT("a\0b\xC2"), STR_INIT("a\0b" R)},
    {STR_INIT("\xF1\x80\x80\xE1\x80\xC2"
              "b\x80"
              "c\x80\xBF"
              "d"),
     STR_INIT(R R R "b" R "c" R R "d")}, /* the standard's own example, without its first letter */
};

static void repair_replaces_each_broken_run_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof repairs / sizeof *repairs; i++) {
        struct arena arena;
        arena_init(&arena, ARENA_NO_LIMIT);
        bool same = str_equal(repairs[i].broken, repairs[i].repaired);
        assert_int_equal(utf8_valid(repairs[i].broken), same);
        struct str repaired = utf8_repair(repairs[i].broken, &arena);
        assert_int_equal(repaired.len, repairs[i].repaired.len);
        assert_memory_equal(repaired.ptr, repairs[i].repaired.ptr, repaired.len);
        assert_true(utf8_valid(repaired));
        arena_done(&arena);
    }
}

static void the_fast_and_the_careful_check_agree(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {0,    'a',  0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                          0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF4};
    enum { N = sizeof bytes };
    for (size_t code = 0; code < (size_t)N * N * N * N; code++) {
        char text[4] = {(char)bytes[code % N], (char)bytes[code / N % N],
                        (char)bytes[code / N / N % N], (char)bytes[code / N / N / N]};
        struct str four = {text, sizeof text};
        size_t broken, valid = utf8_valid_prefix(four, &broken);
        assert_int_equal(utf8_valid(four), valid == four.len);
        assert_int_equal(broken == 0, valid == four.len);
        assert_true(valid + broken <= four.len);
    }
}

static void long_text_is_checked_to_its_last_byte(void **state)
{
    (void)state;
    enum { SIZE = 300 };
    char text[SIZE];
    for (size_t len = 1; len <= SIZE; len++) {
        memset(text, 'x', sizeof text);
        assert_true(utf8_valid((struct str){text, len}));
        text[len - 1] = '\xC3';
        assert_false(utf8_valid((struct str){text, len}));
    }
}

static void a_full_arena_gives_no_repair(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 3);
    assert_null(utf8_repair(STR("a\x80"), &arena).ptr);
    arena_done(&arena);
}

static void a_clip_never_cuts_a_character(void **state)
{
    (void)state;
    struct str text = STR("a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80");
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t max = 0; max < sizeof expected / sizeof *expected; max++)
        assert_int_equal(utf8_clip(text, max).len, expected[max]);
    assert_int_equal(utf8_clip(STR("\x80\x80\x80\x80\x80\x80"), 5).len, 5);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(repair_replaces_each_broken_run_once),
        cmocka_unit_test(the_fast_and_the_careful_check_agree),
        cmocka_unit_test(long_text_is_checked_to_its_last_byte),
        cmocka_unit_test(a_full_arena_gives_no_repair),
        cmocka_unit_test(a_clip_never_cuts_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Explaining a change: which tables stand out, and which only look as if they did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail

#include <math.h>

#include "query/explain_private.h"

/* --- tallying ----------------------------------------------------------------------------------
 */

static struct explain_hit *add_hit(struct explain_counter *counter, int64_t trace, int64_t span,
                                   struct explain_hit rest)
{
    rest.trace = (struct trace_key){7, trace};
    rest.span = span;
    struct explain_hit *hit = explain_hit_at(counter, &rest);
    assert_non_null(hit);
    return hit;
}

static void say(struct explain_counter *counter, struct explain_hit *hit, size_t dimension,
                int64_t number, bool fits)
{
    assert_true(
        explain_count(counter, hit, (struct explain_value_key){dimension, number, 0, {0}}, fits));
}

static void a_hit_has_a_value_once_however_many_spans_say_it(void **state)
{
    (void)state;
    struct arena arena;
    struct explain_tallies tallies;
    arena_init(&arena, 1 << 20);
    struct explain_counter counter = {.arena = &arena, .told = EXPLAIN_NOW};
    const struct explain_hit slow = {
        .start_ns = 20, .size = 5, .weight = 3, .counts = true, .could = true};
    const struct explain_hit other = {.start_ns = 10, .size = 9, .weight = 3, .could = true};
    const struct explain_hit before = {.side = EXPLAIN_BASELINE, .weight = 2, .counts = true};
    say(&counter, add_hit(&counter, 1, 11, slow), 0, 5, false); /* of a span that lends nothing */
    say(&counter, add_hit(&counter, 1, 11, slow), 0, 5, true);
    say(&counter, add_hit(&counter, 1, 11, slow), 0, 5, true);
    say(&counter, add_hit(&counter, 2, 12, other), 0, 5, true); /* could have been one */
    say(&counter, add_hit(&counter, 2, 12, other), 0, 6, true); /* a value of no hit */
    say(&counter, add_hit(&counter, 3, 13, before), 0, 5, true);
    explain_counted(&counter, &tallies);
    assert_int_equal(tallies.count, 1);
    assert_int_equal(tallies.compared, 1);
    const struct explain_tally *told = &tallies.items[0];
    assert_true(told->spans[EXPLAIN_NOW] == 1 && told->spans[EXPLAIN_BASELINE] == 1);
    assert_true(told->amounts[EXPLAIN_NOW] == 3 && told->amounts[EXPLAIN_BASELINE] == 2);
    assert_true(told->squares == 13 && told->of[EXPLAIN_NOW] == 2);
    assert_true(told->first_ns == 20 && told->first_span == 11 && told->biggest_span == 11);
    explain_counter_done(&counter);
    arena_done(&arena);
}

static void every_hit_of_a_trace_is_found_and_the_largest_values_are_kept(void **state)
{
    (void)state;
    struct arena arena;
    struct explain_tallies tallies;
    arena_init(&arena, 1 << 22);
    struct explain_counter counter = {.arena = &arena, .told = EXPLAIN_NOW};
    for (int64_t i = 1; i <= 100; i++) {
        const struct explain_hit hit = {
            .start_ns = 100 - i, .size = i, .weight = (double)i, .counts = true};
        say(&counter, add_hit(&counter, 1, i, hit), 1, i, true);
    }
    size_t hits = 0;
    struct explain_hit *hit = explain_hit_of(&counter, (struct trace_key){7, 1});
    for (; hit; hit = explain_hit_next(&counter, hit), hits++)
        assert_true(explain_count(&counter, hit,
                                  (struct explain_value_key){2, 0, 0, STR("someone")}, true));
    assert_int_equal(hits, 100);
    assert_null(explain_hit_of(&counter, (struct trace_key){1, 7}));
    explain_counted(&counter, &tallies);
    assert_int_equal(tallies.compared, 101);
    assert_int_equal(tallies.count, 61);
    assert_int_equal(tallies.items[0].number, 100);
    assert_int_equal(tallies.items[59].number, 41);
    const struct explain_tally *all = &tallies.items[60];
    assert_true(all->spans[EXPLAIN_NOW] == 100 && str_equal(all->text, STR("someone")));
    assert_true(all->first_span == 100 && all->biggest_span == 100);
    explain_counter_done(&counter);
    arena_done(&arena);
}

/* --- ranking -----------------------------------------------------------------------------------
 */

/* Values of one measure that counts spans: now, baseline. */
static size_t rank(const double (*amounts)[2], size_t count, double now, double before,
                   struct explain_tally *out)
{
    struct explain_tallies tallies = {.items = out, .count = count, .compared = 100};
    const struct explain_whole whole = {.amounts = {now, before}, .squares = now + before};
    for (size_t i = 0; i < count; i++)
        out[i] = (struct explain_tally){.dimension = i,
                                        .amounts = {amounts[i][0], amounts[i][1]},
                                        .squares = amounts[i][0] + amounts[i][1]};
    return explain_rank(&tallies, &whole);
}

static void what_grew_alone_stands_first(void **state)
{
    (void)state;
    struct explain_tally told[3];
    const double amounts[][2] = {{60, 50}, {100, 10}, {40, 40}};
    assert_int_equal(rank(amounts, 3, 200, 100, told), 1);
    assert_int_equal(told[0].dimension, 1);
    /* 2 Σ O ln(O/E) of {100, 10; 100, 90}, corrected for few, computed elsewhere. */
    assert_true(fabs(told[0].strength - 51.69) < 0.01);
}

static void when_everything_doubles_nothing_stands_out(void **state)
{
    (void)state;
    struct explain_tally told[3];
    const double amounts[][2] = {{1000, 500}, {600, 300}, {400, 200}};
    assert_int_equal(rank(amounts, 3, 2000, 1000, told), 0);
}

static void three_of_three_are_chance(void **state)
{
    (void)state;
    struct explain_tally told[1];
    const double amounts[][2] = {{3, 0}};
    assert_int_equal(rank(amounts, 1, 3, 5, told), 0);
    const double more[][2] = {{12, 0}};
    assert_int_equal(rank(more, 1, 12, 20, told), 1);
}

static void a_certain_trifle_is_not_told(void **state)
{
    (void)state;
    struct explain_tally told[1];
    const double amounts[][2] = {{10000, 1}};
    assert_int_equal(rank(amounts, 1, 1000000, 1000000, told), 0);
}

static void one_dear_call_is_one_call(void **state)
{
    (void)state;
    /* Half of the money now is in one call, or in a hundred; the rest is in calls for 10. */
    struct explain_tally told = {.amounts = {1000, 0}, .squares = 1000.0 * 1000};
    struct explain_tallies tallies = {.items = &told, .count = 1, .compared = 1};
    struct explain_whole whole = {.amounts = {2000, 1000}, .squares = told.squares + 2000 * 10};
    assert_int_equal(explain_rank(&tallies, &whole), 0);
    told.squares = 1000 * 10;
    whole.squares = told.squares + 2000 * 10;
    assert_int_equal(explain_rank(&tallies, &whole), 1);
}

static void with_nothing_before_what_all_spans_are_like_counts(void **state)
{
    (void)state;
    struct explain_tally told[2] = {
        {.dimension = 0, .amounts = {19, 0}, .squares = 19, .of = {30, 30}},
        {.dimension = 1, .amounts = {20, 0}, .squares = 20, .of = {500, 500}},
    };
    struct explain_tallies tallies = {.items = told, .count = 2, .compared = 2};
    const struct explain_whole whole = {
        .amounts = {20, 0}, .of = {500, 500}, .squares = 20, .has_of = true};
    assert_int_equal(explain_rank(&tallies, &whole), 1);
    assert_int_equal(told[0].dimension, 0);
}

static void what_lacks_is_found_the_other_way_round(void **state)
{
    (void)state;
    struct explain_tally told = {.amounts = {5, 90}, .squares = 95};
    struct explain_tallies tallies = {.items = &told, .count = 1, .compared = 1};
    const struct explain_whole whole = {.amounts = {100, 200}, .squares = 300, .falls = true};
    assert_int_equal(explain_rank(&tallies, &whole), 1);
}

static void many_values_need_more_evidence(void **state)
{
    (void)state;
    assert_true(fabs(explain_chance(3.841459, 1) - 0.05) < 1e-6);
    assert_true(fabs(explain_chance(3.841459, 4) - 0.2) < 1e-6);
    assert_true(explain_chance(3.841459, 1000) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hit_has_a_value_once_however_many_spans_say_it),
        cmocka_unit_test(every_hit_of_a_trace_is_found_and_the_largest_values_are_kept),
        cmocka_unit_test(what_grew_alone_stands_first),
        cmocka_unit_test(when_everything_doubles_nothing_stands_out),
        cmocka_unit_test(three_of_three_are_chance),
        cmocka_unit_test(a_certain_trifle_is_not_told),
        cmocka_unit_test(one_dear_call_is_one_call),
        cmocka_unit_test(with_nothing_before_what_all_spans_are_like_counts),
        cmocka_unit_test(what_lacks_is_found_the_other_way_round),
        cmocka_unit_test(many_values_need_more_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

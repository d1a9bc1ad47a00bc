/* SPDX-License-Identifier: Apache-2.0 */
/* significance: against numbers that others have published, and by what must hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours (base/status.h) */
#include <math.h>
#include <stdlib.h>

#include "query/significance.h"

static struct paired_difference of(const double *differences, size_t count)
{
    struct paired_difference out;
    double zeros[3000] = {0};
    assert_true(count <= 3000);
    assert_true(significance_paired(zeros, differences, count, &out));
    return out;
}

/* Darwin's maize, which Fisher tested so by hand (The Design of Experiments, 1935, section 21): of
 * 32768 assignments 863 have a sum of at least 314, so 1726 with both signs. */
static void darwins_maize_as_fisher_counted_it(void **state)
{
    const double maize[] = {49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48};
    struct paired_difference out = of(maize, 15);
    (void)state;
    assert_int_equal(out.pairs, 15);
    assert_float_equal(out.mean, 314.0 / 15, 1e-9);
    assert_float_equal(out.p, 1726.0 / 32768, 1e-12);
    /* The normal interval would be 20.9 +- 19.1. */
    assert_true(out.low > -1 && out.low < 5 && out.high > 35 && out.high < 42);
}

/* Student's sleep (1908): nine differences above 0 and one of 0. */
static void students_sleep(void **state)
{
    const double sleep[] = {1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4};
    struct paired_difference out = of(sleep, 10);
    (void)state;
    assert_float_equal(out.mean, 1.58, 1e-9);
    assert_float_equal(out.p, 2.0 / 512, 1e-12);
    assert_true(out.low > 0.8 && out.low < 1.0 && out.high > 2.2 && out.high < 2.5);
}

/* Of n equal differences only the two ends are as extreme: 2 / 2^n. */
static void few_pairs_prove_little(void **state)
{
    const double ones[] = {1, 1, 1, 1, 1, 1};
    (void)state;
    assert_float_equal(of(ones, 1).p, 1, 1e-12);
    assert_float_equal(of(ones, 5).p, 0.0625, 1e-12);
    assert_float_equal(of(ones, 6).p, 0.03125, 1e-12);
    assert_true(isnan(of(ones, 1).low));
    assert_float_equal(of(ones, 5).low, 1, 1e-12);
}

static void without_a_difference_p_is_one(void **state)
{
    const double none[40] = {0};
    (void)state;
    assert_float_equal(of(none, 40).p, 1, 1e-12);
    assert_float_equal(of(none, 40).low, 0, 1e-12);
    assert_int_equal(of(none, 0).pairs, 0);
    assert_true(isnan(of(none, 0).p) && isnan(of(none, 0).mean));
}

/* Yes or no: 15 lost and 5 won of 60. The sign test's exact value is 0.04139. */
static void drawn_signs_come_close_to_the_exact_value(void **state)
{
    double votes[60] = {0};
    (void)state;
    for (int i = 0; i < 20; i++)
        votes[3 * i] = i < 15 ? -1 : 1;
    struct paired_difference out = of(votes, 60);
    assert_float_equal(out.mean, -10.0 / 60, 1e-12);
    assert_float_equal(out.p, 0.04139, 0.006);
    assert_true(out.low < -0.25 && out.low > -0.35 && out.high < 0 && out.high > -0.06);
}

static void the_same_numbers_give_the_same_answer(void **state)
{
    double numbers[500];
    (void)state;
    for (int i = 0; i < 500; i++)
        numbers[i] = sin(i) + 0.05;
    struct paired_difference one = of(numbers, 500), two = of(numbers, 500);
    assert_memory_equal(&one, &two, sizeof one);
    for (int i = 0; i < 500; i++)
        numbers[i] = -numbers[i];
    assert_float_equal(of(numbers, 500).p, one.p, 1e-12);
}

/* Beyond SIGNIFICANCE_PAIRS_EXACT: z = 2 has p = 0.0455. */
static void many_pairs_follow_the_normal_distribution(void **state)
{
    static double numbers[2500];
    (void)state;
    for (int i = 0; i < 2500; i++)
        numbers[i] = (i % 2 ? 1 : -1) + 2.0 / 50 * sqrt(2500.0 / 2499);
    struct paired_difference out = of(numbers, 2500);
    assert_float_equal(out.p, 0.0455, 0.0002);
    assert_true(out.low > 0 && out.low < 0.002);
}

static void a_missing_number_leaves_its_pair_out(void **state)
{
    const double before[] = {1, (double)NAN, 3, 4}, after[] = {2, 5, (double)NAN, 6};
    struct paired_difference out;
    (void)state;
    assert_true(significance_paired(before, after, 4, &out));
    assert_int_equal(out.pairs, 2);
    assert_float_equal(out.mean, 1.5, 1e-12);
}

/* Holm's own order: 0.01 x 4, 0.02 x 3, 0.03 x 2, never below the one before. */
static void many_tests_are_corrected(void **state)
{
    double p[] = {0.03, 0.01, (double)NAN, 0.02, 0.04};
    (void)state;
    significance_adjust(p, 5);
    assert_float_equal(p[1], 0.04, 1e-12);
    assert_float_equal(p[3], 0.06, 1e-12);
    assert_float_equal(p[0], 0.06, 1e-12);
    assert_float_equal(p[4], 0.06, 1e-12);
    assert_true(isnan(p[2]));
    double large[] = {0.9, 0.8, 0.0};
    significance_adjust(large, 3);
    assert_float_equal(large[0], 1, 1e-12);
    assert_float_equal(large[2], 0, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(darwins_maize_as_fisher_counted_it),
        cmocka_unit_test(students_sleep),
        cmocka_unit_test(few_pairs_prove_little),
        cmocka_unit_test(without_a_difference_p_is_one),
        cmocka_unit_test(drawn_signs_come_close_to_the_exact_value),
        cmocka_unit_test(the_same_numbers_give_the_same_answer),
        cmocka_unit_test(many_pairs_follow_the_normal_distribution),
        cmocka_unit_test(a_missing_number_leaves_its_pair_out),
        cmocka_unit_test(many_tests_are_corrected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

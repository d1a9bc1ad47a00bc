/* SPDX-License-Identifier: Apache-2.0 */
/* agreement: against what is worked out by hand, and where there is nothing to tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours (base/status.h) */
#include <math.h>

#include "query/score_grid.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static struct number_agreement of(const struct number_pair *pairs, size_t count)
{
    struct number_agreement out;
    assert_true(agreement_of_numbers(pairs, count, &out));
    return out;
}

/* Deviations from 3: (-2 -1)(-1 -2)(0 1)(1 0)(2 2), so 8 / sqrt(10 * 10). */
static void correlations_and_distances_as_by_hand(void **state)
{
    const struct number_pair pairs[] = {{1, 2, 1}, {2, 1, 1}, {3, 4, 1}, {4, 3, 1}, {5, 5, 1}};
    struct number_agreement out = of(pairs, COUNT(pairs));
    (void)state;
    assert_int_equal(out.pairs, 5);
    assert_float_equal(out.pearson, 0.8, 1e-12);
    assert_float_equal(out.spearman, 0.8, 1e-12);
    assert_float_equal(out.mae, 0.8, 1e-12);
    assert_float_equal(out.rmse, 0.894427190999916, 1e-12);
    assert_float_equal(out.mean_a, 3, 1e-12);
    /* tanh(1.0986123 -+ 1.959964 / sqrt(2)) */
    assert_float_equal(out.pearson_low, -0.279640042, 1e-8);
    assert_float_equal(out.pearson_high, 0.986196193, 1e-8);
}

/* Ranks 1 2.5 2.5 4 and 1 2 3.5 3.5: 3.75 / sqrt(4.5 * 4.5). */
static void ties_share_the_mean_of_their_ranks(void **state)
{
    const struct number_pair pairs[] = {{1, 1, 1}, {2, 2, 1}, {2, 3, 1}, {3, 3, 1}};
    (void)state;
    assert_float_equal(of(pairs, COUNT(pairs)).spearman, 3.75 / 4.5, 1e-12);
}

static void spearman_asks_for_order_alone(void **state)
{
    const struct number_pair rising[] = {{1, 1, 1}, {2, 10, 1}, {3, 1e6, 1}, {4, 1e9, 1}};
    const struct number_pair falling[] = {{1, 9, 1}, {2, 4, 1}, {3, 1, 1}};
    (void)state;
    assert_float_equal(of(rising, COUNT(rising)).spearman, 1, 1e-12);
    assert_true(of(rising, COUNT(rising)).pearson < 0.9);
    assert_float_equal(of(falling, COUNT(falling)).spearman, -1, 1e-12);
}

static void counted_pairs_are_as_many_single_ones(void **state)
{
    const struct number_pair counted[] = {{0, 1, 3}, {1, 0, 1}, {1, 1, 4}};
    const struct number_pair single[] = {{0, 1, 1}, {0, 1, 1}, {0, 1, 1}, {1, 0, 1},
                                         {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}};
    struct number_agreement a = of(counted, COUNT(counted)), b = of(single, COUNT(single));
    (void)state;
    assert_int_equal(a.pairs, b.pairs);
    assert_float_equal(a.pearson, b.pearson, 1e-12);
    assert_float_equal(a.spearman, b.spearman, 1e-12);
    assert_float_equal(a.rmse, b.rmse, 1e-12);
    assert_float_equal(a.mae, 0.5, 1e-12);
}

static void what_never_changes_has_no_correlation(void **state)
{
    /* Sums of tenths round, which must not look like a spread. */
    const struct number_pair constant[] = {{0.1, 1, 3}, {0.1, 2, 4}, {0.1, 3, 3}};
    const struct number_pair one[] = {{0.5, 0.25, 1}};
    struct number_agreement out = of(constant, COUNT(constant));
    (void)state;
    assert_true(isnan(out.pearson) && isnan(out.spearman) && isnan(out.pearson_low));
    assert_float_equal(out.mae, 1.9, 1e-12);
    out = of(one, 1);
    assert_true(isnan(out.pearson) && isnan(out.spearman));
    assert_float_equal(out.rmse, 0.25, 1e-12);
    out = of(one, 0);
    assert_int_equal(out.pairs, 0);
    assert_true(isnan(out.mae) && isnan(out.mean_a) && isnan(out.pearson));
}

static void a_perfect_correlation_stays_within_one(void **state)
{
    const struct number_pair pairs[] = {{0.1, 0.3, 7}, {0.2, 0.6, 3}, {0.7, 2.1, 5}};
    struct number_agreement out = of(pairs, COUNT(pairs));
    (void)state;
    assert_true(out.pearson <= 1 && out.pearson > 1 - 1e-12);
    const struct number_pair huge[] = {{-1e308, 1e308, 1}, {1e308, -1e308, 1}};
    assert_true(isnan(of(huge, 2).pearson));
}

/* Cohen's own kind of example: 0.7 observed, (25 * 30 + 25 * 20) / 2500 = 0.5 by chance. */
static void kappa_is_what_chance_leaves(void **state)
{
    const int64_t matrix[] = {20, 5, 10, 15};
    struct labels_agreement out;
    struct label_agreement each[2];
    (void)state;
    agreement_of_labels(matrix, 2, &out, each);
    assert_int_equal(out.pairs, 50);
    assert_float_equal(out.observed, 0.7, 1e-12);
    assert_float_equal(out.expected, 0.5, 1e-12);
    assert_float_equal(out.kappa, 0.4, 1e-12);
    assert_int_equal(each[0].in_a, 25);
    assert_int_equal(each[0].in_b, 30);
    assert_float_equal(each[0].precision, 20.0 / 30, 1e-12);
    assert_float_equal(each[0].recall, 20.0 / 25, 1e-12);
    assert_float_equal(each[0].f1, 40.0 / 55, 1e-12);
    assert_float_equal(each[1].f1, 30.0 / 45, 1e-12);
    assert_float_equal(out.f1_macro, (40.0 / 55 + 30.0 / 45) / 2, 1e-12);
    assert_float_equal(out.f1_weighted, (40.0 / 55 + 30.0 / 45) / 2, 1e-12);
}

static void worse_than_chance_is_below_zero(void **state)
{
    const int64_t matrix[] = {0, 5, 0, 5, 0, 0, 0, 0, 2};
    struct labels_agreement out;
    struct label_agreement each[3];
    (void)state;
    agreement_of_labels(matrix, 3, &out, each);
    /* 2 of 12; by chance (5 * 5 + 5 * 5 + 2 * 2) / 144 */
    assert_float_equal(out.kappa, (2.0 / 12 - 54.0 / 144) / (1 - 54.0 / 144), 1e-12);
    assert_float_equal(out.f1_macro, 1.0 / 3, 1e-12);
    assert_float_equal(out.f1_weighted, 2.0 / 12, 1e-12);
}

static void one_label_alone_has_no_kappa(void **state)
{
    const int64_t same[] = {7, 0, 0, 0}, none[] = {0, 0, 0, 0};
    struct labels_agreement out;
    struct label_agreement each[2];
    (void)state;
    agreement_of_labels(same, 2, &out, each);
    assert_float_equal(out.observed, 1, 1e-12);
    assert_true(isnan(out.kappa));
    assert_true(isnan(each[1].f1) && isnan(each[1].precision));
    assert_float_equal(out.f1_macro, 1, 1e-12);
    agreement_of_labels(none, 2, &out, each);
    assert_true(isnan(out.observed) && isnan(out.kappa) && isnan(out.f1_macro));
    agreement_of_labels(none, 0, &out, each);
    assert_int_equal(out.pairs, 0);
}

static struct score_comparison grid_of(const struct number_pair *pairs, size_t count)
{
    struct score_comparison out = {0};
    score_grid_fill(pairs, count, &out);
    return out;
}

static void few_values_have_a_cell_each_and_one_scale(void **state)
{
    const struct number_pair pairs[] = {{0, 1, 3}, {1, 1, 4}, {1, 0.5, 2}};
    struct score_comparison out = grid_of(pairs, COUNT(pairs));
    (void)state;
    assert_int_equal(out.cells[0], 3);
    assert_int_equal(out.cells[1], 3);
    assert_float_equal(out.edges[0][1], 0.5, 0);
    assert_float_equal(out.edges[0][3], 1, 0);
    assert_int_equal(out.grid[0][2], 3);
    assert_int_equal(out.grid[2][2], 4);
    assert_int_equal(out.grid[2][1], 2);
}

static void many_values_share_ten_cells_and_edges_belong_above(void **state)
{
    struct number_pair pairs[101];
    (void)state;
    for (int i = 0; i <= 100; i++)
        pairs[i] = (struct number_pair){i, i < 50 ? 1000 : 2000 + i, 1};
    struct score_comparison out = grid_of(pairs, COUNT(pairs));
    assert_int_equal(out.cells[0], 10);
    assert_int_equal(out.cells[1], 10);
    assert_float_equal(out.edges[0][3], 30, 0);
    assert_int_equal(out.grid[2][0], 10); /* 20 to 29 */
    assert_int_equal(out.grid[9][9], 11); /* 90 to 100 */
    const struct number_pair one[] = {{7, 7, 5}};
    out = grid_of(one, 1);
    assert_int_equal(out.cells[0], 1);
    assert_int_equal(out.grid[0][0], 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correlations_and_distances_as_by_hand),
        cmocka_unit_test(ties_share_the_mean_of_their_ranks),
        cmocka_unit_test(spearman_asks_for_order_alone),
        cmocka_unit_test(counted_pairs_are_as_many_single_ones),
        cmocka_unit_test(what_never_changes_has_no_correlation),
        cmocka_unit_test(a_perfect_correlation_stays_within_one),
        cmocka_unit_test(kappa_is_what_chance_leaves),
        cmocka_unit_test(worse_than_chance_is_below_zero),
        cmocka_unit_test(one_label_alone_has_no_kappa),
        cmocka_unit_test(few_values_have_a_cell_each_and_one_scale),
        cmocka_unit_test(many_values_share_ten_cells_and_edges_belong_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

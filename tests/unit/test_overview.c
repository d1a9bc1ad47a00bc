/* SPDX-License-Identifier: Apache-2.0 */
/* What the Overview reckons: months and their projection, drift of lengths. Pure functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>
#undef fail /* ours (base/status.h) */

#include "base/clock.h"
#include "query/budget.h"
#include "query/quality.h"

static int64_t at(const char *text)
{
    int64_t time_ns = 0;
    assert_true(clock_parse(str_from(text), &time_ns));
    return time_ns;
}

static void a_month_begins_and_ends_at_midnight_utc(void **state)
{
    (void)state;
    static const struct {
        const char *now, *from, *to;
    } cases[] = {
        {"2026-11-21T10:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"},
        {"2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
        {"2028-02-01T00:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t from, to;
        budget_month(at(cases[i].now), &from, &to);
        assert_true(from == at(cases[i].from));
        assert_true(to == at(cases[i].to));
    }
}

static struct budget half_way(void)
{
    /* Ten of thirty days are left; the last week cost 7 dollars. */
    return (struct budget){.month_from_ns = at("2026-11-01T00:00:00Z"),
                           .month_to_ns = at("2026-12-01T00:00:00Z"),
                           .spent = 20 * NS_PER_SEC,
                           .basis_from_ns = at("2026-11-14T00:00:00Z"),
                           .basis_cost = 7 * NS_PER_SEC,
                           .known = true};
}

static void the_rest_of_the_month_costs_what_the_last_week_did(void **state)
{
    (void)state;
    struct budget budget = half_way();
    budget_project(&budget, at("2026-11-21T00:00:00Z"), 0);
    assert_true(budget.cost_a_day == NS_PER_SEC);
    assert_true(budget.projected == 30 * NS_PER_SEC);
    assert_true(budget.runs_out_ns == 0);
}

static void a_budget_below_the_projection_runs_out_on_a_day(void **state)
{
    (void)state;
    struct budget budget = half_way();
    budget_project(&budget, at("2026-11-21T00:00:00Z"), 25 * NS_PER_SEC);
    assert_true(budget.runs_out_ns == at("2026-11-26T00:00:00Z"));
    budget_project(&budget, at("2026-11-21T00:00:00Z"), 31 * NS_PER_SEC);
    assert_true(budget.runs_out_ns == 0);
    budget_project(&budget, at("2026-11-21T00:00:00Z"), 19 * NS_PER_SEC); /* it has already */
    assert_true(budget.runs_out_ns == 0);
}

static void a_first_minute_is_not_taken_for_the_pace_of_a_month(void **state)
{
    (void)state;
    struct budget budget = half_way();
    budget.basis_from_ns = at("2026-11-20T23:59:00Z");
    budget.basis_cost = NS_PER_SEC;
    budget_project(&budget, at("2026-11-21T00:00:00Z"), 0);
    assert_true(budget.cost_a_day == 24 * NS_PER_SEC); /* as if it had been an hour's */
}

static void without_any_data_nothing_is_projected(void **state)
{
    (void)state;
    struct budget budget = {.month_from_ns = at("2026-11-01T00:00:00Z"),
                            .month_to_ns = at("2026-12-01T00:00:00Z")};
    budget_project(&budget, at("2026-11-21T00:00:00Z"), NS_PER_SEC);
    assert_true(budget.projected == 0 && budget.cost_a_day == 0 && budget.runs_out_ns == 0);
}

static void equal_shapes_have_not_drifted_whatever_their_size(void **state)
{
    (void)state;
    const int64_t now[] = {0, 500, 300, 200}, before[] = {0, 5000, 3000, 2000};
    assert_true(fabs(quality_drift(now, before, 4)) < 0.001);
}

static void drift_is_the_population_stability_index(void **state)
{
    (void)state;
    /* 0.5, 0.5 against 0.8, 0.2: 0.3 ln(0.5/0.8) negated, and 0.3 ln(0.5/0.2). */
    const int64_t now[] = {50000, 50000}, before[] = {80000, 20000};
    double wanted = -0.3 * log(0.5 / 0.8) + 0.3 * log(0.5 / 0.2);
    assert_true(fabs(quality_drift(now, before, 2) - wanted) < 0.001);
    assert_true(fabs(quality_drift(now, before, 2) - quality_drift(before, now, 2)) < 1e-9);
}

static void a_class_that_is_new_does_not_make_drift_infinite(void **state)
{
    (void)state;
    const int64_t now[] = {100, 100}, before[] = {200, 0};
    double drift = quality_drift(now, before, 2);
    assert_true(isfinite(drift) && drift > 0.25);
}

static void too_few_answers_say_nothing(void **state)
{
    (void)state;
    const int64_t few[] = {DRIFT_ANSWERS_MIN - 1}, many[] = {DRIFT_ANSWERS_MIN};
    assert_true(isnan(quality_drift(few, many, 1)));
    assert_true(isnan(quality_drift(many, few, 1)));
    assert_true(quality_drift(many, many, 1) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_month_begins_and_ends_at_midnight_utc),
        cmocka_unit_test(the_rest_of_the_month_costs_what_the_last_week_did),
        cmocka_unit_test(a_budget_below_the_projection_runs_out_on_a_day),
        cmocka_unit_test(a_first_minute_is_not_taken_for_the_pace_of_a_month),
        cmocka_unit_test(without_any_data_nothing_is_projected),
        cmocka_unit_test(equal_shapes_have_not_drifted_whatever_their_size),
        cmocka_unit_test(drift_is_the_population_stability_index),
        cmocka_unit_test(a_class_that_is_new_does_not_make_drift_infinite),
        cmocka_unit_test(too_few_answers_say_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

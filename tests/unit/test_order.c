/* SPDX-License-Identifier: Apache-2.0 */
/* order: quantiles in hand are those of the sorted list, whatever the order they came in. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "query/order.h"

enum { MOST = 3000, QUANTILES = 5 };
static const double quantiles[QUANTILES] = {0, 0.1, 0.5, 0.9, 1};

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void check(const double *values, size_t count)
{
    static double mixed[MOST], sorted[MOST];
    double found[QUANTILES];
    memcpy(mixed, values, count * sizeof *values);
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, by_size);
    order_quantiles(mixed, count, quantiles, QUANTILES, found);
    for (size_t i = 0; i < QUANTILES; i++) {
        double position = (double)(count - 1) * quantiles[i];
        double below = sorted[(size_t)floor(position)], above = sorted[(size_t)ceil(position)];
        double expected = below + (above - below) * (position - floor(position));
        assert_true(found[i] == expected);
    }
}

static void sizes_and_orders(void **state)
{
    static double values[MOST];
    uint64_t random = 7;
    (void)state;
    for (size_t round = 0; round < 2000; round++) {
        size_t count = 1 + round % (round % 10 ? 40 : MOST);
        uint64_t different = round % 3 ? 10 : 1000000;
        for (size_t i = 0; i < count; i++) {
            random = random * UINT64_C(6364136223846793005) + 1;
            values[i] = (double)((random >> 33) % different);
        }
        check(values, count);
    }
    for (size_t i = 0; i < MOST; i++)
        values[i] = (double)i;
    check(values, MOST);
    for (size_t i = 0; i < MOST; i++)
        values[i] = (double)(MOST - i);
    check(values, MOST);
}

static void nothing(void **state)
{
    double found[QUANTILES];
    (void)state;
    order_quantiles(NULL, 0, quantiles, QUANTILES, found);
    for (size_t i = 0; i < QUANTILES; i++)
        assert_true(isnan(found[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_orders),
        cmocka_unit_test(nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

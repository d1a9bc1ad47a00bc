/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order: Hoare's selection. What is below the last place that was asked for stays in front of it,
 * so that the next quantile looks only at the rest. Pivots are drawn, so that no order in which
 * values arrive makes it slow.
 */
#include "query/order.h"

#include <math.h>
#include <stdint.h>

static size_t draw(uint64_t *state, size_t low, size_t high)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return low + (size_t)((*state >> 33) % (high - low + 1));
}

/* The middle one of three. */
static double pivot_of(const double *values, size_t low, size_t high, uint64_t *state)
{
    double a = values[draw(state, low, high)], b = values[draw(state, low, high)];
    double c = values[draw(state, low, high)];
    if ((a <= b) == (b <= c))
        return b;
    return (b <= a) == (a <= c) ? a : c;
}

/* The last place of those that are at most the pivot; what follows is at least the pivot. */
static size_t divide(double *values, size_t low, size_t high, double pivot)
{
    for (;; low++, high--) {
        while (values[low] < pivot)
            low++;
        while (values[high] > pivot)
            high--;
        if (low >= high)
            return high;
        double kept = values[low];
        values[low] = values[high];
        values[high] = kept;
    }
}

/* Moves the value of rank `place` there, nothing larger before it and nothing smaller behind it. */
static void select_place(double *values, size_t low, size_t high, size_t place)
{
    uint64_t state = high;
    while (low < high) {
        size_t last = divide(values, low, high, pivot_of(values, low, high, &state));
        if (place > last)
            low = last + 1;
        else if (last < high)
            high = last;
        else if (place < high) /* the pivot is the largest and stands last, where it belongs */
            high--;
        else
            return;
    }
}

void order_quantiles(double *values, size_t count, const double *quantiles, size_t quantile_count,
                     double *out_values)
{
    size_t low = 0;
    for (size_t i = 0; i < quantile_count; i++) {
        out_values[i] = (double)NAN;
        if (!count)
            continue;
        double position = (double)(count - 1) * quantiles[i];
        size_t below = (size_t)floor(position), above = (size_t)ceil(position);
        select_place(values, low, count - 1, below);
        if (above > below)
            select_place(values, above, count - 1, above);
        out_values[i] =
            values[below] + (values[above] - values[below]) * (position - floor(position));
        low = below;
    }
}

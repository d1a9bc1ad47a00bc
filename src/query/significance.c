/* SPDX-License-Identifier: Apache-2.0 */
/* significance: see significance.h. */
#include "query/significance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_SIGNS = 16 };
#define NORMAL_95 1.959963984540054

/* SplitMix64: small, seeded, the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static size_t random_below(uint64_t *state, size_t bound)
{
    return (size_t)(((next_random(state) >> 32) * (uint64_t)bound) >> 32);
}

/* Sums that are equal but for the order of additions count as equal. */
static double slack(const double *differences, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most += fabs(differences[i]);
    return most * 1e-12;
}

static double total(const double *numbers, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    return sum;
}

/* Every assignment of signs, walked as a Gray code: one sign changes a step. */
static double exact_p(const double *differences, size_t count, double observed)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += fabs(differences[i]);
    size_t steps = (size_t)1 << count, as_large = 0;
    uint32_t negative = 0;
    double least = fabs(observed) - slack(differences, count);
    for (size_t step = 0;; step++) {
        as_large += fabs(sum) >= least;
        if (step + 1 == steps)
            return (double)as_large / (double)steps;
        unsigned bit = (unsigned)__builtin_ctzl(step + 1);
        negative ^= 1u << bit;
        sum += (negative >> bit & 1 ? -2 : 2) * fabs(differences[bit]);
    }
}

static double sampled_p(const double *differences, size_t count, double observed)
{
    uint64_t state = count, bits = 0;
    size_t as_large = 1; /* what was observed is one of the assignments */
    double least = fabs(observed) - slack(differences, count);
    for (size_t n = 0; n < SIGNIFICANCE_RESAMPLES; n++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++) {
            if (i % 64 == 0)
                bits = next_random(&state);
            sum += bits >> (i % 64) & 1 ? differences[i] : -differences[i];
        }
        as_large += fabs(sum) >= least;
    }
    return (double)as_large / (SIGNIFICANCE_RESAMPLES + 1);
}

static double permutation_p(const double *differences, size_t count)
{
    double observed = total(differences, count);
    if (count == 0)
        return 1;
    return count <= EXACT_SIGNS ? exact_p(differences, count, observed)
                                : sampled_p(differences, count, observed);
}

static int by_number(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* `means` has room for SIGNIFICANCE_RESAMPLES. */
static void bootstrap(const double *differences, size_t count, double *means,
                      struct paired_difference *out)
{
    uint64_t state = count;
    for (size_t n = 0; n < SIGNIFICANCE_RESAMPLES; n++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += differences[random_below(&state, count)];
        means[n] = sum / (double)count;
    }
    qsort(means, SIGNIFICANCE_RESAMPLES, sizeof *means, by_number);
    out->low = means[SIGNIFICANCE_RESAMPLES / 40];
    out->high = means[SIGNIFICANCE_RESAMPLES - 1 - SIGNIFICANCE_RESAMPLES / 40];
}

static void normal(const double *differences, size_t count, struct paired_difference *out)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (differences[i] - out->mean) * (differences[i] - out->mean);
    double error = sqrt(squares / (double)(count - 1) / (double)count);
    out->low = out->mean - NORMAL_95 * error;
    out->high = out->mean + NORMAL_95 * error;
    out->p = out->mean == 0 ? 1 : error > 0 ? erfc(fabs(out->mean) / error / sqrt(2)) : 0;
}

bool significance_paired(const double *before, const double *after, size_t count,
                         struct paired_difference *out_difference)
{
    struct paired_difference out = {0, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
    double *differences = malloc((count + SIGNIFICANCE_RESAMPLES) * sizeof *differences);
    size_t changed = 0;
    if (!differences)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!isnan(before[i]) && !isnan(after[i]))
            differences[out.pairs++] = after[i] - before[i];
    if (out.pairs)
        out.mean = total(differences, out.pairs) / (double)out.pairs;
    if (out.pairs > SIGNIFICANCE_PAIRS_EXACT) {
        normal(differences, out.pairs, &out);
    } else if (out.pairs) {
        if (out.pairs > 1)
            bootstrap(differences, out.pairs, differences + count, &out);
        /* A pair that does not differ has no sign to change. */
        for (size_t i = 0; i < out.pairs; i++)
            if (differences[i] != 0)
                differences[changed++] = differences[i];
        out.p = permutation_p(differences, changed);
    }
    free(differences);
    *out_difference = out;
    return true;
}

void significance_adjust(double *p, size_t count)
{
    size_t tests = 0, done = 0;
    double floor = 0;
    for (size_t i = 0; i < count; i++)
        tests += !isnan(p[i]);
    /* Smallest first; those of equal p share the factor of the first of them. Done ones are kept
     * negative until the end. */
    while (done < tests) {
        double least = (double)INFINITY;
        size_t equal = 0;
        for (size_t i = 0; i < count; i++)
            if (!isnan(p[i]) && !signbit(p[i]) && p[i] < least)
                least = p[i];
        floor = fmax(floor, fmin(1, least * (double)(tests - done)));
        for (size_t i = 0; i < count; i++)
            if (p[i] == least && !signbit(p[i])) {
                p[i] = -floor;
                equal++;
            }
        done += equal;
    }
    for (size_t i = 0; i < count; i++)
        p[i] = isnan(p[i]) ? p[i] : fabs(p[i]);
}

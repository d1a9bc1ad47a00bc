/* SPDX-License-Identifier: Apache-2.0 */
/*
 * significance: is a difference between two paired lists of numbers more than chance? A pure
 * function of its input: the same numbers give the same answer, on every machine.
 *
 * The p-value is that of the two-sided paired permutation test of the mean: under the hypothesis
 * that it makes no difference which of the two a number came from, how often is the mean difference
 * at least this large? All assignments of signs are counted where there are at most 2^16, else
 * RESAMPLES of them are drawn. The interval is the 95 % percentile interval of the bootstrap of the
 * mean difference. Above SIGNIFICANCE_PAIRS_EXACT pairs both come from the normal distribution,
 * which the mean of so many follows.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIGNIFICANCE_RESAMPLES = 10000, SIGNIFICANCE_PAIRS_EXACT = 2000 };
#define SIGNIFICANCE_LEVEL 0.05

struct paired_difference {
    size_t pairs;
    double mean;      /* of after - before; NaN without pairs */
    double low, high; /* the 95 % interval; NaN with less than 2 pairs */
    double p;         /* 1 when nothing differs; NaN without pairs */
};

/* Pairs of which either number is NaN do not count. False: no memory. */
bool significance_paired(const double *before, const double *after, size_t count,
                         struct paired_difference *out_difference);

/* Holm's correction, in place, for many tests of one question: `p` at most 1; NaN stays out. */
void significance_adjust(double *p, size_t count);

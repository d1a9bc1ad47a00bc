/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agreement: what two scores of the same things say about each other. Pure functions of counted
 * pairs: numbers by correlation and distance, labels by agreement beyond chance.
 *
 * What is not defined is NaN: a correlation of fewer than two pairs or with a number that never
 * changes, a kappa where chance alone explains everything.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `count` things were given `a` by the one score and `b` by the other; both are finite. */
struct number_pair {
    double a, b;
    int64_t count;
};

struct number_agreement {
    int64_t pairs;
    double mean_a, mean_b;
    double pearson, spearman;         /* ranks of equal numbers are their mean */
    double pearson_low, pearson_high; /* the 95 % interval by Fisher's z, from four pairs on */
    double mae, rmse;                 /* of b - a */
};
/* False: no memory. */
bool agreement_of_numbers(const struct number_pair *pairs, size_t count,
                          struct number_agreement *out_agreement);

/* One label, with `a` as what is true and `b` as what was said. */
struct label_agreement {
    int64_t in_a, in_b, in_both;
    double precision, recall, f1;
};
struct labels_agreement {
    int64_t pairs;
    double observed, expected, kappa; /* shares; Cohen's kappa */
    double f1_macro, f1_weighted;     /* each label alike; by how often it is in a */
};
/* `matrix[a * labels + b]` counts pairs; out_each has room for one of each label. */
void agreement_of_labels(const int64_t *matrix, size_t labels,
                         struct labels_agreement *out_agreement, struct label_agreement *out_each);

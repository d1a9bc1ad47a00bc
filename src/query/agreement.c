/* SPDX-License-Identifier: Apache-2.0 */
/* agreement: see agreement.h. */
#include "query/agreement.h"

#include <math.h>
#include <stdlib.h>

#define NORMAL_95 1.959963984540054

/* One side of a pair: its value, then its rank. */
struct ranked {
    double value;
    int64_t count;
    size_t pair;
};

static int by_value(const void *a, const void *b)
{
    double left = ((const struct ranked *)a)->value, right = ((const struct ranked *)b)->value;
    return (left > right) - (left < right);
}

static double mean_of(const double *values, const struct number_pair *pairs, size_t count,
                      int64_t total)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i] * (double)pairs[i].count;
    return sum / (double)total;
}

/* Rounding must not make a correlation of a number that never changes. */
static bool is_constant(const double *values, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (values[i] != values[0])
            return false;
    return true;
}

static double correlation(const double *x, const double *y, const struct number_pair *pairs,
                          size_t count, int64_t total)
{
    double xx = 0, yy = 0, xy = 0;
    if (total < 2 || is_constant(x, count) || is_constant(y, count))
        return NAN;
    double mean_x = mean_of(x, pairs, count, total), mean_y = mean_of(y, pairs, count, total);
    for (size_t i = 0; i < count; i++) {
        double dx = x[i] - mean_x, dy = y[i] - mean_y, weight = (double)pairs[i].count;
        xx += weight * dx * dx;
        yy += weight * dy * dy;
        xy += weight * dx * dy;
    }
    double r = xy / sqrt(xx) / sqrt(yy);
    return isfinite(r) ? fmax(-1, fmin(1, r)) : NAN;
}

/* In place: each value becomes the mean rank of those equal to it. */
static void to_ranks(double *values, const struct number_pair *pairs, size_t count,
                     struct ranked *space)
{
    int64_t before = 0;
    for (size_t i = 0; i < count; i++)
        space[i] = (struct ranked){values[i], pairs[i].count, i};
    qsort(space, count, sizeof *space, by_value);
    for (size_t from = 0, to; from < count; from = to) {
        int64_t equal = 0;
        for (to = from; to < count && space[to].value == space[from].value; to++)
            equal += space[to].count;
        for (size_t i = from; i < to; i++)
            values[space[i].pair] = (double)before + ((double)equal + 1) / 2;
        before += equal;
    }
}

static void find_distances(const struct number_pair *pairs, size_t count,
                           struct number_agreement *out)
{
    double distances = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = pairs[i].b - pairs[i].a, weight = (double)pairs[i].count;
        distances += weight * fabs(difference);
        squares += weight * difference * difference;
    }
    out->mae = distances / (double)out->pairs;
    out->rmse = sqrt(squares / (double)out->pairs);
}

static void find_interval(struct number_agreement *out)
{
    if (out->pairs < 4 || !(fabs(out->pearson) < 1))
        return;
    double z = atanh(out->pearson), error = NORMAL_95 / sqrt((double)(out->pairs - 3));
    out->pearson_low = tanh(z - error);
    out->pearson_high = tanh(z + error);
}

bool agreement_of_numbers(const struct number_pair *pairs, size_t count,
                          struct number_agreement *out_agreement)
{
    struct number_agreement out = {.mean_a = NAN,
                                   .mean_b = NAN,
                                   .pearson = NAN,
                                   .spearman = NAN,
                                   .pearson_low = NAN,
                                   .pearson_high = NAN,
                                   .mae = NAN,
                                   .rmse = NAN};
    double *a = calloc(2 * count + 1, sizeof *a), *b = a + count;
    struct ranked *space = malloc((count + 1) * sizeof *space);
    if (!a || !space) {
        free(a);
        free(space);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        a[i] = pairs[i].a;
        b[i] = pairs[i].b;
        out.pairs += pairs[i].count;
    }
    if (out.pairs) {
        out.mean_a = mean_of(a, pairs, count, out.pairs);
        out.mean_b = mean_of(b, pairs, count, out.pairs);
        find_distances(pairs, count, &out);
        out.pearson = correlation(a, b, pairs, count, out.pairs);
        find_interval(&out);
        to_ranks(a, pairs, count, space);
        to_ranks(b, pairs, count, space);
        out.spearman = correlation(a, b, pairs, count, out.pairs);
    }
    free(a);
    free(space);
    *out_agreement = out;
    return true;
}

/* --- labels ---------------------------------------------------------------------------------- */

static double ratio(int64_t part, int64_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

static int64_t count_labels(const int64_t *matrix, size_t labels, struct label_agreement *each)
{
    int64_t pairs = 0;
    for (size_t i = 0; i < labels; i++)
        each[i] = (struct label_agreement){.in_both = matrix[i * labels + i]};
    for (size_t a = 0; a < labels; a++)
        for (size_t b = 0; b < labels; b++) {
            each[a].in_a += matrix[a * labels + b];
            each[b].in_b += matrix[a * labels + b];
            pairs += matrix[a * labels + b];
        }
    return pairs;
}

void agreement_of_labels(const int64_t *matrix, size_t labels,
                         struct labels_agreement *out_agreement, struct label_agreement *out_each)
{
    struct labels_agreement out = {
        .observed = NAN, .expected = NAN, .kappa = NAN, .f1_macro = NAN, .f1_weighted = NAN};
    double by_chance = 0, f1s = 0, weighted = 0;
    int64_t agreed = 0, known = 0;
    out.pairs = count_labels(matrix, labels, out_each);
    for (size_t i = 0; i < labels; i++) {
        struct label_agreement *label = &out_each[i];
        label->precision = ratio(label->in_both, label->in_b);
        label->recall = ratio(label->in_both, label->in_a);
        label->f1 = ratio(2 * label->in_both, label->in_a + label->in_b);
        agreed += label->in_both;
        by_chance += (double)label->in_a * (double)label->in_b;
        if (label->in_a + label->in_b == 0)
            continue;
        known++;
        f1s += label->f1;
        weighted += label->f1 * (double)label->in_a;
    }
    if (out.pairs) {
        out.observed = ratio(agreed, out.pairs);
        out.expected = by_chance / (double)out.pairs / (double)out.pairs;
        out.kappa = out.expected < 1 ? (out.observed - out.expected) / (1 - out.expected) : NAN;
        out.f1_macro = f1s / (double)known;
        out.f1_weighted = weighted / (double)out.pairs;
    }
    *out_agreement = out;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_rank: which values have more of the change than chance gives them.
 *
 * Of each value and of all others we know what they had before and have now. If nothing but the
 * total had changed, both would have kept their share. G = 2 Σ observed ln(observed / expected)
 * says how far from that they are: it grows with the share and with the number of spans behind it.
 */
#include <math.h>
#include <stdlib.h>

#include "query/explain_private.h"

/* A result by chance less than once in a hundred questions, and two points more of the whole: what
 * is certain but tiny explains nothing. */
static const double chance_max = 0.01, share_least = 0.02;
/* As many imagined failures, spread like all spans, stand in every baseline. */
static const double prior_spans = 10;

static double part(double observed, double expected)
{
    return observed > 0 && expected > 0 ? observed * log(observed / expected) : 0;
}

/* One row of the table: `more` and `less` on the two sides, where `share` of it was expected on the
 * first; `unit` is what an average span of the row weighs. */
static double row_strength(double more, double less, double share, double unit)
{
    if (!(unit > 0))
        return 0;
    double sum = (more + less) / unit;
    return part(more / unit, sum * share) + part(less / unit, sum * (1 - share));
}

static double unit_of(double squares, double amount)
{
    return amount > 0 ? squares / amount : 0;
}

static double value_strength(const struct explain_tally *tally, const struct explain_whole *whole)
{
    enum explain_side more = whole->falls ? EXPLAIN_BASELINE : EXPLAIN_NOW;
    enum explain_side less = whole->falls ? EXPLAIN_NOW : EXPLAIN_BASELINE;
    double a = tally->amounts[more], b = tally->amounts[less];
    double all_a = whole->amounts[more], all_b = whole->amounts[less];
    if (whole->has_of) {
        double of = whole->of[0] + whole->of[1];
        double share = of > 0 ? (tally->of[0] + tally->of[1]) / of : 0;
        b += prior_spans * fmin(share, 1);
        all_b += prior_spans;
    }
    if (!(all_a > 0) || !(all_b > 0) || a / all_a - b / all_b < share_least)
        return 0;
    double share = all_a / (all_a + all_b);
    double own = unit_of(tally->squares, tally->amounts[0] + tally->amounts[1]);
    double others =
        unit_of(whole->squares - tally->squares,
                whole->amounts[0] + whole->amounts[1] - tally->amounts[0] - tally->amounts[1]);
    return 2 * (row_strength(a, b, share, own) +
                row_strength(all_a - a, all_b - b, share, others > 0 ? others : own));
}

double explain_chance(double strength, size_t compared)
{
    double chance = erfc(sqrt(fmax(strength, 0) / 2)) * (double)(compared ? compared : 1);
    return fmin(chance, 1);
}

static int by_strength(const void *left, const void *right)
{
    const struct explain_tally *a = left, *b = right;
    if (a->strength != b->strength)
        return a->strength < b->strength ? 1 : -1;
    if (a->dimension != b->dimension)
        return a->dimension < b->dimension ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->second != b->second ? (a->second < b->second ? -1 : 1)
                                  : str_compare(a->text, b->text);
}

size_t explain_rank(struct explain_tallies *tallies, const struct explain_whole *whole)
{
    size_t standing = 0;
    for (size_t i = 0; i < tallies->count; i++)
        tallies->items[i].strength = value_strength(&tallies->items[i], whole);
    if (tallies->count)
        qsort(tallies->items, tallies->count, sizeof *tallies->items, by_strength);
    while (standing < tallies->count &&
           explain_chance(tallies->items[standing].strength, tallies->compared) < chance_max)
        standing++;
    return standing;
}

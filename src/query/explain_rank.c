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

/* What an average span weighs, large ones counted as often as they weigh. */
static double unit_of(double squares, double amount)
{
    return amount > 0 && squares > 0 ? squares / amount : 1;
}

/* G of a table of counts, made smaller where they are few (Williams). */
static double table_strength(const double cells[2][2])
{
    double rows[2], columns[2], all = 0, sum = 0, row_part = -1, column_part = -1;
    for (int i = 0; i < 2; i++) {
        rows[i] = cells[i][0] + cells[i][1];
        columns[i] = cells[0][i] + cells[1][i];
        all += rows[i];
    }
    for (int i = 0; i < 2; i++) {
        if (!(rows[i] > 0) || !(columns[i] > 0))
            return 0;
        row_part += all / rows[i];
        column_part += all / columns[i];
        for (int j = 0; j < 2; j++)
            if (cells[i][j] > 0)
                sum += cells[i][j] * log(cells[i][j] * all / (rows[i] * columns[j]));
    }
    return 2 * sum / (1 + row_part * column_part / (6 * all));
}

static double value_strength(const struct explain_tally *tally, const struct explain_whole *whole)
{
    enum explain_side more = whole->falls ? EXPLAIN_BASELINE : EXPLAIN_NOW;
    enum explain_side less = whole->falls ? EXPLAIN_NOW : EXPLAIN_BASELINE;
    double own[2] = {tally->amounts[more], tally->amounts[less]};
    double others[2] = {whole->amounts[more] - own[0], whole->amounts[less] - own[1]};
    double own_unit = unit_of(tally->squares, own[0] + own[1]);
    double others_unit = unit_of(whole->squares - tally->squares, others[0] + others[1]);
    if (whole->has_of) {
        double of = whole->of[0] + whole->of[1];
        double share = of > 0 ? fmin((tally->of[0] + tally->of[1]) / of, 1) : 0;
        own[1] += prior_spans * share;
        others[1] += prior_spans * (1 - share);
    }
    double before = own[1] + others[1], now = own[0] + others[0];
    if (!(now > 0) || !(before > 0) || own[0] / now - own[1] / before < share_least)
        return 0;
    const double cells[2][2] = {
        {own[0] / own_unit, own[1] / own_unit},
        {fmax(others[0], 0) / others_unit, fmax(others[1], 0) / others_unit}};
    return table_strength(cells);
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

/* SPDX-License-Identifier: Apache-2.0 */
/* experiment_compare: how runs differ, from their table alone; see experiments.h. */
#include <math.h>
#include <stdlib.h>

#include "query/experiments.h"

const double *experiment_values(const struct experiment_table *table, size_t run, size_t measure)
{
    return table->values + (run * table->measure_count + measure) * table->item_count;
}

struct experiment_mean experiment_mean(const double *values, size_t count)
{
    struct experiment_mean out = {0};
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i])) {
            sum += values[i];
            out.count++;
        }
    out.mean = out.count ? sum / (double)out.count : (double)NAN;
    return out;
}

static void count_changes(const double *before, const double *after, size_t count,
                          bool lower_is_better, struct experiment_difference *out)
{
    for (size_t i = 0; i < count; i++) {
        double change = lower_is_better ? before[i] - after[i] : after[i] - before[i];
        out->better += change > 0;
        out->worse += change < 0;
        out->same += change == 0;
    }
}

enum status experiment_compare(const struct experiment_table *table, size_t run,
                               struct experiment_difference *out_differences, struct error *error)
{
    double p[EXPERIMENT_SCORES_MAX + 2];
    for (size_t m = 0; m < table->measure_count; m++) {
        const double *before = experiment_values(table, 0, m);
        const double *after = experiment_values(table, run, m);
        struct experiment_difference *out = &out_differences[m];
        *out = (struct experiment_difference){0};
        if (!significance_paired(before, after, table->item_count, &out->paired))
            return fail(error, STATUS_INTERNAL, "no memory to compare runs");
        count_changes(before, after, table->item_count, table->measures[m].lower_is_better, out);
        p[m] = out->paired.p;
    }
    significance_adjust(p, table->measure_count);
    for (size_t m = 0; m < table->measure_count; m++) {
        out_differences[m].p_adjusted = p[m];
        out_differences[m].significant = p[m] < SIGNIFICANCE_LEVEL;
    }
    return STATUS_OK;
}

/* --- items ---------------------------------------------------------------------------------- */

/* From the least to the most any run has of it; 0 when there is nothing to tell apart. */
static double span_of(const struct experiment_table *table, size_t measure)
{
    double least = (double)INFINITY, most = -(double)INFINITY;
    for (size_t run = 0; run < table->run_count; run++) {
        const double *values = experiment_values(table, run, measure);
        for (size_t i = 0; i < table->item_count; i++)
            if (!isnan(values[i])) {
                least = fmin(least, values[i]);
                most = fmax(most, values[i]);
            }
    }
    return most > least ? most - least : 0;
}

static void note(struct experiment_item *item, double change)
{
    if (isnan(change))
        return;
    if (item->change == CHANGE_NONE)
        item->change = CHANGE_SAME;
    item->worst = fmin(item->worst, change);
    item->best = fmax(item->best, change);
}

static void note_scores(const struct experiment_table *table, struct experiment_item *items)
{
    for (size_t m = 0; m < table->measure_count; m++) {
        double span = span_of(table, m);
        if (table->measures[m].kind != EXPERIMENT_SCORE)
            continue;
        for (size_t run = 1; run < table->run_count; run++) {
            const double *before = experiment_values(table, 0, m);
            const double *after = experiment_values(table, run, m);
            for (size_t i = 0; i < table->item_count; i++) {
                double change = table->measures[m].lower_is_better ? before[i] - after[i]
                                                                   : after[i] - before[i];
                note(&items[i], span > 0 ? change / span : change);
            }
        }
    }
}

/* Failing now and not before counts as much as a score can fall. `failed` is of the baseline; -1
 * where it has no such item. */
static void note_errors(const struct experiment_table *table, const struct experiment_run *runs,
                        const int8_t *failed, struct experiment_item *items)
{
    for (size_t run = 1; run < table->run_count; run++)
        for (size_t i = 0; i < runs[run].count; i++) {
            const struct experiment_subject *subject = &runs[run].subjects[i];
            if (subject->found && failed[subject->item] >= 0)
                note(&items[subject->item],
                     (double)failed[subject->item] - (double)subject->is_error);
        }
}

static int by_change(const void *a, const void *b)
{
    const struct experiment_item *left = a, *right = b;
    double by =
        left->change == CHANGE_REGRESSED ? left->worst - right->worst : right->best - left->best;
    if (left->change != right->change)
        return left->change > right->change ? -1 : 1;
    if (by != 0)
        return by < 0 ? -1 : 1;
    return (left->item > right->item) - (left->item < right->item);
}

enum status experiment_items(const struct experiment_table *table,
                             const struct experiment_run *runs, struct arena *arena,
                             struct experiment_item **out_items, struct error *error)
{
    struct experiment_item *items =
        arena_array(arena, struct experiment_item, table->item_count + 1);
    int8_t *failed = arena_array(arena, int8_t, table->item_count + 1);
    if (!items || !failed)
        return fail(error, STATUS_TOO_LARGE, "runs: too many items to compare at once");
    for (size_t i = 0; i < table->item_count; i++) {
        items[i].item = i;
        failed[i] = -1;
    }
    for (size_t i = 0; table->run_count && i < runs[0].count; i++) {
        const struct experiment_subject *subject = &runs[0].subjects[i];
        if (subject->found && failed[subject->item] < (int8_t)subject->is_error)
            failed[subject->item] = subject->is_error;
    }
    note_scores(table, items);
    note_errors(table, runs, failed, items);
    for (size_t i = 0; i < table->item_count; i++)
        if (items[i].worst < 0)
            items[i].change = CHANGE_REGRESSED;
        else if (items[i].best > 0)
            items[i].change = CHANGE_IMPROVED;
    qsort(items, table->item_count, sizeof *items, by_change);
    *out_items = items;
    return STATUS_OK;
}

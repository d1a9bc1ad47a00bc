/* SPDX-License-Identifier: Apache-2.0 */
/* anomaly: see anomaly.h. */
#include "query/anomaly.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "query/pattern_numbers.h"

/* 1.4826 median distances are what a standard deviation is of values around a mean. */
static const double spread_of_median = 1.4826, score_least = 3.5;
enum { WINDOWS_LEAST = 3, NUMBERS_USUAL_LEAST = 8, NUMBERS_NOW_LEAST = 3 };

struct finding {
    struct anomaly *out;
    struct buf types, description;
};

static void find(struct finding *finding, const char *type, double score)
{
    buf_printf(&finding->types, "%s%s", finding->types.len ? "," : "", type);
    if (finding->description.len)
        buf_printf(&finding->description, "; ");
    finding->out->is_anomaly = true;
    if (fabs(score) > fabs(finding->out->score))
        finding->out->score = score;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

/* Sorts them. */
static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_size);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double median_distance(const double *values, size_t count, double middle)
{
    double distances[SAMPLES_MAX];
    for (size_t i = 0; i < count; i++)
        distances[i] = fabs(values[i] - middle);
    return median(distances, count);
}

/* --- how often ------------------------------------------------------------------------------- */

static bool had_texts(const struct pattern_row *rows, size_t count, int window)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].counts[window])
            return true;
    return false;
}

static void judge_frequency(struct finding *finding, const struct pattern_row *rows, size_t count,
                            const struct pattern_row *row)
{
    double usual[PATTERN_WINDOWS];
    size_t windows = 0;
    bool seen = false;
    for (int i = PATTERN_USUAL; i < PATTERN_WINDOWS; i++) {
        seen |= row->counts[i] > 0;
        if (had_texts(rows, count, i))
            usual[windows++] = (double)row->counts[i];
    }
    double now = (double)row->counts[PATTERN_NOW];
    if (windows && !seen) {
        find(finding, "new", sqrt(now));
        buf_printf(&finding->description, "never seen in %zu times before", windows);
        return;
    }
    if (windows < WINDOWS_LEAST)
        return;
    double middle = median(usual, windows);
    /* Counts of rare events spread by their square root even where the few seen agree. */
    double spread =
        fmax(spread_of_median * median_distance(usual, windows, middle), fmax(sqrt(middle), 1));
    double score = (now - middle) / spread;
    if (fabs(score) < score_least)
        return;
    find(finding, "frequency", score);
    buf_printf(&finding->description, "%.0f times, usually %g", now, middle);
}

/* --- what stands in it ----------------------------------------------------------------------- */

static void judge_token(struct finding *finding, const struct pattern_row *row)
{
    if (!row->changed_to.ptr)
        return;
    struct str word = row->changed_to;
    find(finding, "token", 0);
    buf_printf(&finding->description, "a word that never changed is now '%.*s'",
               (int)(word.len > 60 ? 60 : word.len), word.ptr);
}

static size_t kept(const struct number_sample *sample)
{
    return sample->seen < SAMPLES_MAX ? (size_t)sample->seen : SAMPLES_MAX;
}

static void judge_numbers(struct finding *finding, const struct number_sample *now,
                          const struct number_sample *usual, size_t place)
{
    double values[SAMPLES_MAX], others[SAMPLES_MAX];
    if (kept(now) < NUMBERS_NOW_LEAST || kept(usual) < NUMBERS_USUAL_LEAST)
        return;
    memcpy(values, now->values, sizeof values);
    memcpy(others, usual->values, sizeof others);
    double here = median(values, kept(now)), middle = median(others, kept(usual));
    double spread = fmax(spread_of_median * median_distance(others, kept(usual), middle),
                         fmax(fabs(middle) * 0.05, 1e-9));
    double score = (here - middle) / spread;
    if (fabs(score) < score_least)
        return;
    find(finding, "number", score);
    buf_printf(&finding->description, "number %zu is %g in the middle, usually %g", place + 1, here,
               middle);
}

/* Two shares, and how far apart they are for so many texts. */
static void judge_statuses(struct finding *finding, const struct number_sample *now,
                           const struct number_sample *usual)
{
    if (now->statuses < NUMBERS_NOW_LEAST || usual->statuses < NUMBERS_USUAL_LEAST)
        return;
    double n = (double)now->statuses, m = (double)usual->statuses;
    double here = (double)now->errors / n, before = (double)usual->errors / m;
    double pooled = (double)(now->errors + usual->errors) / (n + m);
    double spread = sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
    if (here - before < 0.1 || spread <= 0 || (here - before) / spread < score_least)
        return;
    find(finding, "http", (here - before) / spread);
    buf_printf(&finding->description, "%.0f%% of the statuses say error, usually %.0f%%",
               here * 100, before * 100);
}

static void judge_places(struct finding *finding, const struct pattern_numbers *numbers)
{
    for (size_t i = 0; numbers && i < PLACES_MAX; i++) {
        const struct number_sample *now = numbers->now[i], *usual = numbers->usual[i];
        if (!now || !usual)
            continue;
        if (usual->statuses * 2 > usual->seen) /* statuses are names, not sizes */
            judge_statuses(finding, now, usual);
        else
            judge_numbers(finding, now, usual, i);
    }
}

void anomaly_judge(const struct pattern_row *rows, size_t count, size_t at, struct arena *arena,
                   struct anomaly *out)
{
    struct finding finding = {.out = out};
    *out = (struct anomaly){0};
    judge_frequency(&finding, rows, count, &rows[at]);
    judge_token(&finding, &rows[at]);
    judge_places(&finding, rows[at].numbers);
    if (out->is_anomaly) {
        out->types = arena_copy(arena, buf_str(&finding.types));
        out->description = arena_copy(arena, buf_str(&finding.description));
    }
    buf_done(&finding.types);
    buf_done(&finding.description);
}

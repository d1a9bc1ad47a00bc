/* SPDX-License-Identifier: Apache-2.0 */
/* steps: cuts a range into steps that people like and rollups can serve. */
#include "base/clock.h"
#include "query/series.h"

static int64_t floor_to(int64_t seconds, int64_t step)
{
    int64_t rest = seconds % step;
    return seconds - (rest < 0 ? rest + step : rest);
}

static int64_t pleasant_step(int64_t span_s)
{
    enum { POINTS_MAX = 240 };
    static const int64_t steps[] = {60,    120,   300,   600,   1200,   1800,   3600,    7200,
                                    10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (span_s / steps[i] <= POINTS_MAX)
            return steps[i];
    return floor_to(span_s / POINTS_MAX, 86400) + 86400;
}

enum status series_steps(struct time_range range, int64_t step_seconds, struct steps *out_steps,
                         struct error *error)
{
    int64_t from = range.from_ns / NS_PER_SEC, to = (range.to_ns - 1) / NS_PER_SEC;
    if (to < from)
        return fail(error, STATUS_INVALID, "to: expected a time after from");
    if (step_seconds && (step_seconds < 60 || step_seconds % 60))
        return fail(error, STATUS_INVALID, "step: expected a multiple of 60 seconds");
    struct steps steps = {.step_s = step_seconds ? step_seconds : pleasant_step(to - from)};
    steps.start_s = floor_to(from, steps.step_s);
    int64_t count = (to - steps.start_s) / steps.step_s + 1;
    if (count > SERIES_STEPS_MAX)
        return fail(error, STATUS_INVALID, "step: that makes %lld points, at most %d are given",
                    (long long)count, SERIES_STEPS_MAX);
    steps.count = (size_t)count;
    steps.resolution_s = steps.step_s % 86400 == 0 ? 86400 : steps.step_s % 3600 == 0 ? 3600 : 60;
    *out_steps = steps;
    return STATUS_OK;
}

/* A day less than the rollups keep: a span that comes a week late leaves no minute. */
static int64_t finest_left(int64_t from_ns)
{
    int64_t age_days = (clock_now_ns() - from_ns) / (86400 * NS_PER_SEC);
    if (age_days < ROLLUP_MINUTES_KEPT_DAYS - 1)
        return 60;
    return age_days < ROLLUP_HOURS_KEPT_DAYS - 1 ? 3600 : 86400;
}

enum status rollup_steps(struct time_range range, int64_t step_seconds, int periods_before,
                         struct steps *out_steps, struct error *error)
{
    enum status status = series_steps(range, step_seconds, out_steps, error);
    if (status != STATUS_OK)
        return status;
    int64_t span_ns = (int64_t)out_steps->count * out_steps->step_s * NS_PER_SEC;
    int64_t finest = finest_left(out_steps->start_s * NS_PER_SEC - periods_before * span_ns);
    if (out_steps->step_s % finest == 0)
        return STATUS_OK;
    return series_steps(range, (out_steps->step_s / finest + 1) * finest, out_steps, error);
}

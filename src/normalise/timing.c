/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timing: start and end as numbers one can calculate with, and the first token. The same name means
 * seconds with one producer and milliseconds with another; rows and readers know which.
 */
#include <string.h>

#include "base/clock.h"
#include "normalise/normalise_private.h"

#define TEN_YEARS_NS INT64_C(315360000000000000)

void timing_clamp(struct reading *reading)
{
    const struct span *span = reading->span;
    struct observation *out = reading->out;
    bool start_ok = span->start_ns > 0 && span->start_ns <= INT64_MAX - TEN_YEARS_NS;
    bool end_ok = span->end_ns > 0 && span->end_ns <= INT64_MAX;
    if (!start_ok || !end_ok || span->end_ns < span->start_ns ||
        (int64_t)(span->end_ns - span->start_ns) > TEN_YEARS_NS)
        out->flags |= OBSERVATION_BAD_TIME;
    /* A span without a start began, as far as anyone knows, when it ended. */
    out->start_ns = start_ok                                             ? (int64_t)span->start_ns
                    : end_ok && span->end_ns <= INT64_MAX - TEN_YEARS_NS ? (int64_t)span->end_ns
                                                                         : 0;
    out->end_ns = end_ok ? (int64_t)span->end_ns : out->start_ns;
    if (out->end_ns < out->start_ns || out->end_ns - out->start_ns > TEN_YEARS_NS)
        out->end_ns = out->start_ns;
}

/* gen_ai.server.time_to_first_token as a span attribute: Strands means milliseconds. */
void ttft_by_producer_read(struct reading *reading, const struct row *row,
                           const struct value *value, unsigned rank)
{
    double number;
    int64_t ttft_ns;
    if (!coerce_number(value, &number))
        return;
    bool whole = number == (double)(int64_t)(number < 9e15 ? number : 0);
    bool seconds = reading->vocabulary_number != VOCABULARY_strands && number < 1000 && !whole;
    if (scale_ns(number, seconds ? 1e9 : 1e6, &ttft_ns))
        reading_set_number(reading, SLOT_ttft_ns, rank, row, ttft_ns);
}

void timing_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    int64_t first = out->completion_start_ns;
    if (first >= 0 && (first < out->start_ns || first - out->start_ns > TEN_YEARS_NS))
        first = out->completion_start_ns = -1; /* another clock's */
    if (first < 0 && reading->first_token_event_ns &&
        reading->first_token_event_ns >= (uint64_t)out->start_ns &&
        reading->first_token_event_ns - (uint64_t)out->start_ns <= (uint64_t)TEN_YEARS_NS) {
        reading->ranks[SLOT_completion_start_ns] = RANK_NONE;
        reading_rule_number(reading, SLOT_completion_start_ns,
                            (int64_t)reading->first_token_event_ns, "first token event");
    }
    if (out->completion_start_ns >= 0)
        reading_rule_number(reading, SLOT_ttft_ns, out->completion_start_ns - out->start_ns,
                            "completion_start_ns - start");
    else if (out->ttft_ns >= 0 && out->start_ns > 0 && out->ttft_ns <= TEN_YEARS_NS) {
        reading->ranks[SLOT_completion_start_ns] = RANK_NONE;
        reading_rule_number(reading, SLOT_completion_start_ns, out->start_ns + out->ttft_ns,
                            "start + ttft_ns");
    }
    if (out->ttft_ns >= 0)
        reading_rule_number(reading, SLOT_streaming, 1, "first token is known");
    else if (out->kind == KIND_LLM)
        reading_rule_number(reading, SLOT_streaming, 0, "nothing says so");
}

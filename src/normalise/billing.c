/* SPDX-License-Identifier: Apache-2.0 */
/*
 * billing: which spans' tokens count. Decided from one span alone: BILLED where a model was
 * called, SUMMARY where usage is repeated from below. What only the whole trace tells, the index
 * decides: a SUMMARY stands in when no call of its trace told usage (store/stand_ins.c), and of
 * BILLED spans within one another the innermost with usage counts (store/nested.c).
 */
#include "normalise/normalise_private.h"

/* Spans of a model call's kind that only wrap or repeat one. */
static bool repeats_a_call(const struct reading *reading)
{
    const struct observation *out = reading->out;
    struct str name = reading->span->name;
    switch (reading->vocabulary_number) {
    case VOCABULARY_vercel_ai: { /* ai.embed around ai.embed.doEmbed */
        struct str operation = kept_text(reading, KEEP_ai_operation);
        operation = str_sub(operation, 0, str_find_byte(operation, ' '));
        return operation.len && !str_contains(operation, STR(".do"));
    }
    case VOCABULARY_mastra: /* model_step below model_generation */
        return str_equal(out->op, STR("model_step"));
    case VOCABULARY_litellm: /* the raw exchange below litellm_request */
        return str_equal(name, STR("raw_gen_ai_request"));
    default:
        return false;
    }
}

void billing_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    if (out->flags & OBSERVATION_PENDING)
        return;
    bool any = usage_any(&out->usage);
    if (!observation_kind_is_model_call(out->kind)) {
        if (any)
            out->flags |= OBSERVATION_SUMMARY;
    } else if (repeats_a_call(reading)) {
        out->flags |= OBSERVATION_SUMMARY;
    } else if (!str_equal(out->op, STR("fetch_response")) && out->cached_answer != 1) {
        out->flags |= OBSERVATION_BILLED;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_scores: what scores say of models, or of versions of prompts: the mean of each score's
 * numbers and yes-or-nos. A score of a trace counts once for each model (or version) that was used
 * in it; a score of one call for that call's.
 */
#pragma once

#include "query/models.h"

enum call_scores_by { CALL_SCORES_BY_MODEL, CALL_SCORES_BY_PROMPT };

struct call_score {
    struct str first, second; /* model and provider, or prompt and version; empty: not named */
    struct str name;
    int64_t count;
    double mean; /* of yes and no: the share of yes */
};
enum { CALL_SCORES_MAX = 2000 };

/* Most told first. */
enum status query_call_scores(const struct query *query, const struct models_question *question,
                              enum call_scores_by by, struct arena *arena,
                              struct call_score **out_scores, size_t *out_count,
                              struct error *error);

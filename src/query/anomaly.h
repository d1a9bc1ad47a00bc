/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anomaly: what is unusual about a pattern, by statistics that a few odd days do not move: medians,
 * and median distances from them. docs/query-language.md says each rule.
 */
#pragma once

#include "query/pattern.h"

struct anomaly {
    bool is_anomaly;
    struct str types;       /* new, frequency, token, number, http; NONE: none */
    struct str description; /* what was seen, for people; NONE: nothing */
    double score;           /* how many times the usual spread, the largest of all; 0: nothing */
};

/* Of rows[at]; the others tell which of the usual times had texts at all. */
void anomaly_judge(const struct pattern_row *rows, size_t count, size_t at, struct arena *arena,
                   struct anomaly *out);

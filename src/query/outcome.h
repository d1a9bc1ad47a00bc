/* SPDX-License-Identifier: Apache-2.0 */
/* outcome: what became of a call beyond success and failure, as SQL; rows of outcomes.def. */
#pragma once

#include "base/str.h"

/* A call of a model that failed. Kinds are the three that are calls of models. */
#define FAILED_CALL "s.status = 2 AND s.kind IN (1, 2, 4)"
/* A value of the call of its kind that followed it under the same parent; null: none did. One that
 * began before it had ended was asked for something else. */
#define NEXT_CALL(value)                                                                           \
    "(SELECT arg_min(" value ", n.start_ns) FROM spans n WHERE n.project = s.project AND "         \
    "n.trace_lo = s.trace_lo AND n.trace_hi = s.trace_hi AND n.parent_id = s.parent_id AND "       \
    "n.parent_id <> 0 AND n.kind IN (1, 2, 4) AND n.kind = s.kind AND n.start_ns >= s.start_ns + " \
    "s.duration_ns)"

enum outcome {
#define OUTCOME(name, condition) OUTCOME_##name,
#include "query/outcomes.def"
#undef OUTCOME
    OUTCOME_COUNT
};
bool outcome_parse(struct str name, enum outcome *out_outcome);
/* A condition over a row s of spans. */
const char *outcome_condition(enum outcome outcome);

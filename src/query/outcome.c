/* SPDX-License-Identifier: Apache-2.0 */
/* outcome: see outcome.h. */
#include "query/outcome.h"

static const struct {
    const char *name, *condition;
} outcomes[OUTCOME_COUNT] = {
#define OUTCOME(name, condition) {#name, condition},
#include "query/outcomes.def"
#undef OUTCOME
};

bool outcome_parse(struct str name, enum outcome *out_outcome)
{
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (str_equal(name, str_from(outcomes[i].name))) {
            *out_outcome = (enum outcome)i;
            return true;
        }
    }
    return false;
}

const char *outcome_condition(enum outcome outcome)
{
    return outcomes[outcome].condition;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evaluation: scores that came as OpenTelemetry events named gen_ai.evaluation.result, as log
 * records or inside a span. Pure; texts are borrowed from the attributes or the arena.
 */
#pragma once

#include "model/batch.h"

bool normalise_is_evaluation(struct str event_name);
/* False when the event names no evaluation or says no result. Id, ids of what it is about and time
 * are the caller's to fill in. */
bool normalise_evaluation(const struct attributes *attributes,
                          const struct content_source *contents, struct arena *arena,
                          struct score *out_score);

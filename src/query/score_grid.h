/* SPDX-License-Identifier: Apache-2.0 */
/* score_grid: pairs of numbers counted by where they lie: the heat map of a comparison. */
#pragma once

#include "query/score_compare.h"

/* Fills cells, edges and grid; there is at least one pair. */
void score_grid_fill(const struct number_pair *pairs, size_t count,
                     struct score_comparison *comparison);

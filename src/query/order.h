/* SPDX-License-Identifier: Apache-2.0 */
/* order: exact quantiles of values in hand, without sorting all of them. */
#pragma once

#include <stddef.h>

/* Changes the order of `values`. The quantiles rise; between two values lies what is between them
 * in proportion, as the engine's quantile_cont has it. NaN of no values. */
void order_quantiles(double *values, size_t count, const double *quantiles, size_t quantile_count,
                     double *out_values);

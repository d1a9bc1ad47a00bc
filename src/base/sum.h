/* SPDX-License-Identifier: Apache-2.0 */
/* sum: adds up what anybody may have sent: a sum too large for 64 bits stays at the end of them. */
#pragma once

#include <stdint.h>

static inline void sum_add(int64_t *sum, int64_t amount)
{
    if (__builtin_add_overflow(*sum, amount, sum))
        *sum = amount > 0 ? INT64_MAX : -INT64_MAX;
}

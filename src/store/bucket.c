/* SPDX-License-Identifier: Apache-2.0 */
/* bucket: the exponent picks the row, the six bits below the leading one the place in it. */
#include "store/bucket.h"

#include "base/must.h"

enum { STEP_BITS = 6, STEPS = 1 << STEP_BITS };

int32_t bucket_of(int64_t value)
{
    if (value < STEPS)
        return value < 0 ? 0 : (int32_t)value;
    int exponent = 63 - __builtin_clzll((unsigned long long)value);
    int32_t step = (int32_t)(value >> (exponent - STEP_BITS)) & (STEPS - 1);
    return (exponent - STEP_BITS + 1) * STEPS + step;
}

int64_t bucket_value(int32_t bucket)
{
    must(bucket >= 0 && bucket < BUCKET_COUNT);
    if (bucket < STEPS)
        return bucket;
    int shift = bucket / STEPS - 1;
    int64_t lowest = (int64_t)(STEPS + bucket % STEPS) << shift;
    return lowest + ((INT64_C(1) << shift) - 1) / 2;
}

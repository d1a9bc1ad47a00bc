/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bucket: numbers of a log-linear histogram. Each power of two is cut into 64 equal buckets, so the
 * middle of a bucket is at most 0.79 % away from any value in it; values below 64 are exact.
 * Histograms of any time range and any labels add up by adding the counts of equal buckets.
 */
#pragma once

#include <stdint.h>

enum { BUCKET_COUNT = 3712 };

int32_t bucket_of(int64_t value);     /* negative values count as 0 */
int64_t bucket_value(int32_t bucket); /* its middle; bucket must be 0 … BUCKET_COUNT - 1 */

/* SPDX-License-Identifier: Apache-2.0 */
/* clock: time as int64 nanoseconds UTC, and its text forms. */
#pragma once

#include "base/str.h"

#define NS_PER_US  INT64_C(1000)
#define NS_PER_MS  INT64_C(1000000)
#define NS_PER_SEC INT64_C(1000000000)

int64_t clock_now_ns(void);    /* since 1970 */
int64_t clock_mono_ns(void);   /* for intervals */
int64_t clock_thread_ns(void); /* CPU time of this thread */

enum { CLOCK_TEXT_BYTES = 96 };
/* "2026-01-31T12:00:00.123456789Z", zero-terminated. */
void clock_format(int64_t time_ns, char out[CLOCK_TEXT_BYTES]);
/* ISO 8601 with Z or an offset (none means UTC), any number of fraction digits; or a number whose
 * magnitude tells s, ms, µs or ns (below 1e11, 1e14, 1e17). */
bool clock_parse(struct str text, int64_t *out_ns);
/* A bare number by magnitude, as above. False when it does not fit. */
bool clock_from_number(double number, int64_t *out_ns);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern_numbers: samples of the numbers that stand in texts of one pattern, place by place, now
 * and usually; and how many of them are statuses of HTTP that say error.
 *
 * Limits   the first PLACES_MAX numbers of a text, SAMPLES_MAX of each place and time: a later
 *          number takes the place of an earlier one by a fixed rule, so answers repeat.
 */
#pragma once

#include "query/pattern.h"

enum { PLACES_MAX = 8, SAMPLES_MAX = 64 };

struct number_sample {
    double values[SAMPLES_MAX];
    int64_t seen;             /* of which at most SAMPLES_MAX are kept */
    int64_t statuses, errors; /* of HTTP: 100 to 599 behind a word like status, 400 and up */
};

struct pattern_numbers {
    struct number_sample *now[PLACES_MAX], *usual[PLACES_MAX];
};

/* `before` is the word in front of the number. */
void pattern_numbers_add(struct pattern_numbers *numbers, struct arena *arena, size_t place,
                         struct str number, struct str before, bool usual);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern: texts that are alike but for their variable parts, counted.
 *
 * A text is cut into words and what stands between them. Words that are numbers, ids, addresses or
 * times are variable from the start; where two texts of as many words agree in most of the others,
 * the rest is variable too. A pattern is written as its fixed parts with `<Number-1>` in the gaps.
 *
 * Threads  one. Limits  the first PATTERN_BYTES_MAX bytes and PATTERN_WORDS_MAX words of a text,
 *          PATTERNS_MAX patterns: what comes later is counted as `<Other>`.
 */
#pragma once

#include "base/arena.h"

enum { PATTERN_BYTES_MAX = 2000, PATTERN_WORDS_MAX = 100, PATTERNS_MAX = 2000 };

/* Texts are of a time: the one asked about, the one a diff compares with, and those that an anomaly
 * command takes for usual. */
enum { PATTERN_NOW, PATTERN_BEFORE, PATTERN_USUAL, PATTERN_WINDOWS = PATTERN_USUAL + 7 };

/* What an anomaly command looks at beside the counts; NULL members: nothing to see. */
struct pattern_numbers; /* pattern_numbers.h */
struct patterns;
struct pattern_row {
    struct str text, severity; /* severity: ptr NULL when no word tells */
    int64_t counts[PATTERN_WINDOWS];
    double ratio;          /* of all texts of PATTERN_NOW */
    struct str changed_to; /* a word that was the same ever before, as it is now; NONE: none */
    const struct pattern_numbers *numbers;
};

struct patterns *patterns_new(struct arena *arena); /* NULL: no memory */
/* Keeps samples of the numbers in texts, too. */
void patterns_sample(struct patterns *patterns);
void patterns_add(struct patterns *patterns, struct str text, int window);
/* Most frequent first. Lives in the arena. */
struct pattern_row *patterns_rows(struct patterns *patterns, size_t *out_count);

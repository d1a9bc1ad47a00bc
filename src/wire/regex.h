/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex: does a text hold a match? RE2 behind a C face: time in proportion to the text whatever the
 * pattern, bounded memory, compiled once.
 *
 * Threads  a compiled one serves any number at once.
 */
#pragma once

#include "base/status.h"

enum { REGEX_PATTERN_BYTES_MAX = 1024 };

struct regex;

/* Errors say what is wrong with the pattern; the caller says whose it is. */
enum status regex_new(struct str pattern, bool ignore_case, struct regex **out_regex,
                      struct error *error);
void regex_free(struct regex *regex); /* NULL is fine */
/* Anywhere in the text. */
bool regex_finds(const struct regex *regex, struct str text);

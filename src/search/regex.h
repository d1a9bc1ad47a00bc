/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex: RE2 behind a C face: linear time whatever the pattern, bounded memory.
 *
 * Patterns are in RE2's syntax, case is ignored unless the pattern says (?-i). Threads: a compiled
 * regex may be used by any number at once.
 */
#pragma once

#include "base/status.h"

enum { REGEX_BYTES_MAX = 1024, REGEX_ATOMS_MAX = 64 };

struct search_regex;

/* `loose`: the dot matches line ends too, so that it finds at least as much. */
enum status search_regex_new(struct str pattern, bool loose, struct search_regex **out_regex,
                             struct error *error);
void search_regex_free(struct search_regex *regex); /* NULL is fine */

/* The first match at or after `from`; it may be empty. */
bool search_regex_find(const struct search_regex *regex, struct str text, size_t from,
                       size_t *out_start, size_t *out_end);

/*
 * Atoms: lower-case texts of which a matching text must hold some. search_regex_passes() says
 * whether those present (bit i: atom i) suffice; always true when there are none.
 */
size_t search_regex_atoms(const struct search_regex *regex, struct str *out_atoms);
bool search_regex_passes(const struct search_regex *regex, uint64_t present);

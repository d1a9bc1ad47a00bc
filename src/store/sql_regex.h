/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sql_regex: RE2 for the two things where the engine's functions do more than is asked: the groups
 * of the first match alone, and replacing with an end to the work.
 *
 * To find one match takes time in proportion to the text, whatever the pattern; to find all of them
 * can take its square, as every search may look at all that is left. So replacing gives up after a
 * time that is in proportion to the text.
 *
 * Threads  any; each keeps the pattern it compiled last.
 */
#pragma once

#include "base/buf.h"

/* The text of a group of the first match, in `text`; ptr NULL: it did not match. */
struct str sql_regex_group_of(struct str text, struct str pattern, int64_t group);
/* Every match replaced, \1 in `by` being a group. False: the pattern is wrong, or the time is up.
 */
bool sql_regex_replace_all(struct str text, struct str pattern, struct str by, struct buf *out);

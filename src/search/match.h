/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match: which terms of an expression a text holds, and how to show it.
 *
 * A text is read as it is and with its JSON escapes replaced, so that a letter written \u0645 is
 * found. Threads: a matcher belongs to one.
 */
#pragma once

#include "search/expression.h"
#include "search/fold.h"

struct search_matcher {
    const struct search_expression *expression;
    struct search_reading reading;
    struct buf folded;
};
void search_matcher_done(struct search_matcher *matcher);

/* Those of `terms` (bits) that the text holds. */
uint32_t search_find(struct search_matcher *matcher, struct str text, uint32_t terms);
/*
 * Those that a text might hold which was made of these bytes: cut out of JSON, written anew as
 * JSON, decoded up to three times. Never fewer than search_find() would say of such a text.
 */
uint32_t search_find_loosely(struct search_matcher *matcher, struct str bytes, uint32_t terms);

/* Where the needle, which is not empty, first stands, or NULL. */
const char *search_find_bytes(struct str text, struct str needle);

/* JSON text that was cut at its elements or written anew differs in what stands between strings, so
 * only the longest piece of a literal without quotes, brackets and control characters can be
 * counted on. May be empty. */
struct str search_longest_piece(struct str folded);

enum { SNIPPET_BYTES = 240, SNIPPET_LEAD_BYTES = 72, HIGHLIGHTS_MAX = 16 };
struct search_snippet {
    struct str text; /* plain text, at most SNIPPET_BYTES and two ellipses */
    struct {
        uint32_t from, to; /* bytes of it */
    } highlights[HIGHLIGHTS_MAX];
    size_t highlight_count;
};
/* Of a text that holds some of these terms. False when it holds none, or there is no memory. */
bool search_make_snippet(struct search_matcher *matcher, struct str text, uint32_t terms,
                         struct arena *arena, struct search_snippet *out_snippet);

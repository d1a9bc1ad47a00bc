/* SPDX-License-Identifier: Apache-2.0 */
/*
 * automaton: a term of an expression as a machine that takes a text's bytes in any number of steps,
 * so that whoever knows where a step from a state leads need not look at these bytes again.
 *
 * It finds every text in which search_find_loosely() finds the term, and some more: it ignores what
 * takes no room (\b, ^) and takes all characters beyond ASCII for one. Texts can be read from their
 * ends, too: /[a-e].{20}z/ has a million states when read as it is written, and few from its end.
 *
 * Threads one. Limits characters a pattern, with all repetitions that are counted; AUTOMATON_STATES
 * states: beyond, everything is found.
 */
#pragma once

#include "search/expression.h"

enum { AUTOMATON_STATES = 8192 };
/* States: before the first byte; behind a match, for good; all others are larger. */
enum { STATE_START, STATE_FOUND };

struct automaton;
/* One that reads texts from the front or `backwards`, each step from the last byte to the first.
 * NULL: the term is beyond it, or there is no memory. */
struct automaton *search_automaton_new(const struct search_term *term, bool backwards);
void search_automaton_free(struct automaton *automaton); /* NULL is fine */
/* Whether it takes text that was folded, as what is ASCII need not be. */
bool search_automaton_is_folded(const struct automaton *automaton);

bool search_automaton_is_backwards(const struct automaton *automaton);

/* Where a text that goes on with these bytes leads. */
uint16_t search_automaton_step(struct automaton *automaton, uint16_t state, struct str bytes);
/* Where one leads that is in one of two states. */
uint16_t search_automaton_either(struct automaton *automaton, uint16_t first, uint16_t second);
/* Forgets all states but the two above when there are many, and says whether it did. */
bool search_automaton_tidy(struct automaton *automaton);

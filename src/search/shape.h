/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape: what a text looks like when every letter is one symbol and every digit another, so that an
 * index can say where an expression without a word in it (`\d{3}-\d{2}-\d{4}`, `[a-z]{17,}`) cannot
 * match.
 *
 * A text has a gram of SHAPE_LENGTH symbols at each of its characters, and a longest run of
 * letters, of digits, of both, and of anything solid. A question is what every match must have of
 * these; what a pattern says in ways not understood here is left out of it, never guessed.
 *
 * Limits  SHAPE_NODES_MAX conditions a question: more are left out.
 * Threads a question is read-only; a collector belongs to one.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

enum { SHAPE_SYMBOL_BITS = 5, SHAPE_LENGTH = 5, SHAPE_GRAM_BITS = 25, SHAPE_NODES_MAX = 64 };
enum shape_run { RUN_LETTERS, RUN_DIGITS, RUN_LETTERS_AND_DIGITS, RUN_SOLID, SHAPE_RUNS };
enum { SHAPE_RUN_MAX = 255 };

/* --- texts -> grams and runs */
struct shape_collector {
    uint64_t *seen; /* a bit a gram */
    uint8_t longest[SHAPE_RUNS];
};
bool search_shape_init(struct shape_collector *collector); /* false: no memory */
void search_shape_done(struct shape_collector *collector);
void search_shape_add(struct shape_collector *collector, struct str text);
/* Appends the grams (uint32_t, ascending) and forgets them and the runs. */
void search_shape_take(struct shape_collector *collector, struct buf *out_grams,
                       uint8_t out_longest[SHAPE_RUNS]);

/* --- questions. NULL: there is nothing a match must have, or no memory. */
struct shape_question;
/* Of a pattern in RE2's syntax that is well-formed, case ignored or not. */
const struct shape_question *search_shape_of_regex(struct str pattern, struct arena *arena);
/* What a match can consist of: ASCII letters and digits, so that it stands in one token; anything
 * but breakers (shape_private.h), so that it stands in one string of JSON; anything. */
enum shape_extent { EXTENT_TOKEN, EXTENT_STRING, EXTENT_ANY };
/* *out_bounded: word boundaries matter. */
enum shape_extent search_shape_extent(struct str pattern, struct arena *arena, bool *out_bounded);
/* Of folded text that stands in folded text. */
const struct shape_question *search_shape_of_text(struct str folded, struct arena *arena);

/* What is known of up to 64 chunks. */
struct shape_grams {
    struct str packed;
    const uint8_t (*longest)[SHAPE_RUNS]; /* of each chunk */
    uint32_t chunk_count;
};
/* The chunks in which all that the question asks for stands. */
uint64_t search_shape_ask(const struct shape_question *question, const struct shape_grams *in);

/* SPDX-License-Identifier: Apache-2.0 */
/* shape_private: the symbols that shape.c (texts), shape_regex.c (patterns) and shape_ask.c share.
 */
#pragma once

#include "search/shape.h"

/*
 * A breaker is what JSON's writers may set, leave out or escape as they like, so nothing can be
 * concluded from where it stands. Each further ASCII mark is a symbol of its own.
 */
enum shape_symbol {
    SYMBOL_LETTER,
    SYMBOL_DIGIT,
    SYMBOL_OTHER, /* not ASCII */
    SYMBOL_SPACE,
    SYMBOL_BREAKER,
    SYMBOL_MARK,     /* the first of 24 */
    SYMBOL_END = 31, /* behind a text's last character */
};
/* Of an ASCII character. */
extern const uint8_t shape__symbols[128];

/* Sets of symbols, a bit each. */
#define SHAPE_SET(symbol) (UINT32_C(1) << (symbol))
#define SHAPE_ANY         UINT32_C(0x7fffffff)

enum shape_kind { SHAPE_TRUE, SHAPE_AND, SHAPE_OR, SHAPE_WINDOW, SHAPE_RUN };
struct shape_node {
    uint8_t kind, len;   /* len: of a window */
    uint8_t run, least;  /* which run has to be how long */
    uint8_t first, next; /* child and sibling; 0: none */
    bool has_parent;
    uint32_t window[SHAPE_LENGTH]; /* a set a character */
};
struct shape_question {
    struct shape_node nodes[SHAPE_NODES_MAX]; /* the first is SHAPE_TRUE */
    uint8_t count, root;
};
/* A new node below `parent` (0: none). 0 when there is no room. */
uint8_t shape__add(struct shape_question *question, enum shape_kind kind, uint8_t parent);
/* Does nothing when either is 0, or the node is below one already. */
void shape__put_below(struct shape_question *question, uint8_t node, uint8_t parent);
/* What a stretch of characters without a gap must have, as children of `parent`. */
void shape__add_stretch(struct shape_question *question, const uint32_t *sets, size_t count,
                        uint8_t parent);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expression: what people search for, as a checked tree.
 *
 *   refund "late delivery" OR /order-\d+/ NOT input:(test OR demo) -error:timeout
 *
 * Words and "phrases" are found anywhere, within longer words too, without regard to case and
 * accents; /regular expressions/ are RE2's. Side by side means AND. docs/search.md has the grammar.
 *
 * Limits  bytes, terms and nesting as below: beyond, STATUS_TOO_LARGE. Linear in the text.
 * Threads a parsed expression is read-only.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "search/shape.h"

enum {
    SEARCH_BYTES_MAX = 4096,
    SEARCH_TERMS_MAX = 32,
    SEARCH_NODES_MAX = 4 * SEARCH_TERMS_MAX,
    SEARCH_DEPTH_MAX = 32,
};

enum search_field {
#define FIELD(name, help) SEARCH_##name,
#include "search/fields.def"
#undef FIELD
    SEARCH_FIELD_COUNT
};
const char *search_field_name(enum search_field field);

enum search_node_kind { SEARCH_TERM, SEARCH_AND, SEARCH_OR, SEARCH_NOT };
struct search_node {
    enum search_node_kind kind;
    uint16_t left, right; /* of AND and OR; NOT has `left`; a term its number as `left` */
};

struct search_regex;
struct search_term {
    uint32_t fields;    /* bits; 0: anywhere */
    struct str folded;  /* of a word or phrase; ptr NULL: a regex */
    struct str piece;   /* the longest piece of it that JSON cannot tear apart; may be empty */
    bool is_plain;      /* ASCII that no JSON writer has to escape */
    struct str pattern; /* of a regex */
    struct search_regex *regex;
    struct search_regex
        *loose; /* finds at least what `regex` does in any text around it; NULL: none */
    enum shape_extent extent;           /* of what a regex finds */
    bool is_bounded;                    /* word boundaries matter to it */
    const struct shape_question *shape; /* of what it finds; NULL: nothing is known of it */
    size_t offset, len;                 /* in the text */
};

struct search_expression {
    struct arena arena;
    struct search_term terms[SEARCH_TERMS_MAX];
    struct search_node nodes[SEARCH_NODES_MAX];
    size_t term_count, node_count;
    uint16_t root;
    uint32_t wanted; /* terms that are not under a NOT: what is highlighted */
};

/* Errors begin "q: at character N". Free *out_expression with search_expression_free(). */
enum status search_parse(struct str text, struct search_expression **out_expression,
                         struct error *error);
/* An expression of one regular expression or one piece of text, for conditions of the query
 * language. */
enum status search_single(struct str text, bool is_regex, struct search_expression **out_expression,
                          struct error *error);
void search_expression_free(struct search_expression *expression); /* NULL is fine */

/* Whether it holds when exactly these terms were found (bit i: term i). */
bool search_holds(const struct search_expression *expression, uint32_t found);
/* Whether it can hold when at most these terms occur. */
bool search_may_hold(const struct search_expression *expression, uint32_t possible);

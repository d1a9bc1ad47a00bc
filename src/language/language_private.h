/* SPDX-License-Identifier: Apache-2.0 */
/*
 * language_private: the parser's state. One token is looked ahead; it is made when the one before
 * is taken, so whoever expects a regex or a name can have the token read again as that.
 *
 * The first error sticks: from then on every token is TOKEN_END, so loops end by themselves, and
 * what was made since is never looked at.
 */
#pragma once

#include "language/language.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* a.b.0.c @timestamp */
    TOKEN_QUOTED, /* `a name` */
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_PERIOD,
    TOKEN_REGEX, /* only by parser__read_regex() */
    TOKEN_BAD,   /* starts with a digit, and is neither number nor period: at most a name */
    TOKEN_SIGN,  /* sign: | ( ) [ ] , . : + - * / % ^ ! = < > or two of them */
};

#define SIGN(a, b) ((a) << 8 | (b)) /* "!=" */

struct token {
    enum token_kind kind;
    struct place at;
    int sign;
    struct str text; /* words as they stand, strings and names unescaped */
    double number;
    int64_t integer;
    bool is_integer;
    enum period_unit unit;
};

struct parser {
    struct str text;
    struct arena *arena;
    struct language_error *error;
    bool failed;
    struct token token; /* the next one, not taken yet */
    uint32_t end;       /* of the token taken last */
    uint32_t depth;     /* open parentheses, calls, prefixes */
    uint32_t subquery_depth;
    /* White space that is not one space, and comments: source_text has one space there. */
    struct place *blanks;
    size_t blank_count, blank_capacity;
};

/* --- scan.c ---------------------------------------------------------------------------------- */

void parser__start(struct parser *parser); /* reads the first token */
void parser__take(struct parser *parser);  /* goes on to the next */
/* Reads the text again from the token on: up to the closing slash; as a name that may start with a
 * digit; up to white space. */
void parser__read_regex(struct parser *parser);
void parser__read_name(struct parser *parser);
void parser__read_bare(struct parser *parser);

bool parser__is_sign(const struct parser *parser, int sign);
bool parser__is_word(const struct parser *parser, const char *word); /* any case */
bool parser__take_sign(struct parser *parser,
                       int sign); /* false, and nothing, when it is another */
bool parser__take_word(struct parser *parser, const char *word);
/* The byte behind the token and white space; 0 at the end. */
char parser__peek(const struct parser *parser);
/* From a token's start to the end of what was taken last. */
struct place parser__since(const struct parser *parser, uint32_t offset);
struct str parser__source(struct parser *parser, struct place at); /* blanks made one space */

/* --- failing; all return NULL so that `return parser__fail(…)` reads well -------------------- */

void *parser__fail(struct parser *parser, struct place at, const char *expected,
                   const char *suggestion, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void *parser__fail_status(struct parser *parser, enum status status, struct place at,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));
/* "expected X, found Y" at the token. */
void *parser__expected(struct parser *parser, const char *expected, const char *suggestion);
void *parser__full(struct parser *parser); /* the arena */
/* Text fit for a message: clipped, control characters made harmless. The buffer has 64 bytes. */
const char *parser__show(struct str text, char *out);

/* --- words.c --------------------------------------------------------------------------------- */

/* "did you mean `x`?" written into out (100 bytes), or NULL. */
const char *words__suggest_command(struct str word, char *out);
const char *words__suggest_function(struct str word, char *out);
bool words__find_unit(struct str word, enum period_unit *out_unit);

/* --- expression.c, operand.c ----------------------------------------------------------------- */

struct expression *parser__expression(struct parser *parser);
struct expression *parser__sum(struct parser *parser); /* without comparisons and what is looser */
struct expression *parser__operand(struct parser *parser); /* no operators around it */
struct expression *parser__period(struct parser *parser);
bool parser__is_field(const struct parser *parser); /* a name that is no call */
struct word parser__name(struct parser *parser, const char *what);

/* One level deeper; false when that is too deep. */
bool parser__enter(struct parser *parser);
void parser__leave(struct parser *parser);
struct expression *parser__new_node(struct parser *parser, enum expression_kind kind,
                                    struct place at);
bool parser__add_argument(struct parser *parser, struct expression *node, size_t *capacity,
                          struct expression *argument);
/* Knows its text, and its arguments' depth and aggregates. NULL when the parser has failed. */
struct expression *parser__finish(struct parser *parser, struct expression *node, uint32_t start);

/* --- command.c, helper.c, source.c ----------------------------------------------------------- */

struct language_query *parser__query(struct parser *parser);    /* up to the end or `)` */
struct language_query *parser__subquery(struct parser *parser); /* ( query ) */
struct items parser__items(struct parser *parser, bool (*more)(struct parser *, struct item *));
bool parser__add_name(struct parser *parser, struct words *names, size_t *inout_capacity,
                      struct word name);
void parser__helper(struct parser *parser, struct command *command);
void parser__lookup(struct parser *parser, struct command *command);
void parser__join(struct parser *parser, struct command *command);
/* What a command of helper.c may and must have (helper_check.c). */
void parser__check_helper(struct parser *parser, struct command *command);
void parser__source_command(struct parser *parser, struct language_query *query, struct place at);

/* --- rewrite.c ------------------------------------------------------------------------------- */

/* After the check. False: the parser has failed. */
bool parser__rewrite(struct parser *parser, struct language_query *query);

/* --- check.c --------------------------------------------------------------------------------- */

/* Rules over whole commands and their order. False: the parser has failed. */
bool parser__check(struct parser *parser, struct language_query *query);
/* A call against its row of functions.def. */
bool parser__check_call(struct parser *parser, const struct expression *call);

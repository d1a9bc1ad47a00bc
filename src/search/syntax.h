/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syntax: the pieces that a pattern in RE2's syntax is made of, for whoever concludes something
 * from it. RE2 has found the pattern well-formed before.
 *
 * What is not understood is said to be lost, never guessed; sets of characters are never smaller
 * than RE2's, with or without regard to case.
 */
#pragma once

#include "base/str.h"

struct character_set {
    bool listed[128]; /* ASCII, as written */
    bool beyond;      /* or any other character */
    bool is_negated;  /* it is those that are not listed, and any beyond ASCII */
};
/* Whether the set has this ASCII character, case ignored, or may have it. */
bool search_set_has(const struct character_set *set, unsigned char byte);
/* Whether it may have some character beyond ASCII. */
bool search_set_has_beyond(const struct character_set *set);

enum syntax_kind {
    SYNTAX_CHARACTER, /* one of a set */
    SYNTAX_ASSERTION, /* takes no room: ^ $ \b \B \A \z, flags */
    SYNTAX_OPEN,
    SYNTAX_CLOSE,
    SYNTAX_BAR,
    SYNTAX_END,
    SYNTAX_LOST,
};
struct syntax_piece {
    enum syntax_kind kind;
    struct character_set set;
    char assertion; /* 'b' and 'B'; '-': flags that can be about case; else 0 */
};
struct syntax_reader {
    struct str text;
    size_t at;
};
void search_syntax_next(struct syntax_reader *reader, struct syntax_piece *out_piece);

/* Whether what stands before is repeated, and how often. */
enum { REPEAT_FOREVER = 1 << 20 };
bool search_syntax_repeat(struct syntax_reader *reader, uint32_t *out_least, uint32_t *out_most);

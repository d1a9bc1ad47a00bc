/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokens: what folded text is made of, so that an index can say where a text cannot stand.
 *
 * A run is letters and digits without a break. Plain runs (letters only, or a short number) are
 * tokens as they are; so are longer numbers and mixtures (order numbers, parts of ids) as long as
 * they are not too many. All others (hashes, base64) are told by their grams, every four bytes of
 * them, because nobody could keep them all. Scripts without spaces, emoji and symbols give each
 * pair of neighbours as a token.
 */
#pragma once

#include "base/str.h"

enum { TOKEN_BYTES_MAX = 40, TOKEN_NUMBER_MAX = 4, TOKEN_MIXED_MAX = 16, GRAM_BYTES = 4 };

enum token_kind {
    TOKEN_WORD,   /* a token as it is */
    TOKEN_MIXED,  /* a token as it is, or told by its grams where there are too many */
    TOKEN_BULK,   /* a run told by its grams */
    TOKEN_SYMBOL, /* one or two characters of a run of symbols */
};
struct token {
    struct str text;
    enum token_kind kind;
    bool starts_run, ends_run; /* of symbols: whether the run begins or ends with it */
};

/* Goes through folded text: begin with `rest` as the text. False at its end. */
struct token_reader {
    struct str rest;
    struct str symbols; /* of the run being read */
};
bool search_token_next(struct token_reader *reader, struct token *out_token);

/* Calls for every gram of a run of at least GRAM_BYTES bytes. */
static inline uint32_t search_gram(const char *at)
{
    return (uint32_t)(uint8_t)at[0] | (uint32_t)(uint8_t)at[1] << 8 |
           (uint32_t)(uint8_t)at[2] << 16 | (uint32_t)(uint8_t)at[3] << 24;
}
static inline uint32_t search_gram_hash(uint32_t gram)
{
    gram *= UINT32_C(0x9e3779b1);
    return gram ^ gram >> 15;
}

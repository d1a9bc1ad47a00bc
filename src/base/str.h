/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str: a borrowed run of bytes. Not terminated, never owned: whoever holds the
 * memory (an arena, a request, a literal) outlives it. May contain zero bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
/* The same for static initialisers, where a compound literal is not constant everywhere. */
#define STR_INIT(literal)                                                                          \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
#define STR_NONE ((struct str){NULL, 0})
/* printf("%.*s", STR_ARGS(s)) */
#define STR_ARGS(s) (int)(s).len, (s).ptr

struct str str_from(const char *terminated);                    /* NULL gives STR_NONE */
struct str str_sub(struct str text, size_t offset, size_t len); /* clipped to the text */

bool str_equal(struct str a, struct str b);
bool str_equal_nocase(struct str a, struct str b); /* ASCII only */
bool str_starts(struct str text, struct str prefix);
bool str_starts_nocase(struct str text, struct str prefix);
bool str_ends(struct str text, struct str suffix);
int str_compare(struct str a, struct str b); /* as memcmp, shorter first */

/* Offset of the first match, or text.len when there is none. */
size_t str_find(struct str text, struct str needle);
size_t str_find_byte(struct str text, char byte);
size_t str_rfind_byte(struct str text, char byte);
bool str_contains(struct str text, struct str needle);
bool str_contains_nocase(struct str text, struct str needle); /* ASCII only */

size_t str_count_characters(struct str text); /* code points of UTF-8 */
struct str str_trim(struct str text);         /* ASCII white space at both ends */
/* Cuts the text before the separator off `rest`; false when rest is used up. */
bool str_take(struct str *rest, char separator, struct str *out_piece);
bool str_take_line(struct str *rest, struct str *out_line); /* drops \n and \r\n */

/* The whole text must be a number; false otherwise and *out stays. */
bool str_to_i64(struct str text, int64_t *out);
bool str_to_u64(struct str text, uint64_t *out);
bool str_to_double(struct str text, double *out);

/* Hex of any case into exactly `size` bytes; false unless text.len == 2 * size. */
bool str_hex_decode(struct str text, uint8_t *out, size_t size);
/* Writes 2 * size lower-case digits and a zero. */
void str_hex_encode(const uint8_t *bytes, size_t size, char *out);

/* XXH3, 64 bits: for tables in memory and bloom filters, stable across machines. */
uint64_t str_hash(struct str text);

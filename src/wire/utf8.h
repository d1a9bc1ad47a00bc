/* SPDX-License-Identifier: Apache-2.0 */
/* utf8: validity and repair. Invalid bytes become U+FFFD, one for each maximal broken run (W3C/WHATWG). */
#pragma once

#include "base/arena.h"

bool utf8_valid(struct str text); /* simdjson's validator: ~14 GB/s */
/* Length of the valid text at the front; *out_broken is the size of the broken run behind it, 0 at the end. */
size_t utf8_valid_prefix(struct str text, size_t *out_broken);
/* A valid copy in the arena; ptr NULL when it is full. */
struct str utf8_repair(struct str text, struct arena *arena);
/* The longest prefix of at most `max` bytes that does not cut a character. */
struct str utf8_clip(struct str text, size_t max);

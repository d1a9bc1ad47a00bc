/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold: text as search compares it: without case (Unicode's full case folding), accents and Arabic
 * vowel signs, canonical equivalents equal; Hangul syllables and emoji stay as they are. One
 * character at a time, so every place in the folded text has a place in the original.
 *
 * Also JSON escapes, which hide text in what senders store: `\u0645`, `\n`, `\\\"`.
 *
 * Threads  any. Invalid UTF-8 is copied byte by byte.
 */
#pragma once

#include "base/buf.h"

bool search_is_ascii(struct str text);

/* Appends the folded text. */
void search_fold(struct str text, struct buf *out);
/* The same; `starts` and `ends` (arrays of uint32_t) get, for each folded byte, where its character
 * begins and ends in the text. Texts under 4 GiB. */
void search_fold_mapped(struct str text, struct buf *out, struct buf *starts, struct buf *ends);

/* The text is JSON by its first characters: escapes in it are never meant literally. */
bool search_looks_like_json(struct str text);

/*
 * The readings of a text: as it is, with its escapes replaced, with those of that replaced …, until
 * none are left. Begin with `reading = {0}`; false when there is no further one.
 */
enum { READINGS_MAX = 6 };
struct search_reading {
    struct buf texts[2];
    struct str text;
    int level;
    bool started;
};
bool search_reading_next(struct search_reading *reading, struct str original, int levels_max);
void search_reading_done(struct search_reading *reading);

/* Length of the UTF-8 character at the front of a text that is not empty and its number; a broken
 * one counts as one byte, number 0xFFFD. */
size_t search_character(struct str text, uint32_t *out_number);

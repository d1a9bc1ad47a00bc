/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript_private: how transcript_write.c codes texts and transcript_find.c reads them.
 *
 * Behind the head stand blocks: words (bytes, compressed bytes, zstd), then codes (bytes, and as
 * they are: they compress by a fifth, and decompressing would take as long as all else). A word is
 * a length of one byte and so many bytes; a code is a number of 16 bits, the least byte first. The
 * first codes are no words: a text of a section begins; something may stand here that only looking
 * at the text can tell. The last code of a block is one of a section, and says nothing. A text can
 * go on in the next block.
 */
#pragma once

#include "search/transcript.h"

enum {
    CODE_ANYTHING = SECTIONS,
    CODE_FIRST_WORD,
    CODES_MAX = 1 << 16,
    BLOCK_WORDS_MAX = CODES_MAX - CODE_FIRST_WORD,
    BLOCK_CODES_MAX = 1 << 22,
    WORD_BYTES_MAX = 64, /* of an escape: backslashes and two numbers */
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal: text of unknown origin, made fit for a terminal: control characters, which could move
 * the cursor or change the title, become visible signs, and so do characters that change the
 * direction of what stands beside them. Widths are those a terminal gives (wide CJK, emoji).
 */
#pragma once

#include <stdio.h>

#include "base/buf.h"

/* Columns of the terminal behind the stream; 0 when it is none. */
size_t terminal_width(FILE *stream);

/* Adds the text, harmless and on one line. Returns its width in columns. */
size_t terminal_add(struct buf *out, struct str text);
/* Adds the text cut to so many columns, with an ellipsis where something is missing, and filled up
 * with spaces: in front of it when `right`. */
void terminal_add_cell(struct buf *out, struct str text, size_t width, bool right);
/* The same text with control characters harmless, but with its line ends and tabs. */
void terminal_add_lines(struct buf *out, struct str text);
size_t terminal_text_width(struct str text); /* of what terminal_add() would add */

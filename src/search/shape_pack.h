/* SPDX-License-Identifier: Apache-2.0 */
/* shape_pack: grams of shapes in rising order, each with a mask of chunks (bit i: the i-th), as
 * bytes. */
#pragma once

#include "journal/coding.h"
#include "search/shape.h"

struct shape_writer {
    struct buf *out;
    uint32_t last;
};
void search_shape_put(struct shape_writer *writer, uint32_t gram, uint64_t mask);
#define SHAPE_NO_GRAM UINT32_MAX
struct shape_reader {
    struct cursor in;
    uint32_t gram; /* SHAPE_NO_GRAM behind the last one */
    uint64_t one;  /* its chunk when it is only one, or: */
    struct str gaps;
};
struct shape_reader search_shape_read(struct str packed);
bool search_shape_next(struct shape_reader *reader); /* false: no more */
uint64_t search_shape_mask(const struct shape_reader *reader);

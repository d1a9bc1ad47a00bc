/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arrow: columns -> an Arrow IPC stream (arrow.apache.org, "Encapsulated message format"): a
 * schema, record batches, the end. FlatBuffers makes the metadata (arrow.cc); bodies are plain
 * buffers.
 */
#pragma once

#include "base/buf.h"

enum arrow_type { ARROW_INT64, ARROW_DOUBLE, ARROW_UTF8, ARROW_TIME_NS, ARROW_BOOL };

struct arrow_field {
    struct str name;
    enum arrow_type type;
};

/* One column of a batch. */
struct arrow_column {
    struct buf validity; /* a bit a row, set: there is a value */
    struct buf values;   /* eight bytes a row; ARROW_BOOL: a bit a row; ARROW_UTF8: the texts */
    struct buf offsets;  /* ARROW_UTF8: int32, one more than rows */
    int64_t nulls;
};

void arrow_write_schema(struct buf *out, const struct arrow_field *fields, size_t count);
void arrow_write_batch(struct buf *out, const struct arrow_field *fields,
                       const struct arrow_column *columns, size_t count, int64_t rows);
void arrow_write_end(struct buf *out);

/* SPDX-License-Identifier: Apache-2.0 */
/* duckdb_answer: an answer's chunks, and the cells of the one that is looked at. */
#pragma once

#include "store/reader.h"

struct store_rows {
    duckdb_data_chunk *chunks;
    size_t chunk_count, capacity;
    size_t chunk, row, row_count; /* where the reader stands; row_count of the current chunk */
    size_t column_count, total_rows, total_bytes;
    duckdb_type *types;
    uint8_t *scales; /* of decimals */
    duckdb_type *decimal_types;
    struct cells {
        const void *data;
        const uint64_t *valid; /* NULL: none is null */
    } * cells;                 /* a column each, of the current chunk */
};

void store__rows_enter(struct store_rows *rows, duckdb_data_chunk chunk);
/* A cell of the current chunk: 0 when null, clamped when it does not fit. */
int64_t store__rows_int_at(const struct store_rows *rows, size_t column, size_t row);

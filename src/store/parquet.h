/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parquet: rows -> a Parquet file, written by an engine of its own, since the index's reaches no
 * files.
 *
 * Threads  one at a time.
 * Limits   PARQUET_MEMORY_BYTES for the engine; rows beyond go to files in `directory` meanwhile.
 */
#pragma once

#include "base/status.h"

enum { PARQUET_MEMORY_BYTES = 128 << 20 };

enum parquet_type {
    PARQUET_TEXT,
    PARQUET_INTEGER,
    PARQUET_NUMBER,
    PARQUET_TIME, /* ns since 1970 */
    PARQUET_BOOLEAN,
};

struct parquet_column {
    struct str name; /* each once */
    enum parquet_type type;
};

struct parquet_cell {
    bool is_null;
    int64_t integer; /* of integers, times and booleans */
    double number;
    struct str text; /* UTF-8 */
};

struct parquet;
enum status parquet_open(const char *directory, const struct parquet_column *columns, size_t count,
                         struct parquet **out_parquet, struct error *error);
enum status parquet_row(struct parquet *parquet, const struct parquet_cell *cells,
                        struct error *error);
/* Writes the file, which must not be there. */
enum status parquet_write(struct parquet *parquet, const char *path, struct error *error);
void parquet_close(struct parquet *parquet); /* NULL is fine */

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup_table: a table that was uploaded as CSV, and the way from a key to its row. The first line
 * names the columns; fields may be quoted as RFC 4180 says; an empty field is no value.
 *
 * Limits   below; errors name the line.
 */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"

enum {
    LOOKUP_BYTES_MAX = 10 << 20,
    LOOKUP_ROWS_MAX = 100000,
    LOOKUP_COLUMNS_MAX = 100,
    LOOKUP_KEYS_MAX = 8,
};

struct lookup_table {
    struct str *columns, *cells; /* cells: row after row */
    size_t column_count, row_count;
};

/* Texts point into `csv` or live in the arena. */
enum status lookup_table_parse(struct str csv, struct arena *arena, struct lookup_table *out,
                               struct error *error);
/* False: no such column. */
bool lookup_table_column(const struct lookup_table *table, struct str name, size_t *out_column);

/* Rows by the texts of some columns (the first row of each), or by the subnet in one. */
struct lookup_index {
    const struct lookup_table *table;
    struct map rows;
    bool is_subnets;
    bool lengths[129]; /* of subnets that occur */
};

/* False: no memory. Close with lookup_index_done(), also then. */
bool lookup_index_init(struct lookup_index *index, const struct lookup_table *table,
                       const size_t *columns, size_t count, bool is_subnets);
void lookup_index_done(struct lookup_index *index);
/* A key of several columns is their texts with LOOKUP_BETWEEN between. STR_NONE: no row, or no
 * value. */
#define LOOKUP_BETWEEN "\x1f"
struct str lookup_index_find(const struct lookup_index *index, struct str key, size_t column);

/* Where tables are kept. The text lives in the arena. STATUS_NOT_FOUND: the project has none of
 * the name. */
struct table_source {
    enum status (*read)(void *context, uint32_t project_id, struct str name, struct arena *arena,
                        struct str *out_csv, struct error *error);
    void *context;
};

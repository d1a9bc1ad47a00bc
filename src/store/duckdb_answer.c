/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duckdb_answer: cells of an answer as the types that store.h gives. Numbers of any width are int64
 * or double: what does not fit stops at the end of the range. Texts point into the chunk.
 */
#define _GNU_SOURCE
#include "store/duckdb_answer.h"

#include <math.h>
#include <stdlib.h>

#include "base/must.h"

/* Looked up once a chunk: the engine is not asked for every cell. */
void store__rows_enter(struct store_rows *rows, duckdb_data_chunk chunk)
{
    rows->row = 0;
    rows->row_count = duckdb_data_chunk_get_size(chunk);
    for (size_t i = 0; i < rows->column_count; i++) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
        rows->cells[i].data = duckdb_vector_get_data(vector);
        rows->cells[i].valid = duckdb_vector_get_validity(vector);
    }
}

bool store_rows_next(struct store_rows *rows)
{
    rows->row++;
    while (rows->row >= rows->row_count) {
        if (rows->chunk == rows->chunk_count) {
            rows->row_count = 0;
            return false;
        }
        /* What is behind is given back. */
        if (rows->chunk > 0)
            duckdb_destroy_data_chunk(&rows->chunks[rows->chunk - 1]);
        duckdb_data_chunk chunk = rows->chunks[rows->chunk++];
        store__rows_enter(rows, chunk);
    }
    return true;
}

static bool is_null(const struct cells *cells, size_t row)
{
    return cells->valid && !(cells->valid[row / 64] >> row % 64 & 1);
}

bool store_rows_null(const struct store_rows *rows, size_t column)
{
    must(column < rows->column_count && rows->row < rows->row_count);
    return rows->types[column] == DUCKDB_TYPE_SQLNULL || is_null(&rows->cells[column], rows->row);
}

static int64_t clamp_double(double number)
{
    if (isnan(number))
        return 0;
    return number >= 9.2e18 ? INT64_MAX : number <= -9.2e18 ? INT64_MIN : (int64_t)number;
}

static int64_t clamp_huge(duckdb_hugeint number)
{
    if (number.upper == 0 && number.lower <= INT64_MAX)
        return (int64_t)number.lower;
    if (number.upper == -1 && number.lower > INT64_MAX)
        return (int64_t)number.lower;
    return number.upper < 0 ? INT64_MIN : INT64_MAX;
}

/* Sums of int64 are 128 bits wide; what does not fit stops at the end of the range. */
static bool integer_at(const void *data, duckdb_type type, size_t row, int64_t *out)
{
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
        *out = ((const bool *)data)[row];
        return true;
    case DUCKDB_TYPE_TINYINT:
        *out = ((const int8_t *)data)[row];
        return true;
    case DUCKDB_TYPE_SMALLINT:
        *out = ((const int16_t *)data)[row];
        return true;
    case DUCKDB_TYPE_INTEGER:
        *out = ((const int32_t *)data)[row];
        return true;
    case DUCKDB_TYPE_BIGINT:
        *out = ((const int64_t *)data)[row];
        return true;
    case DUCKDB_TYPE_UTINYINT:
        *out = ((const uint8_t *)data)[row];
        return true;
    case DUCKDB_TYPE_USMALLINT:
        *out = ((const uint16_t *)data)[row];
        return true;
    case DUCKDB_TYPE_UINTEGER:
        *out = ((const uint32_t *)data)[row];
        return true;
    case DUCKDB_TYPE_UBIGINT: {
        uint64_t number = ((const uint64_t *)data)[row];
        *out = number > INT64_MAX ? INT64_MAX : (int64_t)number;
        return true;
    }
    case DUCKDB_TYPE_HUGEINT:
        *out = clamp_huge(((const duckdb_hugeint *)data)[row]);
        return true;
    default:
        return false;
    }
}

static double real_at(const struct store_rows *rows, size_t column, size_t row)
{
    const void *data = rows->cells[column].data;
    duckdb_type type = rows->types[column];
    int64_t integer;
    if (type == DUCKDB_TYPE_DOUBLE)
        return ((const double *)data)[row];
    if (type == DUCKDB_TYPE_FLOAT)
        return ((const float *)data)[row];
    if (type == DUCKDB_TYPE_HUGEINT)
        return duckdb_hugeint_to_double(((const duckdb_hugeint *)data)[row]);
    if (type == DUCKDB_TYPE_DECIMAL && integer_at(data, rows->decimal_types[column], row, &integer))
        return (double)integer / pow(10, rows->scales[column]);
    return integer_at(data, type, row, &integer) ? (double)integer : NAN;
}

int64_t store__rows_int_at(const struct store_rows *rows, size_t column, size_t row)
{
    const struct cells *cells = &rows->cells[column];
    int64_t integer;
    if (rows->types[column] == DUCKDB_TYPE_SQLNULL || is_null(cells, row))
        return 0;
    if (integer_at(cells->data, rows->types[column], row, &integer))
        return integer;
    return clamp_double(real_at(rows, column, row));
}

int64_t store_rows_int(const struct store_rows *rows, size_t column)
{
    must(column < rows->column_count && rows->row < rows->row_count);
    return store__rows_int_at(rows, column, rows->row);
}

double store_rows_double(const struct store_rows *rows, size_t column)
{
    return store_rows_null(rows, column) ? NAN : real_at(rows, column, rows->row);
}

struct str store_rows_text(const struct store_rows *rows, size_t column)
{
    if (store_rows_null(rows, column) || rows->types[column] != DUCKDB_TYPE_VARCHAR)
        return STR_NONE;
    const duckdb_string_t *text = (const duckdb_string_t *)rows->cells[column].data + rows->row;
    /* The engine's declaration lacks a const; it only reads. */
    return (struct str){duckdb_string_t_data((duckdb_string_t *)text),
                        duckdb_string_t_length(*text)};
}

void store_rows_free(struct store_rows *rows)
{
    if (!rows)
        return;
    for (size_t i = rows->chunk ? rows->chunk - 1 : 0; i < rows->chunk_count; i++)
        duckdb_destroy_data_chunk(&rows->chunks[i]);
    free(rows->chunks);
    free(rows->types);
    free(rows->scales);
    free(rows->decimal_types);
    free(rows->cells);
    free(rows);
}

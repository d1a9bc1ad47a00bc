/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duckdb_read: a question -> its whole answer, held as the engine's chunks.
 *
 * The answer is taken in before store_select() returns, so a connection and its snapshot are held
 * only while the engine works, never while somebody slow reads, and an error late in a result is an
 * error and not a short list.
 *
 * Limits   64 MiB or 2,000,000 rows an answer; SELECT only; one statement; the question's timeout.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "store/reader.h"
#include "wire/utf8.h"

enum { ROWS_MAX = 2000000, ANSWER_BYTES_MAX = 64 << 20 };

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

static bool is_readable(duckdb_type type)
{
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_SQLNULL:
        return true;
    default:
        return false;
    }
}

static enum status set_columns(struct store_rows *rows, duckdb_result *result, struct error *error)
{
    size_t count = duckdb_column_count(result);
    rows->types = calloc(count + 1, sizeof *rows->types);
    rows->scales = calloc(count + 1, sizeof *rows->scales);
    rows->decimal_types = calloc(count + 1, sizeof *rows->decimal_types);
    rows->cells = calloc(count + 1, sizeof *rows->cells);
    if (!rows->types || !rows->scales || !rows->decimal_types || !rows->cells)
        return fail(error, STATUS_INTERNAL, "index: no memory for an answer");
    rows->column_count = count;
    for (size_t i = 0; i < count; i++) {
        rows->types[i] = duckdb_column_type(result, i);
        if (!is_readable(rows->types[i]))
            return fail(error, STATUS_INVALID,
                        "column %.100s: expected a number or a text: cast it to VARCHAR",
                        duckdb_column_name(result, i));
        if (rows->types[i] != DUCKDB_TYPE_DECIMAL)
            continue;
        duckdb_logical_type type = duckdb_column_logical_type(result, i);
        rows->scales[i] = duckdb_decimal_scale(type);
        rows->decimal_types[i] = duckdb_decimal_internal_type(type);
        duckdb_destroy_logical_type(&type);
    }
    return STATUS_OK;
}

static size_t chunk_bytes(const struct store_rows *rows, duckdb_data_chunk chunk)
{
    size_t count = duckdb_data_chunk_get_size(chunk), bytes = 0;
    for (size_t i = 0; i < rows->column_count; i++) {
        bytes += 8 * count;
        if (rows->types[i] != DUCKDB_TYPE_VARCHAR)
            continue;
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
        uint64_t *mask = duckdb_vector_get_validity(vector);
        const duckdb_string_t *texts = duckdb_vector_get_data(vector);
        for (size_t row = 0; row < count; row++)
            if (!mask || duckdb_validity_row_is_valid(mask, row))
                bytes += 8 + duckdb_string_t_length(texts[row]);
    }
    return bytes;
}

static enum status keep_chunk(struct store_rows *rows, duckdb_data_chunk chunk, struct error *error)
{
    if (rows->chunk_count == rows->capacity) {
        size_t capacity = rows->capacity ? rows->capacity * 2 : 8;
        void *chunks = realloc(rows->chunks, capacity * sizeof *rows->chunks);
        if (!chunks) {
            duckdb_destroy_data_chunk(&chunk);
            return fail(error, STATUS_INTERNAL, "index: no memory for an answer");
        }
        rows->chunks = chunks;
        rows->capacity = capacity;
    }
    rows->chunks[rows->chunk_count++] = chunk;
    rows->total_rows += duckdb_data_chunk_get_size(chunk);
    rows->total_bytes += chunk_bytes(rows, chunk);
    if (rows->total_rows > ROWS_MAX || rows->total_bytes > ANSWER_BYTES_MAX)
        return fail(error, STATUS_TOO_LARGE,
                    "the answer is larger than %d MiB or %d rows: narrow the question",
                    ANSWER_BYTES_MAX >> 20, ROWS_MAX);
    return STATUS_OK;
}

/* Looked up once a chunk: the engine is not asked for every cell. */
static void enter_chunk(struct store_rows *rows, duckdb_data_chunk chunk)
{
    rows->row = 0;
    rows->row_count = duckdb_data_chunk_get_size(chunk);
    for (size_t i = 0; i < rows->column_count; i++) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
        rows->cells[i].data = duckdb_vector_get_data(vector);
        rows->cells[i].valid = duckdb_vector_get_validity(vector);
    }
}

/* Where rows go: all kept, or handed on one by one. */
struct destination {
    struct store_rows *rows;
    enum status (*take)(void *context, const struct store_rows *row, struct error *error);
    store_take_columns *take_columns;
    void *context;
};

static enum status hand_on(const struct destination *to, duckdb_data_chunk chunk,
                           struct error *error)
{
    struct store_rows *rows = to->rows;
    enum status status = STATUS_OK;
    enter_chunk(rows, chunk);
    for (; rows->row < rows->row_count && status == STATUS_OK; rows->row++)
        status = to->take(to->context, rows, error);
    duckdb_destroy_data_chunk(&chunk);
    return status;
}

static int64_t int_at(const struct store_rows *rows, size_t column, size_t row);

/* The types that most columns of numbers have, in loops without a choice in them. */
static bool widen_all(const void *data, duckdb_type type, size_t count, int64_t *out)
{
    switch (type) {
    case DUCKDB_TYPE_INTEGER:
        for (size_t row = 0; row < count; row++)
            out[row] = ((const int32_t *)data)[row];
        return true;
    case DUCKDB_TYPE_USMALLINT:
        for (size_t row = 0; row < count; row++)
            out[row] = ((const uint16_t *)data)[row];
        return true;
    case DUCKDB_TYPE_UTINYINT:
        for (size_t row = 0; row < count; row++)
            out[row] = ((const uint8_t *)data)[row];
        return true;
    default:
        return false;
    }
}

/* The numbers of the chunk as 64-bit integers: as they lie there, or widened into `room`. */
static enum status hand_on_columns(const struct destination *to, duckdb_data_chunk chunk,
                                   struct error *error)
{
    struct store_rows *rows = to->rows;
    enter_chunk(rows, chunk);
    size_t count = rows->row_count;
    const int64_t **columns = calloc(rows->column_count + 1, sizeof *columns);
    int64_t *room = malloc((rows->column_count * count + 1) * sizeof *room);
    enum status status = STATUS_OK;
    if (!columns || !room)
        status = fail(error, STATUS_INTERNAL, "index: no memory for an answer");
    for (size_t i = 0; i < rows->column_count && status == STATUS_OK; i++) {
        int64_t *widened = room + i * count;
        columns[i] = widened;
        if (rows->types[i] == DUCKDB_TYPE_BIGINT && !rows->cells[i].valid)
            columns[i] = rows->cells[i].data;
        else if (rows->cells[i].valid ||
                 !widen_all(rows->cells[i].data, rows->types[i], count, widened))
            for (size_t row = 0; row < count; row++)
                widened[row] = int_at(rows, i, row);
    }
    if (status == STATUS_OK)
        status = to->take_columns(to->context, columns, count, error);
    free(columns);
    free(room);
    duckdb_destroy_data_chunk(&chunk);
    return status;
}

/* A result that broke off halfway ends like one that is complete, but has an error. */
static enum status take_result(struct store *store, struct reader *reader, duckdb_result *result,
                               const struct destination *to, struct error *error)
{
    enum status status = set_columns(to->rows, result, error);
    duckdb_data_chunk chunk;
    while (status == STATUS_OK && (chunk = duckdb_fetch_chunk(*result)) != NULL)
        status = to->take           ? hand_on(to, chunk, error)
                 : to->take_columns ? hand_on_columns(to, chunk, error)
                                    : keep_chunk(to->rows, chunk, error);
    const char *broken = duckdb_result_error(result);
    if (status == STATUS_OK && broken && *broken)
        status =
            store__reader_failed(store, reader, duckdb_result_error_type(result), broken, error);
    return status;
}

/* As the type the plan was made for, when the number fits: with any other type the engine plans the
 * whole statement again. */
static duckdb_state bind_int(duckdb_prepared_statement statement, size_t index, int64_t number)
{
    switch (duckdb_param_type(statement, index)) {
    case DUCKDB_TYPE_INTEGER:
        if (number >= INT32_MIN && number <= INT32_MAX)
            return duckdb_bind_int32(statement, index, (int32_t)number);
        break;
    case DUCKDB_TYPE_UTINYINT:
        if (number >= 0 && number <= UINT8_MAX)
            return duckdb_bind_uint8(statement, index, (uint8_t)number);
        break;
    case DUCKDB_TYPE_USMALLINT:
        if (number >= 0 && number <= UINT16_MAX)
            return duckdb_bind_uint16(statement, index, (uint16_t)number);
        break;
    case DUCKDB_TYPE_HUGEINT:
        return duckdb_bind_hugeint(
            statement, index,
            (duckdb_hugeint){.lower = (uint64_t)number, .upper = number < 0 ? -1 : 0});
    default:
        break;
    }
    return duckdb_bind_int64(statement, index, number);
}

enum status store__bind(duckdb_prepared_statement statement, const struct store_param *params,
                        size_t count, struct error *error)
{
    duckdb_clear_bindings(statement);
    if (duckdb_nparams(statement) != count)
        return fail(error, STATUS_INVALID, "the question has %llu parameters, expected %zu",
                    (unsigned long long)duckdb_nparams(statement), count);
    for (size_t i = 0; i < count; i++) {
        const struct store_param *param = &params[i];
        duckdb_state state = DuckDBError;
        switch (param->type) {
        case STORE_NULL:
            state = duckdb_bind_null(statement, i + 1);
            break;
        case STORE_INT:
            state = bind_int(statement, i + 1, param->integer);
            break;
        case STORE_ASKER:
            state = duckdb_bind_int64(statement, i + 1, 0); /* by bind_all() */
            break;
        case STORE_DOUBLE:
            state = duckdb_bind_double(statement, i + 1, param->number);
            break;
        case STORE_TEXT:
            if (!utf8_valid(param->text))
                return fail(error, STATUS_INVALID, "parameter %zu is not UTF-8", i + 1);
            state = duckdb_bind_varchar_length(
                statement, i + 1, param->text.ptr ? param->text.ptr : "", param->text.len);
            break;
        }
        if (state != DuckDBSuccess)
            return fail(error, STATUS_INVALID, "parameter %zu cannot be used here", i + 1);
    }
    return STATUS_OK;
}

static enum status bind_all(duckdb_prepared_statement statement, const struct reader *reader,
                            const struct store_question *question, struct error *error)
{
    enum status status = store__bind(statement, question->params, question->param_count, error);
    for (size_t i = 0; i < question->param_count && status == STATUS_OK; i++)
        if (question->params[i].type == STORE_ASKER &&
            duckdb_bind_int64(statement, i + 1, reader->asker) != DuckDBSuccess)
            status = fail(error, STATUS_INVALID, "parameter %zu cannot be used here", i + 1);
    return status;
}

static enum status execute(struct store *store, struct reader *reader,
                           duckdb_prepared_statement statement, const struct destination *to,
                           struct error *error)
{
    duckdb_pending_result pending = NULL;
    duckdb_result result;
    enum status status;
    memset(&result, 0, sizeof result);
    if (duckdb_pending_prepared_streaming(statement, &pending) != DuckDBSuccess) {
        duckdb_error_type type = DUCKDB_ERROR_INVALID;
        status = store__reader_failed(store, reader, type, duckdb_pending_error(pending), error);
    } else if (duckdb_execute_pending(pending, &result) != DuckDBSuccess) {
        status = store__reader_failed(store, reader, duckdb_result_error_type(&result),
                                      duckdb_result_error(&result), error);
    } else {
        status = take_result(store, reader, &result, to, error);
    }
    duckdb_destroy_result(&result);
    duckdb_destroy_pending(&pending);
    return status;
}

static enum status answer(struct store *store, const struct store_question *question,
                          const struct destination *to, struct error *error)
{
    struct reader *reader;
    duckdb_prepared_statement statement;
    enum status status = store__reader_take(store, question, &reader, error);
    if (status == STATUS_OK) {
        status = store__lookup_begin(reader, question->lookup, error);
        if (status == STATUS_OK)
            status = store__reader_prepare(store, reader, question->sql, &statement, error);
        else
            statement = NULL;
        if (status == STATUS_OK)
            status = bind_all(statement, reader, question, error);
        if (status == STATUS_OK)
            status = execute(store, reader, statement, to, error);
        store__reader_finish(reader, &statement);
        store__lookup_end(reader, &status, error);
        store__reader_give_back(store, reader);
    }
    /* Whatever it failed of, nobody waits for it any more: an interrupted plan words that in many
     * ways. */
    if (status != STATUS_OK && question->cancelled && *question->cancelled)
        status = fail(error, STATUS_CANCELLED, "the question was cancelled");
    return status;
}

enum status store_select(struct store *store, const struct store_question *question,
                         struct store_rows **out_rows, struct error *error)
{
    struct store_rows *rows = calloc(1, sizeof *rows);
    if (!rows)
        return fail(error, STATUS_INTERNAL, "index: no memory for an answer");
    const struct destination to = {.rows = rows};
    enum status status = answer(store, question, &to, error);
    if (status != STATUS_OK) {
        store_rows_free(rows);
        return status;
    }
    *out_rows = rows;
    return STATUS_OK;
}

/* Nothing is kept: rows only say where in the current chunk the reader stands. */
static enum status stream(struct store *store, const struct store_question *question,
                          struct destination *to, struct error *error)
{
    to->rows = calloc(1, sizeof *to->rows);
    if (!to->rows)
        return fail(error, STATUS_INTERNAL, "index: no memory for an answer");
    enum status status = answer(store, question, to, error);
    store_rows_free(to->rows);
    return status;
}

enum status store_stream(struct store *store, const struct store_question *question,
                         enum status (*take)(void *context, const struct store_rows *row,
                                             struct error *error),
                         void *context, struct error *error)
{
    struct destination to = {.take = take, .context = context};
    return stream(store, question, &to, error);
}

enum status store_stream_columns(struct store *store, const struct store_question *question,
                                 store_take_columns *take, void *context, struct error *error)
{
    struct destination to = {.take_columns = take, .context = context};
    return stream(store, question, &to, error);
}

/* --- rows --------------------------------------------------------------------------------- */

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
        enter_chunk(rows, chunk);
    }
    return true;
}

size_t store_rows_columns(const struct store_rows *rows)
{
    return rows->column_count;
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

static int64_t int_at(const struct store_rows *rows, size_t column, size_t row)
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
    return int_at(rows, column, rows->row);
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

struct str store_name(struct store *store, int32_t id)
{
    return names_visible_text(&store->names, id);
}

int32_t store_name_id(struct store *store, struct str name)
{
    return names_find(&store->names, name);
}

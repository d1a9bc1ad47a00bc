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
#include <stdlib.h>
#include <string.h>

#include "store/duckdb_answer.h"
#include "wire/utf8.h"

enum { ROWS_MAX = 2000000, ANSWER_BYTES_MAX = 64 << 20 };

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
    store__rows_enter(rows, chunk);
    for (; rows->row < rows->row_count && status == STATUS_OK; rows->row++)
        status = to->take(to->context, rows, error);
    duckdb_destroy_data_chunk(&chunk);
    return status;
}

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
    store__rows_enter(rows, chunk);
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
                widened[row] = store__rows_int_at(rows, i, row);
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

/* In one transaction of its own, as the engine does it. */
static enum status execute_brief(struct store *store, struct reader *reader, const char *sql,
                                 const struct destination *to, struct error *error)
{
    duckdb_result result;
    enum status status;
    if (duckdb_query(reader->connection, sql, &result) != DuckDBSuccess)
        status = store__reader_failed(store, reader, duckdb_result_error_type(&result),
                                      duckdb_result_error(&result), error);
    else
        status = take_result(store, reader, &result, to, error);
    duckdb_destroy_result(&result);
    return status;
}

static enum status answer(struct store *store, const struct store_question *question,
                          const struct destination *to, struct error *error)
{
    struct reader *reader;
    duckdb_prepared_statement statement;
    enum status status = store__reader_take(store, question, &reader, error);
    if (status == STATUS_OK && question->brief && !question->param_count && !question->lookup) {
        status = execute_brief(store, reader, question->sql, to, error);
        store__reader_give_back(store, reader);
    } else if (status == STATUS_OK) {
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

struct str store_name(struct store *store, int32_t id)
{
    return names_visible_text(&store->names, id);
}

int32_t store_name_id(struct store *store, struct str name)
{
    return names_find(&store->names, name);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* parquet: see parquet.h. Rows are gathered in chunks, appended to a table, and copied out. */
#define _GNU_SOURCE
#include "store/parquet.h"

#include <duckdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct parquet {
    duckdb_database database;
    duckdb_connection connection;
    duckdb_appender appender;
    duckdb_data_chunk chunk;
    enum parquet_type *types;
    size_t column_count, row; /* row of the chunk */
};

static const struct {
    const char *name;
    duckdb_type type;
} engine_types[] = {
    [PARQUET_TEXT] = {"VARCHAR", DUCKDB_TYPE_VARCHAR},
    [PARQUET_INTEGER] = {"BIGINT", DUCKDB_TYPE_BIGINT},
    [PARQUET_NUMBER] = {"DOUBLE", DUCKDB_TYPE_DOUBLE},
    [PARQUET_TIME] = {"TIMESTAMP_NS", DUCKDB_TYPE_TIMESTAMP_NS},
    [PARQUET_BOOLEAN] = {"BOOLEAN", DUCKDB_TYPE_BOOLEAN},
};

static enum status complain(const char *message, struct error *error)
{
    message = message ? message : "no reason given";
    bool full = strstr(message, "No space left") || strstr(message, "max_temp_directory_size");
    return fail(error, full ? STATUS_FULL : STATUS_IO, "parquet: %.300s", message);
}

static enum status open_engine(struct parquet *parquet, const char *directory, struct error *error)
{
    char memory[32];
    duckdb_config config;
    char *message = NULL;
    snprintf(memory, sizeof memory, "%dMiB", PARQUET_MEMORY_BYTES >> 20);
    const char *const settings[][2] = {
        {"memory_limit", memory},
        {"threads", "1"},
        {"temp_directory", directory},
        {"max_temp_directory_size", "2GB"},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
    };
    if (duckdb_create_config(&config) != DuckDBSuccess)
        return fail(error, STATUS_INTERNAL, "parquet: no memory");
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof settings / sizeof *settings && status == STATUS_OK; i++)
        if (duckdb_set_config(config, settings[i][0], settings[i][1]) != DuckDBSuccess)
            status = fail(error, STATUS_INTERNAL, "parquet: no setting %s", settings[i][0]);
    if (status == STATUS_OK &&
        duckdb_open_ext(NULL, &parquet->database, config, &message) != DuckDBSuccess)
        status = complain(message, error);
    duckdb_free(message);
    duckdb_destroy_config(&config);
    if (status == STATUS_OK &&
        duckdb_connect(parquet->database, &parquet->connection) != DuckDBSuccess)
        status = complain("no connection", error);
    return status;
}

static void add_quoted(struct buf *sql, struct str text, char quote)
{
    buf_add_byte(sql, (uint8_t)quote);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == quote)
            buf_add_byte(sql, (uint8_t)quote);
        if (text.ptr[i]) /* a statement ends at a zero byte */
            buf_add_byte(sql, (uint8_t)text.ptr[i]);
    }
    buf_add_byte(sql, (uint8_t)quote);
}

static enum status run(struct parquet *parquet, struct buf *sql, struct error *error)
{
    duckdb_result result;
    enum status status = STATUS_OK;
    buf_add_byte(sql, 0);
    memset(&result, 0, sizeof result);
    if (sql->failed)
        status = fail(error, STATUS_INTERNAL, "parquet: no memory");
    else if (duckdb_query(parquet->connection, sql->ptr, &result) != DuckDBSuccess)
        status = complain(duckdb_result_error(&result), error);
    duckdb_destroy_result(&result);
    buf_done(sql);
    return status;
}

static enum status make_table(struct parquet *parquet, const struct parquet_column *columns,
                              size_t count, struct error *error)
{
    struct buf sql = {0};
    duckdb_logical_type *types = calloc(count, sizeof *types);
    parquet->types = calloc(count, sizeof *parquet->types);
    if (!types || !parquet->types) {
        free(types);
        return fail(error, STATUS_INTERNAL, "parquet: no memory");
    }
    buf_add_str(&sql, STR("CREATE TABLE answer ("));
    for (size_t i = 0; i < count; i++) {
        buf_add_str(&sql, i ? STR(", ") : STR(""));
        /* The engine knows no empty names. */
        add_quoted(&sql, columns[i].name.len ? columns[i].name : STR(" "), '"');
        buf_printf(&sql, " %s", engine_types[columns[i].type].name);
        types[i] = duckdb_create_logical_type(engine_types[columns[i].type].type);
        parquet->types[i] = columns[i].type;
    }
    buf_add_byte(&sql, ')');
    parquet->column_count = count;
    parquet->chunk = duckdb_create_data_chunk(types, count);
    for (size_t i = 0; i < count; i++)
        duckdb_destroy_logical_type(&types[i]);
    free(types);
    return run(parquet, &sql, error);
}

enum status parquet_open(const char *directory, const struct parquet_column *columns, size_t count,
                         struct parquet **out_parquet, struct error *error)
{
    struct parquet *parquet = calloc(1, sizeof *parquet);
    if (!parquet)
        return fail(error, STATUS_INTERNAL, "parquet: no memory");
    enum status status = open_engine(parquet, directory, error);
    if (status == STATUS_OK)
        status = make_table(parquet, columns, count, error);
    if (status == STATUS_OK && duckdb_appender_create(parquet->connection, NULL, "answer",
                                                      &parquet->appender) != DuckDBSuccess)
        status = complain(duckdb_appender_error(parquet->appender), error);
    if (status == STATUS_OK)
        *out_parquet = parquet;
    else
        parquet_close(parquet);
    return status;
}

static enum status append_chunk(struct parquet *parquet, struct error *error)
{
    duckdb_data_chunk_set_size(parquet->chunk, parquet->row);
    parquet->row = 0;
    if (duckdb_append_data_chunk(parquet->appender, parquet->chunk) != DuckDBSuccess)
        return complain(duckdb_appender_error(parquet->appender), error);
    duckdb_data_chunk_reset(parquet->chunk);
    return STATUS_OK;
}

static void put_cell(duckdb_vector vector, enum parquet_type type, size_t row,
                     const struct parquet_cell *cell)
{
    if (cell->is_null) {
        duckdb_vector_ensure_validity_writable(vector);
        duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
    } else if (type == PARQUET_TEXT) {
        duckdb_vector_assign_string_element_len(vector, row, cell->text.ptr ? cell->text.ptr : "",
                                                cell->text.len);
    } else if (type == PARQUET_NUMBER) {
        ((double *)duckdb_vector_get_data(vector))[row] = cell->number;
    } else if (type == PARQUET_BOOLEAN) {
        ((bool *)duckdb_vector_get_data(vector))[row] = cell->integer != 0;
    } else {
        ((int64_t *)duckdb_vector_get_data(vector))[row] = cell->integer;
    }
}

enum status parquet_row(struct parquet *parquet, const struct parquet_cell *cells,
                        struct error *error)
{
    for (size_t i = 0; i < parquet->column_count; i++)
        put_cell(duckdb_data_chunk_get_vector(parquet->chunk, i), parquet->types[i], parquet->row,
                 &cells[i]);
    return ++parquet->row < duckdb_vector_size() ? STATUS_OK : append_chunk(parquet, error);
}

enum status parquet_write(struct parquet *parquet, const char *path, struct error *error)
{
    struct buf sql = {0};
    enum status status = append_chunk(parquet, error);
    if (status != STATUS_OK)
        return status;
    if (duckdb_appender_close(parquet->appender) != DuckDBSuccess)
        return complain(duckdb_appender_error(parquet->appender), error);
    buf_add_str(&sql, STR("COPY answer TO "));
    add_quoted(&sql, str_from(path), '\'');
    buf_add_str(&sql, STR(" (FORMAT parquet, COMPRESSION snappy)"));
    return run(parquet, &sql, error);
}

void parquet_close(struct parquet *parquet)
{
    if (!parquet)
        return;
    if (parquet->appender)
        duckdb_appender_destroy(&parquet->appender);
    if (parquet->chunk)
        duckdb_destroy_data_chunk(&parquet->chunk);
    if (parquet->connection)
        duckdb_disconnect(&parquet->connection);
    if (parquet->database)
        duckdb_close(&parquet->database);
    free(parquet->types);
    free(parquet);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* engine: statements on the index thread's connection, and rows into tables by appenders that stay
 * open. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "store/store_private.h"

enum { SQL_BYTES_MAX = 16384 };

enum status store__engine_failed(struct store *store, const char *what, const char *message,
                                 struct error *error)
{
    if (!message)
        message = "no reason given";
    /* After such an error every later statement fails; the file is as its last checkpoint left it.
     */
    if (strstr(message, "database has been invalidated") || strstr(message, "FATAL Error") ||
        strstr(message, "INTERNAL Error"))
        store->broken = true;
    bool full = strstr(message, "No space left") != NULL;
    return fail(error, full ? STATUS_FULL : STATUS_IO, "index: %s: %.400s", what, message);
}

/* Without memory a ROLLBACK fails like anything else. Then its transaction is still there, refuses
 * whatever comes next, and is rolled back for that. */
static bool ask_after_rollback(struct store *store, const char *sql, duckdb_result *out_result)
{
    const char *message = duckdb_result_error(out_result);
    duckdb_result rollback;
    if (store->in_transaction || !message || !strstr(message, "TransactionContext Error"))
        return false;
    duckdb_query(store->writer, "ROLLBACK", &rollback);
    duckdb_destroy_result(&rollback);
    duckdb_destroy_result(out_result);
    return duckdb_query(store->writer, sql, out_result) == DuckDBSuccess;
}

static enum status ask(struct store *store, duckdb_result *out_result, struct error *error,
                       const char *format, va_list arguments)
{
    char sql[SQL_BYTES_MAX];
    int size = vsnprintf(sql, sizeof sql, format, arguments);
    must(size > 0 && (size_t)size < sizeof sql);
    if (!store->writer) {
        memset(out_result, 0, sizeof *out_result);
        return fail(error, STATUS_IO, "index: the engine is closed");
    }
    if (duckdb_query(store->writer, sql, out_result) == DuckDBSuccess ||
        ask_after_rollback(store, sql, out_result))
        return STATUS_OK;
    char what[41];
    snprintf(what, sizeof what, "%.40s", sql);
    enum status status = store__engine_failed(store, what, duckdb_result_error(out_result), error);
    duckdb_destroy_result(out_result);
    return status;
}

enum status store__ask(struct store *store, duckdb_result *out_result, struct error *error,
                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum status status = ask(store, out_result, error, format, arguments);
    va_end(arguments);
    return status;
}

enum status store__run(struct store *store, struct error *error, const char *format, ...)
{
    duckdb_result result;
    va_list arguments;
    va_start(arguments, format);
    enum status status = ask(store, &result, error, format, arguments);
    va_end(arguments);
    if (status == STATUS_OK)
        duckdb_destroy_result(&result);
    return status;
}

enum status store__ask_int(struct store *store, int64_t otherwise, int64_t *out_number,
                           struct error *error, const char *format, ...)
{
    duckdb_result result;
    va_list arguments;
    va_start(arguments, format);
    enum status status = ask(store, &result, error, format, arguments);
    va_end(arguments);
    if (status != STATUS_OK)
        return status;
    *out_number = otherwise;
    duckdb_data_chunk chunk = duckdb_fetch_chunk(result);
    if (chunk && duckdb_data_chunk_get_size(chunk) > 0) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, 0);
        uint64_t *mask = duckdb_vector_get_validity(vector);
        duckdb_logical_type type = duckdb_vector_get_column_type(vector);
        must(duckdb_get_type_id(type) == DUCKDB_TYPE_BIGINT);
        duckdb_destroy_logical_type(&type);
        if (!mask || duckdb_validity_row_is_valid(mask, 0))
            *out_number = *(int64_t *)duckdb_vector_get_data(vector);
    }
    duckdb_destroy_data_chunk(&chunk);
    duckdb_destroy_result(&result);
    return STATUS_OK;
}

enum status store__stream(struct store *store, const char *sql, duckdb_result *out_result,
                          struct error *error)
{
    duckdb_prepared_statement statement;
    duckdb_pending_result pending = NULL;
    enum status status = STATUS_OK;
    if (duckdb_prepare(store->writer, sql, &statement) != DuckDBSuccess)
        status = store__engine_failed(store, "read", duckdb_prepare_error(statement), error);
    else if (duckdb_pending_prepared_streaming(statement, &pending) != DuckDBSuccess)
        status = store__engine_failed(store, "read", duckdb_pending_error(pending), error);
    else if (duckdb_execute_pending(pending, out_result) != DuckDBSuccess) {
        status = store__engine_failed(store, "read", duckdb_result_error(out_result), error);
        duckdb_destroy_result(out_result);
    }
    duckdb_destroy_pending(&pending);
    duckdb_destroy_prepare(&statement);
    return status;
}

enum status store__each_chunk(struct store *store, duckdb_result *result,
                              enum status (*take)(struct store *store, duckdb_data_chunk chunk,
                                                  struct error *error),
                              struct error *error)
{
    enum status status = STATUS_OK;
    duckdb_data_chunk chunk;
    while (status == STATUS_OK && (chunk = duckdb_fetch_chunk(*result)) != NULL) {
        status = take(store, chunk, error);
        duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(result);
    return status;
}

static enum status open_appender(struct store *store, enum table_id id, struct error *error)
{
    const struct table *table = &tables[id];
    if (!store->chunks[id]) {
        duckdb_logical_type types[COLUMNS_MAX];
        must(table->column_count <= COLUMNS_MAX);
        for (size_t i = 0; i < table->column_count; i++)
            types[i] = column_logical_type(table->columns[i].type);
        store->chunks[id] = duckdb_create_data_chunk(types, table->column_count);
        for (size_t i = 0; i < table->column_count; i++)
            duckdb_destroy_logical_type(&types[i]);
    }
    const char *catalog = table->temporary ? "temp" : "vitrine";
    if (duckdb_appender_create_ext(store->writer, catalog, "main", table->name,
                                   &store->appenders[id]) == DuckDBSuccess)
        return STATUS_OK;
    enum status status = store__engine_failed(store, table->name,
                                              duckdb_appender_error(store->appenders[id]), error);
    duckdb_appender_destroy(&store->appenders[id]);
    return status;
}

enum status store__append(struct store *store, enum table_id id, const void *rows, size_t count,
                          struct error *error)
{
    if (count == 0)
        return STATUS_OK;
    if (!store->appenders[id]) {
        enum status status = open_appender(store, id, error);
        if (status != STATUS_OK)
            return status;
    }
    size_t most = duckdb_vector_size();
    const char *from = rows;
    for (size_t at = 0; at < count; at += most) {
        size_t some = count - at < most ? count - at : most;
        table_fill(id, store->chunks[id], from + at * tables[id].row_size, some);
        if (duckdb_append_data_chunk(store->appenders[id], store->chunks[id]) != DuckDBSuccess)
            return store__engine_failed(store, tables[id].name,
                                        duckdb_appender_error(store->appenders[id]), error);
    }
    if (duckdb_appender_flush(store->appenders[id]) != DuckDBSuccess)
        return store__engine_failed(store, tables[id].name,
                                    duckdb_appender_error(store->appenders[id]), error);
    return STATUS_OK;
}

enum status store__temp_table(struct store *store, enum table_id id, struct error *error)
{
    char ddl[4096];
    if (store->appenders[id])
        duckdb_appender_destroy(&store->appenders[id]);
    table_ddl(id, ddl, sizeof ddl);
    return store__run(store, error, "%s", ddl);
}

void store__drop_appenders(struct store *store)
{
    for (int i = 0; i < TABLE_COUNT; i++)
        if (store->appenders[i])
            duckdb_appender_destroy(&store->appenders[i]);
}

enum status store__begin(struct store *store, struct error *error)
{
    enum status status = store__run(store, error, "BEGIN");
    store->in_transaction = status == STATUS_OK;
    return status;
}

enum status store__end(struct store *store, enum status status, struct error *error)
{
    if (status == STATUS_OK)
        status = store__run(store, error, "COMMIT");
    store->in_transaction = false;
    if (status != STATUS_OK) {
        /* Rows that an appender still holds must not come with the next batch. */
        struct error ignored;
        store__drop_appenders(store);
        (void)store__run(store, &ignored, "ROLLBACK");
    }
    return status;
}

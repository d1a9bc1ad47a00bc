/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_scan: a view of the sandbox, read from the index as the sandbox asks for it: just the
 * columns that the statement mentions, on a connection of its own. Each scan reads the newest
 * commit at its first row.
 */
#define _GNU_SOURCE
#include "base/must.h"
#include "store/sandbox_private.h"

static void write_statement(const struct sandbox_view *view, const uint32_t *columns,
                            size_t column_count, struct buf *sql)
{
    buf_add_str(sql, STR("SELECT "));
    for (size_t i = 0; i < column_count; i++) {
        buf_add_str(sql, i ? STR(", ") : STR(""));
        buf_add_str(sql, str_from(view->columns[columns[i]].expression));
    }
    buf_add_byte(sql, ' ');
    buf_add_str(sql, str_from(view->from));
    buf_add_byte(sql, 0);
}

static enum status begin(struct sandbox_scan *scan, struct store *store, struct reader *reader,
                         struct error *error)
{
    duckdb_result ignored;
    enum status status = STATUS_OK;
    if (duckdb_query(scan->connection,
                     "SET search_path = 'vitrine.main,memory.main'; BEGIN TRANSACTION READ ONLY",
                     &ignored) != DuckDBSuccess)
        status = store__reader_failed(store, reader, duckdb_result_error_type(&ignored),
                                      duckdb_result_error(&ignored), error);
    duckdb_destroy_result(&ignored);
    return status;
}

static enum status execute(struct sandbox_scan *scan, struct store *store, struct reader *reader,
                           const char *sql, struct error *error)
{
    duckdb_pending_result pending = NULL;
    if (duckdb_prepare(scan->connection, sql, &scan->statement) != DuckDBSuccess)
        return store__reader_failed(store, reader, DUCKDB_ERROR_INVALID,
                                    duckdb_prepare_error(scan->statement), error);
    enum status status =
        store__bind(scan->statement, scan->view->params, scan->view->param_count, error);
    if (status != STATUS_OK)
        return status;
    if (duckdb_pending_prepared_streaming(scan->statement, &pending) != DuckDBSuccess) {
        status = store__reader_failed(store, reader, DUCKDB_ERROR_INVALID,
                                      duckdb_pending_error(pending), error);
    } else {
        scan->has_result = true;
        if (duckdb_execute_pending(pending, &scan->result) != DuckDBSuccess)
            status = store__reader_failed(store, reader, duckdb_result_error_type(&scan->result),
                                          duckdb_result_error(&scan->result), error);
    }
    duckdb_destroy_pending(&pending);
    return status;
}

enum status sandbox__scan_start(struct sandbox_scan *scan, struct store *store,
                                struct reader *reader, const struct sandbox_view *view,
                                const uint32_t *columns, size_t column_count, struct error *error)
{
    struct buf sql = {0};
    *scan = (struct sandbox_scan){.view = view, .open = true};
    scan->connected = duckdb_connect(store->database, &scan->connection) == DuckDBSuccess;
    if (!scan->connected)
        return fail(error, STATUS_IO, "index: no connection to the engine");
    scan->joined = store__reader_join(store, reader, scan->connection);
    must(scan->joined);
    write_statement(view, columns, column_count, &sql);
    enum status status = sql.failed ? fail(error, STATUS_INTERNAL, "no memory for a scan")
                                    : begin(scan, store, reader, error);
    if (status == STATUS_OK)
        status = execute(scan, store, reader, sql.ptr, error);
    buf_done(&sql);
    return status;
}

enum status sandbox__scan_next(struct sandbox_scan *scan, struct store *store,
                               struct reader *reader, duckdb_data_chunk *out_chunk,
                               struct error *error)
{
    *out_chunk = duckdb_fetch_chunk(scan->result);
    if (*out_chunk)
        return STATUS_OK;
    /* A result that broke off ends like one that is complete, but has an error. */
    const char *broken = duckdb_result_error(&scan->result);
    return broken && *broken
               ? store__reader_failed(store, reader, duckdb_result_error_type(&scan->result),
                                      broken, error)
               : STATUS_OK;
}

void sandbox__scan_done(struct sandbox_scan *scan, struct store *store, struct reader *reader)
{
    if (scan->has_result)
        duckdb_destroy_result(&scan->result);
    duckdb_destroy_prepare(&scan->statement);
    if (scan->joined)
        store__reader_leave(store, reader, scan->connection);
    if (scan->connected)
        duckdb_disconnect(&scan->connection);
    *scan = (struct sandbox_scan){0};
}

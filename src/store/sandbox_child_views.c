/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_child_views: the views in the process in which a statement runs. Each is a function of
 * the engine that asks the other side for the next rows of just the columns that are read.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "store/sandbox_child.h"

/* A function of the engine that stands for a view, and one reading of it. */
struct view_function {
    struct child *child;
    uint32_t view;
};
struct view_scan {
    uint32_t number, column_count;
    uint32_t *columns;
};

static duckdb_logical_type logical_type(enum sandbox_type type)
{
    switch (type) {
    case SANDBOX_INTEGER:
        return duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    case SANDBOX_NUMBER:
        return duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE);
    case SANDBOX_MONEY:
        return duckdb_create_decimal_type(18, 9);
    case SANDBOX_TIME:
        return duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP);
    case SANDBOX_BOOLEAN:
        return duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    default:
        return duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    }
}

static void bind_view(duckdb_bind_info info)
{
    const struct view_function *function = duckdb_bind_get_extra_info(info);
    const struct sandbox_view *view = &function->child->views[function->view];
    for (size_t i = 0; i < view->column_count; i++) {
        duckdb_logical_type type = logical_type(view->columns[i].type);
        duckdb_bind_add_result_column(info, view->columns[i].name, type);
        duckdb_destroy_logical_type(&type);
    }
}

static void free_scan(void *pointer)
{
    struct view_scan *scan = pointer;
    free(scan->columns);
    free(scan);
}

static void init_view(duckdb_init_info info)
{
    const struct view_function *function = duckdb_init_get_extra_info(info);
    struct view_scan *scan = calloc(1, sizeof *scan);
    uint32_t count = (uint32_t)duckdb_init_get_column_count(info);
    if (scan)
        scan->columns = calloc(count + 1, sizeof *scan->columns);
    if (!scan || !scan->columns) {
        free(scan);
        duckdb_init_set_error(info, "no memory for a scan");
        return;
    }
    /* A statement that only counts rows reads a column that is nobody's: any will do. */
    size_t known = function->child->views[function->view].column_count;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t column = duckdb_init_get_column_index(info, i);
        scan->columns[i] = column < known ? (uint32_t)column : 0;
    }
    scan->column_count = count;
    scan->number = function->child->scan_count++;
    duckdb_init_set_max_threads(info, 1);
    duckdb_init_set_init_data(info, scan, free_scan);
}

static void fill_texts(duckdb_vector vector, const struct sandbox_vector *from, size_t rows)
{
    const char *bytes = from->bytes.ptr;
    for (size_t i = 0; i < rows; i++) {
        uint32_t len;
        memcpy(&len, from->data.ptr + 4 * i, sizeof len);
        if (!sandbox_is_null(from, i))
            duckdb_vector_assign_string_element_len(vector, i, bytes, len);
        bytes += len;
    }
}

static void fill_vector(duckdb_vector vector, const struct sandbox_vector *from,
                        enum sandbox_type type, size_t rows)
{
    if (from->mask) {
        duckdb_vector_ensure_validity_writable(vector);
        memcpy(duckdb_vector_get_validity(vector), from->mask, (rows + 7) / 8);
    }
    if (sandbox_is_text(type))
        fill_texts(vector, from, rows);
    else
        memcpy(duckdb_vector_get_data(vector), from->data.ptr, from->data.len);
}

static void next_chunk(duckdb_function_info info, duckdb_data_chunk output)
{
    const struct view_function *function = duckdb_function_get_extra_info(info);
    const struct view_scan *scan = duckdb_function_get_init_data(info);
    struct child *child = function->child;
    struct sandbox_in in;
    sandbox__begin(&child->out, MESSAGE_NEXT);
    buf_add_u32(&child->out, scan->number);
    buf_add_u32(&child->out, function->view);
    buf_add_u32(&child->out, scan->column_count);
    for (uint32_t i = 0; i < scan->column_count; i++)
        buf_add_u32(&child->out, scan->columns[i]);
    child__send(child);
    enum sandbox_message kind = child__receive(child, &in);
    size_t rows = kind == MESSAGE_CHUNK ? sandbox__in_u32(&in) : 0;
    if ((kind != MESSAGE_CHUNK && kind != MESSAGE_LAST) || rows > duckdb_vector_size())
        child__give_up();
    for (uint32_t i = 0; i < scan->column_count && rows; i++) {
        struct sandbox_vector vector;
        enum sandbox_type type = child->views[function->view].columns[scan->columns[i]].type;
        sandbox__in_vector(&in, type, rows, &vector);
        if (in.failed)
            child__give_up();
        fill_vector(duckdb_data_chunk_get_vector(output, i), &vector, type, rows);
    }
    duckdb_data_chunk_set_size(output, rows);
}

bool child__define_view(struct child *child, uint32_t number)
{
    const char *name = child->views[number].name;
    struct view_function *extra = malloc(sizeof *extra);
    struct str function_name = arena_printf(&child->arena, "read_%s", name);
    struct str sql =
        arena_printf(&child->arena, "CREATE VIEW %s AS SELECT * FROM read_%s()", name, name);
    if (!extra || !function_name.ptr || !sql.ptr)
        return false;
    *extra = (struct view_function){child, number};
    duckdb_table_function function = duckdb_create_table_function();
    duckdb_table_function_set_name(function, function_name.ptr);
    duckdb_table_function_set_extra_info(function, extra, free);
    duckdb_table_function_set_bind(function, bind_view);
    duckdb_table_function_set_init(function, init_view);
    duckdb_table_function_set_function(function, next_chunk);
    duckdb_table_function_supports_projection_pushdown(function, true);
    bool done = duckdb_register_table_function(child->connection, function) == DuckDBSuccess;
    duckdb_destroy_table_function(&function);
    return done && child__run(child, sql.ptr);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* sql_functions: rows of the table -> functions of the engine; vectors -> one row's arguments. */
#define _GNU_SOURCE
#include "store/sql_functions.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

enum { ARGS_MAX = 5, ARENA_MAX = 256 << 20 };

struct sql_function {
    const char *name, *args;
    char result;
    sql_body body;
};

static const struct sql_function functions[] = {
#define SQL_FUNCTION(name, args, result, body) {#name, args, result, body},
#include "store/sql_functions.def"
#undef SQL_FUNCTION
};

static duckdb_logical_type logical_type(char letter)
{
    if (letter == 'l') {
        duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
        duckdb_logical_type list = duckdb_create_list_type(text);
        duckdb_destroy_logical_type(&text);
        return list;
    }
    return duckdb_create_logical_type(letter == 't'   ? DUCKDB_TYPE_VARCHAR
                                      : letter == 'n' ? DUCKDB_TYPE_DOUBLE
                                      : letter == 'i' ? DUCKDB_TYPE_BIGINT
                                      : letter == 'h' ? DUCKDB_TYPE_HUGEINT
                                      : letter == 'b' ? DUCKDB_TYPE_BOOLEAN
                                                      : DUCKDB_TYPE_BLOB);
}

/* --- in ------------------------------------------------------------------------------------ */

struct input {
    duckdb_vector vector;
    char letter;
    const void *data;
    uint64_t *validity;
};

static struct str text_at(const void *data, size_t row)
{
    duckdb_string_t *text = (duckdb_string_t *)data + row;
    return (struct str){duckdb_string_t_data(text), duckdb_string_t_length(*text)};
}

static void read_list(const struct input *input, size_t row, struct arena *arena,
                      struct sql_value *out)
{
    const duckdb_list_entry *entry = (const duckdb_list_entry *)input->data + row;
    duckdb_vector child = duckdb_list_vector_get_child(input->vector);
    const void *texts = duckdb_vector_get_data(child);
    uint64_t *validity = duckdb_vector_get_validity(child);
    out->items = arena_array(arena, struct str, entry->length + 1);
    out->item_nulls = arena_array(arena, bool, entry->length + 1);
    out->null = !out->items || !out->item_nulls;
    out->item_count = out->null ? 0 : entry->length;
    for (size_t i = 0; i < out->item_count; i++) {
        size_t at = entry->offset + i;
        out->item_nulls[i] = validity && !duckdb_validity_row_is_valid(validity, at);
        if (!out->item_nulls[i])
            out->items[i] = text_at(texts, at);
    }
}

static struct sql_value read_value(const struct input *input, size_t row, struct arena *arena)
{
    struct sql_value value = {0};
    if (input->validity && !duckdb_validity_row_is_valid(input->validity, row)) {
        value.null = true;
        return value;
    }
    switch (input->letter) {
    case 't':
        value.text = text_at(input->data, row);
        break;
    case 'n':
        value.number = ((const double *)input->data)[row];
        break;
    case 'i':
        value.integer = ((const int64_t *)input->data)[row];
        break;
    case 'b':
        value.integer = ((const bool *)input->data)[row];
        break;
    case 'h': { /* the halves of an id */
        const duckdb_hugeint *number = (const duckdb_hugeint *)input->data + row;
        value.integer = number->upper;
        value.text = (struct str){(const char *)&number->lower, sizeof number->lower};
        break;
    }
    default:
        read_list(input, row, arena, &value);
    }
    return value;
}

/* --- out ----------------------------------------------------------------------------------- */

static void write_null(duckdb_vector vector, size_t row)
{
    duckdb_vector_ensure_validity_writable(vector);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

static void write_list(duckdb_vector vector, size_t row, const struct sql_value *value)
{
    size_t from = duckdb_list_vector_get_size(vector);
    duckdb_list_vector_reserve(vector, from + value->item_count);
    duckdb_list_vector_set_size(vector, from + value->item_count);
    duckdb_vector child = duckdb_list_vector_get_child(vector);
    for (size_t i = 0; i < value->item_count; i++) {
        if (value->item_nulls && value->item_nulls[i])
            write_null(child, from + i);
        else
            duckdb_vector_assign_string_element_len(child, from + i,
                                                    value->items[i].ptr ? value->items[i].ptr : "",
                                                    value->items[i].len);
    }
    duckdb_list_entry *entries = duckdb_vector_get_data(vector);
    entries[row] = (duckdb_list_entry){from, value->item_count};
}

static void write_value(duckdb_vector vector, char letter, size_t row,
                        const struct sql_value *value)
{
    void *data = duckdb_vector_get_data(vector);
    if (value->null) {
        write_null(vector, row);
        if (letter == 'l')
            ((duckdb_list_entry *)data)[row] = (duckdb_list_entry){0, 0};
        return;
    }
    switch (letter) {
    case 'n':
        ((double *)data)[row] = value->number;
        break;
    case 'i':
        ((int64_t *)data)[row] = value->integer;
        break;
    case 'b':
        ((bool *)data)[row] = value->integer != 0;
        break;
    case 'l':
        write_list(vector, row, value);
        break;
    default:
        duckdb_vector_assign_string_element_len(vector, row, value->text.ptr ? value->text.ptr : "",
                                                value->text.len);
    }
}

static void run(duckdb_function_info info, duckdb_data_chunk chunk, duckdb_vector output)
{
    const struct sql_function *function = duckdb_scalar_function_get_extra_info(info);
    struct input inputs[ARGS_MAX];
    struct sql_value args[ARGS_MAX];
    struct buf scratch = {.limit_bytes = ARENA_MAX};
    struct arena arena;
    size_t count = strlen(function->args), rows = duckdb_data_chunk_get_size(chunk);
    arena_init(&arena, ARENA_MAX);
    for (size_t i = 0; i < count; i++) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
        inputs[i] = (struct input){vector, function->args[i], duckdb_vector_get_data(vector),
                                   duckdb_vector_get_validity(vector)};
    }
    const struct sql_call call = {args, count, &scratch, &arena};
    for (size_t row = 0; row < rows; row++) {
        struct sql_value result = {0};
        for (size_t i = 0; i < count; i++)
            args[i] = read_value(&inputs[i], row, &arena);
        function->body(&call, &result);
        if (scratch.failed)
            result.null = true;
        write_value(output, function->result, row, &result);
        buf_clear(&scratch);
        if (arena.used_bytes)
            arena_done(&arena);
    }
    buf_done(&scratch);
    arena_done(&arena);
}

enum status store__define_functions(struct store *store, struct error *error)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        const struct sql_function *function = &functions[i];
        duckdb_scalar_function made = duckdb_create_scalar_function();
        must(strlen(function->args) <= ARGS_MAX);
        duckdb_scalar_function_set_name(made, function->name);
        for (const char *letter = function->args; *letter; letter++) {
            duckdb_logical_type type = logical_type(*letter);
            duckdb_scalar_function_add_parameter(made, type);
            duckdb_destroy_logical_type(&type);
        }
        duckdb_logical_type result = logical_type(function->result);
        duckdb_scalar_function_set_return_type(made, result);
        duckdb_destroy_logical_type(&result);
        /* The bodies decide what a null makes. */
        duckdb_scalar_function_set_special_handling(made);
        duckdb_scalar_function_set_extra_info(made, (void *)function, NULL);
        duckdb_scalar_function_set_function(made, run);
        bool failed = duckdb_register_scalar_function(store->writer, made) != DuckDBSuccess;
        duckdb_destroy_scalar_function(&made);
        if (failed)
            return fail(error, STATUS_INTERNAL, "index: the function %s cannot be defined",
                        function->name);
    }
    return STATUS_OK;
}

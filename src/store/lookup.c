/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup: asker_values(), asker_lookup() and tally(), functions by which a running question asks
 * its asker for what stands outside the index, and counts rows.
 *
 * Both are volatile, so the engine calls them once a row, where they stand in the plan, and moves
 * no condition across them. A question is known by a random number: SQL of somebody else that
 * guesses cannot reach it.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/random.h>

#include "store/reader.h"
#include "store/sql_functions.h"

enum { FILL_BYTES_MAX = 512 << 20 };

enum status store__lookup_begin(struct reader *reader, struct store_lookup *lookup,
                                struct error *error)
{
    int64_t number = 0;
    if (!lookup)
        return STATUS_OK;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return fail(error, STATUS_INTERNAL, "index: no random numbers");
    reader->lookup = lookup;
    reader->lookup_error = (struct error){0};
    reader->asker = number | 1;
    return STATUS_OK;
}

void store__lookup_end(struct reader *reader, enum status *status, struct error *error)
{
    reader->asker = 0;
    reader->lookup = NULL;
    if (*status != STATUS_OK && reader->lookup_error.status != STATUS_OK)
        *status = fail(error, reader->lookup_error.status, "%s", reader->lookup_error.text);
}

static struct reader *find(struct store *store, int64_t asker)
{
    for (int i = 0; i < POOL_CONNECTIONS; i++)
        if (asker && store->pool.readers[i].asker == asker)
            return &store->pool.readers[i];
    return NULL;
}

static const void *column(duckdb_data_chunk chunk, size_t n)
{
    return duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, n));
}

static void write_lists(duckdb_vector output, const struct str *values, size_t rows, size_t width)
{
    duckdb_list_vector_reserve(output, rows * width);
    duckdb_list_vector_set_size(output, rows * width);
    duckdb_vector child = duckdb_list_vector_get_child(output);
    duckdb_list_entry *entries = duckdb_vector_get_data(output);
    for (size_t row = 0; row < rows; row++)
        entries[row] = (duckdb_list_entry){row * width, width};
    duckdb_vector_ensure_validity_writable(child);
    uint64_t *validity = duckdb_vector_get_validity(child);
    for (size_t i = 0; i < rows * width; i++) {
        if (values[i].ptr)
            duckdb_vector_assign_string_element_len(child, i, values[i].ptr, values[i].len);
        else
            duckdb_validity_set_row_invalid(validity, i);
    }
}

static void fill(struct reader *reader, int set, const struct store_lookup_row *rows, size_t count,
                 duckdb_function_info info, duckdb_vector output)
{
    struct arena arena;
    struct error error = {0};
    struct store_lookup *lookup = reader->lookup;
    size_t width = lookup->widths[set];
    arena_init(&arena, FILL_BYTES_MAX);
    struct str *values = arena_array(&arena, struct str, count * width + 1);
    enum status status =
        values ? lookup->fill(lookup->context, set, rows, count, values, &arena, &error)
               : fail(&error, STATUS_TOO_LARGE, "the rows are too large to read at once");
    if (status == STATUS_OK) {
        write_lists(output, values, count, width);
    } else {
        error.status = status;
        reader->lookup_error = error;
        duckdb_scalar_function_set_error(info, error.text);
    }
    arena_done(&arena);
}

static void asker_values(duckdb_function_info info, duckdb_data_chunk chunk, duckdb_vector output)
{
    struct store *store = duckdb_scalar_function_get_extra_info(info);
    size_t count = duckdb_data_chunk_get_size(chunk);
    if (count == 0)
        return;
    const int64_t *set = column(chunk, 0), *segment = column(chunk, 2), *frame = column(chunk, 3),
                  *record = column(chunk, 4);
    struct reader *reader = find(store, ((const int64_t *)column(chunk, 1))[0]);
    uint64_t *given = duckdb_vector_get_validity(duckdb_data_chunk_get_vector(chunk, 2));
    struct store_lookup_row *rows = calloc(count, sizeof *rows);
    if (!reader || !rows || set[0] < 0 || set[0] >= STORE_LOOKUP_SETS) {
        duckdb_scalar_function_set_error(info, "there is no such question");
        free(rows);
        return;
    }
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct store_lookup_row){
            .absent = given && !duckdb_validity_row_is_valid(given, i),
            .segment = (uint32_t)segment[i],
            .frame = (uint64_t)frame[i],
            .record = (uint32_t)record[i],
        };
    pthread_mutex_lock(&reader->lookup_lock);
    fill(reader, (int)set[0], rows, count, info, output);
    pthread_mutex_unlock(&reader->lookup_lock);
    free(rows);
}

static void tally(duckdb_function_info info, duckdb_data_chunk chunk, duckdb_vector output)
{
    struct store *store = duckdb_scalar_function_get_extra_info(info);
    size_t count = duckdb_data_chunk_get_size(chunk);
    struct reader *reader = count ? find(store, ((const int64_t *)column(chunk, 0))[0]) : NULL;
    bool *answer = duckdb_vector_get_data(output);
    const int64_t *amounts = column(chunk, 1);
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        answer[i] = true;
        sum += amounts[i];
    }
    if (reader)
        atomic_fetch_add(&reader->lookup->tally, sum);
}

/* asker_lookup(table, column, asker, key) */
static void asker_lookup(duckdb_function_info info, duckdb_data_chunk chunk, duckdb_vector output)
{
    struct store *store = duckdb_scalar_function_get_extra_info(info);
    size_t count = duckdb_data_chunk_get_size(chunk);
    if (count == 0)
        return;
    const int64_t *table = column(chunk, 0), *wanted = column(chunk, 1);
    struct reader *reader = find(store, ((const int64_t *)column(chunk, 2))[0]);
    duckdb_string_t *keys = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 3));
    uint64_t *given = duckdb_vector_get_validity(duckdb_data_chunk_get_vector(chunk, 3));
    if (!reader || !reader->lookup->find) {
        duckdb_scalar_function_set_error(info, "there is no such question");
        return;
    }
    const struct store_lookup *lookup = reader->lookup;
    duckdb_vector_ensure_validity_writable(output);
    uint64_t *validity = duckdb_vector_get_validity(output);
    for (size_t i = 0; i < count; i++) {
        bool absent = given && !duckdb_validity_row_is_valid(given, i);
        struct str key =
            absent ? STR_NONE
                   : (struct str){duckdb_string_t_data(&keys[i]), duckdb_string_t_length(keys[i])};
        struct str found =
            absent ? STR_NONE : lookup->find(lookup->find_context, table[0], wanted[0], key);
        if (found.ptr)
            duckdb_vector_assign_string_element_len(output, i, found.ptr, found.len);
        else
            duckdb_validity_set_row_invalid(validity, i);
    }
}

/* Arguments are numbers but the last one where `takes_text`. */
static enum status define(struct store *store, const char *name, size_t arguments, bool takes_text,
                          duckdb_logical_type result, duckdb_scalar_function_t function,
                          struct error *error)
{
    duckdb_scalar_function made = duckdb_create_scalar_function();
    duckdb_logical_type integer = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_scalar_function_set_name(made, name);
    for (size_t i = 0; i < arguments; i++)
        duckdb_scalar_function_add_parameter(made,
                                             takes_text && i + 1 == arguments ? text : integer);
    duckdb_scalar_function_set_return_type(made, result);
    duckdb_scalar_function_set_volatile(made);
    duckdb_scalar_function_set_special_handling(made);
    duckdb_scalar_function_set_extra_info(made, store, NULL);
    duckdb_scalar_function_set_function(made, function);
    bool failed = duckdb_register_scalar_function(store->writer, made) != DuckDBSuccess;
    duckdb_destroy_logical_type(&integer);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&result);
    duckdb_destroy_scalar_function(&made);
    return failed ? fail(error, STATUS_INTERNAL, "index: the function %s cannot be defined", name)
                  : STATUS_OK;
}

enum status store__define_lookup(struct store *store, struct error *error)
{
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    enum status status =
        define(store, "asker_values", 5, false, duckdb_create_list_type(text), asker_values, error);
    duckdb_destroy_logical_type(&text);
    if (status == STATUS_OK)
        status = define(store, "asker_lookup", 4, true,
                        duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR), asker_lookup, error);
    if (status == STATUS_OK)
        status = define(store, "tally", 2, false, duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN),
                        tally, error);
    return status;
}

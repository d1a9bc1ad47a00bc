/* SPDX-License-Identifier: Apache-2.0 */
/* ask_parquet: see ask_parquet.h. */
#include "query/ask_parquet.h"

#include <stdlib.h>

#include "store/parquet.h"
#include "wire/json.h"

struct ask_parquet {
    struct parquet *parquet;
    size_t count;
    enum ask_type *types;
    struct parquet_cell *cells;
    struct buf scratch;
};

struct str ask_cell_text(const struct ask_cell *cell, struct buf *scratch)
{
    struct json_out out = json_out(scratch);
    size_t from = scratch->len;
    if (cell->kind == CELL_TEXT || cell->kind == CELL_JSON)
        return cell->text.ptr ? cell->text : STR("");
    if (cell->kind == CELL_NUMBER)
        json_out_double(&out, NULL, cell->number);
    else
        buf_add_int(scratch, cell->integer);
    return str_sub(buf_str(scratch), from, scratch->len - from);
}

static enum parquet_type type_of(enum ask_type type)
{
    static const enum parquet_type types[] = {
        [ASK_ANY] = PARQUET_TEXT,  [ASK_INTEGER] = PARQUET_INTEGER, [ASK_NUMBER] = PARQUET_NUMBER,
        [ASK_TEXT] = PARQUET_TEXT, [ASK_TIME] = PARQUET_TIME,       [ASK_BOOLEAN] = PARQUET_BOOLEAN,
    };
    return types[type];
}

enum status ask_parquet_open(const char *directory, const struct ask_head *head,
                             const struct str *names, struct ask_parquet **out_parquet,
                             struct error *error)
{
    size_t count = head->column_count;
    struct ask_parquet *parquet = calloc(1, sizeof *parquet);
    struct parquet_column *columns = calloc(count + 1, sizeof *columns);
    enum status status = STATUS_OK;
    if (parquet) {
        parquet->types = calloc(count + 1, sizeof *parquet->types);
        parquet->cells = calloc(count + 1, sizeof *parquet->cells);
        parquet->count = count;
    }
    if (!parquet || !columns || !parquet->types || !parquet->cells)
        status = fail(error, STATUS_INTERNAL, "no memory for the columns");
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        parquet->types[i] = head->columns[i].type;
        columns[i] = (struct parquet_column){names[i], type_of(head->columns[i].type)};
    }
    if (status == STATUS_OK)
        status = parquet_open(directory, columns, count, &parquet->parquet, error);
    free(columns);
    if (status == STATUS_OK)
        *out_parquet = parquet;
    else
        ask_parquet_close(parquet);
    return status;
}

enum status ask_parquet_row(struct ask_parquet *parquet, const struct ask_cell *cells,
                            struct error *error)
{
    /* Room for every cell at once: growing would move the texts that were written already. */
    buf_clear(&parquet->scratch);
    if (!buf_reserve(&parquet->scratch, 40 * parquet->count + 1))
        return fail(error, STATUS_INTERNAL, "no memory for a row");
    for (size_t i = 0; i < parquet->count; i++) {
        const struct ask_cell *cell = &cells[i];
        parquet->cells[i] = (struct parquet_cell){
            .is_null = cell->kind == CELL_NULL, .integer = cell->integer, .number = cell->number};
        if (type_of(parquet->types[i]) == PARQUET_TEXT && cell->kind != CELL_NULL)
            parquet->cells[i].text = ask_cell_text(cell, &parquet->scratch);
    }
    return parquet_row(parquet->parquet, parquet->cells, error);
}

enum status ask_parquet_write(struct ask_parquet *parquet, const char *path, struct error *error)
{
    return parquet_write(parquet->parquet, path, error);
}

void ask_parquet_close(struct ask_parquet *parquet)
{
    if (!parquet)
        return;
    parquet_close(parquet->parquet);
    buf_done(&parquet->scratch);
    free(parquet->types);
    free(parquet->cells);
    free(parquet);
}

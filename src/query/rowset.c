/* SPDX-License-Identifier: Apache-2.0 */
/* rowset: see rowset.h. */
#include "query/rowset.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "wire/json.h"

void rowset_init(struct rowset *rowset)
{
    *rowset = (struct rowset){0};
    arena_init(&rowset->arena, ROWSET_BYTES_MAX);
}

void rowset_done(struct rowset *rowset)
{
    arena_done(&rowset->arena);
}

enum status rowset_full(struct str command, struct error *error)
{
    return fail(error, STATUS_TOO_LARGE,
                "%.*s holds its rows in memory, at most %d of them and %d MB: take fewer with "
                "filter, stats or limit in front of it",
                STR_ARGS(command), ROWSET_ROWS_MAX, ROWSET_BYTES_MAX >> 20);
}

/* --- columns and rows ------------------------------------------------------------------------ */

struct rowset_column *rowset_find(const struct rowset *rowset, struct str name)
{
    for (size_t i = rowset->column_count; i-- > 0;)
        if (str_equal(rowset->columns[i].name, name))
            return &rowset->columns[i];
    return NULL;
}

struct rowset_column *rowset_put(struct rowset *rowset, struct str name, enum ask_type type)
{
    size_t room = rowset->row_capacity + 1;
    struct ask_cell *cells = arena_array(&rowset->arena, struct ask_cell, room);
    struct rowset_column *column = rowset_find(rowset, name);
    if (!cells || (!column && rowset->column_count == ROWSET_COLUMNS_MAX))
        return NULL;
    if (!column) {
        if (!arena_grow(&rowset->arena, &rowset->columns, rowset->column_count,
                        &rowset->column_capacity))
            return NULL;
        column = &rowset->columns[rowset->column_count++];
        *column = (struct rowset_column){.name = arena_copy(&rowset->arena, name)};
    }
    column->type = type;
    column->hidden = column->is_default = false;
    column->cells = cells;
    return column->name.ptr ? column : NULL;
}

static bool widen(struct rowset *rowset)
{
    size_t capacity = rowset->row_capacity ? rowset->row_capacity * 2 : 64;
    for (size_t i = 0; i < rowset->column_count; i++) {
        struct ask_cell *cells = arena_array(&rowset->arena, struct ask_cell, capacity + 1);
        if (!cells)
            return false;
        if (rowset->row_count)
            memcpy(cells, rowset->columns[i].cells, rowset->row_count * sizeof *cells);
        rowset->columns[i].cells = cells;
    }
    if (rowset->pointers) {
        struct ask_pointer *pointers =
            arena_array(&rowset->arena, struct ask_pointer, capacity + 1);
        if (!pointers)
            return false;
        memcpy(pointers, rowset->pointers, rowset->row_count * sizeof *pointers);
        rowset->pointers = pointers;
    }
    rowset->row_capacity = capacity;
    return true;
}

bool rowset_add_row(struct rowset *rowset)
{
    if (rowset->row_count == ROWSET_ROWS_MAX ||
        (rowset->row_count == rowset->row_capacity && !widen(rowset)))
        return false;
    rowset->row_count++;
    return true;
}

bool rowset_pick(struct rowset *rowset, const size_t *indexes, size_t count)
{
    if (count > ROWSET_ROWS_MAX)
        return false;
    for (size_t c = 0; c < rowset->column_count; c++) {
        struct ask_cell *cells = arena_array(&rowset->arena, struct ask_cell, count + 1);
        if (!cells)
            return false;
        for (size_t i = 0; i < count; i++)
            if (indexes[i] != SIZE_MAX)
                cells[i] = rowset->columns[c].cells[indexes[i]];
        rowset->columns[c].cells = cells;
    }
    struct ask_pointer *pointers = arena_array(&rowset->arena, struct ask_pointer, count + 1);
    if (!pointers)
        return false;
    for (size_t i = 0; rowset->pointers && i < count; i++)
        if (indexes[i] != SIZE_MAX)
            pointers[i] = rowset->pointers[indexes[i]];
    rowset->pointers = rowset->pointers ? pointers : NULL;
    rowset->row_count = rowset->row_capacity = count;
    return true;
}

void rowset_keep(struct rowset *rowset, const bool *marks)
{
    size_t kept = 0;
    for (size_t row = 0; row < rowset->row_count; row++) {
        if (!marks[row])
            continue;
        for (size_t c = 0; c < rowset->column_count; c++)
            rowset->columns[c].cells[kept] = rowset->columns[c].cells[row];
        if (rowset->pointers)
            rowset->pointers[kept] = rowset->pointers[row];
        kept++;
    }
    rowset->row_count = kept;
}

/* --- taking an answer ------------------------------------------------------------------------ */

static enum status take_head(void *context, const struct ask_head *head, struct error *error)
{
    struct rowset_taker *taker = context;
    struct rowset *rowset = taker->rowset;
    rowset->shape = head->shape;
    if (head->column_count > ROWSET_COLUMNS_MAX)
        return fail(error, STATUS_TOO_LARGE, "%.*s takes at most %d columns",
                    STR_ARGS(taker->command), ROWSET_COLUMNS_MAX);
    rowset->columns = arena_array(&rowset->arena, struct rowset_column, head->column_count + 1);
    if (!rowset->columns ||
        (head->has_pointers && !(rowset->pointers = arena_new(&rowset->arena, struct ask_pointer))))
        return rowset_full(taker->command, error);
    rowset->column_count = head->column_count;
    rowset->column_capacity = head->column_count + 1;
    for (size_t i = 0; i < head->column_count; i++)
        rowset->columns[i] =
            (struct rowset_column){.name = arena_copy(&rowset->arena, head->columns[i].name),
                                   .type = head->columns[i].type,
                                   .hidden = i >= taker->columns.shown,
                                   .is_default = i < taker->columns.by_default};
    return STATUS_OK;
}

static enum status take_row(void *context, const struct ask_cell *cells,
                            const struct ask_pointer *pointer, struct error *error)
{
    struct rowset_taker *taker = context;
    struct rowset *rowset = taker->rowset;
    if (!rowset_add_row(rowset))
        return rowset_full(taker->command, error);
    size_t row = rowset->row_count - 1;
    for (size_t i = 0; i < rowset->column_count; i++)
        if (!cell_copy(&cells[i], &rowset->arena, &rowset->columns[i].cells[row]))
            return rowset_full(taker->command, error);
    if (rowset->pointers)
        rowset->pointers[row] = *pointer;
    return STATUS_OK;
}

struct ask_sink rowset_sink(struct rowset_taker *taker)
{
    return (struct ask_sink){take_head, take_row, taker};
}

/* --- cells ----------------------------------------------------------------------------------- */

/* Digits with a sign, a point and a power: what str_to_double() takes, without names and spaces. */
static bool spells_number(struct str text)
{
    bool digit = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        digit |= c >= '0' && c <= '9';
        if (!(c >= '0' && c <= '9') && !(c && strchr("+-.eE", c)))
            return false;
    }
    return digit && text.ptr[0] != '+';
}

bool cell_number(const struct ask_cell *cell, double *out_number)
{
    switch (cell->kind) {
    case CELL_INTEGER:
    case CELL_BOOLEAN:
        *out_number = (double)cell->integer;
        return true;
    case CELL_NUMBER:
        *out_number = cell->number;
        return true;
    case CELL_TEXT:
        return spells_number(cell->text) && str_to_double(cell->text, out_number) &&
               isfinite(*out_number);
    default:
        return false;
    }
}

bool cell_integer(const struct ask_cell *cell, int64_t *out_number)
{
    if (cell->kind == CELL_TEXT)
        return spells_number(cell->text) && str_to_i64(cell->text, out_number);
    if (cell->kind != CELL_INTEGER && cell->kind != CELL_BOOLEAN)
        return false;
    *out_number = cell->integer;
    return true;
}

struct ask_cell cell_of_integer(int64_t number)
{
    return (struct ask_cell){.kind = CELL_INTEGER, .integer = number};
}

struct ask_cell cell_of_number(double number)
{
    return isfinite(number) ? (struct ask_cell){.kind = CELL_NUMBER, .number = number}
                            : (struct ask_cell){.kind = CELL_NULL};
}

struct ask_cell cell_of_text(struct str text)
{
    return (struct ask_cell){.kind = text.ptr ? CELL_TEXT : CELL_NULL, .text = text};
}

bool cell_copy(const struct ask_cell *cell, struct arena *arena, struct ask_cell *out)
{
    *out = *cell;
    out->text = STR_NONE;
    if (cell->kind != CELL_TEXT && cell->kind != CELL_JSON)
        return true;
    out->text = arena_copy(arena, cell->text);
    return out->text.ptr != NULL;
}

static struct str number_text(double number, struct arena *arena)
{
    struct buf text = {0};
    struct json_out out = json_out(&text);
    json_out_double(&out, NULL, number);
    struct str copy = arena_copy(arena, buf_str(&text));
    buf_done(&text);
    return copy;
}

struct str cell_key(const struct ask_cell *cell, struct arena *arena)
{
    double number;
    int64_t integer;
    if (cell->kind == CELL_NULL)
        return STR_NONE;
    if (cell_integer(cell, &integer))
        return arena_printf(arena, "%lld", (long long)integer);
    if (cell_number(cell, &number))
        return fabs(number) < 1e15 && number == trunc(number)
                   ? arena_printf(arena, "%lld", (long long)number)
                   : number_text(number, arena);
    return cell->text;
}

struct str cell_any(const struct ask_cell *cell, struct arena *arena)
{
    switch (cell->kind) {
    case CELL_INTEGER:
        return store_any_make(arena, STORE_ANY_NUMBER,
                              arena_printf(arena, "%lld", (long long)cell->integer));
    case CELL_NUMBER:
        return store_any_make(arena, STORE_ANY_NUMBER, number_text(cell->number, arena));
    case CELL_BOOLEAN:
        return store_any_make(arena, STORE_ANY_BOOLEAN, cell->integer ? STR("true") : STR("false"));
    case CELL_TEXT:
        return store_any_make(arena, 0, cell->text);
    case CELL_JSON:
        return store_any_make(arena, STORE_ANY_JSON, cell->text);
    default:
        return STR_NONE;
    }
}

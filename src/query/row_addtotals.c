/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_addtotals: `addtotals [fieldname=…] [row=…] [col=…] [field, …]`. Of each row the sum of its
 * numbers as Total; with col=true one more row at the end with the sum of each column. Without
 * fields all shown columns that have numbers are summed, but for times.
 */
#include <math.h>

#include "query/row_command.h"

/* Whole numbers keep their digits while 64 bits hold the sum. */
struct total {
    int64_t whole;
    double sum;
    bool is_broken; /* no longer whole */
};

static void add_cell(struct total *total, const struct ask_cell *cell)
{
    double number;
    int64_t step;
    if (!cell_number(cell, &number))
        return;
    total->sum += number;
    if (total->is_broken || !cell_integer(cell, &step) ||
        __builtin_add_overflow(total->whole, step, &total->whole))
        total->is_broken = true;
}

static struct ask_cell total_cell(const struct total *total)
{
    return total->is_broken ? cell_of_number(total->sum) : cell_of_integer(total->whole);
}

static bool has_number(const struct rowset *rows, const struct rowset_column *column)
{
    double number;
    for (size_t i = 0; i < rows->row_count; i++)
        if (cell_number(&column->cells[i], &number))
            return true;
    return false;
}

static bool is_summed(const struct row_run *run, const struct rowset_column *column)
{
    const struct items *items = &run->command->items;
    for (size_t i = 0; i < items->count; i++)
        if (str_equal(items->list[i].name, column->name))
            return true;
    return !items->count && !column->hidden && column->type != ASK_TIME &&
           has_number(run->rows, column);
}

static void widen_type(struct rowset_column *column, const struct ask_cell *cell)
{
    if (column->type == ASK_INTEGER && cell->kind == CELL_NUMBER)
        column->type = ASK_NUMBER;
}

static bool sum_rows(struct row_run *run, const bool *summed, size_t count, struct str name)
{
    struct rowset *rows = run->rows;
    struct ask_cell *cells = arena_array(&rows->arena, struct ask_cell, rows->row_count + 1);
    if (!cells)
        return false;
    for (size_t i = 0; i < rows->row_count; i++) {
        struct total total = {0};
        for (size_t c = 0; c < count; c++)
            if (summed[c])
                add_cell(&total, &rows->columns[c].cells[i]);
        cells[i] = total_cell(&total);
    }
    struct rowset_column *column = rowset_put(rows, name, ASK_INTEGER);
    for (size_t i = 0; column && i < rows->row_count; i++) {
        column->cells[i] = cells[i];
        widen_type(column, &cells[i]);
    }
    return column != NULL;
}

static bool sum_column(struct rowset *rows, struct rowset_column *column)
{
    struct total total = {0};
    size_t last = rows->row_count - 1;
    for (size_t i = 0; i < last; i++)
        add_cell(&total, &column->cells[i]);
    column->cells[last] = total_cell(&total);
    widen_type(column, &column->cells[last]);
    if (column->type == ASK_TEXT)
        column->type = ASK_ANY;
    return true;
}

enum status row__addtotals(struct row_run *run, struct error *error)
{
    struct rowset *rows = run->rows;
    char name[LANGUAGE_NAME_MAX + 16];
    size_t count = rows->column_count;
    bool *summed = arena_array(&rows->arena, bool, count + 2);
    bool row = command_flag(run->command, "row", true), fine = summed != NULL;
    for (size_t c = 0; fine && c < count; c++)
        summed[c] = is_summed(run, &rows->columns[c]);
    row_command_output(run->command, 0, name, sizeof name);
    if (fine && row)
        fine = sum_rows(run, summed, count, str_from(name));
    if (fine && command_flag(run->command, "col", false) && rows->row_count) {
        fine = rowset_add_row(rows);
        for (size_t c = 0; fine && c < rows->column_count; c++)
            if ((c < count && summed[c]) ||
                (row && str_equal(rows->columns[c].name, str_from(name))))
                sum_column(rows, &rows->columns[c]);
    }
    return fine ? STATUS_OK : rowset_full(STR("addtotals"), error);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_filldown: `filldown [field …]`, where there is no value the last one above it. Without fields
 * every column that is shown; `cpu*` is every column whose name begins so.
 */
#include "query/row_command.h"

static bool is_meant(const struct command *command, const struct rowset_column *column)
{
    if (!command->items.count)
        return !column->hidden;
    for (size_t i = 0; i < command->items.count; i++) {
        const struct item *item = &command->items.list[i];
        if (item->wildcard ? str_starts(column->name, item->name)
                           : str_equal(column->name, item->name))
            return true;
    }
    return false;
}

enum status row__filldown(struct row_run *run, struct error *error)
{
    struct rowset *rows = run->rows;
    (void)error;
    for (size_t c = 0; c < rows->column_count; c++) {
        struct ask_cell *cells = rows->columns[c].cells;
        if (!is_meant(run->command, &rows->columns[c]))
            continue;
        for (size_t i = 1; i < rows->row_count; i++)
            if (cells[i].kind == CELL_NULL)
                cells[i] = cells[i - 1];
    }
    return STATUS_OK;
}

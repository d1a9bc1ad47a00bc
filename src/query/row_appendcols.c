/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_appendcols: `appendcols [override=true] [max=n] (query)`, the columns of another query beside
 * these, first row beside first row. Where the other has more rows, the rest stands alone. A column
 * whose name is taken already is left out or, with override=true, takes the place of that one.
 */
#include "query/row_command.h"

static bool copy_column(struct rowset *to, const struct rowset *from,
                        const struct rowset_column *column)
{
    struct rowset_column *made = rowset_put(to, column->name, column->type);
    for (size_t i = 0; made && i < from->row_count; i++)
        if (!cell_copy(&column->cells[i], &to->arena, &made->cells[i]))
            return false;
    return made != NULL;
}

static bool append(struct row_run *run, const struct rowset *other)
{
    struct rowset *rows = run->rows;
    bool override = command_flag(run->command, "override", false);
    while (rows->row_count < other->row_count)
        if (!rowset_add_row(rows))
            return false;
    for (size_t c = 0; c < other->column_count; c++) {
        const struct rowset_column *column = &other->columns[c];
        const struct rowset_column *taken = rowset_find(rows, column->name);
        if (taken && !taken->hidden && !override)
            continue;
        if (!copy_column(rows, other, column))
            return false;
    }
    return true;
}

enum status row__appendcols(struct row_run *run, struct error *error)
{
    struct rowset other;
    const struct expression *max = command_option(run->command, "max");
    rowset_init(&other);
    enum status status =
        run->subquery(run->context, run->command, NULL, max ? max->integer : 10000, &other);
    if (status == STATUS_OK && !append(run, &other))
        status = rowset_full(STR("appendcols"), error);
    rowset_done(&other);
    return status;
}

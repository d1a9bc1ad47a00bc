/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_accum: `accum field [as name]`, the sum of the field's numbers up to and with each row. A row
 * without a number gets none and adds none. Sums of whole numbers keep every digit as long as 64
 * bits hold them; from there on, and with fractions among them, they are doubles.
 */
#include "query/row_command.h"

enum status row__accum(struct row_run *run, struct error *error)
{
    struct rowset *rows = run->rows;
    char name[LANGUAGE_NAME_MAX + 16];
    struct str field = run->command->items.list[0].name;
    struct ask_cell *from = rowset_find(rows, field)->cells;
    row_command_output(run->command, 0, name, sizeof name);
    struct rowset_column *column = rowset_put(rows, str_from(name), ASK_INTEGER);
    if (!column)
        return rowset_full(STR("accum"), error);
    int64_t whole = 0, step;
    double sum = 0, number;
    bool is_whole = true;
    for (size_t i = 0; i < rows->row_count; i++) {
        if (!cell_number(&from[i], &number))
            continue;
        is_whole = is_whole && cell_integer(&from[i], &step) &&
                   !__builtin_add_overflow(whole, step, &whole);
        sum = is_whole ? (double)whole : sum + number;
        column->cells[i] = is_whole ? cell_of_integer(whole) : cell_of_number(sum);
        if (!is_whole)
            column->type = ASK_NUMBER;
    }
    return STATUS_OK;
}

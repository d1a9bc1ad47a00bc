/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_autoregress: `autoregress field [as name] [p=2 | p=1-4]`, the field's value so many rows
 * before, as a column for each distance. The first rows have none.
 */
#include <string.h>

#include "query/row_command.h"

enum status row__autoregress(struct row_run *run, struct error *error)
{
    struct rowset *rows = run->rows;
    char name[LANGUAGE_NAME_MAX + 16];
    struct str field = run->command->items.list[0].name;
    int64_t first = 1, last = 1;
    const struct expression *span = command_option(run->command, "p");
    if (span)
        expression_range(span, &first, &last);
    for (int n = 0; row_command_output(run->command, n, name, sizeof name); n++) {
        const struct rowset_column *from = rowset_find(rows, field);
        enum ask_type type = from->type;
        struct ask_cell *cells = from->cells;
        struct rowset_column *to = rowset_put(rows, str_from(name), type);
        size_t by = (size_t)(first + n);
        if (!to)
            return rowset_full(STR("autoregress"), error);
        if (by < rows->row_count)
            memcpy(to->cells + by, cells, (rows->row_count - by) * sizeof *cells);
    }
    return STATUS_OK;
}

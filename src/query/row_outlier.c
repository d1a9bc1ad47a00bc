/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_outlier: `outlier [action=…] [param=…] [uselower=…] [mark=…] field …`. A number is an outlier
 * when it lies more than `param` (2.5) times the distance between the quartiles above the upper
 * one; with uselower=true also so far below the lower one. Outliers are made the boundary, or their
 * rows removed (action=remove); mark=true says 1 of their rows in is_outlier.
 */
#include <stdlib.h>

#include "query/row_command.h"

struct fence {
    double low, high;
    bool uses_low;
};

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

/* As pct() counts: between the two nearest. */
static double quantile(const double *sorted, size_t count, double part)
{
    double at = (double)(count - 1) * part;
    size_t low = (size_t)at, high = low + 1 < count ? low + 1 : low;
    return sorted[low] + (sorted[high] - sorted[low]) * (at - (double)low);
}

/* False: no numbers. */
static bool find_fence(const struct row_run *run, const struct ask_cell *cells, double *scratch,
                       struct fence *out)
{
    const struct expression *param = command_option(run->command, "param");
    double times = param ? param->number : 2.5;
    size_t count = 0;
    for (size_t i = 0; i < run->rows->row_count; i++)
        count += cell_number(&cells[i], &scratch[count]);
    if (!count)
        return false;
    qsort(scratch, count, sizeof *scratch, by_size);
    double lower = quantile(scratch, count, 0.25), upper = quantile(scratch, count, 0.75);
    *out = (struct fence){lower - times * (upper - lower), upper + times * (upper - lower),
                          command_flag(run->command, "uselower", false)};
    return true;
}

static void judge(const struct row_run *run, struct rowset_column *column,
                  const struct fence *fence, bool clip, bool *marks)
{
    double number;
    for (size_t i = 0; i < run->rows->row_count; i++) {
        if (!cell_number(&column->cells[i], &number))
            continue;
        bool high = number > fence->high, low = fence->uses_low && number < fence->low;
        marks[i] |= high || low;
        if (!clip || (!high && !low))
            continue;
        column->cells[i] = cell_of_number(high ? fence->high : fence->low);
        if (column->type == ASK_INTEGER)
            column->type = ASK_NUMBER;
    }
}

enum status row__outlier(struct row_run *run, struct error *error)
{
    const struct command *command = run->command;
    struct rowset *rows = run->rows;
    const struct expression *action = command_option(command, "action");
    bool clip = !action || !str_equal_nocase(action->text, STR("remove"));
    bool *marks = arena_array(&rows->arena, bool, rows->row_count + 1);
    double *scratch = arena_array(&rows->arena, double, rows->row_count + 1);
    if (!marks || !scratch)
        return rowset_full(STR("outlier"), error);
    for (size_t f = 0; f < command->items.count; f++) {
        struct rowset_column *column = rowset_find(rows, command->items.list[f].name);
        struct fence fence;
        if (find_fence(run, column->cells, scratch, &fence))
            judge(run, column, &fence, clip, marks);
    }
    if (command_flag(command, "mark", false)) {
        struct rowset_column *mark = rowset_put(rows, STR("is_outlier"), ASK_INTEGER);
        if (!mark)
            return rowset_full(STR("outlier"), error);
        for (size_t i = 0; i < rows->row_count; i++)
            mark->cells[i] = cell_of_integer(marks[i]);
    }
    for (size_t i = 0; i < rows->row_count; i++)
        marks[i] = !marks[i];
    if (!clip)
        rowset_keep(rows, marks);
    return STATUS_OK;
}

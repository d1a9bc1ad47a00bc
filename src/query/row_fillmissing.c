/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_fillmissing: `fillmissing [with value for field, …]` behind `stats … by bin(…)`: a row for
 * each bin of the asked time that has none, for every combination of the other keys that occurs.
 * Columns that nothing is said of stay empty. Rows come out by time, the latest first if that is
 * how they came, and within a bin in the order in which their keys came first.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/map.h"
#include "query/row_command.h"

struct filling {
    struct row_run *run;
    const struct command *stats;
    const struct item *bin;
    int64_t *bins;
    size_t bin_count, bin_capacity;
    size_t *firsts; /* a row of each combination of the other keys */
    size_t first_count, first_capacity;
    struct map places; /* combination -> number; combination and bin -> row */
    struct buf scratch;
};

/* The bins are made by the function that made those of the rows. */
static enum status read_bins(struct filling *filling, struct error *error)
{
    struct row_run *run = filling->run;
    struct store_rows *found;
    struct sql sql = {0};
    if (!plan_print_bins(filling->bin, run->range, ROWSET_ROWS_MAX, &run->rows->arena, &sql)) {
        sql_done(&sql);
        return fail(error, STATUS_TOO_LARGE,
                    "fillmissing: the asked time has more than %d bins: ask for less time or "
                    "longer bins",
                    ROWSET_ROWS_MAX);
    }
    enum status status = sql_run(&sql, run->query, run->cancelled, &found, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(found)) {
        if (!arena_grow(&run->rows->arena, &filling->bins, filling->bin_count,
                        &filling->bin_capacity))
            status = rowset_full(STR("fillmissing"), error);
        else
            filling->bins[filling->bin_count++] = store_rows_int(found, 0);
    }
    store_rows_free(found);
    return status;
}

static struct str combination(struct filling *filling, size_t row)
{
    const struct rowset *rows = filling->run->rows;
    buf_clear(&filling->scratch);
    for (size_t i = 0; i < filling->stats->by.count; i++) {
        const struct item *key = &filling->stats->by.list[i];
        if (key == filling->bin)
            continue;
        struct str text =
            cell_key(&rowset_find(rows, key->name)->cells[row], &filling->run->rows->arena);
        buf_printf(&filling->scratch, "%zu:", text.ptr ? text.len + 1 : 0);
        buf_add_str(&filling->scratch, text);
    }
    return buf_str(&filling->scratch);
}

static struct str with_bin(struct filling *filling, size_t number, int64_t ns)
{
    buf_clear(&filling->scratch);
    buf_printf(&filling->scratch, "%zu@%lld", number, (long long)ns);
    return buf_str(&filling->scratch);
}

static int64_t time_of(const struct filling *filling, size_t row)
{
    return rowset_find(filling->run->rows, filling->bin->name)->cells[row].integer;
}

static bool note_row(struct filling *filling, size_t row)
{
    uint64_t number;
    struct str key = combination(filling, row);
    if (!map_get(&filling->places, key, &number)) {
        number = filling->first_count;
        if (!map_put(&filling->places, key, number) ||
            !arena_grow(&filling->run->rows->arena, &filling->firsts, filling->first_count,
                        &filling->first_capacity))
            return false;
        filling->firsts[filling->first_count++] = row;
    }
    return map_put(&filling->places, with_bin(filling, (size_t)number, time_of(filling, row)), row);
}

/* A stats without a row has no combination of keys; one by bin() alone has the empty one. */
static bool note_rows(struct filling *filling)
{
    bool fine = true;
    const struct rowset *rows = filling->run->rows;
    const struct rowset_column *time = rowset_find(rows, filling->bin->name);
    for (size_t i = 0; fine && i < rows->row_count; i++)
        fine = time->cells[i].kind != CELL_INTEGER || note_row(filling, i);
    if (fine && !rows->row_count && filling->stats->by.count == 1)
        fine =
            map_put(&filling->places, combination(filling, 0), 0) &&
            arena_grow(&filling->run->rows->arena, &filling->firsts, 0, &filling->first_capacity) &&
            (filling->firsts[filling->first_count++] = SIZE_MAX);
    return fine;
}

static void fill_row(const struct filling *filling, size_t row, size_t first, int64_t ns)
{
    struct rowset *rows = filling->run->rows;
    const struct command *command = filling->run->command;
    for (size_t i = 0; i < filling->stats->by.count; i++) {
        const struct item *key = &filling->stats->by.list[i];
        struct ask_cell *cells = rowset_find(rows, key->name)->cells;
        cells[row] = key == filling->bin ? cell_of_integer(ns) : cells[first];
    }
    for (size_t i = 0; i < command->items.count; i++) {
        const struct item *item = &command->items.list[i];
        const struct expression *value = item->expression;
        struct rowset_column *column = rowset_find(rows, item->name);
        if (!column)
            continue;
        column->cells[row] = value->kind == EXPRESSION_STRING ? cell_of_text(value->text)
                             : value->is_integer              ? cell_of_integer(value->integer)
                                                              : cell_of_number(value->number);
        if (value->kind == EXPRESSION_STRING && column->type != ASK_TEXT)
            column->type = ASK_ANY;
        else if (!value->is_integer && column->type == ASK_INTEGER)
            column->type = ASK_NUMBER;
    }
}

static bool comes_latest_first(const struct filling *filling)
{
    size_t count = filling->run->rows->row_count;
    return count > 1 && time_of(filling, 0) > time_of(filling, count - 1);
}

static bool put_in_order(struct filling *filling)
{
    struct rowset *rows = filling->run->rows;
    bool down = comes_latest_first(filling);
    size_t given = rows->row_count, count = 0, total = filling->bin_count * filling->first_count;
    size_t *order = arena_array(&rows->arena, size_t, total + given + 1);
    bool *placed = arena_array(&rows->arena, bool, given + 1);
    if (!order || !placed || total > ROWSET_ROWS_MAX)
        return false;
    for (size_t b = 0; b < filling->bin_count; b++) {
        int64_t ns = filling->bins[down ? filling->bin_count - 1 - b : b];
        for (size_t n = 0; n < filling->first_count; n++) {
            uint64_t row = rows->row_count;
            if (map_get(&filling->places, with_bin(filling, n, ns), &row)) {
                placed[row] = true;
            } else {
                if (!rowset_add_row(rows))
                    return false;
                fill_row(filling, (size_t)row, filling->firsts[n], ns);
            }
            order[count++] = (size_t)row;
        }
    }
    for (size_t i = 0; i < given; i++) /* of a bin that is not of the asked time, or of none */
        if (!placed[i])
            order[count++] = i;
    return rowset_pick(rows, order, count);
}

enum status row__fillmissing(struct row_run *run, struct error *error)
{
    struct filling filling = {.run = run, .stats = row_command_stats(run->tree, run->command)};
    filling.bin = row_command_bin(filling.stats);
    map_init(&filling.places);
    enum status status = read_bins(&filling, error);
    if (status == STATUS_OK && (!note_rows(&filling) || !put_in_order(&filling)))
        status = rowset_full(STR("fillmissing"), error);
    map_done(&filling.places);
    buf_done(&filling.scratch);
    return status;
}

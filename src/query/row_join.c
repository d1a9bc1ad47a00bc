/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_join: `join [type=inner|left] left=a right=b where a.x = b.y (query)`. Every row with each
 * row of the other query whose field is equal; with type=left those without one stay, with nothing
 * beside them. Columns of the other query are called b.NAME; those of this one keep their names,
 * and are a.NAME too. Nothing equals nothing.
 *
 * Limits   JOIN_ROWS_MAX rows of the other query.
 */
#include "base/map.h"
#include "query/row_command.h"

enum { JOIN_ROWS_MAX = 50000 };

struct pairs {
    size_t *left, *right; /* SIZE_MAX: none */
    size_t count, left_capacity, right_capacity;
};

static bool add_pair(struct arena *arena, struct pairs *pairs, size_t left, size_t right)
{
    if (pairs->count == ROWSET_ROWS_MAX ||
        !arena_grow(arena, &pairs->left, pairs->count, &pairs->left_capacity) ||
        !arena_grow(arena, &pairs->right, pairs->count, &pairs->right_capacity))
        return false;
    pairs->left[pairs->count] = left;
    pairs->right[pairs->count++] = right;
    return true;
}

/* firsts: key -> its first row; next: row -> the next one with the same key, or SIZE_MAX. */
static bool index_rows(struct rowset *other, struct str key, struct map *firsts, size_t *next)
{
    const struct rowset_column *column = rowset_find(other, key);
    for (size_t i = other->row_count; i-- > 0;) {
        struct str text = cell_key(&column->cells[i], &other->arena);
        uint64_t first;
        next[i] = SIZE_MAX;
        if (!text.ptr)
            continue;
        if (map_get(firsts, text, &first))
            next[i] = (size_t)first;
        if (!map_put(firsts, text, i))
            return false;
    }
    return true;
}

static bool find_pairs(struct row_run *run, const struct map *firsts, const size_t *next,
                       struct pairs *pairs)
{
    struct rowset *rows = run->rows;
    struct str key = row_join_key(run->command, row_command_side(run->command, true));
    const struct rowset_column *column = rowset_find(rows, key);
    const struct expression *type = command_option(run->command, "type");
    bool keeps_all = type && str_equal_nocase(type->text, STR("left"));
    for (size_t i = 0; i < rows->row_count; i++) {
        struct str text = cell_key(&column->cells[i], &rows->arena);
        uint64_t first = SIZE_MAX;
        if (text.ptr)
            map_get(firsts, text, &first);
        if (first == SIZE_MAX && keeps_all && !add_pair(&rows->arena, pairs, i, SIZE_MAX))
            return false;
        for (size_t at = (size_t)first; at != SIZE_MAX; at = next[at])
            if (!add_pair(&rows->arena, pairs, i, at))
                return false;
    }
    return true;
}

static bool add_columns(struct row_run *run, const struct rowset *other, const struct pairs *pairs)
{
    struct rowset *rows = run->rows;
    struct str side = row_command_side(run->command, false);
    for (size_t c = 0; c < other->column_count; c++) {
        const struct rowset_column *column = &other->columns[c];
        struct str name =
            arena_printf(&rows->arena, "%.*s.%.*s", STR_ARGS(side), STR_ARGS(column->name));
        struct rowset_column *made = name.ptr ? rowset_put(rows, name, column->type) : NULL;
        if (!made)
            return false;
        made->hidden = column->hidden;
        made->is_default = column->is_default;
        for (size_t i = 0; i < pairs->count; i++)
            if (pairs->right[i] != SIZE_MAX &&
                !cell_copy(&column->cells[pairs->right[i]], &rows->arena, &made->cells[i]))
                return false;
    }
    return true;
}

static bool join(struct row_run *run, struct rowset *other, struct str key)
{
    struct map firsts;
    struct pairs pairs = {0};
    size_t *next = arena_array(&other->arena, size_t, other->row_count + 1);
    map_init(&firsts);
    bool fine = next && index_rows(other, key, &firsts, next) &&
                find_pairs(run, &firsts, next, &pairs) &&
                rowset_pick(run->rows, pairs.left, pairs.count) && add_columns(run, other, &pairs);
    map_done(&firsts);
    return fine;
}

enum status row__join(struct row_run *run, struct error *error)
{
    struct rowset other;
    struct str side = row_command_side(run->command, false);
    struct str key = row_join_key(run->command, side);
    struct words wanted = row_command_wanted(run->tree, run->command, side, &run->rows->arena);
    size_t capacity = wanted.count;
    struct word *list = arena_array(&run->rows->arena, struct word, capacity + 1);
    if (!list)
        return rowset_full(STR("join"), error);
    for (size_t i = 0; i < wanted.count; i++)
        list[i] = wanted.list[i];
    list[wanted.count++] = (struct word){key, run->command->expression->at};
    wanted.list = list;
    rowset_init(&other);
    enum status status =
        run->subquery(run->context, run->command, &wanted, JOIN_ROWS_MAX + 1, &other);
    if (status == STATUS_OK && other.row_count > JOIN_ROWS_MAX)
        status = fail(error, STATUS_TOO_LARGE,
                      "join: the other query gives more than %d rows: take fewer with filter, "
                      "stats or limit in it",
                      JOIN_ROWS_MAX);
    if (status == STATUS_OK && !join(run, &other, key))
        status = rowset_full(STR("join"), error);
    rowset_done(&other);
    return status;
}

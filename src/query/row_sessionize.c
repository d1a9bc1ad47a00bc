/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_sessionize: `sessionize field, … [maxspan 30m] [as name]`. Rows that agree in all the fields
 * are one session as long as no two in a row are further apart in time than maxspan. A session is
 * called by the fields' values and its number among theirs: `ada/phone#1`. Rows without one of the
 * values, or without a time, are in none.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/map.h"
#include "query/row_command.h"

struct event {
    int64_t ns;
    size_t row, identity;
};

/* Of each identity, in the order of their first event. */
struct identity {
    struct str name;
    int64_t last_ns, sessions;
};

struct identities {
    struct map map;
    struct identity *list;
    size_t count, capacity;
};

static struct str identity_of(const struct row_run *run, size_t row, struct buf *scratch)
{
    struct arena *arena = &run->rows->arena;
    const struct items *items = &run->command->items;
    buf_clear(scratch);
    for (size_t i = 0; i < items->count; i++) {
        const struct rowset_column *column = rowset_find(run->rows, items->list[i].name);
        struct str key = cell_key(&column->cells[row], arena);
        if (!key.ptr)
            return STR_NONE;
        if (i)
            buf_add_byte(scratch, '/');
        buf_add_str(scratch, key);
    }
    return buf_str(scratch);
}

static bool number_of(struct identities *identities, struct str name, struct arena *arena,
                      size_t *out)
{
    uint64_t found;
    if (map_get(&identities->map, name, &found)) {
        *out = (size_t)found;
        return true;
    }
    *out = identities->count;
    if (!map_put(&identities->map, name, identities->count) ||
        !arena_grow(arena, &identities->list, identities->count, &identities->capacity))
        return false;
    identities->list[identities->count++] = (struct identity){.name = arena_copy(arena, name)};
    return true;
}

static int by_time(const void *a, const void *b)
{
    const struct event *left = a, *right = b;
    if (left->ns != right->ns)
        return left->ns < right->ns ? -1 : 1;
    return left->row < right->row ? -1 : left->row > right->row;
}

static bool name_sessions(struct row_run *run, struct identities *identities,
                          const struct event *events, size_t count)
{
    const struct expression *maxspan = command_option(run->command, "maxspan");
    double most_ns =
        maxspan ? maxspan->number * (double)period_unit_ns(maxspan->unit) : 1800.0 * 1e9;
    char name[LANGUAGE_NAME_MAX + 16];
    row_command_output(run->command, 0, name, sizeof name);
    struct rowset_column *column = rowset_put(run->rows, str_from(name), ASK_TEXT);
    for (size_t i = 0; column && i < count; i++) {
        struct identity *identity = &identities->list[events[i].identity];
        if (!identity->sessions || (double)(events[i].ns - identity->last_ns) > most_ns)
            identity->sessions++;
        identity->last_ns = events[i].ns;
        struct str session = arena_printf(&run->rows->arena, "%.*s#%lld", STR_ARGS(identity->name),
                                          (long long)identity->sessions);
        if (!session.ptr)
            return false;
        column->cells[events[i].row] = cell_of_text(session);
    }
    return column != NULL;
}

enum status row__sessionize(struct row_run *run, struct error *error)
{
    struct rowset *rows = run->rows;
    struct identities identities = {0};
    struct buf scratch = {0};
    struct event *events = arena_array(&rows->arena, struct event, rows->row_count + 1);
    const struct rowset_column *time = rowset_find(rows, STR("@timestamp"));
    size_t count = 0;
    bool fine = events != NULL;
    map_init(&identities.map);
    for (size_t i = 0; fine && i < rows->row_count; i++) {
        struct event event = {.row = i};
        struct str name = identity_of(run, i, &scratch);
        if (!name.ptr || !cell_integer(&time->cells[i], &event.ns))
            continue;
        fine = number_of(&identities, name, &rows->arena, &event.identity);
        events[count++] = event;
    }
    if (fine) {
        qsort(events, count, sizeof *events, by_time);
        fine = name_sessions(run, &identities, events, count);
    }
    map_done(&identities.map);
    buf_done(&scratch);
    return fine ? STATUS_OK : rowset_full(STR("sessionize"), error);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unflatten: `prefix.0.message.role`, `prefix.0.message.content`, … back into one JSON text. The
 * keys are sorted by path, numbers as numbers, and written in one walk; gaps close up. A level
 * whose first step is a number is an array. Limits: index R6, depth, number of keys.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "normalise/normalise_private.h"
#include "wire/json.h"

enum { INDEX_MAX = 10000, STEPS_MAX = 16, CELLS_MAX = 20000 };

struct cell {
    struct str steps[STEPS_MAX];
    int64_t numbers[STEPS_MAX]; /* -1: not a number */
    const struct value *value;
    uint32_t count, arrival;
};

static bool split(struct str path, struct cell *cell)
{
    struct str step;
    while (str_take(&path, '.', &step)) {
        uint64_t number;
        if (cell->count >= STEPS_MAX || step.len == 0)
            return false;
        bool digits = step.ptr[0] >= '0' && step.ptr[0] <= '9' && str_to_u64(step, &number);
        if (digits && number > INDEX_MAX)
            return false;
        cell->numbers[cell->count] = digits ? (int64_t)number : -1;
        cell->steps[cell->count++] = step;
    }
    return cell->count > 0;
}

static int compare_step(const struct cell *a, const struct cell *b, uint32_t step)
{
    if (a->numbers[step] >= 0 && b->numbers[step] >= 0)
        return (a->numbers[step] > b->numbers[step]) - (a->numbers[step] < b->numbers[step]);
    if (a->numbers[step] >= 0 || b->numbers[step] >= 0)
        return a->numbers[step] >= 0 ? -1 : 1;
    return str_compare(a->steps[step], b->steps[step]);
}

/* Longer paths first: where `x` and `x.y` both exist, the structure wins. */
static int compare_cells(const void *left, const void *right)
{
    const struct cell *a = *(const struct cell *const *)left,
                      *b = *(const struct cell *const *)right;
    for (uint32_t i = 0; i < a->count && i < b->count; i++) {
        int order = compare_step(a, b, i);
        if (order)
            return order;
    }
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->arrival < b->arrival ? 1 : -1; /* of duplicates the last */
}

static uint32_t shared_steps(const struct cell *a, const struct cell *b)
{
    uint32_t shared = 0;
    while (shared < a->count && shared < b->count && compare_step(a, b, shared) == 0)
        shared++;
    return shared;
}

struct writer {
    struct buf buf;
    bool is_array[STEPS_MAX + 1], comma[STEPS_MAX + 1];
};

static void open_step(struct writer *writer, const struct cell *cell, uint32_t step)
{
    if (writer->comma[step])
        buf_add_byte(&writer->buf, ',');
    writer->comma[step] = true;
    if (!writer->is_array[step]) {
        json_write_string(&writer->buf, cell->steps[step]);
        buf_add_byte(&writer->buf, ':');
    }
}

static void open_level(struct writer *writer, const struct cell *cell, uint32_t level)
{
    writer->is_array[level] = cell->numbers[level] >= 0;
    writer->comma[level] = false;
    buf_add_byte(&writer->buf, writer->is_array[level] ? '[' : '{');
}

static void write_cells(const struct reading *reading, struct cell **cells, size_t count,
                        struct writer *writer)
{
    const struct cell *last = NULL;
    uint32_t depth = 0; /* open levels */
    for (size_t i = 0; i < count; i++) {
        const struct cell *cell = cells[i];
        uint32_t shared = last ? shared_steps(last, cell) : 0;
        if (last && shared == cell->count)
            continue; /* a duplicate, or a scalar beside its own members */
        while (depth > shared + 1) {
            depth--;
            buf_add_byte(&writer->buf, writer->is_array[depth] ? ']' : '}');
        }
        for (uint32_t step = shared; step < cell->count; step++) {
            if (step >= depth) {
                open_level(writer, cell, step);
                depth = step + 1;
            }
            open_step(writer, cell, step);
        }
        buf_add_str(&writer->buf, value_as_json(reading, cell->value));
        last = cell;
    }
    while (depth > 0) {
        depth--;
        buf_add_byte(&writer->buf, writer->is_array[depth] ? ']' : '}');
    }
}

struct str unflatten(struct arena *arena, const struct reading *reading,
                     const struct attributes *attributes, struct str prefix)
{
    size_t capacity = 0, count = 0;
    for (size_t i = 0; i < attributes->count; i++)
        capacity += str_starts(attributes->items[i].key, prefix);
    if (capacity == 0)
        return STR_NONE;
    if (capacity > CELLS_MAX)
        capacity = CELLS_MAX;
    struct cell *all = calloc(capacity, sizeof *all);
    struct cell **cells = calloc(capacity, sizeof *cells);
    for (size_t i = 0; all && cells && count < capacity && i < attributes->count; i++) {
        struct str key = attributes->items[i].key;
        if (!str_starts(key, prefix))
            continue;
        struct cell *cell = &all[count];
        *cell = (struct cell){.value = &attributes->items[i].value, .arrival = (uint32_t)i};
        if (split(str_sub(key, prefix.len, key.len), cell))
            cells[count++] = cell;
    }
    struct str text = STR_NONE;
    if (count) {
        struct writer writer = {0};
        qsort(cells, count, sizeof *cells, compare_cells);
        write_cells(reading, cells, count, &writer);
        if (!writer.buf.failed)
            text = arena_copy(arena, buf_str(&writer.buf));
        buf_done(&writer.buf);
    }
    free(cells);
    free(all);
    return text;
}

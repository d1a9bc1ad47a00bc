/* SPDX-License-Identifier: Apache-2.0 */
/* facet_count: see facet_count.h. */
#include "query/facet_count.h"

#include <stdlib.h>
#include <string.h>

static bool grow(void **items, size_t *capacity, size_t needed, size_t size)
{
    size_t wider = *capacity ? *capacity : 256;
    if (needed <= *capacity)
        return true;
    while (wider < needed)
        wider *= 2;
    char *made = realloc(*items, wider * size);
    if (!made)
        return false;
    memset(made + *capacity * size, 0, (wider - *capacity) * size);
    *items = made;
    *capacity = wider;
    return true;
}

/* Spreads the bits: what is told apart differs in few of them. */
static uint64_t mix(uint64_t number)
{
    number = (number ^ number >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return (number ^ number >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

/* Spans of a trace come near each other: the traces seen last are found without the map. */
static bool find_trace(struct facet_count *count, uint64_t trace, uint32_t *out_index)
{
    struct facet_recent *recent = &count->recent[(trace ^ trace >> 32) % FACET_RECENT];
    bool is_new;
    if (recent->index && recent->trace == trace) {
        *out_index = recent->index - 1;
        return true;
    }
    if (count->traces.count == FACET_TRACES_MAX)
        return false;
    const uint32_t *index =
        key_map_at(&count->traces, trace, (uint32_t)count->traces.count, &is_new);
    if (!index)
        return false;
    *out_index = *index;
    *recent = (struct facet_recent){trace, *index + 1};
    return grow((void **)&count->masks, &count->mask_capacity, count->traces.count * count->columns,
                sizeof *count->masks);
}

static bool number_value(struct facet_column *column, uint32_t value)
{
    if (!grow((void **)&column->numbers, &column->number_capacity, (size_t)value + 1,
              sizeof *column->numbers))
        return false;
    if (column->numbers[value])
        return true;
    if (!grow((void **)&column->counted, &column->counted_capacity, column->count + 1,
              sizeof *column->counted))
        return false;
    column->counted[column->count].value = value;
    column->numbers[value] = (uint32_t)++column->count;
    return true;
}

static bool add_value(struct facet_count *count, uint32_t index, size_t at, uint32_t value)
{
    struct facet_column *column = &count->column[at];
    if ((value >= column->number_capacity || !column->numbers[value]) &&
        !number_value(column, value))
        return false;
    uint32_t number = column->numbers[value] - 1;
    uint64_t *mask = &count->masks[index * count->columns + at];
    bool is_new;
    if (number < 64) {
        is_new = !(*mask >> number & 1);
        *mask |= UINT64_C(1) << number;
    } else {
        uint64_t pair = mix(mix((uint64_t)at << 32 | number) + index);
        if (!key_map_at(&count->pairs, pair, 0, &is_new))
            return false;
    }
    column->counted[number].traces += is_new;
    return true;
}

bool facet_count_add(struct facet_count *count, uint64_t trace, const int64_t *values)
{
    uint32_t index;
    if (!find_trace(count, trace, &index))
        return false;
    for (size_t at = 0; at < count->columns; at++)
        if (values[at] >= 0 && !add_value(count, index, at, (uint32_t)values[at]))
            return false;
    return true;
}

void facet_count_done(struct facet_count *count)
{
    key_map_done(&count->traces);
    key_map_done(&count->pairs);
    free(count->masks);
    for (size_t i = 0; i < count->columns; i++) {
        free(count->column[i].numbers);
        free(count->column[i].counted);
    }
    *count = (struct facet_count){0};
}

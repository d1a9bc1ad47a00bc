/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facet_count: how many traces have each value of several columns of numbers, from spans that come
 * in any order.
 *
 * The values of a column are numbered as they turn up. The first 64 of them are bits of a trace's
 * mask, so that most spans cost one look at their trace; later ones are told apart in a set.
 *
 * Limits  FACET_TRACES_MAX traces; beyond, whoever asks has the engine count.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/key_map.h"

enum { FACET_COLUMNS_MAX = 40, FACET_TRACES_MAX = 1000000, FACET_RECENT = 1024 };

struct facet_count {
    size_t columns;
    struct key_map traces, pairs; /* numbers of traces; hashes of trace, column and number */
    uint64_t *masks;              /* `columns` of them a trace */
    size_t mask_capacity;
    struct facet_recent {
        uint64_t trace;
        uint32_t index; /* + 1, 0: empty */
    } recent[FACET_RECENT];
    struct facet_column {
        uint32_t *numbers; /* by value, + 1; 0: it has not turned up */
        struct facet_counted {
            uint32_t value, traces;
        } * counted; /* by number */
        size_t number_capacity, count, counted_capacity;
    } column[FACET_COLUMNS_MAX];
};

/* Adds the values of one span; -1: it has none. False: no memory, or too many traces. */
bool facet_count_add(struct facet_count *count, uint64_t trace, const int64_t *values);
void facet_count_done(struct facet_count *count);

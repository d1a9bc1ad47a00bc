/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_parts: what one commit learned about each trace, gathered in memory; and the same from the
 * table `spans`, for traces of which something was taken back (minima and firsts cannot be
 * subtracted).
 *
 * Ranks order what competes for one place, by a level and then by the earlier start: see
 * part_rank().
 */
#pragma once

#include "store/key_map.h"
#include "store/tables.h"

enum {
    LEVEL_ANY = 1, /* any span; of previews: a model call */
    LEVEL_ROOT = 2,
    LEVEL_DECLARED = 3, /* a trace name somebody set */
};

struct trace_parts {
    struct part_row *rows;
    size_t count, capacity;
    struct key_map at;
};

/* Of a trace's key: for maps and sets of fingerprints. */
uint64_t trace_hash(int32_t project, int64_t trace_hi, int64_t trace_lo);
struct part_row *trace_parts_find(struct trace_parts *parts, int32_t project, int64_t trace_hi,
                                  int64_t trace_lo); /* made when new; NULL: no memory */
/* The part of a trace, or NULL when the commit has none. */
struct part_row *trace_parts_get(const struct trace_parts *parts, int32_t project, int64_t trace_hi,
                                 int64_t trace_lo);
bool trace_parts_add(struct trace_parts *parts, const struct span_row *span);
/* The usage of a span that was added while it did not count, and now does. */
void trace_parts_add_usage(struct part_row *part, const struct span_row *span);
void trace_parts_clear(struct trace_parts *parts);
void trace_parts_done(struct trace_parts *parts);

/* Over tables `affected` and `previews`: parts of the affected traces, one row each, from `spans`.
 */
extern const char trace_parts_from_spans[];
/* Columns that add the rows of a trace up to one, grouped by project, trace_hi, trace_lo. */
extern const char trace_parts_merged[];

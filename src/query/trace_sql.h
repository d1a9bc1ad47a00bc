/* SPDX-License-Identifier: Apache-2.0 */
/* trace_sql: how the parts of a trace add up (docs/index.md), as SQL over `trace_parts p` grouped
 * by trace. */
#pragma once

#include "query/query.h"

#define TRACE_START    "min(p.start_ns)"
#define TRACE_END      "max(p.end_ns)"
#define TRACE_DURATION "(max(p.end_ns) - min(p.start_ns))"
/* The root decides; until it came, any failed span does. */
#define TRACE_STATUS                                                                               \
    "(CASE WHEN coalesce(max(p.root_status), CASE WHEN sum(p.errors) > 0 THEN 2 ELSE 1 END) = 2 "  \
    "THEN 2 ELSE 1 END)"
#define TRACE_TOKENS "coalesce(sum(p.total_tokens), 0)"
#define TRACE_INPUT  "coalesce(sum(p.input_tokens), 0)"
#define TRACE_OUTPUT "coalesce(sum(p.output_tokens), 0)"
#define TRACE_COST   "coalesce(sum(p.cost), 0)"

/* A trace id as the index keeps it. */
struct trace_key {
    int64_t hi, lo;
};

static inline int64_t id_half(const uint8_t *bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

static inline struct trace_key trace_key(const uint8_t id[TRACE_ID_BYTES])
{
    return (struct trace_key){id_half(id), id_half(id + 8)};
}

static inline void id_bytes(int64_t half, uint8_t out[8])
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)((uint64_t)half >> (56 - 8 * i));
}

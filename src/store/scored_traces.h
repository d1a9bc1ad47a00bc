/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scored_traces: which traces have scores. Most have none, and that is known without a question to
 * the engine, a sixth of what reading a trace by its id takes.
 *
 * A Bloom filter of 1 MiB, two bits a trace: with a million scored traces, five in a hundred of the
 * others are asked for in vain. Nothing can be taken out. Threads  any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct scored_traces {
    _Atomic uint64_t *words;
};

bool scored_traces_init(struct scored_traces *traces); /* false: no memory */
void scored_traces_add(struct scored_traces *traces, uint32_t project, int64_t hi, int64_t lo);
bool scored_traces_maybe(const struct scored_traces *traces, uint32_t project, int64_t hi,
                         int64_t lo); /* false: surely not */
void scored_traces_done(struct scored_traces *traces);

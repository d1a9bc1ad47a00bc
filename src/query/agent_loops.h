/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_loops: failures that repeat, found in the runs of agents. One file a kind (loop_<name>.c),
 * one row each in loops.def; a kind is a function of one trace.
 */
#pragma once

#include "query/agent_walk.h"

enum loop_kind {
#define LOOP(name, title, help) LOOP_##name,
#include "query/loops.def"
#undef LOOP
    LOOP_KINDS
};
const char *loop_kind_name(enum loop_kind kind);
const char *loop_kind_title(enum loop_kind kind);
const char *loop_kind_help(enum loop_kind kind);

struct agent_loop {
    enum loop_kind kind;
    int32_t run, first, last; /* of the trace: the run, its first and last step in the loop */
    int64_t count;            /* how often */
    int64_t cost, total_tokens, duration_ns; /* of what need not have been done */
    int64_t from, to;                        /* input tokens, where they grew; else 0 */
};

struct agent_loops {
    struct agent_loop *items;
    size_t count, capacity;
    struct arena *arena;
    bool failed; /* there was no room for one */
};
void agent_loops_add(struct agent_loops *loops, const struct agent_loop *loop);

#define LOOP(name, title, help)                                                                    \
    void loop_##name(const struct agent_trace *trace, struct agent_loops *loops);
#include "query/loops.def"
#undef LOOP
/* All kinds. */
void agent_loops_find(const struct agent_trace *trace, struct agent_loops *loops);

/* What a run spent on its steps after `first` up to `last`: time, tokens, money. */
void agent_loop_spend(const struct agent_trace *trace, struct agent_loop *loop);

/* A run's findings overlap; what they cost together is the dearest one's. */
int64_t agent_loops_cost(const struct agent_loops *loops, int32_t run);

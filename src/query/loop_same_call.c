/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop_same_call: a tool or retrieval that one run called with equal arguments again and again.
 * Equal is what hashes equal; what could not be read is equal to nothing.
 */
#include <stdlib.h>

#include "query/agent_loops.h"

enum { TIMES_LEAST = 3 };

struct made {
    int64_t arguments;
    int32_t name, index;
};

static int by_call(const void *a, const void *b)
{
    const struct made *left = a, *right = b;
    if (left->name != right->name)
        return left->name < right->name ? -1 : 1;
    if (left->arguments != right->arguments)
        return left->arguments < right->arguments ? -1 : 1;
    return (left->index > right->index) - (left->index < right->index);
}

static void find_in(const struct agent_trace *trace, int32_t run_index, struct made *made,
                    struct agent_loops *loops)
{
    const struct agent_run *run = &trace->runs[run_index];
    size_t count = 0;
    for (int32_t i = 0; i < run->own_count; i++) {
        int32_t at = trace->own[run->first + i];
        const struct agent_step *step = &trace->steps[at];
        if ((step->kind == KIND_TOOL || step->kind == KIND_RETRIEVER) && step->arguments)
            made[count++] = (struct made){step->arguments, agent_step_name(step), at};
    }
    if (count < TIMES_LEAST)
        return;
    qsort(made, count, sizeof *made, by_call);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && made[to].name == made[from].name &&
                            made[to].arguments == made[from].arguments;)
            to++;
        if (to - from < TIMES_LEAST)
            continue;
        struct agent_loop loop = {.kind = LOOP_same_call,
                                  .run = run_index,
                                  .first = made[from].index,
                                  .last = made[to - 1].index,
                                  .count = (int64_t)(to - from)};
        agent_loop_spend(trace, &loop);
        agent_loops_add(loops, &loop);
    }
}

void loop_same_call(const struct agent_trace *trace, struct agent_loops *loops)
{
    struct made *made = malloc(trace->step_count * sizeof *made);
    if (!made)
        loops->failed = true;
    for (size_t run = 0; made && run < trace->run_count; run++)
        if (trace->runs[run].own_count > TIMES_LEAST)
            find_in(trace, (int32_t)run, made, loops);
    free(made);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop_ping_pong: two agents of one trace that take turns, A, B, A, B, A, B and on: each hands over
 * what the other hands back.
 */
#include "query/agent_loops.h"

enum { TURNS_LEAST = 6 };

static void end(const struct agent_trace *trace, size_t from, size_t to, struct agent_loops *loops)
{
    if (to - from < TURNS_LEAST)
        return;
    struct agent_loop loop = {.kind = LOOP_ping_pong,
                              .run = (int32_t)from,
                              .first = trace->runs[from].step,
                              .last = trace->runs[to - 1].step,
                              .count = (int64_t)(to - from) / 2};
    for (size_t run = from + 2; run < to; run++) {
        loop.cost += trace->runs[run].cost;
        loop.total_tokens += trace->runs[run].total_tokens;
        loop.duration_ns += trace->steps[trace->runs[run].step].duration_ns;
    }
    agent_loops_add(loops, &loop);
}

void loop_ping_pong(const struct agent_trace *trace, struct agent_loops *loops)
{
    size_t from = 0;
    for (size_t run = 1; run < trace->run_count; run++) {
        int32_t label = trace->runs[run].label;
        bool goes_on = label != trace->runs[run - 1].label &&
                       (run - from < 2 || label == trace->runs[run - 2].label);
        if (goes_on)
            continue;
        end(trace, from, run, loops);
        from = label != trace->runs[run - 1].label ? run - 1 : run;
    }
    if (trace->run_count)
        end(trace, from, trace->run_count, loops);
}

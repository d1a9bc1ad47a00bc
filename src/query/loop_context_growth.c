/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop_context_growth: a run whose prompts grow with each model call, because everything that was
 * said is said again. What it costs is what the calls cost that read more than twice the first
 * prompt.
 */
#include "query/agent_loops.h"

enum { CALLS_LEAST = 6, TIMES_LEAST = 4, TOKENS_LEAST = 4000 };

static void find_in(const struct agent_trace *trace, int32_t run_index, struct agent_loops *loops)
{
    const struct agent_run *run = &trace->runs[run_index];
    struct agent_loop loop = {.kind = LOOP_context_growth, .run = run_index, .first = -1};
    for (int32_t i = 0; i < run->own_count; i++) {
        int32_t at = trace->own[run->first + i];
        const struct agent_step *step = &trace->steps[at];
        if (step->kind != KIND_LLM || step->input_tokens <= 0)
            continue;
        loop.count++;
        if (loop.first < 0) {
            loop.first = at;
            loop.from = step->input_tokens;
        }
        if (step->input_tokens > loop.to) {
            loop.to = step->input_tokens;
            loop.last = at;
        }
        if (step->input_tokens > 2 * loop.from) {
            loop.cost += step->cost;
            loop.total_tokens += step->total_tokens;
            loop.duration_ns += step->duration_ns;
        }
    }
    if (loop.count >= CALLS_LEAST && loop.to >= TOKENS_LEAST && loop.to / TIMES_LEAST >= loop.from)
        agent_loops_add(loops, &loop);
}

void loop_context_growth(const struct agent_trace *trace, struct agent_loops *loops)
{
    for (size_t run = 0; run < trace->run_count; run++)
        if (trace->runs[run].llm_calls >= CALLS_LEAST)
            find_in(trace, (int32_t)run, loops);
}

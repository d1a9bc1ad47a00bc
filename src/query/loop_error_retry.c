/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop_error_retry: calls of one tool or model that failed again and again in one run, with no call
 * of it that succeeded between them. Other calls may stand between: a model that is asked what to
 * do after each failure is how agents retry.
 */
#include "query/agent_loops.h"

enum { TIMES_LEAST = 3, CHAINS_MAX = 32 };

struct chain {
    int32_t name, first, last;
    int64_t count;
};

static void end(const struct agent_trace *trace, int32_t run, const struct chain *chain,
                struct agent_loops *loops)
{
    if (chain->count < TIMES_LEAST)
        return;
    struct agent_loop loop = {.kind = LOOP_error_retry,
                              .run = run,
                              .first = chain->first,
                              .last = chain->last,
                              .count = chain->count};
    agent_loop_spend(trace, &loop);
    agent_loops_add(loops, &loop);
}

/* The chain of that name; the oldest gives way when one run uses more than CHAINS_MAX tools. */
static struct chain *chain_of(struct chain *chains, size_t *count, int32_t name)
{
    for (size_t i = 0; i < *count; i++)
        if (chains[i].name == name)
            return &chains[i];
    size_t at = *count < CHAINS_MAX ? (*count)++ : 0;
    chains[at] = (struct chain){.name = name};
    return &chains[at];
}

static void find_in(const struct agent_trace *trace, int32_t run_index, struct agent_loops *loops)
{
    struct chain chains[CHAINS_MAX];
    size_t count = 0;
    const struct agent_run *run = &trace->runs[run_index];
    for (int32_t i = 0; i < run->own_count; i++) {
        int32_t at = trace->own[run->first + i];
        const struct agent_step *step = &trace->steps[at];
        bool call = step->kind == KIND_TOOL || step->kind == KIND_RETRIEVER ||
                    (step->kind == KIND_LLM && (step->billed || step->failed));
        if (!call || at == run->step)
            continue;
        struct chain *chain = chain_of(chains, &count, agent_step_name(step));
        if (!step->failed) {
            end(trace, run_index, chain, loops);
            chain->count = 0;
            continue;
        }
        chain->first = chain->count ? chain->first : at;
        chain->last = at;
        chain->count++;
    }
    for (size_t i = 0; i < count; i++)
        end(trace, run_index, &chains[i], loops);
}

void loop_error_retry(const struct agent_trace *trace, struct agent_loops *loops)
{
    for (size_t run = 0; run < trace->run_count; run++)
        if (trace->runs[run].own_count > TIMES_LEAST)
            find_in(trace, (int32_t)run, loops);
}

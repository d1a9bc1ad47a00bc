/* SPDX-License-Identifier: Apache-2.0 */
/* agent_loops: the table of kinds, and what they share. */
#include "query/agent_loops.h"

static const struct {
    const char *name, *title, *help;
    void (*find)(const struct agent_trace *trace, struct agent_loops *loops);
} kinds[LOOP_KINDS] = {
#define LOOP(name, title, help) {#name, title, help, loop_##name},
#include "query/loops.def"
#undef LOOP
};

const char *loop_kind_name(enum loop_kind kind)
{
    return kinds[kind].name;
}

const char *loop_kind_title(enum loop_kind kind)
{
    return kinds[kind].title;
}

const char *loop_kind_help(enum loop_kind kind)
{
    return kinds[kind].help;
}

void agent_loops_add(struct agent_loops *loops, const struct agent_loop *loop)
{
    if (!arena_grow(loops->arena, &loops->items, loops->count, &loops->capacity)) {
        loops->failed = true;
        return;
    }
    loops->items[loops->count++] = *loop;
}

void agent_loops_find(const struct agent_trace *trace, struct agent_loops *loops)
{
    for (size_t i = 0; i < LOOP_KINDS; i++)
        kinds[i].find(trace, loops);
}

void agent_loop_spend(const struct agent_trace *trace, struct agent_loop *loop)
{
    const struct agent_run *run = &trace->runs[loop->run];
    const struct agent_step *last = &trace->steps[loop->last];
    for (int32_t i = 0; i < run->own_count; i++) {
        int32_t at = trace->own[run->first + i];
        if (at <= loop->first || at > loop->last)
            continue;
        loop->cost += trace->steps[at].cost;
        loop->total_tokens += trace->steps[at].total_tokens;
    }
    const struct agent_step *first = &trace->steps[loop->first];
    int64_t from = first->start_ns + first->duration_ns;
    int64_t to = last->start_ns + last->duration_ns;
    loop->duration_ns = to > from ? to - from : 0;
}

int64_t agent_loops_cost(const struct agent_loops *loops, int32_t run)
{
    int64_t most = 0;
    for (size_t i = 0; i < loops->count; i++)
        if (loops->items[i].run == run && loops->items[i].cost > most)
            most = loops->items[i].cost;
    return most;
}

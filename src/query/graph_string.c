/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph_string: what came before each step. Steps inside the same one are taken in order of start;
 * those that ended and led to nothing yet are what the next one follows (so parallel steps branch
 * and join), unless something better than time says whom it follows.
 */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "normalise/normalise.h"
#include "query/graph_private.h"

enum { OPEN_MAX = 64, ASKED_MAX = 1024 };

/* A tool call that a model asked for. */
struct asked {
    int64_t id;
    int32_t step;
};

struct stringing {
    struct graph_builder *builder;
    const struct agent_trace *trace;
    struct asked asked[ASKED_MAX];
    size_t asked_count;
    int32_t open[OPEN_MAX]; /* siblings that led to nothing yet */
    size_t open_count;
};

/* --- tool calls ----------------------------------------------------------------------------------
 */

/* As the index has them: src/store/duckdb_rows.c. */
static int64_t hash_of(struct str id)
{
    return (int64_t)(XXH3_64bits(id.ptr, id.len) & INT64_MAX);
}

static void read_asked(struct stringing *stringing, int32_t at)
{
    struct arena arena;
    struct batch *batch;
    struct observation seen;
    struct conversation talk;
    const struct query *query = stringing->builder->query;
    struct content_source contents = journal_content_source(query->journal);
    if (journal_read_record(query->journal, stringing->trace->steps[at].place, &batch, NULL) !=
        STATUS_OK)
        return;
    arena_init(&arena, 32 << 20);
    const struct normalise_input input = {
        .batch = batch, .span = &batch->spans[0], .contents = &contents};
    normalise_span(&input, false, &arena, &seen);
    normalise_content(&input, &seen, &arena, &talk);
    for (size_t m = 0; m < talk.output.count; m++) {
        const struct message *message = &talk.output.items[m];
        for (size_t p = 0; p < message->part_count; p++)
            if (message->parts[p].type == PART_TOOL_CALL && message->parts[p].id.len &&
                stringing->asked_count < ASKED_MAX)
                stringing->asked[stringing->asked_count++] =
                    (struct asked){hash_of(message->parts[p].id), at};
    }
    arena_done(&arena);
    batch_free(batch);
}

/* Reads what models said, as long as there are tools whose asker may be found that way. */
static void find_asked(struct stringing *stringing)
{
    const struct agent_trace *trace = stringing->trace;
    bool any = false;
    for (size_t i = 0; i < trace->step_count && !any; i++)
        any = trace->steps[i].kind == KIND_TOOL && trace->steps[i].tool_call;
    for (size_t i = 0; any && i < trace->step_count; i++) {
        const struct graph_part *part = &stringing->builder->parts[i];
        if (part->kind != KIND_LLM || trace->steps[i].failed)
            continue;
        if (stringing->builder->reads == GRAPH_READS_MAX)
            return;
        stringing->builder->reads++;
        read_asked(stringing, (int32_t)i);
    }
}

static int32_t asker_of(const struct stringing *stringing, int64_t tool_call)
{
    for (size_t i = stringing->asked_count; tool_call && i-- > 0;)
        if (stringing->asked[i].id == tool_call)
            return stringing->asked[i].step;
    return -1;
}

/* --- what is known
 * --------------------------------------------------------------------------------- */

/* The latest of the siblings before `place` in the order that was step `node` of the graph, or run
 * by that agent. */
static int32_t before_of_name(const struct stringing *stringing, size_t first, size_t place,
                              int32_t name)
{
    enum { LOOK_BACK = 256 };
    const struct graph_builder *builder = stringing->builder;
    size_t least = place - first > LOOK_BACK ? place - LOOK_BACK : first;
    for (size_t i = place; i-- > least;) {
        const struct agent_step *step = &stringing->trace->steps[builder->order[i]];
        if (step->graph_node == name || (step->kind == KIND_AGENT && step->agent == name))
            return builder->order[i];
    }
    return -1;
}

static bool is_handoff(const struct stringing *stringing, const struct agent_step *step)
{
    struct store *store = stringing->builder->query->store;
    struct str name = store_name(store, agent_step_name(step));
    return (step->op > 0 && str_equal(store_name(store, step->op), STR("agent_handoff"))) ||
           (step->kind == KIND_TOOL && name.ptr &&
            (str_starts(name, STR("transfer_to_")) || str_starts(name, STR("handoff"))));
}

/* An agent's run that ended by handing over. */
static bool ended_in_handoff(const struct stringing *stringing, int32_t agent, int32_t next)
{
    enum { LOOK_BACK = 256 };
    const struct agent_trace *trace = stringing->trace;
    int32_t run = trace->steps[agent].run;
    if (stringing->builder->parts[agent].kind != KIND_AGENT || run < 0)
        return false;
    for (int32_t i = next - 1; i > agent && i > next - LOOK_BACK; i--)
        if (trace->steps[i].run == run && trace->steps[i].kind == KIND_TOOL)
            return is_handoff(stringing, &trace->steps[i]);
    return false;
}

/* Whom a step follows, as far as anything but time tells; -1: nothing does. */
static int32_t known_before(const struct stringing *stringing, size_t first, size_t place,
                            enum graph_basis *out_basis)
{
    const struct graph_builder *builder = stringing->builder;
    const struct agent_trace *trace = stringing->trace;
    int32_t at = builder->order[place], found;
    const struct agent_step *step = &trace->steps[at];
    *out_basis = BASIS_LINK;
    found = agent_find(trace, step->linked);
    if (found >= 0 && found != at && builder->parts[found].node >= 0)
        return found;
    *out_basis = BASIS_TOOL_CALL;
    found = step->kind == KIND_TOOL ? asker_of(stringing, step->tool_call) : -1;
    if (found >= 0 && found != at)
        return found;
    *out_basis = step->kind == KIND_AGENT ? BASIS_HANDOFF : BASIS_GRAPH;
    found = step->graph_parent ? before_of_name(stringing, first, place, step->graph_parent) : -1;
    if (found >= 0)
        return found;
    *out_basis = BASIS_HANDOFF;
    int32_t last = place > first ? builder->order[place - 1] : -1;
    if (last >= 0 && builder->parts[at].kind == KIND_AGENT &&
        (is_handoff(stringing, &trace->steps[last]) || ended_in_handoff(stringing, last, at)))
        return last;
    return -1;
}

/* --- what time tells
 * ------------------------------------------------------------------------------ */

static bool ended_before(const struct agent_trace *trace, int32_t before, int32_t after)
{
    const struct agent_step *step = &trace->steps[before];
    return step->start_ns + step->duration_ns <= trace->steps[after].start_ns;
}

/* Everything that ended and led to nothing leads here; what still runs stays open. */
static bool follow_open(struct stringing *stringing, int32_t at)
{
    size_t kept = 0;
    bool any = false;
    for (size_t i = 0; i < stringing->open_count; i++) {
        int32_t before = stringing->open[i];
        if (stringing->builder->parts[before].led_on)
            continue;
        if (ended_before(stringing->trace, before, at)) {
            graph__edge(stringing->builder, stringing->trace, before, at, BASIS_TIME);
            any = true;
        } else {
            stringing->open[kept++] = before;
        }
    }
    stringing->open_count = kept;
    return any;
}

/* A branch: the last one that ended before this began, though it led elsewhere, too. */
static int32_t last_ended(const struct stringing *stringing, size_t first, size_t place)
{
    const int32_t *order = stringing->builder->order;
    int32_t best = -1;
    int64_t best_end = INT64_MIN;
    for (size_t i = place, looked = 0; i-- > first && looked < OPEN_MAX; looked++) {
        const struct agent_step *step = &stringing->trace->steps[order[i]];
        int64_t end = step->start_ns + step->duration_ns;
        if (ended_before(stringing->trace, order[i], order[place]) && end > best_end) {
            best = order[i];
            best_end = end;
        }
    }
    return best;
}

static void string_one(struct stringing *stringing, size_t first, size_t place)
{
    enum graph_basis basis;
    struct graph_builder *builder = stringing->builder;
    int32_t at = builder->order[place], inside = builder->parts[at].inside;
    int32_t before = known_before(stringing, first, place, &basis);
    if (before >= 0) {
        graph__edge(builder, stringing->trace, before, at, basis);
    } else if (!follow_open(stringing, at)) {
        before = last_ended(stringing, first, place);
        if (before >= 0)
            graph__edge(builder, stringing->trace, before, at, BASIS_TIME);
        else if (inside >= 0)
            graph__edge(builder, stringing->trace, inside, at, BASIS_PARENT);
    }
    if (stringing->open_count == OPEN_MAX)
        memmove(stringing->open, stringing->open + 1, (OPEN_MAX - 1) * sizeof *stringing->open);
    else
        stringing->open_count++;
    stringing->open[stringing->open_count - 1] = at;
}

/* Steps that are nodes, those inside the same step side by side, each such row by start. */
static size_t sort_by_inside(struct graph_builder *builder, const struct agent_trace *trace,
                             int32_t *counts)
{
    size_t total = 0;
    for (size_t i = 0; i <= trace->step_count; i++)
        counts[i] = 0;
    for (size_t i = 0; i < trace->step_count; i++)
        if (builder->parts[i].node >= 0)
            counts[builder->parts[i].inside + 1]++;
    for (size_t i = 0; i <= trace->step_count; i++) {
        int32_t own = counts[i];
        counts[i] = (int32_t)total;
        total += (size_t)own;
    }
    for (size_t i = 0; i < trace->step_count; i++)
        if (builder->parts[i].node >= 0)
            builder->order[counts[builder->parts[i].inside + 1]++] = (int32_t)i;
    return total;
}

void graph__string(struct graph_builder *builder, const struct agent_trace *trace)
{
    struct stringing stringing = {.builder = builder, .trace = trace};
    int32_t *counts = malloc((trace->step_count + 1) * sizeof *counts);
    if (!counts) {
        builder->failed = true;
        return;
    }
    find_asked(&stringing);
    size_t total = sort_by_inside(builder, trace, counts);
    free(counts);
    size_t first = 0;
    for (size_t place = 0; place < total; place++) {
        if (place && builder->parts[builder->order[place]].inside !=
                         builder->parts[builder->order[place - 1]].inside) {
            first = place;
            stringing.open_count = 0;
        }
        string_one(&stringing, first, place);
    }
}

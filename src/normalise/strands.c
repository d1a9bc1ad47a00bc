/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strands: Strands Agents. It speaks gen_ai.* and names itself as the provider; agent and cycle
 * spans carry sums of what is below them; times it puts on spans are milliseconds.
 */
#include "normalise/normalise_private.h"

static const struct row rows[] = {
    ROW("gen_ai.usage.cache_write_input_tokens", cache_write, COUNT, 3),
    ROW("gen_ai.server.time_to_first_token", ttft_ns, READ, 4, LISTED,
        .read = ttft_by_producer_read),
    ROW("event_loop.cycle_id", graph_node, TEXT, 6, LISTED),
    ROW("event_loop.parent_cycle_id", graph_parent, TEXT, 1, LISTED),
    ROW("tags", tags, LIST, 12, LISTED, BARE),
    {.key = STR_INIT("gen_ai.agent.tools"), .slot = SLOT_tools, .order = 7},
    {.key = STR_INIT("system_prompt"), .slot = SLOT_system, .order = 3, BARE},
};

static const char *const scopes[] = {"strands.telemetry.tracer", NULL};

static bool detect(const struct reading *reading)
{
    return kept_is(reading, KEEP_system, STR("strands-agents")) ||
           kept_is(reading, KEEP_provider, STR("strands-agents"));
}

/* Cycles and swarms are told by their names where no operation is set. */
static void kind(struct reading *reading)
{
    enum observation_kind kind;
    struct str op;
    struct str name = str_sub(reading->span->name, 0, str_find_byte(reading->span->name, ' '));
    if (reading->kept[KEEP_operation] || !operation_parse(name, &kind, &op))
        return;
    reading->out->kind = kind;
    reading->ranks[SLOT_kind] = 30;
    reading_note(reading, SLOT_kind, STR("strands"), STR("span name"));
    reading_rule_text(reading, SLOT_op, op, "span name");
}

const struct vocabulary vocabulary_strands = {
    .name = "strands",
    .summary = "Strands Agents",
    .standing = STANDING_OTHER,
    ROWS(rows),
    .scopes = scopes,
    .detect = detect,
    .kind = kind,
};

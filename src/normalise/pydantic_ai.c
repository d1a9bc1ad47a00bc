/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pydantic_ai and logfire: the framework and the SDK around it. Logfire sends a copy of every span
 * when it starts (pending), with an id of its own: these are not kept.
 */
#include "normalise/normalise_private.h"

static const struct row rows[] = {
    ROW("model_name", model_request, TEXT, 9, .only = ONLY(AGENT), BARE),
    ROW("agent_name", agent, TEXT, 2, BARE),
    ROW("gen_ai.usage.details.cache_read_tokens", cache_read, COUNT, 10),
    ROW("gen_ai.usage.details.cache_write_tokens", cache_write, COUNT, 8),
    ROW("gen_ai.usage.details.reasoning_tokens", reasoning, COUNT, 6),
    ROW("gen_ai.usage.details.input_audio_tokens", audio_in, COUNT, 4),
    ROW("gen_ai.usage.details.output_audio_tokens", audio_out, COUNT, 4),
    /* Sums over an agent's run: shown when the span has nothing else, never added. */
    ROW("gen_ai.aggregated_usage.input_tokens", input_total, COUNT, 0, .standing = STANDING_LAST),
    ROW("gen_ai.aggregated_usage.output_tokens", output_total, COUNT, 0, .standing = STANDING_LAST),
    ROW("operation.cost", cost_given_usd, MONEY, 4, LISTED),
    SOURCE("pydantic_ai.all_messages", input, 50, MESSAGES, .hint = HINT_CONTENT),
    SOURCE("pydantic_ai.all_messages", output, 51, OUTPUT),
    SOURCE("final_result", output, 50, ANY, BARE),
    SOURCE("tool_arguments", input, 162, ARGUMENTS, BARE),
    SOURCE("tool_response", output, 162, ARGUMENTS, BARE),
    SOURCE("all_messages_events", input, 91, MESSAGES, BARE),
    SOURCE("all_messages_events", output, 91, OUTPUT, BARE),
    SOURCE("events", input, 92, MESSAGES, BARE),
    SOURCE("events", output, 92, OUTPUT, BARE),
    {.key = STR_INIT("model_request_parameters"), .slot = SLOT_tools, .order = 8},
    {.key = STR_INIT("model_request_parameters"), .slot = SLOT_parameter_bag, .order = 6},
};

static const char *const scopes[] = {"pydantic-ai", NULL};

/* An agent's span before version 3 has no operation, only the agent's name. */
static void kind(struct reading *reading)
{
    if (!attributes_get(&reading->span->attributes, STR("agent_name")))
        return;
    reading->out->kind = KIND_AGENT;
    reading->ranks[SLOT_kind] = 40;
    reading_note(reading, SLOT_kind, STR("pydantic_ai"), STR("agent_name"));
}

const struct vocabulary vocabulary_pydantic_ai = {
    .name = "pydantic_ai",
    .summary = "Pydantic AI",
    .standing = STANDING_OTHER,
    ROWS(rows),
    .scopes = scopes,
    .kind = kind,
};

static const struct row logfire_rows[] = {
    ROW("logfire.msg", name, TEXT, 4, LISTED, .flags = ROW_EVIDENCE),
    ROW("logfire.level_num", level, READ, 1, .read = level_read),
    ROW("logfire.tags", tags, LIST, 6, LISTED),
    MARK("logfire.span_type", .keep = KEEP_logfire_type),
    SOURCE("request_data", input, 171, ANY, BARE),
    SOURCE("response_data", output, 171, ANY, BARE),
    SOURCE("all_messages_events", input, 91, MESSAGES, BARE),
    SOURCE("all_messages_events", output, 91, OUTPUT, BARE),
    SOURCE("events", input, 92, MESSAGES, BARE),
    SOURCE("events", output, 92, OUTPUT, BARE),
};

static const char *const logfire_scopes[] = {"logfire*", NULL};

const struct vocabulary vocabulary_logfire = {
    .name = "logfire",
    .summary = "Pydantic Logfire",
    .standing = STANDING_OTHER,
    ROWS(logfire_rows),
    .scopes = logfire_scopes,
};

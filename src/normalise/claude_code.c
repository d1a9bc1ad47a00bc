/* SPDX-License-Identifier: Apache-2.0 */
/* claude_code: bare names under its own scope; input tokens do not hold the cached ones. */
#include "normalise/normalise_private.h"

static const struct kind_name kinds[] = {
    {"interaction", KIND_AGENT, "invoke_agent"}, {"llm_request", KIND_LLM, "chat"},
    {"tool.blocked_on_user", KIND_SPAN, NULL},   {"tool.execution", KIND_SPAN, NULL},
    {"tool", KIND_TOOL, "execute_tool"},         {NULL, KIND_SPAN, NULL},
};

static const struct row rows[] = {
    ROW("span.type", kind, KIND, 18, .kinds = kinds, BARE),
    ROW("input_tokens", input_total, COUNT, 7, BARE),
    ROW("output_tokens", output_total, COUNT, 7, BARE),
    ROW("cache_read_tokens", cache_read, COUNT, 13, BARE),
    ROW("cache_creation_tokens", cache_write, COUNT, 11, BARE),
    ROW("ttft_ms", ttft_ns, MS, 5, LISTED, BARE),
    ROW("stop_reason", finish, READ, 9, .read = finish_read, BARE),
    ROW("request_id", provider_request_id, TEXT, 4, BARE),
    ROW("agent_id", agent_id, TEXT, 3, BARE),
    ROW("tool_name", tool, TEXT, 4, BARE),
    ROW("model", model_request, TEXT, 9, BARE),
    MARK("success", .keep = KEEP_succeeded),
    MARK("error", .keep = KEEP_error_text),
    SOURCE("user_prompt", input, 174, ANY, BARE),
    SOURCE("new_context", input, 175, ANY, BARE),
    SOURCE("tool_input", input, 176, ARGUMENTS, BARE),
    SOURCE("response.model_output", output, 174, ANY, BARE),
};

/* The span's name carries the type where the attribute does not. */
static void kind(struct reading *reading)
{
    struct str prefix = STR("claude_code."), name = reading->span->name;
    if (!str_starts(name, prefix))
        return;
    name = str_sub(name, prefix.len, name.len);
    for (const struct kind_name *known = kinds; known->name; known++) {
        if (!str_equal(name, str_from(known->name)))
            continue;
        reading->out->kind = known->kind;
        reading->ranks[SLOT_kind] = 18;
        reading_note(reading, SLOT_kind, STR("claude_code"), STR("span name"));
        if (known->op)
            reading_rule_text(reading, SLOT_op, str_from(known->op), "span name");
        return;
    }
}

static bool detect(const struct reading *reading)
{
    return str_starts(reading->span->name, STR("claude_code."));
}

/* Anthropic is the only seller it has, unless another is named. */
static void refine(struct reading *reading)
{
    if (reading->out->kind == KIND_LLM && !reading_has(reading, SLOT_framework))
        reading_rule_text(reading, SLOT_framework, STR("claude_code"), "scope");
}

static const char *const scopes[] = {"com.anthropic.claude_code*", NULL};

const struct vocabulary vocabulary_claude_code = {
    .name = "claude_code",
    .summary = "Claude Code",
    .standing = STANDING_OTHER,
    ROWS(rows),
    .scopes = scopes,
    .detect = detect,
    .kind = kind,
    .refine = refine,
};

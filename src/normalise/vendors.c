/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendors: producers that speak gen_ai.* or bare names and add little of their own: one table each,
 * too small for files of their own.
 */
#include "normalise/normalise_private.h"

#define SMALL(name_, summary_, ...)                                                                \
    const struct vocabulary vocabulary_##name_ = {                                                 \
        .name = #name_, .summary = (summary_), .standing = STANDING_OTHER, ##__VA_ARGS__}

static const char *const copilot_scopes[] = {"github.copilot*", NULL};
SMALL(github_copilot, "GitHub Copilot", .scopes = copilot_scopes);

static const struct row livekit_rows[] = {
    SOURCE("lk.input_text", input, 177, ANY),
    SOURCE("lk.user_transcript", input, 178, ANY),
    SOURCE("lk.chat_ctx", input, 179, ANY),
    SOURCE("lk.response.text", output, 177, ANY),
    SOURCE("lk.function_tool.output", output, 178, ANY),
};
static const char *const livekit_scopes[] = {"livekit-agents", NULL};
SMALL(livekit, "LiveKit Agents", ROWS(livekit_rows), .scopes = livekit_scopes);

static const struct prefix flue_prefixes[] = {
    PREFIX("flue.tool.", .evidence = 1, .hint = HINT_TOOL),
    PREFIX("flue.task.", .evidence = 1, .hint = HINT_AGENT),
};
static const char *const flue_scopes[] = {"@flue/opentelemetry", NULL};
SMALL(flue, "Flue", PREFIXES(flue_prefixes), .scopes = flue_scopes);

static const struct row openai_agents_rows[] = {
    ROW("gen_ai.guardrail.triggered", guardrail_triggered, FLAG, 0, LISTED, .hint = HINT_GUARDRAIL),
    ROW("gen_ai.handoff.to_agent", agent, TEXT, 7),
    ROW("gen_ai.handoff.from_agent", graph_parent, TEXT, 5, LISTED),
};
static const char *const openai_agents_scopes[] = {"opentelemetry.instrumentation.openai_agents*",
                                                   NULL};
SMALL(openai_agents, "OpenAI Agents (OpenTelemetry contrib)", ROWS(openai_agents_rows),
      .scopes = openai_agents_scopes);

static const struct row botocore_rows[] = {
    ROW("aws.request_id", provider_request_id, TEXT, 1),
    ROW("retry_attempts", retry_attempts, COUNT, 0, LISTED),
    ROW("aws.bedrock.guardrail.id", guardrail, TEXT, 5, LISTED),
    ROW("aws.bedrock.knowledge_base.id", data_source, TEXT, 1),
};
static const char *const botocore_scopes[] = {"opentelemetry.instrumentation.botocore*", NULL};
SMALL(botocore, "Bedrock through botocore (OpenTelemetry contrib)", ROWS(botocore_rows),
      .scopes = botocore_scopes);

static const struct kind_name voltagent_kinds[] = {
    {"agent", KIND_AGENT, NULL},       {"llm", KIND_LLM, NULL},
    {"tool", KIND_TOOL, NULL},         {"memory", KIND_RETRIEVER, "memory"},
    {"workflow", KIND_WORKFLOW, NULL}, {NULL, KIND_SPAN, NULL},
};
static const struct row voltagent_rows[] = {
    ROW("entity.type", kind, KIND, 18, .kinds = voltagent_kinds, .flags = ROW_EVIDENCE),
    ROW("span.type", kind, KIND, 19, .kinds = voltagent_kinds, BARE),
    ROW("usage.prompt_tokens", input_total, COUNT, 9, .hint = HINT_CONTENT),
    ROW("usage.completion_tokens", output_total, COUNT, 9, .hint = HINT_CONTENT),
    ROW("usage.total_tokens", total, COUNT, 9),
    SOURCE("agent.messages", input, 173, ANY),
    SOURCE("llm.messages", input, 173, ANY),
};
SMALL(voltagent, "VoltAgent", ROWS(voltagent_rows));

static const struct row crewai_rows[] = {
    ROW("crewai.agent.role", agent, TEXT, 4),
    ROW("crewai.agent.id", agent_id, TEXT, 2),
    ROW("crewai.agent.goal", agent_description, TEXT, 2),
    ROW("gen_ai.agent.goal", agent_description, TEXT, 3),
    ROW("crewai.crew.name", workflow, TEXT, 3),
};
static const char *const crewai_scopes[] = {"crewai.telemetry", NULL};
/* The crew's own telemetry goes to its maker and carries no content. */
static void crewai_kind(struct reading *reading)
{
    if (!str_equal(reading->scope->name, STR("crewai.telemetry")))
        return;
    reading->out->kind = KIND_SPAN;
    reading->ranks[SLOT_kind] = 0;
    reading_note(reading, SLOT_kind, STR("crewai"), STR("scope"));
}
SMALL(crewai, "CrewAI", ROWS(crewai_rows), .scopes = crewai_scopes, .kind = crewai_kind);

static bool gemini_cli_detect(const struct reading *reading)
{
    static const char *const operations[] = {"llm_call",    "agent_call",          "tool_call",
                                             "user_prompt", "schedule_tool_calls", NULL};
    if (!reading->kept[KEEP_operation])
        return false;
    for (const char *const *operation = operations; *operation; operation++)
        if (kept_is(reading, KEEP_operation, str_from(*operation)))
            return true;
    return false;
}
SMALL(gemini_cli, "Gemini CLI", .detect = gemini_cli_detect);

static bool spring_ai_detect(const struct reading *reading)
{
    return str_starts(reading->scope->name, STR("org.springframework")) &&
           (reading->hints & HINT_MODEL);
}
SMALL(spring_ai, "Spring AI", .detect = spring_ai_detect);

static const struct row azure_rows[] = {
    ROW("az.ai.model.provider", provider, READ, 9, .read = provider_read),
};
static const char *const azure_scopes[] = {"azure.ai.*", "@azure/*", "Azure.AI.*", NULL};
SMALL(azure, "Azure AI SDKs", ROWS(azure_rows), .scopes = azure_scopes);

static const struct row vllm_rows[] = {
    ROW("gen_ai.request.id", provider_request_id, TEXT, 2),
    ROW("gen_ai.latency.time_to_first_token", ttft_ns, SECONDS, 3, LISTED),
    ROW("gen_ai.usage.cached_tokens", cache_read, COUNT, 9),
};
static const struct prefix vllm_prefixes[] = {PREFIX("gen_ai.latency.", .evidence = 1)};
SMALL(vllm, "vLLM, SGLang", ROWS(vllm_rows), PREFIXES(vllm_prefixes));

static const struct row braintrust_rows[] = {
    ROW("braintrust.parent", project_name, TEXT, 3, LISTED, .flags = ROW_EVIDENCE),
    ROW("braintrust.tags", tags, LIST, 10, LISTED, .flags = ROW_EVIDENCE),
    SOURCE("braintrust.input_json", input, 165, ANY, .flags = ROW_EVIDENCE),
    SOURCE("braintrust.input", input, 166, ANY, .flags = ROW_EVIDENCE),
    SOURCE("braintrust.output_json", output, 165, ANY, .flags = ROW_EVIDENCE),
    SOURCE("braintrust.output", output, 166, ANY, .flags = ROW_EVIDENCE),
};
SMALL(braintrust, "Braintrust", ROWS(braintrust_rows));

static const struct row latitude_rows[] = {
    ROW("latitude.project", project_name, TEXT, 4, LISTED, .flags = ROW_RESOURCE),
    ROW("latitude.tags", tags, LIST, 11, LISTED),
    ROW("latitude.capture.name", name, TEXT, 6, LISTED),
};
static const char *const latitude_scopes[] = {"so.latitude.instrumentation*", NULL};
SMALL(latitude, "Latitude", ROWS(latitude_rows), .scopes = latitude_scopes);

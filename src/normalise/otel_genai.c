/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otel_genai: OpenTelemetry's own GenAI names, as released (1.37 to 1.41) and as they continue in
 * the successor repository; and, as a vocabulary of its own, the spellings they replaced.
 */
#include "normalise/normalise_private.h"

/* Verdicts and actions of the two drafts that compete for the successor's guardrail names. */
static void verdict_read(struct reading *reading, const struct row *row, const struct value *value,
                         unsigned rank)
{
    static const char *const spoken[] = {"deny", "modify", "warn", "escalate", NULL};
    struct str word;
    if (!coerce_text(reading, value, &word))
        return;
    bool spoke = false;
    for (const char *const *known = spoken; *known; known++)
        spoke |= str_equal_nocase(word, str_from(*known));
    reading_set_number(reading, row->slot, rank, row, spoke);
}

static void action_read(struct reading *reading, const struct row *row, const struct value *value,
                        unsigned rank)
{
    struct str word;
    if (coerce_text(reading, value, &word))
        reading_set_number(reading, row->slot, rank, row, str_equal_nocase(word, STR("block")));
}

static const struct row rows[] = {
    ROW("gen_ai.operation.name", kind, READ, 20, .read = operation_read, .keep = KEEP_operation),
    ROW("gen_ai.provider.name", provider, READ, 0, .read = provider_read, .keep = KEEP_provider,
        .flags = ROW_EVIDENCE),
    ROW("gen_ai.request.model", model_request, TEXT, 0, .hint = HINT_MODEL),
    ROW("gen_ai.response.model", model_response, TEXT, 0, .hint = HINT_MODEL),
    ROW("gen_ai.response.id", response_id, TEXT, 0),
    ROW("gen_ai.request.previous_response.id", previous_response_id, TEXT, 0),
    ROW("openai.api.type", api_type, TEXT, 0),
    ROW("openai.response.service_tier", service_tier, TEXT, 0),
    ROW("openai.request.service_tier", service_tier, TEXT, 1),
    ROW("openai.response.system_fingerprint", system_fingerprint, TEXT, 0),
    ROW("server.address", endpoint, TEXT, 0),
    MARK("server.port", .keep = KEEP_server_port),
    ROW("gen_ai.conversation.id", conversation, TEXT, 0),
    ROW("gen_ai.conversation.id", session, TEXT, 2, LISTED),

    ROW("gen_ai.usage.input_tokens", input_total, COUNT, 0, .hint = HINT_CONTENT),
    ROW("gen_ai.usage.output_tokens", output_total, COUNT, 0, .hint = HINT_CONTENT),
    ROW("gen_ai.usage.cache_read.input_tokens", cache_read, COUNT, 0),
    ROW("gen_ai.usage.cache_write.input_tokens", cache_write, COUNT, 0),
    ROW("gen_ai.usage.cache_creation.input_tokens", cache_write, COUNT, 1),
    ROW("gen_ai.usage.reasoning.output_tokens", reasoning, COUNT, 0),
    ROW("gen_ai.usage.audio.input_tokens", audio_in, COUNT, 0),
    ROW("gen_ai.usage.audio.output_tokens", audio_out, COUNT, 0),
    ROW("gen_ai.usage.image.input_tokens", image_in, COUNT, 0),
    ROW("gen_ai.usage.image.output_tokens", image_out, COUNT, 0),
    /* Seen in the wild from several producers; no convention owns them. */
    ROW("gen_ai.usage.cost", cost_given_usd, MONEY, 2, LISTED),
    ROW("gen_ai.usage.total_cost", cost_given_usd, MONEY, 8, LISTED),
    ROW("gen_ai.usage.cost_usd", cost_given_usd, MONEY, 9, LISTED),
    ROW("llm.usage.total_cost", cost_given_usd, MONEY, 10, LISTED),

    ROW("gen_ai.response.finish_reasons", finish, READ, 0, .read = finish_read,
        .hint = HINT_CONTENT),
    ROW("gen_ai.response.time_to_first_chunk", ttft_ns, SECONDS, 0, LISTED),
    ROW("gen_ai.request.stream", streaming, FLAG, 0),
    ROW("gen_ai.output.type", output_type, TEXT, 0),
    ROW("gen_ai.embeddings.dimension.count", embedding_dimensions, COUNT, 0,
        .hint = HINT_EMBEDDING),

    ROW("gen_ai.tool.name", tool, TEXT, 0, .hint = HINT_TOOL),
    ROW("gen_ai.tool.name", name, TEXT, 0, LISTED, .only = ONLY(TOOL)),
    ROW("gen_ai.tool.call.id", tool_call_id, TEXT, 0, .hint = HINT_TOOL),
    ROW("gen_ai.tool.type", tool_type, TEXT, 0),
    ROW("gen_ai.tool.description", tool_description, TEXT, 0),
    MARK("gen_ai.tool.status", .keep = KEEP_failed),
    ROW("gen_ai.retrieval.top_k", top_k, COUNT, 0),
    ROW("gen_ai.request.top_k", top_k, COUNT, 1, .only = ONLY(RETRIEVER)),
    ROW("gen_ai.data_source.id", data_source, TEXT, 0),

    ROW("gen_ai.agent.name", agent, TEXT, 0, .hint = HINT_AGENT),
    ROW("gen_ai.agent.id", agent_id, TEXT, 0, .hint = HINT_AGENT),
    ROW("gen_ai.agent.version", agent_version, TEXT, 0),
    ROW("gen_ai.agent.description", agent_description, TEXT, 0),
    ROW("gen_ai.workflow.name", workflow, TEXT, 0, .hint = HINT_WORKFLOW),
    ROW("gen_ai.workflow.name", trace_name, TEXT, 5, LISTED),
    ROW("gen_ai.prompt.name", prompt, TEXT, 2, LISTED),
    ROW("gen_ai.prompt.version", prompt_version, TEXT, 2, LISTED),

    ROW("gen_ai.guardrail.component.name", guardrail, TEXT, 1, LISTED, .hint = HINT_GUARDRAIL),
    ROW("gen_ai.guardrail.result.type", guardrail_triggered, READ, 6, .read = verdict_read),
    ROW("gen_ai.guardrail.verdict.type", guardrail_triggered, READ, 5, .read = verdict_read),
    ROW("gen_ai.guardrail.action.type", guardrail_blocked, READ, 5, .read = action_read),

    SOURCE("gen_ai.input.messages", input, 30, MESSAGES, .hint = HINT_CONTENT,
           .flags = ROW_EVIDENCE),
    SOURCE("gen_ai.output.messages", output, 30, MESSAGES, .hint = HINT_CONTENT),
    SOURCE("gen_ai.tool.call.arguments", input, 40, ARGUMENTS),
    SOURCE("gen_ai.tool.call.result", output, 40, ARGUMENTS),
    SOURCE("gen_ai.retrieval.query.text", input, 45, ANY, .hint = HINT_RETRIEVER),
    SOURCE("gen_ai.retrieval.documents", output, 45, ANY, .hint = HINT_RETRIEVER),
    SOURCE("gen_ai.memory.query.text", input, 46, ANY),
    SOURCE("gen_ai.memory.records", output, 46, ANY),
    SOURCE("gen_ai.security.content.input.value", input, 161, ANY),
    SOURCE("gen_ai.security.content.output.value", output, 161, ANY),
    {.key = STR_INIT("gen_ai.system_instructions"), .slot = SLOT_system, .order = 0},
    {.key = STR_INIT("gen_ai.tool.definitions"), .slot = SLOT_tools, .order = 0},
    {.key = STR_INIT("gen_ai.retrieval.documents"), .slot = SLOT_documents, .order = 0},
    {.key = STR_INIT("gen_ai.memory.records"), .slot = SLOT_documents, .order = 8},

    PARAMETER("gen_ai.request.max_tokens", "max_tokens", 0),
    PARAMETER("gen_ai.request.temperature", "temperature", 0),
    PARAMETER("gen_ai.request.top_p", "top_p", 0),
    PARAMETER("gen_ai.request.top_k", "top_k", 0, .only = (uint16_t) ~(1u << KIND_RETRIEVER)),
    PARAMETER("gen_ai.request.frequency_penalty", "frequency_penalty", 0),
    PARAMETER("gen_ai.request.presence_penalty", "presence_penalty", 0),
    PARAMETER("gen_ai.request.stop_sequences", "stop_sequences", 0),
    PARAMETER("gen_ai.request.seed", "seed", 0),
    PARAMETER("gen_ai.request.choice.count", "choice_count", 0),
    PARAMETER("gen_ai.request.encoding_formats", "encoding_formats", 0),
    PARAMETER("gen_ai.request.reasoning.level", "reasoning_level", 0),
};

static const struct prefix prefixes[] = {
    PREFIX("gen_ai.retrieval.", .hint = HINT_RETRIEVER),
    PREFIX("gen_ai.guardrail.", .hint = HINT_GUARDRAIL),
    PREFIX("gen_ai.evaluation.", .hint = HINT_EVALUATOR),
};

const struct vocabulary vocabulary_otel_genai = {
    .name = "otel_genai",
    .summary = "OpenTelemetry GenAI semantic conventions, 1.37 and later",
    .standing = STANDING_STANDARD,
    ROWS(rows),
    PREFIXES(prefixes),
};

static const struct row deprecated_rows[] = {
    ROW("gen_ai.system", provider, READ, 3, .read = provider_read, .keep = KEEP_system,
        .flags = ROW_EVIDENCE),
    ROW("gen_ai.usage.prompt_tokens", input_total, COUNT, 0, .hint = HINT_CONTENT,
        .flags = ROW_EVIDENCE),
    ROW("gen_ai.usage.completion_tokens", output_total, COUNT, 0, .hint = HINT_CONTENT),
    ROW("gen_ai.openai.response.service_tier", service_tier, TEXT, 2),
    ROW("gen_ai.openai.request.service_tier", service_tier, TEXT, 3),
    ROW("gen_ai.openai.response.system_fingerprint", system_fingerprint, TEXT, 1),
    ROW("gen_ai.openai.request.response_format", output_type, TEXT, 1),
    SOURCE("gen_ai.prompt", input, 100, ANY, .hint = HINT_CONTENT),
    SOURCE("gen_ai.completion", output, 100, ANY, .hint = HINT_CONTENT),
    PARAMETER("gen_ai.openai.request.seed", "seed", 1),
};

const struct vocabulary vocabulary_otel_genai_deprecated = {
    .name = "otel_genai_deprecated",
    .summary = "OpenTelemetry GenAI semantic conventions up to 1.36",
    .standing = STANDING_DEPRECATED,
    ROWS(deprecated_rows),
};

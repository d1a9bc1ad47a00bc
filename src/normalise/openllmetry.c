/* SPDX-License-Identifier: Apache-2.0 */
/* openllmetry: Traceloop's names, current and legacy (numbered prompts and completions). */
#include "normalise/normalise_private.h"

static const struct kind_name kinds[] = {
    {"workflow", KIND_WORKFLOW, NULL}, {"agent", KIND_AGENT, NULL},
    {"tool", KIND_TOOL, NULL},         {"task", KIND_TASK, NULL},
    {"session", KIND_WORKFLOW, NULL},  {"handoff", KIND_AGENT, "agent_handoff"},
    {NULL, KIND_SPAN, NULL},
};

static void guardrail_status_read(struct reading *reading, const struct row *row,
                                  const struct value *value, unsigned rank)
{
    struct str word;
    if (coerce_text(reading, value, &word))
        reading_set_number(reading, row->slot, rank, row, str_equal_nocase(word, STR("FAILED")));
}

static const struct row rows[] = {
    ROW("traceloop.span.kind", kind, KIND, 17, .kinds = kinds, .keep = KEEP_traceloop_kind),
    ROW("gen_ai.usage.total_tokens", total, COUNT, 0),
    ROW("gen_ai.usage.cache_read_input_tokens", cache_read, COUNT, 1),
    ROW("gen_ai.usage.cache_creation_input_tokens", cache_write, COUNT, 2),
    ROW("gen_ai.usage.reasoning_tokens", reasoning, COUNT, 1),
    ROW("gen_ai.openai.system_fingerprint", system_fingerprint, TEXT, 2),
    ROW("gen_ai.openai.api_type", api_type, TEXT, 1),
    ROW("gen_ai.openai.api_base", endpoint, TEXT, 1),
    ROW("gen_ai.response.finish_reason", finish, READ, 4, .read = finish_read,
        .hint = HINT_CONTENT),
    ROW("gen_ai.response.stop_reason", finish, READ, 5, .read = finish_read, .hint = HINT_CONTENT),
    ROW("gen_ai.is_streaming", streaming, FLAG, 1),
    ROW("traceloop.entity.name", tool, TEXT, 3, .only = ONLY(TOOL)),
    ROW("traceloop.entity.name", agent, TEXT, 5, .only = ONLY(AGENT)),
    ROW("traceloop.entity.name", name, TEXT, 5, LISTED),
    ROW("traceloop.entity.version", version, TEXT, 1, LISTED),
    ROW("traceloop.workflow.name", workflow, TEXT, 1),
    ROW("traceloop.workflow.name", trace_name, TEXT, 4, LISTED),
    ROW("traceloop.association.properties.session_id", session, TEXT, 6, LISTED),
    ROW("traceloop.association.properties.thread_id", session, TEXT, 7, LISTED),
    ROW("traceloop.association.properties.conversation_id", session, TEXT, 8, LISTED),
    ROW("traceloop.association.properties.user_id", user, TEXT, 5, LISTED),
    ROW("traceloop.association.properties.tenant_id", tenant, TEXT, 5, LISTED),
    ROW("traceloop.association.properties.customer_id", tenant, TEXT, 6, LISTED),
    ROW("traceloop.association.properties.organization_id", tenant, TEXT, 7, LISTED),
    ROW("traceloop.association.properties.langgraph_node", graph_node, TEXT, 3, LISTED),
    ROW("langgraph.command.source_node", graph_parent, TEXT, 3, LISTED),
    ROW("gen_ai.task.parent.id", graph_parent, TEXT, 2, LISTED),
    MARK("gen_ai.task.status", .keep = KEEP_failed),
    ROW("traceloop.prompt.key", prompt, TEXT, 3, LISTED),
    ROW("traceloop.prompt.version", prompt_version, TEXT, 3, LISTED),
    ROW("db.vector.query.top_k", top_k, COUNT, 2),
    ROW("gen_ai.guardrail.name", guardrail, TEXT, 0, LISTED, .hint = HINT_GUARDRAIL),
    ROW("gen_ai.guardrail.status", guardrail_triggered, READ, 1, LISTED,
        .read = guardrail_status_read),
    ROW("gen_ai.guardrail.error.type", error_type, TEXT, 2, LISTED),
    ROW("gen_ai.guardrail.error.message", error_message, TEXT, 3, LISTED),
    SOURCE("traceloop.entity.input", input, 130, ANY),
    SOURCE("traceloop.entity.output", output, 130, ANY),
    SOURCE("gen_ai.task.input", input, 163, ANY),
    SOURCE("gen_ai.task.output", output, 163, ANY),
    SOURCE("gen_ai.guardrail.input", input, 164, ANY),
    SOURCE("gen_ai.guardrail.output", output, 164, ANY),
    SOURCE("mcp.request.argument", input, 43, ARGUMENTS),
    SOURCE("mcp.response.value", output, 43, ARGUMENTS),
    PARAMETER("gen_ai.request.max_completion_tokens", "max_tokens", 1),
    PARAMETER("gen_ai.request.repetition_penalty", "repetition_penalty", 0),
    PARAMETER("gen_ai.request.n", "choice_count", 1),
    PARAMETER("gen_ai.request.structured_output_schema", "output_schema", 0),
    PARAMETER("gen_ai.request.reasoning_effort", "reasoning_level", 1),
    PARAMETER("gen_ai.request.thinking.budget_tokens", "reasoning_budget", 0),
    PARAMETER("gen_ai.request.thinking_type", "thinking_type", 0),
    PARAMETER("gen_ai.request.reasoning_summary", "reasoning_summary", 0),
};

static const struct prefix prefixes[] = {
    PREFIX("traceloop.", .evidence = 1),
};

/* The last segment of the dotted path is the node that runs. */
static void refine(struct reading *reading)
{
    const struct value *path =
        attributes_get(&reading->span->attributes, STR("traceloop.entity.path"));
    struct str text;
    if (!path || !coerce_text(reading, path, &text))
        return;
    size_t dot = str_rfind_byte(text, '.');
    struct str tail = dot < text.len ? str_sub(text, dot + 1, text.len) : text;
    reading_rule_text(reading, SLOT_graph_node, tail, "traceloop.entity.path");
}

static const char *const scopes[] = {"@traceloop/*", "traceloop.tracer", NULL};

const struct vocabulary vocabulary_openllmetry = {
    .name = "openllmetry",
    .summary = "OpenLLMetry (Traceloop), current",
    .standing = STANDING_OTHER,
    ROWS(rows),
    PREFIXES(prefixes),
    .scopes = scopes,
    .refine = refine,
};

static const struct kind_name request_types[] = {
    {"chat", KIND_LLM, "chat"},
    {"completion", KIND_LLM, "text_completion"},
    {"embedding", KIND_EMBEDDING, "embeddings"},
    {"rerank", KIND_RERANKER, "rerank"},
    {NULL, KIND_SPAN, NULL},
};

static const struct row legacy_rows[] = {
    ROW("llm.request.type", kind, KIND, 23, .kinds = request_types, .flags = ROW_EVIDENCE),
    ROW("llm.usage.total_tokens", total, COUNT, 3, .hint = HINT_CONTENT),
    ROW("llm.usage.reasoning_tokens", reasoning, COUNT, 2),
    ROW("llm.response.finish_reason", finish, READ, 6, .read = finish_read, .hint = HINT_CONTENT),
    ROW("llm.response.stop_reason", finish, READ, 7, .read = finish_read, .hint = HINT_CONTENT),
    ROW("llm.is_streaming", streaming, FLAG, 2),
    ROW("gen_ai.prompt.0.user", user, TEXT, 20, LISTED),
    PARAMETER("llm.top_k", "top_k", 2),
    PARAMETER("llm.frequency_penalty", "frequency_penalty", 2),
    PARAMETER("llm.presence_penalty", "presence_penalty", 2),
    PARAMETER("llm.request.repetition_penalty", "repetition_penalty", 2),
    PARAMETER("llm.watsonx.repetition_penalty", "repetition_penalty", 3),
    PARAMETER("llm.chat.stop_sequences", "stop_sequences", 2),
    PARAMETER("llm.watsonx.random_seed", "seed", 3),
    PARAMETER("llm.request.reasoning_effort", "reasoning_level", 2),
};

static const struct prefix legacy_prefixes[] = {
    PREFIX("gen_ai.prompt.", .digit = 1, .evidence = 1, .group = GROUP_tl_prompt,
           .hint = HINT_CONTENT),
    PREFIX("gen_ai.completion.", .digit = 1, .evidence = 1, .group = GROUP_tl_completion,
           .hint = HINT_CONTENT),
    PREFIX("llm.request.functions.", .digit = 1, .group = GROUP_tl_functions),
};

const struct vocabulary vocabulary_openllmetry_legacy = {
    .name = "openllmetry_legacy",
    .summary = "OpenLLMetry (Traceloop), numbered keys",
    .standing = STANDING_OTHER,
    ROWS(legacy_rows),
    PREFIXES(legacy_prefixes),
    .refine = refine,
};

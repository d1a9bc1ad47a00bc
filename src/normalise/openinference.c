/* SPDX-License-Identifier: Apache-2.0 */
/* openinference: Arize's convention; lists are flattened into numbered keys. */
#include "normalise/normalise_private.h"

static const struct kind_name kinds[] = {
    {"LLM", KIND_LLM, NULL},
    {"EMBEDDING", KIND_EMBEDDING, NULL},
    {"CHAIN", KIND_CHAIN, NULL},
    {"RETRIEVER", KIND_RETRIEVER, NULL},
    {"RERANKER", KIND_RERANKER, NULL},
    {"TOOL", KIND_TOOL, NULL},
    {"AGENT", KIND_AGENT, NULL},
    {"GUARDRAIL", KIND_GUARDRAIL, NULL},
    {"EVALUATOR", KIND_EVALUATOR, NULL},
    {"PROMPT", KIND_PROMPT, NULL},
    {"UNKNOWN", KIND_SPAN, NULL},
    {NULL, KIND_SPAN, NULL},
};

static const struct row rows[] = {
    ROW("openinference.span.kind", kind, KIND, 11, .kinds = kinds, .flags = ROW_EVIDENCE),
    ROW("llm.provider", provider, READ, 2, .read = provider_read),
    ROW("llm.system", provider, READ, 4, .read = provider_read),
    ROW("llm.request.model_name", model_request, TEXT, 2, .hint = HINT_MODEL),
    ROW("llm.model_name", model_request, TEXT, 4, .hint = HINT_MODEL),
    ROW("embedding.model_name", model_request, TEXT, 7, .hint = HINT_EMBEDDING),
    ROW("reranker.model_name", model_request, TEXT, 8, .hint = HINT_RERANKER),
    ROW("llm.response.model_name", model_response, TEXT, 1),
    ROW("output.value", response_id, TEXT_AT, 9, .path = "id", .only = ONLY(LLM)),

    ROW("llm.token_count.prompt", input_total, COUNT, 1, .hint = HINT_CONTENT),
    ROW("llm.token_count.completion", output_total, COUNT, 1, .hint = HINT_CONTENT),
    ROW("llm.token_count.total", total, COUNT, 1, .hint = HINT_CONTENT),
    ROW("llm.token_count.prompt_details.cache_read", cache_read, COUNT, 2),
    ROW("llm.token_count.prompt_details.cache_input", cache_read, COUNT, 99,
        .standing = STANDING_LAST),
    ROW("llm.token_count.prompt_details.cache_write", cache_write, COUNT, 4),
    ROW("llm.token_count.prompt_details.audio", audio_in, COUNT, 1),
    ROW("llm.token_count.completion_details.audio", audio_out, COUNT, 1),
    ROW("llm.token_count.completion_details.reasoning", reasoning, COUNT, 3),
    ROW("llm.cost.total", cost_given_usd, MONEY, 1, LISTED),
    ROW("llm.cost.prompt", cost_given_input_usd, MONEY, 1, LISTED),
    ROW("llm.cost.completion", cost_given_output_usd, MONEY, 1, LISTED),

    ROW("llm.finish_reason", finish, READ, 1, .read = finish_read, .hint = HINT_CONTENT),
    ROW("tool.name", tool, TEXT, 2, .hint = HINT_TOOL),
    ROW("tool.id", tool_call_id, TEXT, 2),
    ROW("tool.description", tool_description, TEXT, 1),
    ROW("agent.name", agent, TEXT, 1, .hint = HINT_AGENT),
    ROW("graph.node.id", graph_node, TEXT, 0, LISTED, .hint = HINT_GRAPH),
    ROW("graph.node.name", graph_node, TEXT, 8, LISTED),
    ROW("graph.node.parent_id", graph_parent, TEXT, 0, LISTED),
    ROW("reranker.top_k", top_k, COUNT, 3, .hint = HINT_RERANKER),
    ROW("embedding.embeddings.0.embedding.vector", embedding_dimensions, LENGTH, 1,
        .hint = HINT_EMBEDDING),
    ROW("embedding.vector", embedding_dimensions, LENGTH, 2, .hint = HINT_EMBEDDING),
    ROW("openinference.project.name", project_name, TEXT, 0, LISTED, .flags = ROW_RESOURCE),
    ROW("tag.tags", tags, LIST, 2, LISTED),
    ROW("metadata", session, TEXT_AT, 18, LISTED, .path = "session_id"),
    ROW("metadata", session, TEXT_AT, 19, LISTED, .path = "thread_id"),
    ROW("metadata", graph_node, TEXT_AT, 9, LISTED, .path = "langgraph_node"),
    ROW("prompt.id", prompt, TEXT, 6, LISTED),
    ROW("llm.prompt_template.version", prompt_version, TEXT, 6, LISTED),

    SOURCE("input.value", input, 150, ANY),
    SOURCE("output.value", output, 150, ANY),
    /* The unflattened forms, when somebody sets them as one attribute. */
    SOURCE("llm.input_messages", input, 71, MESSAGES, .hint = HINT_CONTENT),
    SOURCE("llm.output_messages", output, 71, MESSAGES, .hint = HINT_CONTENT),
    SOURCE("llm.prompts", input, 111, ANY, .hint = HINT_CONTENT),
    SOURCE("tool.parameters", input, 155, ARGUMENTS, .hint = HINT_TOOL),
    SOURCE("reranker.query", input, 62, ANY, .hint = HINT_RERANKER),
    SOURCE("embedding.text", input, 156, ANY, .hint = HINT_EMBEDDING),
    {.key = STR_INIT("retrieval.documents"),
     .slot = SLOT_documents,
     .order = 2,
     .hint = HINT_RETRIEVER},
    ROW("llm.invocation_parameters", output_type, TEXT_AT, 3, .path = "response_format.type"),
    {.key = STR_INIT("llm.invocation_parameters"), .slot = SLOT_parameter_bag, .order = 1},
    {.key = STR_INIT("embedding.invocation_parameters"), .slot = SLOT_parameter_bag, .order = 2},
};

static const struct prefix prefixes[] = {
    PREFIX("llm.input_messages.", .digit = 1, .group = GROUP_oi_input, .hint = HINT_CONTENT),
    PREFIX("llm.output_messages.", .digit = 1, .group = GROUP_oi_output, .hint = HINT_CONTENT),
    PREFIX("llm.prompts.", .digit = 1, .group = GROUP_oi_prompts, .hint = HINT_CONTENT),
    PREFIX("llm.choices.", .digit = 1, .group = GROUP_oi_choices, .hint = HINT_CONTENT),
    PREFIX("retrieval.documents.", .digit = 1, .group = GROUP_oi_documents, .hint = HINT_RETRIEVER),
    PREFIX("reranker.output_documents.", .digit = 1, .group = GROUP_oi_reranked,
           .hint = HINT_RERANKER),
    PREFIX("reranker.input_documents.", .digit = 1, .group = GROUP_oi_reranker_input,
           .hint = HINT_RERANKER),
    PREFIX("llm.tools.", .digit = 1, .group = GROUP_oi_tools),
    PREFIX("embedding.embeddings.", .digit = 1, .group = GROUP_oi_embeddings,
           .hint = HINT_EMBEDDING),
    PREFIX("reranker.", .hint = HINT_RERANKER),
};

static const char *const scopes[] = {"openinference.*", "@arizeai/openinference*", NULL};

const struct vocabulary vocabulary_openinference = {
    .name = "openinference",
    .summary = "OpenInference (Arize, Phoenix)",
    .standing = STANDING_OTHER,
    ROWS(rows),
    PREFIXES(prefixes),
    .scopes = scopes,
};

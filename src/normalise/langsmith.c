/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langsmith: LangChain's OTel exporter. It writes gen_ai.operation.name = "embeddings" for
 * retrievers and "chat" for prompts, so its own kind also decides the operation. Its "session" is a
 * project.
 */
#include "normalise/normalise_private.h"

static const struct kind_name kinds[] = {
    {"llm", KIND_LLM, NULL},
    {"chain", KIND_CHAIN, "chain"},
    {"tool", KIND_TOOL, "execute_tool"},
    {"retriever", KIND_RETRIEVER, "retrieval"},
    {"embedding", KIND_EMBEDDING, "embeddings"},
    {"prompt", KIND_PROMPT, "prompt"},
    {"parser", KIND_TASK, "parse"},
    {NULL, KIND_SPAN, NULL},
};

static const struct row rows[] = {
    ROW("langsmith.span.kind", kind, KIND, 12, .kinds = kinds, .flags = ROW_EVIDENCE,
        .standing = STANDING_OVERRIDE),
    MARK("langsmith.trace.id", .flags = ROW_EVIDENCE),
    ROW("langsmith.metadata.ls_provider", provider, READ, 6, .read = provider_read),
    ROW("langsmith.metadata.ls_model_name", model_request, TEXT, 6),
    ROW("langsmith.usage_metadata", input_total, COUNT_AT, 0, .standing = STANDING_OVERRIDE,
        .path = "input_tokens"),
    ROW("langsmith.usage_metadata", output_total, COUNT_AT, 0, .standing = STANDING_OVERRIDE,
        .path = "output_tokens"),
    ROW("langsmith.usage_metadata", total, COUNT_AT, 0, .standing = STANDING_OVERRIDE,
        .path = "total_tokens"),
    ROW("langsmith.usage_metadata", cache_read, COUNT_AT, 0, .standing = STANDING_OVERRIDE,
        .path = "input_token_details.cache_read"),
    ROW("langsmith.usage_metadata", cache_write, COUNT_AT, 0, .standing = STANDING_OVERRIDE,
        .path = "input_token_details.cache_creation"),
    ROW("langsmith.usage_metadata", cache_write_5m, COUNT_AT, 2, .standing = STANDING_OVERRIDE,
        .path = "input_token_details.ephemeral_5m_input_tokens"),
    ROW("langsmith.usage_metadata", cache_write_1h, COUNT_AT, 2, .standing = STANDING_OVERRIDE,
        .path = "input_token_details.ephemeral_1h_input_tokens"),
    ROW("langsmith.usage_metadata", cache_write_1h, COUNT_AT, 3, .standing = STANDING_OVERRIDE,
        .path = "input_token_details.ephemeral_1hr_input_tokens"),
    ROW("langsmith.usage_metadata", audio_in, COUNT_AT, 5, .standing = STANDING_OVERRIDE,
        .path = "input_token_details.audio"),
    ROW("langsmith.usage_metadata", audio_out, COUNT_AT, 5, .standing = STANDING_OVERRIDE,
        .path = "output_token_details.audio"),
    ROW("langsmith.usage_metadata", reasoning, COUNT_AT, 0, .standing = STANDING_OVERRIDE,
        .path = "output_token_details.reasoning"),
    /* JSON from the JavaScript exporter, where it is the only place with the cached tokens; the
     * Python one writes a Python dict there, which reads as nothing. */
    ROW("gen_ai.usage.input_token_details", cache_read, COUNT_AT, 6, .path = "cache_read"),
    ROW("gen_ai.usage.input_token_details", cache_write, COUNT_AT, 6, .path = "cache_creation"),
    ROW("gen_ai.usage.input_token_details", audio_in, COUNT_AT, 6, .path = "audio"),
    ROW("gen_ai.usage.output_token_details", reasoning, COUNT_AT, 6, .path = "reasoning"),
    ROW("gen_ai.usage.output_token_details", audio_out, COUNT_AT, 6, .path = "audio"),
    ROW("langsmith.request.streaming", streaming, FLAG, 3),
    ROW("langsmith.trace.session_name", project_name, TEXT, 1, LISTED),
    ROW("langsmith.trace.name", name, TEXT, 2, LISTED),
    ROW("langsmith.trace.name", trace_name, READ, 2, LISTED, .read = root_text_read),
    ROW("langsmith.metadata.session_id", session, TEXT, 10, LISTED),
    ROW("langsmith.metadata.thread_id", session, TEXT, 11, LISTED),
    ROW("langsmith.metadata.conversation_id", session, TEXT, 12, LISTED),
    ROW("langsmith.metadata.user_id", user, TEXT, 8, LISTED),
    ROW("langsmith.metadata.langgraph_node", graph_node, TEXT, 1, LISTED),
    ROW("langsmith.span.tags", tags, LIST, 3, LISTED),
    MARK("langsmith.is_root", .keep = KEEP_is_root),
};

static const char *const scopes[] = {"langsmith", NULL};

const struct vocabulary vocabulary_langsmith = {
    .name = "langsmith",
    .summary = "LangSmith OpenTelemetry exporter",
    .standing = STANDING_OTHER,
    ROWS(rows),
    .scopes = scopes,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vercel_ai: the Vercel AI SDK. Its older spans (`ai.*`, scope "ai") come in pairs: the outer one
 * repeats the totals of the `.do*` spans that made the calls. vercel_otel is the newer package,
 * which speaks gen_ai.* with a few names of its own.
 */
#include "normalise/normalise_private.h"

static const struct {
    const char *operation;
    enum observation_kind kind;
    const char *op;
} operations[] = {
    {"ai.toolCall", KIND_TOOL, "execute_tool"},     {"ai.embed", KIND_EMBEDDING, "embeddings"},
    {"ai.embedMany", KIND_EMBEDDING, "embeddings"}, {"ai.rerank", KIND_RERANKER, "rerank"},
    {"ai.generateText", KIND_CHAIN, NULL},          {"ai.streamText", KIND_CHAIN, NULL},
    {"ai.generateObject", KIND_CHAIN, NULL},        {"ai.streamObject", KIND_CHAIN, NULL},
};

/* ai.operationId, or operation.name = "<operation> <functionId>". */
static void operation_id_read(struct reading *reading, const struct row *row,
                              const struct value *value, unsigned rank)
{
    struct str id;
    if (!coerce_text(reading, value, &id))
        return;
    unsigned step = (rank & 0xF000) | row->order;
    id = str_sub(id, 0, str_find_byte(id, ' '));
    if (!str_starts(id, STR("ai.")) || !reading_open(reading, SLOT_kind, step))
        return;
    enum observation_kind kind = KIND_COUNT;
    const char *op = NULL;
    if (str_ends(id, STR(".doGenerate")) || str_ends(id, STR(".doStream")))
        kind = KIND_LLM, op = "chat";
    else if (str_ends(id, STR(".doEmbed")))
        kind = KIND_EMBEDDING, op = "embeddings";
    else if (str_ends(id, STR(".doRerank")))
        kind = KIND_RERANKER, op = "rerank";
    for (size_t i = 0; kind == KIND_COUNT && i < sizeof operations / sizeof *operations; i++)
        if (str_equal(id, str_from(operations[i].operation)))
            kind = operations[i].kind, op = operations[i].op;
    if (kind == KIND_COUNT)
        return;
    reading->out->kind = kind;
    reading->ranks[SLOT_kind] = (uint16_t)step;
    reading_note(reading, SLOT_kind, STR("vercel_ai"), row->key);
    if (op && reading_open(reading, SLOT_op, rank))
        reading_set_text(reading, SLOT_op, rank, row, str_from(op));
}

static const struct row rows[] = {
    ROW("ai.operationId", kind, READ, 22, .read = operation_id_read, .keep = KEEP_ai_operation),
    ROW("operation.name", kind, READ, 23, .read = operation_id_read, .keep = KEEP_ai_operation),
    ROW("ai.model.provider", provider, READ, 1, .read = provider_read),
    ROW("ai.model.id", model_request, TEXT, 3, .hint = HINT_MODEL),
    ROW("ai.response.model", model_response, TEXT, 2),
    ROW("ai.response.id", response_id, TEXT, 1),
    ROW("ai.usage.inputTokens", input_total, COUNT, 2, .hint = HINT_CONTENT),
    ROW("ai.usage.promptTokens", input_total, COUNT, 3, .hint = HINT_CONTENT),
    ROW("ai.usage.tokens", input_total, COUNT, 12, .hint = HINT_CONTENT),
    ROW("ai.usage.outputTokens", output_total, COUNT, 2, .hint = HINT_CONTENT),
    ROW("ai.usage.completionTokens", output_total, COUNT, 3, .hint = HINT_CONTENT),
    ROW("ai.usage.totalTokens", total, COUNT, 2),
    ROW("ai.usage.inputTokenDetails.cacheReadTokens", cache_read, COUNT, 3,
        .hint = HINT_INPUT_DETAILS),
    ROW("ai.usage.inputTokenDetails.cacheWriteTokens", cache_write, COUNT, 5,
        .hint = HINT_INPUT_DETAILS),
    MARK("ai.usage.inputTokenDetails.noCacheTokens", .hint = HINT_INPUT_DETAILS),
    ROW("ai.usage.cachedInputTokens", cache_read, COUNT, 4),
    ROW("ai.usage.outputTokenDetails.reasoningTokens", reasoning, COUNT, 4),
    ROW("ai.usage.reasoningTokens", reasoning, COUNT, 5),
    ROW("ai.response.providerMetadata", cache_read, COUNT_AT, 5,
        .path = "openai.cachedPromptTokens"),
    ROW("ai.response.providerMetadata", cache_read, COUNT_AT, 6,
        .path = "anthropic.usage.cache_read_input_tokens"),
    ROW("ai.response.providerMetadata", cache_read, COUNT_AT, 7,
        .path = "bedrock.usage.cacheReadInputTokens"),
    ROW("ai.response.providerMetadata", cache_write, COUNT_AT, 6,
        .path = "anthropic.usage.cache_creation_input_tokens"),
    ROW("ai.response.providerMetadata", cache_write, COUNT_AT, 7,
        .path = "bedrock.usage.cacheWriteInputTokens"),
    ROW("ai.response.providerMetadata", cache_write_5m, COUNT_AT, 3,
        .path = "anthropic.usage.cache_creation.ephemeral_5m_input_tokens"),
    ROW("ai.response.providerMetadata", cache_write_1h, COUNT_AT, 3,
        .path = "anthropic.usage.cache_creation.ephemeral_1h_input_tokens"),
    ROW("ai.response.providerMetadata", reasoning, COUNT_AT, 9, .path = "openai.reasoningTokens"),
    ROW("ai.response.finishReason", finish, READ, 2, .read = finish_read),
    ROW("ai.finishReason", finish, READ, 3, .read = finish_read),
    ROW("ai.response.msToFirstChunk", ttft_ns, MS, 2, LISTED),
    ROW("ai.stream.msToFirstChunk", ttft_ns, MS, 3, LISTED),
    ROW("ai.toolCall.name", tool, TEXT, 1, .hint = HINT_TOOL),
    ROW("ai.toolCall.name", name, TEXT, 3, LISTED),
    ROW("ai.toolCall.id", tool_call_id, TEXT, 1),
    ROW("ai.settings.output", output_type, TEXT, 2),
    ROW("ai.embedding", embedding_dimensions, LENGTH, 3, .hint = HINT_EMBEDDING),
    ROW("ai.telemetry.functionId", trace_name, READ, 3, LISTED, .read = root_text_read),
    ROW("ai.telemetry.metadata.sessionId", session, TEXT, 14, LISTED),
    ROW("ai.telemetry.metadata.userId", user, TEXT, 9, LISTED),
    ROW("ai.telemetry.metadata.tags", tags, LIST, 7, LISTED),
    ROW("ai.telemetry.metadata.langfusePrompt", prompt, TEXT_AT, 7, LISTED, .path = "name"),
    ROW("ai.telemetry.metadata.langfusePrompt", prompt_version, TEXT_AT, 7, LISTED,
        .path = "version"),
    SOURCE("ai.prompt.messages", input, 60, MESSAGES, .hint = HINT_CONTENT),
    SOURCE("ai.prompt", input, 61, ANY, .hint = HINT_CONTENT),
    SOURCE("ai.toolCall.args", input, 41, ARGUMENTS),
    SOURCE("ai.toolCall.result", output, 41, ARGUMENTS),
    SOURCE("ai.response.text", output, 60, AI_TEXT, .keep = KEEP_ai_text),
    SOURCE("ai.response.reasoning", output, 60, AI_TEXT, .keep = KEEP_ai_reasoning),
    SOURCE("ai.response.toolCalls", output, 60, AI_TEXT, .keep = KEEP_ai_tool_calls),
    SOURCE("ai.response.object", output, 60, AI_TEXT, .keep = KEEP_ai_object),
    SOURCE("ai.response.files", output, 60, AI_TEXT, .keep = KEEP_ai_files),
    SOURCE("ai.result.text", output, 60, AI_TEXT, .keep = KEEP_ai_text),
    SOURCE("ai.result.toolCalls", output, 60, AI_TEXT, .keep = KEEP_ai_tool_calls),
    SOURCE("ai.result.object", output, 60, AI_TEXT, .keep = KEEP_ai_object),
    SOURCE("ai.value", input, 172, ANY, .hint = HINT_EMBEDDING),
    SOURCE("ai.values", input, 172, ANY, .hint = HINT_EMBEDDING),
    SOURCE("ai.ranking", output, 172, ANY, .hint = HINT_RERANKER),
    {.key = STR_INIT("ai.documents"), .slot = SLOT_documents, .order = 6},
    {.key = STR_INIT("ai.prompt.tools"), .slot = SLOT_tools, .order = 2},
    PARAMETER("ai.settings.maxOutputTokens", "max_tokens", 4),
    PARAMETER("ai.settings.maxTokens", "max_tokens", 5),
    PARAMETER("ai.settings.temperature", "temperature", 4),
    PARAMETER("ai.settings.topP", "top_p", 4),
    PARAMETER("ai.settings.topK", "top_k", 4),
    PARAMETER("ai.settings.frequencyPenalty", "frequency_penalty", 4),
    PARAMETER("ai.settings.presencePenalty", "presence_penalty", 4),
    PARAMETER("ai.settings.stopSequences", "stop_sequences", 4),
    PARAMETER("ai.settings.seed", "seed", 4),
    PARAMETER("ai.settings.maxRetries", "max_retries", 4),
    PARAMETER("ai.settings.maxSteps", "max_steps", 4),
    PARAMETER("ai.settings.mode", "mode", 4),
    PARAMETER("ai.schema", "output_schema", 4),
    PARAMETER("ai.schema.name", "output_schema_name", 4),
    PARAMETER("ai.schema.description", "output_schema_description", 4),
    PARAMETER("ai.prompt.toolChoice", "tool_choice", 4),
};

static struct str operation_of(const struct reading *reading)
{
    return kept_text(reading, KEEP_ai_operation);
}

static bool detect(const struct reading *reading)
{
    const struct value *id = reading->kept[KEEP_ai_operation];
    return str_equal(reading->scope->name, STR("ai")) && id && id->type == VALUE_STRING &&
           str_starts(id->string, STR("ai."));
}

static void refine(struct reading *reading)
{
    struct str id = operation_of(reading);
    id = str_sub(id, 0, str_find_byte(id, ' '));
    if (str_ends(id, STR(".doStream")) || str_starts(id, STR("ai.stream")))
        reading_rule_number(reading, SLOT_streaming, 1, "ai.operationId");
}

/* Spans without the attribute are still named after the operation. */
static void kind(struct reading *reading)
{
    static const struct row by_name = {.key = STR_INIT("span name"),
                                       .slot = SLOT_kind,
                                       .order = 24,
                                       .owner = VOCABULARY_vercel_ai};
    struct value name = value_string(reading->span->name);
    if (!reading->kept[KEEP_ai_operation])
        operation_id_read(reading, &by_name, &name, 24);
}

const struct vocabulary vocabulary_vercel_ai = {
    .name = "vercel_ai",
    .summary = "Vercel AI SDK, ai.* spans",
    .standing = STANDING_OTHER,
    ROWS(rows),
    .detect = detect,
    .kind = kind,
    .refine = refine,
};

static const struct row otel_rows[] = {
    /* Also Pydantic AI's. Seconds, although AI SDK's own names count milliseconds. */
    ROW("gen_ai.client.operation.time_to_first_chunk", ttft_ns, SECONDS, 1, LISTED),
};

static const struct prefix otel_prefixes[] = {
    PREFIX("gen_ai.client.operation."),
};

static bool otel_detect(const struct reading *reading)
{
    return str_equal(reading->scope->name, STR("gen_ai")) &&
           (kept_is(reading, KEEP_operation, STR("agent_step")) ||
            kept_is(reading, KEEP_operation, STR("invoke_agent")) ||
            kept_is(reading, KEEP_operation, STR("chat")) ||
            kept_is(reading, KEEP_operation, STR("execute_tool")) ||
            kept_is(reading, KEEP_operation, STR("embeddings")) ||
            kept_is(reading, KEEP_operation, STR("rerank")));
}

const struct vocabulary vocabulary_vercel_otel = {
    .name = "vercel_otel",
    .summary = "Vercel AI SDK, @ai-sdk/otel",
    .standing = STANDING_OTHER,
    ROWS(otel_rows),
    PREFIXES(otel_prefixes),
    .detect = otel_detect,
};

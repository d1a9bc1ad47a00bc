/* SPDX-License-Identifier: Apache-2.0 */
/* mlflow: every value is JSON, even a word ("\"LLM\""); coercions take the quotes off. */
#include "base/buf.h"
#include "normalise/normalise_private.h"
#include "wire/json.h"

static const struct kind_name kinds[] = {
    {"LLM", KIND_LLM, NULL},
    {"CHAT_MODEL", KIND_LLM, NULL},
    {"CHAIN", KIND_CHAIN, NULL},
    {"AGENT", KIND_AGENT, NULL},
    {"TOOL", KIND_TOOL, NULL},
    {"RETRIEVER", KIND_RETRIEVER, NULL},
    {"PARSER", KIND_TASK, NULL},
    {"EMBEDDING", KIND_EMBEDDING, NULL},
    {"RERANKER", KIND_RERANKER, NULL},
    {"MEMORY", KIND_RETRIEVER, "memory"},
    {"WORKFLOW", KIND_WORKFLOW, NULL},
    {"TASK", KIND_TASK, NULL},
    {"GUARDRAIL", KIND_GUARDRAIL, NULL},
    {"EVALUATOR", KIND_EVALUATOR, NULL},
    {"*", KIND_SPAN, NULL}, /* UNKNOWN and people's own words */
    {NULL, KIND_SPAN, NULL},
};

static const struct row rows[] = {
    ROW("mlflow.spanType", kind, KIND, 15, .kinds = kinds, .flags = ROW_EVIDENCE),
    MARK("mlflow.traceRequestId", .flags = ROW_EVIDENCE),
    ROW("mlflow.llm.provider", provider, READ, 5, .read = provider_read),
    ROW("mlflow.llm.model", model_request, TEXT, 5, .hint = HINT_MODEL),
    ROW("mlflow.chat.tokenUsage", input_total, COUNT_AT, 5, .path = "input_tokens",
        .hint = HINT_CONTENT),
    ROW("mlflow.chat.tokenUsage", output_total, COUNT_AT, 5, .path = "output_tokens"),
    ROW("mlflow.chat.tokenUsage", total, COUNT_AT, 5, .path = "total_tokens"),
    ROW("mlflow.chat.tokenUsage", cache_read, COUNT_AT, 11, .path = "cache_read_input_tokens"),
    ROW("mlflow.chat.tokenUsage", cache_write, COUNT_AT, 9, .path = "cache_creation_input_tokens"),
    ROW("mlflow.trace.tokenUsage", input_total, COUNT_AT, 1, .standing = STANDING_LAST,
        .path = "input_tokens"),
    ROW("mlflow.trace.tokenUsage", output_total, COUNT_AT, 1, .standing = STANDING_LAST,
        .path = "output_tokens"),
    ROW("mlflow.trace.tokenUsage", total, COUNT_AT, 1, .standing = STANDING_LAST,
        .path = "total_tokens"),
    ROW("mlflow.llm.cost", cost_given_usd, MONEY_AT, 5, LISTED, .path = "total_cost"),
    ROW("mlflow.llm.cost", cost_given_input_usd, MONEY_AT, 5, LISTED, .path = "input_cost"),
    ROW("mlflow.llm.cost", cost_given_output_usd, MONEY_AT, 5, LISTED, .path = "output_cost"),
    ROW("mlflow.spanLogLevel", level, READ, 2, .read = level_read),
    ROW("mlflow.trace.session", session, TEXT, 13, LISTED),
    ROW("mlflow.trace.user", user, TEXT, 7, LISTED),
    ROW("mlflow.experimentId", project_name, TEXT, 2, LISTED),
    ROW("mlflow.traceName", trace_name, TEXT, 1, LISTED),
    ROW("mlflow.linkedPrompts", prompt, TEXT_AT, 5, LISTED, .path = "0.name"),
    ROW("mlflow.linkedPrompts", prompt_version, TEXT_AT, 5, LISTED, .path = "0.version"),
    SOURCE("mlflow.spanInputs", input, 120, ANY, .hint = HINT_CONTENT),
    SOURCE("mlflow.spanOutputs", output, 120, ANY, .hint = HINT_CONTENT),
    {.key = STR_INIT("mlflow.chat.tools"), .slot = SLOT_tools, .order = 5},
    {.key = STR_INIT("mlflow.spanOutputs"),
     .slot = SLOT_documents,
     .order = 7,
     .only = ONLY(RETRIEVER)},
};

static const struct prefix prefixes[] = {
    PREFIX("mlflow.traceTag.", .group = GROUP_trace_tags),
};

/* mlflow.traceTag.<key> = value, as "key=value". */
static void refine(struct reading *reading)
{
    const struct attributes *attributes = &reading->span->attributes;
    struct str prefix = STR("mlflow.traceTag."), text;
    struct buf buf = {.limit_bytes = 1 << 16};
    if (!(reading->groups >> GROUP_trace_tags & 1) || reading_has(reading, SLOT_tags))
        return;
    for (size_t i = 0; i < attributes->count; i++) {
        struct str key = attributes->items[i].key;
        if (!str_starts(key, prefix) || !coerce_text(reading, &attributes->items[i].value, &text))
            continue;
        buf_add_byte(&buf, buf.len ? ',' : '[');
        json_write_string(&buf, arena_printf(reading->arena, "%.*s=%.*s",
                                             STR_ARGS(str_sub(key, prefix.len, key.len)),
                                             STR_ARGS(str_sub(text, 0, 1000))));
    }
    if (buf.len && !buf.failed) {
        buf_add_byte(&buf, ']');
        if (!buf.failed)
            reading_rule_text(reading, SLOT_tags, arena_copy(reading->arena, buf_str(&buf)),
                              "mlflow.traceTag");
    }
    buf_done(&buf);
}

const struct vocabulary vocabulary_mlflow = {
    .name = "mlflow",
    .summary = "MLflow tracing",
    .standing = STANDING_OTHER,
    ROWS(rows),
    PREFIXES(prefixes),
    .refine = refine,
};

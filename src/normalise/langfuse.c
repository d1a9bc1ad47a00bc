/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse: what Langfuse's OTel SDKs write. Its values are said on purpose about this span, so
 * they come before everybody else's.
 */
#include "normalise/normalise_private.h"

static const struct kind_name kinds[] = {
    {"span", KIND_SPAN, NULL},
    {"generation", KIND_LLM, NULL},
    {"trace", KIND_SPAN, "trace"}, /* what stands for a trace, of events */
    {"event", KIND_EVENT, NULL},
    {"embedding", KIND_EMBEDDING, NULL},
    {"agent", KIND_AGENT, NULL},
    {"tool", KIND_TOOL, NULL},
    {"chain", KIND_CHAIN, NULL},
    {"retriever", KIND_RETRIEVER, NULL},
    {"guardrail", KIND_GUARDRAIL, NULL},
    {"evaluator", KIND_EVALUATOR, NULL},
    {NULL, KIND_SPAN, NULL},
};

/* A sum of parts when there is no "total". */
static void cost_details_read(struct reading *reading, const struct row *row,
                              const struct value *value, unsigned rank)
{
    struct str text = value->type == VALUE_MAP ? value_as_json(reading, value)
                                               : coerce_content(reading, value, 1 << 16);
    text = str_trim(text);
    if (text.len && text.ptr[0] == '"')
        text = peek_text(text, 1 << 16, reading->arena);
    struct peek peek = peek_into(text);
    struct str key, raw;
    double sum = 0, total = -1, amount;
    bool any = false;
    while (peek_pair(&peek, &key, &raw)) {
        struct value part = value_string(peek_text(raw, 64, reading->arena));
        if (!coerce_number(&part, &amount) || amount < 0)
            continue;
        any = true;
        if (str_equal(key, STR("total")))
            total = amount;
        else
            sum += amount;
        unsigned slot = str_equal(key, STR("input"))    ? SLOT_cost_given_input_usd
                        : str_equal(key, STR("output")) ? SLOT_cost_given_output_usd
                                                        : SLOT_COUNT;
        if (slot < SLOT_COUNT && reading_open(reading, slot, rank))
            reading_set_real(reading, slot, rank, row, amount);
    }
    if (any)
        reading_set_real(reading, SLOT_cost_given_usd, rank, row, total >= 0 ? total : sum);
}

static const struct row rows[] = {
    ROW("langfuse.observation.type", kind, KIND, 10, .kinds = kinds),
    ROW("langfuse.observation.model.name", model, TEXT, 0, .hint = HINT_MODEL),
    ROW("langfuse.observation.model.name", model_request, TEXT, 1, LISTED),
    ROW("langfuse.observation.usage_details", input_total, READ, 0, .read = usage_details_read,
        .hint = HINT_CONTENT),
    ROW("langfuse.observation.cost_details", cost_given_usd, READ, 0, .read = cost_details_read,
        .hint = HINT_CONTENT),
    ROW("langfuse.observation.completion_start_time", completion_start_ns, TIME, 0),
    ROW("langfuse.observation.level", level, READ, 0, .read = level_read),
    ROW("langfuse.observation.status_message", status_message, TEXT, 0),
    ROW("langfuse.observation.prompt.name", prompt, TEXT, 0, LISTED),
    ROW("langfuse.prompt.name", prompt, TEXT, 1, LISTED),
    ROW("langfuse.observation.prompt.version", prompt_version, TEXT, 0, LISTED),
    ROW("langfuse.prompt.version", prompt_version, TEXT, 1, LISTED),
    ROW("langfuse.trace.name", trace_name, TEXT, 0, LISTED),
    ROW("langfuse.session.id", session, TEXT, 0, LISTED, .flags = ROW_RESOURCE),
    ROW("langfuse.user.id", user, TEXT, 0, LISTED, .flags = ROW_RESOURCE),
    ROW("langfuse.environment", environment, TEXT, 0, LISTED, .flags = ROW_RESOURCE),
    ROW("langfuse.release", release, TEXT, 0, LISTED, .flags = ROW_RESOURCE),
    ROW("langfuse.version", version, TEXT, 0, LISTED, .flags = ROW_RESOURCE),
    ROW("langfuse.trace.tags", tags, LIST, 0, LISTED),
    ROW("langfuse.tags", tags, LIST, 1, LISTED),
    /* Its OpenAI and LangChain integrations pass these inside metadata. */
    ROW("langfuse.observation.metadata.langfuse_session_id", session, TEXT, 15, LISTED),
    ROW("langfuse.trace.metadata.langfuse_session_id", session, TEXT, 15, LISTED),
    ROW("metadata.langfuse_session_id", session, TEXT, 15, LISTED),
    ROW("langfuse.observation.metadata", session, TEXT_AT, 16, LISTED,
        .path = "langfuse_session_id"),
    ROW("langfuse.trace.metadata", session, TEXT_AT, 16, LISTED, .path = "langfuse_session_id"),
    ROW("langfuse.observation.metadata.langfuse_user_id", user, TEXT, 11, LISTED),
    ROW("langfuse.trace.metadata.langfuse_user_id", user, TEXT, 11, LISTED),
    ROW("metadata.langfuse_user_id", user, TEXT, 11, LISTED),
    ROW("langfuse.observation.metadata", user, TEXT_AT, 12, LISTED, .path = "langfuse_user_id"),
    ROW("langfuse.trace.metadata", user, TEXT_AT, 12, LISTED, .path = "langfuse_user_id"),
    ROW("langfuse.observation.metadata.langfuse_tags", tags, LIST, 9, LISTED),
    ROW("langfuse.trace.metadata.langfuse_tags", tags, LIST, 9, LISTED),
    ROW("metadata.langfuse_tags", tags, LIST, 9, LISTED),
    ROW("langfuse.observation.metadata.langgraph_node", graph_node, TEXT, 4, LISTED),
    MARK("langfuse.internal.as_root", .keep = KEEP_is_root),
    MARK("langfuse.internal.is_app_root", .keep = KEEP_is_root),
    SOURCE("langfuse.observation.input", input, 10, ANY),
    SOURCE("langfuse.observation.output", output, 10, ANY),
    SOURCE("langfuse.trace.input", input, 250, ANY),
    SOURCE("langfuse.trace.output", output, 250, ANY),
    ROW("langfuse.observation.model.parameters", output_type, TEXT_AT, 4, LISTED,
        .path = "response_format.type"),
    ROW("langfuse.observation.model.parameters", service_tier, TEXT_AT, 4, LISTED,
        .path = "service_tier"),
    {.key = STR_INIT("langfuse.observation.model.parameters"), .slot = SLOT_parameter_bag},
};

static const struct prefix prefixes[] = {
    PREFIX("langfuse.observation.", .evidence = 1),
    PREFIX("langfuse.trace.", .evidence = 1),
};

/* Up to 3.3.0 the Python SDK said "span" of generations. */
static bool is_old_sdk(struct str version)
{
    uint64_t parts[3] = {0};
    struct str piece;
    for (int i = 0; i < 3 && str_take(&version, '.', &piece); i++)
        if (!str_to_u64(piece, &parts[i]))
            return false;
    if (parts[0] != 3)
        return parts[0] > 0 && parts[0] < 3;
    return parts[1] < 3 || (parts[1] == 3 && parts[2] == 0);
}

static void kind(struct reading *reading)
{
    const struct value *type =
        attributes_get(&reading->span->attributes, STR("langfuse.observation.type"));
    struct str word;
    if (!type || !coerce_text(reading, type, &word) || !str_equal_nocase(word, STR("span")) ||
        !(reading->hints & (HINT_MODEL | HINT_CONTENT)) ||
        !str_starts(reading->scope->name, STR("langfuse-sdk")) ||
        !is_old_sdk(reading->scope->version))
        return;
    reading->out->kind = KIND_LLM;
    reading->ranks[SLOT_kind] = 0;
    reading_note(reading, SLOT_kind, STR("langfuse"), STR("generation sent as span, SDK <= 3.3.0"));
}

static const char *const scopes[] = {"langfuse-sdk*", NULL};

const struct vocabulary vocabulary_langfuse = {
    .name = "langfuse",
    .summary = "Langfuse OpenTelemetry SDKs",
    .standing = STANDING_OVERRIDE,
    ROWS(rows),
    PREFIXES(prefixes),
    .scopes = scopes,
    .kind = kind,
};

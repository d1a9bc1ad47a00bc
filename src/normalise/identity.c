/* SPDX-License-Identifier: Apache-2.0 */
/* identity: names and labels that are made of several things, and what holds when nobody says. */
#include "normalise/normalise_private.h"

static const char *operation_of_kind(enum observation_kind kind)
{
    static const char *const operations[KIND_COUNT] = {
        [KIND_LLM] = "chat",
        [KIND_EMBEDDING] = "embeddings",
        [KIND_RETRIEVER] = "retrieval",
        [KIND_RERANKER] = "rerank",
        [KIND_TOOL] = "execute_tool",
        [KIND_AGENT] = "invoke_agent",
        [KIND_WORKFLOW] = "invoke_workflow",
        [KIND_GUARDRAIL] = "guardrail",
    };
    return operations[kind];
}

void root_text_read(struct reading *reading, const struct row *row, const struct value *value,
                    unsigned rank)
{
    struct str text;
    if (reading->out->flags & OBSERVATION_ROOT && coerce_text(reading, value, &text))
        reading_set_text(reading, row->slot, rank, row, text);
}

static void endpoint_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    int64_t port;
    const struct value *value = reading->kept[KEEP_server_port];
    if (!out->endpoint.len || !value || !coerce_count(value, &port) || port == 0 || port > 65535 ||
        port == 443 || str_contains(out->endpoint, STR("://")))
        return;
    struct str with_port =
        arena_printf(reading->arena, "%.*s:%lld", STR_ARGS(out->endpoint), (long long)port);
    if (with_port.ptr)
        out->endpoint = with_port;
}

/* Span names such as "execute_tool search" and "invoke_agent planner" carry what keys lack. */
static struct str name_tail(struct str name, const char *prefix)
{
    struct str start = str_from(prefix);
    return str_starts(name, start) ? str_trim(str_sub(name, start.len, name.len)) : STR_NONE;
}

static void names_from_span(struct reading *reading)
{
    struct observation *out = reading->out;
    struct str name = reading->span->name, tail;
    if (out->kind == KIND_TOOL && !out->tool.len)
        reading_rule_text(reading, SLOT_tool, name_tail(name, "execute_tool "), "span name");
    if (out->kind == KIND_AGENT && !out->agent.len) {
        reading_rule_text(reading, SLOT_agent, name_tail(name, "invoke_agent "), "span name");
        tail = name_tail(name, "agent_run [");
        if (tail.len > 1 && tail.ptr[tail.len - 1] == ']')
            reading_rule_text(reading, SLOT_agent, str_sub(tail, 0, tail.len - 1), "span name");
    }
    if (out->kind == KIND_GUARDRAIL && !out->guardrail.len) {
        static const char *const suffixes[] = {".guardrail", ".guard", NULL};
        for (const char *const *suffix = suffixes; *suffix; suffix++)
            if (str_ends(name, str_from(*suffix)))
                reading_rule_text(reading, SLOT_guardrail,
                                  str_sub(name, 0, name.len - str_from(*suffix).len), "span name");
    }
}

void identity_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    const char *operation = operation_of_kind(out->kind);
    if (operation)
        reading_rule_text(reading, SLOT_op, str_from(operation), "kind");
    if (str_equal(out->output_type, STR("json_object")) ||
        str_equal(out->output_type, STR("json_schema"))) /* OpenAI's response formats */
        out->output_type = STR("json");
    endpoint_decide(reading);
    names_from_span(reading);
    reading_rule_text(reading, SLOT_name, reading->span->name, "span name");
    if (out->flags & OBSERVATION_ROOT)
        reading_rule_text(reading, SLOT_trace_name, out->name, "root span name");
    reading_rule_text(reading, SLOT_environment, STR("default"), "default");
    if (reading->hints & HINT_CACHED)
        reading_rule_number(reading, SLOT_cached_answer, 1, "cached span");
    if (reading->span->dropped_attributes)
        out->flags |= OBSERVATION_TRUNCATED; /* R14 */
}

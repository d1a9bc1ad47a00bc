/* SPDX-License-Identifier: Apache-2.0 */
/* observation: names of kinds, errors and fields, made from the lists. */
#include "model/observation.h"

#include <math.h>

static const char *const kind_names[KIND_COUNT] = {
    [KIND_SPAN] = "span",           [KIND_LLM] = "llm",
    [KIND_EMBEDDING] = "embedding", [KIND_RETRIEVER] = "retriever",
    [KIND_RERANKER] = "reranker",   [KIND_TOOL] = "tool",
    [KIND_AGENT] = "agent",         [KIND_CHAIN] = "chain",
    [KIND_WORKFLOW] = "workflow",   [KIND_TASK] = "task",
    [KIND_GUARDRAIL] = "guardrail", [KIND_EVALUATOR] = "evaluator",
    [KIND_PROMPT] = "prompt",       [KIND_EVENT] = "event",
};

const char *observation_kind_name(enum observation_kind kind)
{
    return kind_names[kind];
}

bool observation_kind_parse(struct str name, enum observation_kind *out_kind)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (str_equal_nocase(name, str_from(kind_names[i]))) {
            *out_kind = (enum observation_kind)i;
            return true;
        }
    }
    return false;
}

bool observation_kind_is_model_call(enum observation_kind kind)
{
    return kind == KIND_LLM || kind == KIND_EMBEDDING || kind == KIND_RERANKER;
}

const char *error_kind_name(enum error_kind kind)
{
    static const char *const names[ERROR_KIND_COUNT] = {
        [ERROR_KIND_THROTTLE] = "throttle",
        [ERROR_KIND_TIMEOUT] = "timeout",
        [ERROR_KIND_CONTENT_FILTER] = "content_filter",
        [ERROR_KIND_CANCELLED] = "cancelled",
        [ERROR_KIND_CLIENT] = "client",
        [ERROR_KIND_SERVER] = "server",
        [ERROR_KIND_TOOL] = "tool",
        [ERROR_KIND_UNKNOWN] = "unknown",
    };
    return names[kind];
}

static const struct {
    const char *name, *help;
} fields[FIELD_COUNT] = {
#define TEXT(member, help)   [FIELD_##member] = {#member, help},
#define NUMBER(member, help) [FIELD_##member] = {#member, help},
#define REAL(member, help)   [FIELD_##member] = {#member, help},
#include "model/fields.def"
#undef TEXT
#undef NUMBER
#undef REAL
    [FIELD_kind] = {"kind", "Kind of observation"},
    [FIELD_usage] = {"usage", "Token usage"},
};

const char *observation_field_name(enum observation_field field)
{
    return fields[field].name;
}

const char *observation_field_help(enum observation_field field)
{
    return fields[field].help;
}

void observation_clear(struct observation *observation)
{
    *observation = (struct observation){0};
#define TEXT(member, help)
#define NUMBER(member, help) observation->member = -1;
#define REAL(member, help)   observation->member = NAN;
#include "model/fields.def"
#undef TEXT
#undef NUMBER
#undef REAL
    usage_clear(&observation->usage);
}

const char *cost_source_name(enum cost_source source)
{
    static const char *const names[] = {
        [COST_NONE] = "none",
        [COST_GIVEN] = "given",
        [COST_COMPUTED] = "computed",
        [COST_UNPRICED] = "unpriced",
    };
    return names[source];
}

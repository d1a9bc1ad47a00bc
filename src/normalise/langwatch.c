/* SPDX-License-Identifier: Apache-2.0 */
/* langwatch: inputs and outputs are wrapped as {type, value}; what it says comes before others'. */
#include "normalise/normalise_private.h"

static const struct kind_name kinds[] = {
    {"llm", KIND_LLM, NULL},
    {"chain", KIND_CHAIN, NULL},
    {"tool", KIND_TOOL, NULL},
    {"agent", KIND_AGENT, NULL},
    {"rag", KIND_RETRIEVER, NULL},
    {"guardrail", KIND_GUARDRAIL, NULL},
    {"evaluation", KIND_EVALUATOR, NULL},
    {"workflow", KIND_WORKFLOW, NULL},
    {"task", KIND_TASK, NULL},
    {"component", KIND_CHAIN, NULL},
    {"module", KIND_CHAIN, NULL},
    {"span", KIND_SPAN, NULL},
    {"server", KIND_SPAN, NULL},
    {"client", KIND_SPAN, NULL},
    {"producer", KIND_SPAN, NULL},
    {"consumer", KIND_SPAN, NULL},
    {NULL, KIND_SPAN, NULL},
};

/* {"started_at": ms, "first_token_at": ms, "finished_at": ms} */
static void timestamps_read(struct reading *reading, const struct row *row,
                            const struct value *value, unsigned rank)
{
    struct str raw, text = value->type == VALUE_MAP ? value_as_json(reading, value)
                                                    : coerce_content(reading, value, 4096);
    int64_t time_ns;
    if (!peek_path(text, "first_token_at", &raw))
        return;
    struct value first = value_string(raw);
    if (coerce_time(&first, &time_ns))
        reading_set_number(reading, row->slot, rank, row, time_ns);
}

/* A guardrail's output tells whether it let the text pass. */
static void guardrail_result_read(struct reading *reading, const struct row *row,
                                  const struct value *value, unsigned rank)
{
    struct str raw, text = value->type == VALUE_MAP ? value_as_json(reading, value)
                                                    : coerce_content(reading, value, 1 << 16);
    if (!peek_path(text, "type", &raw) || !str_equal(raw, STR("\"guardrail_result\"")) ||
        !peek_path(text, "value.passed", &raw))
        return;
    if (str_equal(raw, STR("true")) || str_equal(raw, STR("false")))
        reading_set_number(reading, row->slot, rank, row, str_equal(raw, STR("false")));
}

static const struct row rows[] = {
    ROW("langwatch.span.type", kind, KIND, 13, .kinds = kinds),
    ROW("langwatch.timestamps", completion_start_ns, READ, 1, .read = timestamps_read),
    ROW("langwatch.output", guardrail_triggered, READ, 4, .read = guardrail_result_read),
    ROW("langwatch.span.cost", cost_given_usd, MONEY, 6, LISTED),
    ROW("gen_ai.usage.cache_creation_5m.input_tokens", cache_write_5m, COUNT, 1, LISTED),
    ROW("gen_ai.usage.cache_creation_1h.input_tokens", cache_write_1h, COUNT, 1, LISTED),
    ROW("gen_ai.usage.input_audio_tokens", audio_in, COUNT, 3, LISTED),
    ROW("gen_ai.usage.output_audio_tokens", audio_out, COUNT, 3, LISTED),
    ROW("langwatch.thread.id", session, TEXT, 3, LISTED),
    ROW("langwatch.thread_id", session, TEXT, 4, LISTED),
    ROW("langwatch.user.id", user, TEXT, 2, LISTED),
    ROW("langwatch.user_id", user, TEXT, 3, LISTED),
    ROW("langwatch.customer.id", tenant, TEXT, 2, LISTED),
    ROW("langwatch.customer_id", tenant, TEXT, 3, LISTED),
    ROW("langwatch.labels", tags, LIST, 4, LISTED),
    ROW("langwatch.tags", tags, LIST, 5, LISTED),
    ROW("langwatch.prompt.handle", prompt, TEXT, 4, LISTED),
    ROW("langwatch.prompt.id", prompt, TEXT, 5, LISTED),
    ROW("langwatch.prompt.version.number", prompt_version, TEXT, 4, LISTED),
    ROW("langwatch.langgraph.langgraph_node", graph_node, TEXT, 2, LISTED),
    SOURCE("langwatch.input", input, 20, TYPED, .hint = HINT_CONTENT),
    SOURCE("langwatch.output", output, 20, TYPED, .hint = HINT_CONTENT),
    {.key = STR_INIT("langwatch.rag.contexts"), .slot = SLOT_documents, .order = 3},
    {.key = STR_INIT("langwatch.rag_contexts"), .slot = SLOT_documents, .order = 4},
    {.key = STR_INIT("langwatch.params"), .slot = SLOT_parameter_bag, .order = 4},
};

static const struct prefix prefixes[] = {
    PREFIX("langwatch.", .evidence = 1),
};

const struct vocabulary vocabulary_langwatch = {
    .name = "langwatch",
    .summary = "LangWatch",
    .standing = STANDING_OVERRIDE,
    ROWS(rows),
    PREFIXES(prefixes),
};

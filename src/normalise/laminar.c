/* SPDX-License-Identifier: Apache-2.0 */
/* laminar: lmnr.* and the AI SDK names it rewrites. */
#include "normalise/normalise_private.h"

static const struct kind_name kinds[] = {
    {"LLM", KIND_LLM, NULL},
    {"TOOL", KIND_TOOL, NULL},
    {"EVALUATOR", KIND_EVALUATOR, NULL},
    {"HUMAN_EVALUATOR", KIND_EVALUATOR, NULL},
    {"EVALUATION", KIND_TASK, NULL},
    {"EXECUTOR", KIND_TASK, NULL},
    {"CACHED", KIND_SPAN, NULL},
    {NULL, KIND_SPAN, NULL}, /* DEFAULT says nothing */
};

static void path_tail_read(struct reading *reading, const struct row *row,
                           const struct value *value, unsigned rank)
{
    struct str text;
    const struct value *last = value;
    if (value->type == VALUE_ARRAY && value->array.count)
        last = &value->array.items[value->array.count - 1];
    if (!coerce_text(reading, last, &text))
        return;
    size_t dot = last == value ? str_rfind_byte(text, '.') : text.len;
    if (dot < text.len)
        text = str_sub(text, dot + 1, text.len);
    if (text.len)
        reading_set_text(reading, row->slot, rank, row, text);
}

static const struct row rows[] = {
    ROW("lmnr.span.type", kind, KIND, 14, .kinds = kinds),
    ROW("aisdk.model.provider", provider, READ, 7, .read = provider_read),
    ROW("aisdk.model.id", model_request, TEXT, 10, .hint = HINT_MODEL),
    ROW("gen_ai.usage.cache_creation.input_tokens.ephemeral_5m", cache_write_5m, COUNT, 0, LISTED),
    ROW("gen_ai.usage.cache_creation.input_tokens.ephemeral_1h", cache_write_1h, COUNT, 0, LISTED),
    ROW("gen_ai.usage.audio_input_tokens", audio_in, COUNT, 2, LISTED),
    ROW("gen_ai.usage.audio_output_tokens", audio_out, COUNT, 2, LISTED),
    ROW("gen_ai.usage.input_cost", cost_given_input_usd, MONEY, 3, LISTED),
    ROW("gen_ai.usage.output_cost", cost_given_output_usd, MONEY, 3, LISTED),
    ROW("lmnr.association.properties.session_id", session, TEXT, 9, LISTED),
    ROW("lmnr.association.properties.user_id", user, TEXT, 6, LISTED),
    ROW("lmnr.span.path", graph_node, READ, 7, LISTED, .read = path_tail_read),
    SOURCE("lmnr.span.input", input, 160, ANY),
    SOURCE("lmnr.span.output", output, 160, ANY),
};

static const struct prefix prefixes[] = {
    PREFIX("lmnr.", .evidence = 1),
};

static void refine(struct reading *reading)
{
    const struct value *type = attributes_get(&reading->span->attributes, STR("lmnr.span.type"));
    struct str word;
    if (type && coerce_text(reading, type, &word) && str_equal_nocase(word, STR("CACHED")))
        reading_rule_number(reading, SLOT_cached_answer, 1, "lmnr.span.type CACHED");
}

const struct vocabulary vocabulary_laminar = {
    .name = "laminar",
    .summary = "Laminar",
    .standing = STANDING_OTHER,
    ROWS(rows),
    PREFIXES(prefixes),
    .refine = refine,
};

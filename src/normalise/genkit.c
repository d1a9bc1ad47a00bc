/* SPDX-License-Identifier: Apache-2.0 */
/* genkit: Google's Genkit; usage stands inside the output. */
#include "normalise/normalise_private.h"

static const struct kind_name kinds[] = {
    {"model", KIND_LLM, NULL},
    {"background-model", KIND_LLM, NULL},
    {"tool", KIND_TOOL, NULL},
    {"tool.v2", KIND_TOOL, NULL},
    {"embedder", KIND_EMBEDDING, NULL},
    {"retriever", KIND_RETRIEVER, NULL},
    {"evaluator", KIND_EVALUATOR, NULL},
    {"*", KIND_SPAN, NULL},
    {NULL, KIND_SPAN, NULL},
};

static const struct row rows[] = {
    ROW("genkit:metadata:subtype", kind, KIND, 19, .kinds = kinds),
    ROW("genkit:name", name, TEXT, 1, LISTED),
    ROW("genkit:name", model_request, TEXT, 13, .only = ONLY(LLM)),
    ROW("genkit:name", tool, TEXT, 6, .only = ONLY(TOOL)),
    ROW("genkit:output", input_total, COUNT_AT, 13, .path = "usage.inputTokens"),
    ROW("genkit:output", output_total, COUNT_AT, 13, .path = "usage.outputTokens"),
    ROW("genkit:output", reasoning, COUNT_AT, 13, .path = "usage.thoughtsTokens"),
    ROW("genkit:output", total, COUNT_AT, 13, .path = "usage.totalTokens"),
    ROW("genkit:output", finish, TEXT_AT, 13, .path = "finishReason"),
    SOURCE("genkit:input", input, 159, ANY),
    SOURCE("genkit:output", output, 159, ANY),
};

/* A text row fills only one slot; the word still has to be made canonical. */
static void refine(struct reading *reading)
{
    struct observation *out = reading->out;
    if (reading_has(reading, SLOT_finish) && !reading_has(reading, SLOT_finish_raw))
        finish_set(reading, reading->ranks[SLOT_finish], NULL, out->finish);
}

static const struct prefix prefixes[] = {
    PREFIX("genkit:", .evidence = 1),
};

static const char *const scopes[] = {"genkit-tracer", NULL};

const struct vocabulary vocabulary_genkit = {
    .name = "genkit",
    .summary = "Genkit",
    .standing = STANDING_OTHER,
    ROWS(rows),
    PREFIXES(prefixes),
    .scopes = scopes,
    .refine = refine,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome: what became of a call beyond success and failure: looked at and blocked by a guardrail,
 * withheld by the model's own filter, asked for JSON, not of the form asked for. Flags, so that
 * shares of them are counted without reading names.
 */
#include "normalise/normalise_private.h"

/* Classes that say: this text could not be read as what was asked for. */
static bool is_form_error(struct str class)
{
    static const char *const names[] = {
        /* Python: Pydantic, json, LangChain, Instructor, LiteLLM, OpenAI Agents, Pydantic AI,
           Strands */
        "ValidationError", "JSONDecodeError", "OutputParserException", "InstructorRetryException",
        "IncompleteOutputException", "JSONSchemaValidationError", "ModelBehaviorError",
        "UnexpectedModelBehavior", "StructuredOutputException",
        /* TypeScript: Zod, the Vercel AI SDK */
        "ZodError", "AI_NoObjectGeneratedError", "NoObjectGeneratedError", "AI_JSONParseError",
        "JSONParseError", "AI_TypeValidationError", "TypeValidationError",
        "AI_InvalidToolArgumentsError", "AI_InvalidToolInputError", "InvalidToolInputError",
        /* Said of it by people */
        "SchemaValidationError", "OutputValidationError", "JsonParseException", NULL};
    for (const char *const *name = names; *name; name++)
        if (str_equal_nocase(class, str_from(*name)))
            return true;
    return false;
}

/* A model that could not write a call of a tool, or an answer, that can be read. */
static bool is_form_finish(struct str raw)
{
    static const char *const words[] = {"malformed_function_call", "malformed_model_output",
                                        "malformed_tool_use", NULL};
    for (const char *const *word = words; *word; word++)
        if (str_contains_nocase(raw, str_from(*word)))
            return true;
    return false;
}

static void guard_decide(struct observation *out)
{
    bool spoke = out->guardrail_triggered == 1, blocked = out->guardrail_blocked == 1;
    bool guarded =
        out->kind == KIND_GUARDRAIL || out->guardrail.len || out->guardrail_triggered >= 0;
    if (!guarded)
        return;
    out->flags |= OBSERVATION_GUARDED;
    /* One that spoke up and does not say what it did stopped the run, as tripwires do. */
    if (blocked || (spoke && out->guardrail_blocked < 0))
        out->flags |= OBSERVATION_BLOCKED;
}

void outcome_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    guard_decide(out);
    if (observation_kind_is_model_call(out->kind)) {
        if (str_equal(out->finish, STR("content_filter")) ||
            out->error_kind == ERROR_KIND_CONTENT_FILTER)
            out->flags |= OBSERVATION_FILTERED;
        if (is_form_finish(out->finish_raw))
            out->flags |= OBSERVATION_INVALID;
    }
    /* Said by the call itself, or by the SDK's span around it (ai.generateObject). */
    if (str_equal(out->output_type, STR("json")) || str_equal(out->output_type, STR("object")))
        out->flags |= OBSERVATION_STRUCTURED;
    if (out->is_error && out->error_type.len && is_form_error(error_class_tail(out->error_type)))
        out->flags |= OBSERVATION_INVALID;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* mastra: every number is sent as text; a model_step repeats the model_generation it belongs to. */
#include "normalise/normalise_private.h"

static const struct kind_name kinds[] = {
    {"agent_run", KIND_AGENT, "invoke_agent"},
    {"workflow_run", KIND_WORKFLOW, "invoke_workflow"},
    {"workflow_conditional", KIND_WORKFLOW, NULL},
    {"workflow_conditional_eval", KIND_WORKFLOW, NULL},
    {"workflow_parallel", KIND_WORKFLOW, NULL},
    {"workflow_loop", KIND_WORKFLOW, NULL},
    {"workflow_sleep", KIND_WORKFLOW, NULL},
    {"workflow_wait_event", KIND_WORKFLOW, NULL},
    {"workflow_step", KIND_TASK, NULL},
    {"processor_run", KIND_TASK, NULL},
    {"model_generation", KIND_LLM, "chat"},
    {"model_step", KIND_LLM, "model_step"},
    {"model_chunk", KIND_SPAN, NULL},
    {"tool_call", KIND_TOOL, "execute_tool"},
    {"mcp_tool_call", KIND_TOOL, "execute_tool"},
    {"generic", KIND_SPAN, NULL},
    {NULL, KIND_SPAN, NULL},
};

static const struct row rows[] = {
    /* Its own type also tells a step from a generation, whatever gen_ai.operation.name says. */
    ROW("mastra.span.type", kind, KIND, 16, .kinds = kinds, .standing = STANDING_OVERRIDE),
    ROW("gen_ai.usage.cached_input_tokens", cache_read, COUNT, 8),
    ROW("mastra.metadata.threadId", session, TEXT, 17, LISTED),
    SOURCE("mastra.agent_run.input", input, 170, ANY),
    SOURCE("mastra.model_step.input", input, 170, ANY),
    SOURCE("mastra.agent_run.output", output, 170, ANY),
    SOURCE("mastra.model_step.output", output, 170, ANY),
    SOURCE("mastra.output", output, 173, ANY),
};

static const struct prefix prefixes[] = {
    PREFIX("mastra.", .evidence = 1),
};

static const char *const scopes[] = {"@mastra/*", NULL};

const struct vocabulary vocabulary_mastra = {
    .name = "mastra",
    .summary = "Mastra",
    .standing = STANDING_OTHER,
    ROWS(rows),
    PREFIXES(prefixes),
    .scopes = scopes,
};

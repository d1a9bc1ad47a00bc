/* SPDX-License-Identifier: Apache-2.0 */
/* google_adk: Google's Agent Development Kit; "{}" stands where content was switched off. */
#include "normalise/normalise_private.h"

static const struct row rows[] = {
    ROW("gcp.vertex.agent.session_id", session, TEXT, 16, LISTED),
    ROW("gcp.vertex.agent.llm_response", cache_read, COUNT_AT, 12,
        .path = "usage_metadata.cached_content_token_count"),
    ROW("gcp.vertex.agent.llm_response", input_total, COUNT_AT, 12,
        .path = "usage_metadata.prompt_token_count"),
    ROW("gcp.vertex.agent.llm_response", output_total, COUNT_AT, 12,
        .path = "usage_metadata.candidates_token_count"),
    ROW("gcp.vertex.agent.llm_response", total, COUNT_AT, 12,
        .path = "usage_metadata.total_token_count"),
    ROW("gcp.vertex.agent.llm_response", reasoning, COUNT_AT, 12,
        .path = "usage_metadata.thoughts_token_count"),
    SOURCE("gcp.vertex.agent.llm_request", input, 140, ANY, .hint = HINT_CONTENT),
    SOURCE("gcp.vertex.agent.llm_response", output, 140, ANY, .hint = HINT_CONTENT),
    SOURCE("gcp.vertex.agent.tool_call_args", input, 141, ARGUMENTS),
    SOURCE("gcp.vertex.agent.tool_response", output, 141, ARGUMENTS),
    {.key = STR_INIT("gcp.vertex.agent.llm_request"),
     .slot = SLOT_system,
     .order = 4,
     .path = "config.system_instruction"},
    {.key = STR_INIT("gcp.vertex.agent.llm_request"),
     .slot = SLOT_tools,
     .order = 9,
     .path = "config.tools"},
};

static const struct prefix prefixes[] = {
    PREFIX("gcp.vertex.agent.", .evidence = 1),
};

static const char *const scopes[] = {"gcp.vertex.agent", NULL};

const struct vocabulary vocabulary_google_adk = {
    .name = "google_adk",
    .summary = "Google Agent Development Kit",
    .standing = STANDING_OTHER,
    ROWS(rows),
    PREFIXES(prefixes),
    .scopes = scopes,
};

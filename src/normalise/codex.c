/* SPDX-License-Identifier: Apache-2.0 */
/* codex: OpenAI's Codex CLI. A turn carries the sum of the calls below it. */
#include "normalise/normalise_private.h"

static const struct row rows[] = {
    ROW("codex.turn.token_usage.input_tokens", input_total, COUNT, 8),
    ROW("codex.turn.token_usage.output_tokens", output_total, COUNT, 8),
    ROW("codex.turn.token_usage.total_tokens", total, COUNT, 8),
    ROW("codex.turn.token_usage.cached_input_tokens", cache_read, COUNT, 14),
    ROW("codex.turn.token_usage.reasoning_output_tokens", reasoning, COUNT, 8),
};

static const struct prefix prefixes[] = {
    PREFIX("codex.", .evidence = 1),
};

static void kind(struct reading *reading)
{
    struct str name = reading->span->name;
    bool turn = str_equal(name, STR("session_task.turn"));
    if (!turn && !str_equal(name, STR("handle_responses")))
        return;
    reading->out->kind = turn ? KIND_AGENT : KIND_LLM;
    reading->ranks[SLOT_kind] = 19;
    reading_note(reading, SLOT_kind, STR("codex"), STR("span name"));
}

static const char *const scopes[] = {"codex_cli_rs", "codex_exec", NULL};

const struct vocabulary vocabulary_codex = {
    .name = "codex",
    .summary = "OpenAI Codex CLI",
    .standing = STANDING_OTHER,
    ROWS(rows),
    PREFIXES(prefixes),
    .scopes = scopes,
    .kind = kind,
};

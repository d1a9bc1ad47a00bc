/* SPDX-License-Identifier: Apache-2.0 */
/* openlit: gen_ai.* with guards, agents and an application's name of its own. */
#include "normalise/normalise_private.h"

static void verdict_read(struct reading *reading, const struct row *row, const struct value *value,
                         unsigned rank)
{
    struct str word;
    if (!coerce_text(reading, value, &word))
        return;
    bool spoke = str_equal_nocase(word, STR("deny")) || str_equal_nocase(word, STR("denied")) ||
                 str_equal_nocase(word, STR("yes")) || str_equal_nocase(word, STR("fail")) ||
                 str_equal_nocase(word, STR("block"));
    reading_set_number(reading, row->slot, rank, row, spoke);
}

static void action_read(struct reading *reading, const struct row *row, const struct value *value,
                        unsigned rank)
{
    struct str word;
    if (coerce_text(reading, value, &word))
        reading_set_number(reading, row->slot, rank, row,
                           str_equal_nocase(word, STR("block")) ||
                               str_equal_nocase(word, STR("deny")));
}

static const struct row rows[] = {
    ROW("gen_ai.application_name", service, TEXT, 1, LISTED, .flags = ROW_EVIDENCE),
    ROW("gen_ai.environment", environment, TEXT, 3, LISTED, .flags = ROW_EVIDENCE),
    ROW("gen_ai.request.user", user, TEXT, 19, LISTED),
    ROW("gen_ai.agent.role", agent, TEXT, 6, .hint = HINT_AGENT),
    ROW("openlit.agent.version_hash", agent_version, TEXT, 1),
    ROW("guard.name", guardrail, TEXT, 2, LISTED),
    ROW("guard.validator", guardrail, TEXT, 3, LISTED),
    ROW("validator_name", guardrail, TEXT, 4, LISTED, .hint = HINT_GUARDRAIL),
    ROW("guard.denied", guardrail_triggered, FLAG, 2, LISTED),
    ROW("guard.verdict", guardrail_triggered, READ, 3, LISTED, .read = verdict_read),
    ROW("guard.action", guardrail_blocked, READ, 2, LISTED, .read = action_read),
    SOURCE("gen_ai.retrieval.query", input, 46, ANY, .hint = HINT_RETRIEVER),
};

static const struct prefix prefixes[] = {
    PREFIX("guard.", .hint = HINT_GUARDRAIL),
    PREFIX("openlit.", .evidence = 1),
};

const struct vocabulary vocabulary_openlit = {
    .name = "openlit",
    .summary = "OpenLIT",
    .standing = STANDING_OTHER,
    ROWS(rows),
    PREFIXES(prefixes),
};

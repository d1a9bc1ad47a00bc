/* SPDX-License-Identifier: Apache-2.0 */
/* microsoft_agents: Agent Framework and Semantic Kernel: gen_ai.* with workflow keys of their own.
 */
#include "normalise/normalise_private.h"

static const struct row rows[] = {
    ROW("workflow.name", workflow, TEXT, 2),
    ROW("executor.id", graph_node, TEXT, 5, LISTED),
    ROW("message.source_id", graph_parent, TEXT, 4, LISTED),
};

static void kind(struct reading *reading)
{
    static const struct kind_name names[] = {
        {"workflow.build", KIND_SPAN, NULL},   {"workflow.run", KIND_WORKFLOW, NULL},
        {"executor.process", KIND_TASK, NULL}, {"edge_group.process", KIND_SPAN, NULL},
        {"message.send", KIND_SPAN, NULL},     {NULL, KIND_SPAN, NULL},
    };
    struct str name = str_sub(reading->span->name, 0, str_find_byte(reading->span->name, ' '));
    for (const struct kind_name *known = names; known->name; known++) {
        if (!str_equal(name, str_from(known->name)))
            continue;
        reading->out->kind = known->kind;
        reading->ranks[SLOT_kind] = 30;
        reading_note(reading, SLOT_kind, STR("microsoft_agents"), STR("span name"));
    }
}

static const char *const scopes[] = {"agent_framework*", "semantic_kernel*",
                                     "Microsoft.SemanticKernel*", NULL};

const struct vocabulary vocabulary_microsoft_agents = {
    .name = "microsoft_agents",
    .summary = "Microsoft Agent Framework, Semantic Kernel",
    .standing = STANDING_OTHER,
    ROWS(rows),
    .scopes = scopes,
    .kind = kind,
};

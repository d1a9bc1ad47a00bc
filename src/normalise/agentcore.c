/* SPDX-License-Identifier: Apache-2.0 */
/* agentcore: what AWS adds around agents, whichever framework runs in them. */
#include "normalise/normalise_private.h"

/* "arn:aws:bedrock-agentcore:…:runtime/<agent>/runtime-endpoint/…" */
static void agent_in_arn_read(struct reading *reading, const struct row *row,
                              const struct value *value, unsigned rank)
{
    struct str arn, marker = STR("runtime/");
    if (!coerce_text(reading, value, &arn))
        return;
    size_t at = str_find(arn, marker);
    if (at >= arn.len)
        return;
    struct str rest = str_sub(arn, at + marker.len, arn.len);
    struct str agent = str_sub(rest, 0, str_find_byte(rest, '/'));
    agent = str_sub(agent, 0, str_find_byte(agent, ':'));
    if (agent.len)
        reading_set_text(reading, row->slot, rank, row, agent);
}

static const struct row rows[] = {
    ROW("cloud.resource_id", agent_id, READ, 9, LISTED, .flags = ROW_RESOURCE,
        .read = agent_in_arn_read),
    ROW("aws.local.service", service, TEXT, 8, LISTED, .flags = ROW_RESOURCE),
};

const struct vocabulary vocabulary_agentcore = {
    .name = "agentcore",
    .summary = "Amazon Bedrock AgentCore, AWS distribution of OpenTelemetry",
    .standing = STANDING_OTHER,
    ROWS(rows),
};

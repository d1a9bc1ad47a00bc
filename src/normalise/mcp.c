/* SPDX-License-Identifier: Apache-2.0 */
/* mcp: Model Context Protocol clients and servers. */
#include "normalise/normalise_private.h"

static const struct kind_name kinds[] = {
    {"tools/call", KIND_TOOL, "execute_tool"},
    {"prompts/get", KIND_PROMPT, NULL},
    {"resources/read", KIND_RETRIEVER, NULL},
    {"*", KIND_SPAN, NULL},
    {NULL, KIND_SPAN, NULL},
};

static const struct row rows[] = {
    ROW("mcp.method.name", kind, KIND, 21, .kinds = kinds, .keep = KEEP_mcp_method,
        .flags = ROW_EVIDENCE),
    ROW("mcp.method.name", mcp_method, TEXT, 0, LISTED),
    ROW("mcp.session.id", session, TEXT, 30, .standing = STANDING_LAST),
    MARK("rpc.response.status_code", .keep = KEEP_rpc_status),
    ROW("mcp.resource.uri", data_source, TEXT, 9),
};

/* "tools/call search", "prompts/get greeting": the target closes the name. */
static void refine(struct reading *reading)
{
    struct str method = reading->out->mcp_method, name = reading->span->name;
    if (!method.len || !str_starts(name, method) || name.len <= method.len + 1 ||
        name.ptr[method.len] != ' ')
        return;
    struct str target = str_trim(str_sub(name, method.len, name.len));
    if (reading->out->kind == KIND_TOOL)
        reading_rule_text(reading, SLOT_tool, target, "span name");
    if (str_equal(method, STR("prompts/get")))
        reading_rule_text(reading, SLOT_prompt, target, "span name");
}

const struct vocabulary vocabulary_mcp = {
    .name = "mcp",
    .summary = "Model Context Protocol",
    .standing = STANDING_OTHER,
    ROWS(rows),
    .refine = refine,
};

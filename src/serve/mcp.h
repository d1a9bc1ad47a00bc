/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcp: the Model Context Protocol at /mcp, for coding agents: streamable HTTP without sessions,
 * tools only, all of them reading. A tool is a row of mcp_tools.def and a function that writes
 * text.
 *
 * What a tool writes goes into somebody's context window: each has a budget in tokens, and says
 * what it left out and how to get it. Errors of tools are results, so that the model reads them.
 */
#pragma once

#include "query/trace_sql.h"
#include "serve/serve_private.h"

enum {
    MCP_BUDGET_DEFAULT = 3000,
    MCP_BUDGET_MAX = 25000,
    MCP_BYTES_A_TOKEN = 4, /* roughly, of English and JSON */
};

struct mcp_call {
    struct call *call; /* errors go here */
    const struct json *arguments;
    struct arena *arena;
    struct buf text;     /* what the tool says */
    size_t budget_bytes; /* it should not say more */
};

#define TOOL(name, title, description, schema) enum status mcp__##name(struct mcp_call *mcp);
#include "serve/mcp_tools.def"
#undef TOOL

/* --- arguments: as body_text() and its like, of the tool's arguments ------------------------- */
enum status mcp_text(struct mcp_call *mcp, const char *name, bool required, struct str *out_text);
enum status mcp_int(struct mcp_call *mcp, const char *name, int64_t fallback, int64_t least,
                    int64_t most, int64_t *out_number);
/* `from` and `to`; the last day when absent. */
enum status mcp_range(struct mcp_call *mcp, struct time_range *out_range);
/* `filters`: a list of texts like model=gpt-4o. */
enum status mcp_filters(struct mcp_call *mcp, struct filters *out_filters);
enum status mcp_trace_id(struct mcp_call *mcp, struct trace_key *out_key);
enum status mcp_span_id(struct mcp_call *mcp, int64_t *out_span);

/* --- writing ---------------------------------------------------------------------------------- */
void mcp_add_trace_id(struct buf *buf, struct trace_key trace);
void mcp_add_span_id(struct buf *buf, int64_t span);
void mcp_add_duration(struct buf *buf, int64_t ns); /* 1.24 s */
void mcp_add_money(struct buf *buf, int64_t nano);  /* $0.0042 */
void mcp_add_time(struct buf *buf, int64_t ns);     /* ISO 8601 */
/* In quotes on one line, white space folded, at most `max` bytes of it. */
void mcp_add_snippet(struct buf *buf, struct str text, size_t max);

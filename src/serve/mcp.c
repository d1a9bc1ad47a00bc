/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcp: JSON-RPC over POST /mcp. One message a request; requests get one JSON reply, notifications
 * 202. There is no session and no stream of ours, so GET and DELETE get 405, as the protocol has
 * it.
 *
 * A web page must not reach it through a browser: a request that names an Origin must name this
 * very host (the Host header itself is checked by net).
 */
#include "serve/mcp.h"

#include "query/ask.h"
#include "wire/utf8.h"

enum { RPC_PARSE = -32700, RPC_INVALID = -32600, RPC_METHOD = -32601, RPC_PARAMS = -32602 };

/* Newest first: what a client that asks for another one is offered. */
static const char *const versions[] = {"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};

static const struct {
    const char *name, *title, *description, *properties;
    enum status (*run)(struct mcp_call *mcp);
} tools[] = {
#define TOOL(name, title, description, schema) {#name, title, description, schema, mcp__##name},
#include "serve/mcp_tools.def"
#undef TOOL
};
enum { TOOLS = sizeof tools / sizeof *tools };

static const char instructions[] =
    "vitrine keeps traces of generative-AI applications: model calls, tools, agents, with prompts, "
    "answers, tokens and cost. To debug a run: list_traces or search, then get_trace for its tree, "
    "then get_span for one step. For numbers over many runs: query (Logs Insights language) or "
    "sql. "
    "Times are UTC. Everything here only reads, and only one project.";

static bool is_version(struct str text)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (str_equal(text, str_from(versions[i])))
            return true;
    return false;
}

/* --- replies -------------------------------------------------------------------------------- */

static void write_id(struct json_out *out, const struct json *id)
{
    if (id && id->type == JSON_STRING)
        json_out_str(out, "id", id->string);
    else if (id && id->type == JSON_INT)
        json_out_int(out, "id", id->integer);
    else if (id && id->type == JSON_DOUBLE)
        json_out_double(out, "id", id->number);
    else
        json_out_null(out, "id");
}

static void begin_reply(struct call *call, const struct json *id)
{
    json_out_object(&call->out, NULL);
    json_out_text(&call->out, "jsonrpc", "2.0");
    write_id(&call->out, id);
}

static void reply_error(struct call *call, const struct json *id, int code, int http_status,
                        const char *message)
{
    begin_reply(call, id);
    json_out_object(&call->out, "error");
    json_out_int(&call->out, "code", code);
    json_out_text(&call->out, "message", message);
    json_out_end_object(&call->out);
    json_out_end_object(&call->out);
    call->response.http_status = http_status;
    call_end(call, STATUS_OK);
}

/* --- arguments ------------------------------------------------------------------------------ */

enum status mcp_text(struct mcp_call *mcp, const char *name, bool required, struct str *out_text)
{
    return body_text(mcp->call, mcp->arguments, name, required, out_text);
}

enum status mcp_int(struct mcp_call *mcp, const char *name, int64_t fallback, int64_t least,
                    int64_t most, int64_t *out_number)
{
    return body_int(mcp->call, mcp->arguments, name, fallback, least, most, out_number);
}

enum status mcp_filters(struct mcp_call *mcp, struct filters *out_filters)
{
    const struct json *list = json_get(mcp->arguments, STR("filters"));
    out_filters->count = 0;
    if (!list || list->type == JSON_NULL)
        return STATUS_OK;
    if (list->type != JSON_ARRAY)
        return fail(&mcp->call->error, STATUS_INVALID, "filters: expected a list of texts");
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].type != JSON_STRING)
            return fail(&mcp->call->error, STATUS_INVALID, "filters[%u]: expected a text", i);
        enum status status = filter_parse(out_filters, list->items[i].string,
                                          &mcp->call->request->arena, &mcp->call->error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status mcp_trace_id(struct mcp_call *mcp, struct trace_key *out_key)
{
    uint8_t id[TRACE_ID_BYTES];
    struct str text;
    enum status status = mcp_text(mcp, "trace_id", true, &text);
    if (status == STATUS_OK && !str_hex_decode(text, id, sizeof id))
        return fail(&mcp->call->error, STATUS_INVALID, "trace_id: expected 32 hex digits");
    if (status == STATUS_OK)
        *out_key = trace_key(id);
    return status;
}

enum status mcp_span_id(struct mcp_call *mcp, int64_t *out_span)
{
    uint8_t id[SPAN_ID_BYTES];
    struct str text;
    enum status status = mcp_text(mcp, "span_id", true, &text);
    if (status == STATUS_OK && !str_hex_decode(text, id, sizeof id))
        return fail(&mcp->call->error, STATUS_INVALID, "span_id: expected 16 hex digits");
    if (status == STATUS_OK)
        *out_span = id_half(id);
    return status;
}

/* --- methods -------------------------------------------------------------------------------- */

static void initialize(struct call *call, const struct json *id, const struct json *params)
{
    struct json_out *out = &call->out;
    struct str asked = json_string(json_get(params, STR("protocolVersion")));
    begin_reply(call, id);
    json_out_object(out, "result");
    json_out_str(out, "protocolVersion", is_version(asked) ? asked : str_from(versions[0]));
    json_out_object(out, "capabilities");
    json_out_object(out, "tools");
    json_out_bool(out, "listChanged", false);
    json_out_end_object(out);
    json_out_end_object(out);
    json_out_object(out, "serverInfo");
    json_out_text(out, "name", "vitrine");
    json_out_text(out, "title", "vitrine");
    json_out_text(out, "version", VITRINE_VERSION);
    json_out_end_object(out);
    json_out_text(out, "instructions", instructions);
    json_out_end_object(out);
    json_out_end_object(out);
    call_end(call, STATUS_OK);
}

static bool is_required(size_t tool, const char *property)
{
    static const char *const required[][2] = {
        {"get_trace", "trace_id"},
        {"get_span", "trace_id"},
        {"get_span", "span_id"},
        {"get_content", "trace_id"},
        {"get_content", "span_id"},
        {"get_content", "path"},
        {"search", "q"},
        {"query", "query"},
        {"sql", "sql"},
    };
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (!strcmp(required[i][0], tools[tool].name) && !strcmp(required[i][1], property))
            return true;
    return false;
}

static enum status read_properties(struct call *call, size_t tool, struct json *out_properties)
{
    struct str text = arena_printf(&call->request->arena, "{%s}", tools[tool].properties);
    return json_parse(text, &call->request->arena, out_properties, &call->error);
}

static enum status write_tool(struct call *call, size_t tool)
{
    struct json_out *out = &call->out;
    struct json properties;
    enum status status = read_properties(call, tool, &properties);
    if (status != STATUS_OK)
        return status;
    json_out_object(out, NULL);
    json_out_text(out, "name", tools[tool].name);
    json_out_text(out, "title", tools[tool].title);
    json_out_text(out, "description", tools[tool].description);
    json_out_object(out, "inputSchema");
    json_out_text(out, "type", "object");
    json_out_raw(out, "properties", properties.raw);
    json_out_array(out, "required");
    for (uint32_t i = 0; i < properties.count; i++) {
        struct str name = arena_copy(&call->request->arena, properties.members[i].key);
        if (name.ptr && is_required(tool, name.ptr))
            json_out_str(out, NULL, name);
    }
    json_out_end_array(out);
    json_out_bool(out, "additionalProperties", false);
    json_out_end_object(out);
    json_out_object(out, "annotations");
    json_out_text(out, "title", tools[tool].title);
    json_out_bool(out, "readOnlyHint", true);
    json_out_bool(out, "destructiveHint", false);
    json_out_bool(out, "idempotentHint", true);
    json_out_bool(out, "openWorldHint", false);
    json_out_end_object(out);
    json_out_end_object(out);
    return STATUS_OK;
}

static void list_tools(struct call *call, const struct json *id)
{
    begin_reply(call, id);
    json_out_object(&call->out, "result");
    json_out_array(&call->out, "tools");
    enum status status = STATUS_OK;
    for (size_t i = 0; i < (size_t)TOOLS && status == STATUS_OK; i++)
        status = write_tool(call, i);
    json_out_end_array(&call->out);
    json_out_end_object(&call->out);
    json_out_end_object(&call->out);
    call_end(call, status);
}

static enum status check_names(struct mcp_call *mcp, size_t tool)
{
    struct json properties;
    struct call *call = mcp->call;
    enum status status = read_properties(call, tool, &properties);
    if (status == STATUS_OK && mcp->arguments->type != JSON_OBJECT)
        return fail(&call->error, STATUS_INVALID, "arguments: expected an object");
    for (uint32_t i = 0; status == STATUS_OK && i < mcp->arguments->count; i++) {
        struct str name = mcp->arguments->members[i].key;
        if (!json_get(&properties, name))
            status = fail(&call->error, STATUS_INVALID, "%.*s: %s has no such argument",
                          (int)(name.len > 60 ? 60 : name.len), name.ptr, tools[tool].name);
    }
    return status;
}

static enum status run_tool(struct mcp_call *mcp, size_t tool)
{
    int64_t budget = MCP_BUDGET_DEFAULT;
    enum status status = check_names(mcp, tool);
    if (status == STATUS_OK)
        status = mcp_int(mcp, "budget", MCP_BUDGET_DEFAULT, 200, MCP_BUDGET_MAX, &budget);
    mcp->budget_bytes = (size_t)budget * MCP_BYTES_A_TOKEN;
    if (status == STATUS_OK)
        status = tools[tool].run(mcp);
    if (status == STATUS_OK && mcp->text.failed)
        status = fail(&mcp->call->error, STATUS_TOO_LARGE, "no memory for the answer");
    return status;
}

static void call_tool(struct call *call, const struct json *id, const struct json *params)
{
    static const struct json nothing = {.type = JSON_OBJECT};
    struct str name = json_string(json_get(params, STR("name")));
    const struct json *arguments = json_get(params, STR("arguments"));
    size_t tool = 0;
    while (tool < (size_t)TOOLS && !str_equal(name, str_from(tools[tool].name)))
        tool++;
    if (tool == (size_t)TOOLS) {
        struct str message =
            arena_printf(&call->request->arena, "Unknown tool: %.*s",
                         (int)(name.len > 60 ? 60 : name.len), name.ptr ? name.ptr : "");
        reply_error(call, id, RPC_PARAMS, 200, message.ptr ? message.ptr : "Unknown tool");
        return;
    }
    struct mcp_call mcp = {
        .call = call,
        .arguments = arguments && arguments->type != JSON_NULL ? arguments : &nothing,
        .arena = &call->request->arena,
    };
    enum status status = run_tool(&mcp, tool);
    begin_reply(call, id);
    json_out_object(&call->out, "result");
    json_out_array(&call->out, "content");
    json_out_object(&call->out, NULL);
    json_out_text(&call->out, "type", "text");
    if (status == STATUS_OK)
        json_out_str(&call->out, "text", mcp.text.len ? buf_str(&mcp.text) : STR("nothing"));
    else
        json_out_text(&call->out, "text", call->error.text);
    json_out_end_object(&call->out);
    json_out_end_array(&call->out);
    json_out_bool(&call->out, "isError", status != STATUS_OK);
    json_out_end_object(&call->out);
    json_out_end_object(&call->out);
    buf_done(&mcp.text);
    call_end(call, STATUS_OK);
}

/* --- the request ---------------------------------------------------------------------------- */

/* "http://localhost:4318" names the host of Host: localhost:4318. */
static bool is_same_origin(const struct request *request)
{
    struct str origin = request_header(request, STR("origin"));
    struct str host = request_header(request, STR("host"));
    size_t scheme = str_find(origin, STR("://"));
    if (!origin.ptr)
        return true;
    if (!host.ptr)
        host = request_header(request, STR(":authority"));
    return scheme < origin.len && host.len &&
           str_equal_nocase(str_sub(origin, scheme + 3, origin.len), host);
}

static void answer_message(struct call *call, const struct json *message)
{
    static const struct json nothing = {.type = JSON_OBJECT};
    const struct json *id = json_get(message, STR("id"));
    const struct json *params = json_get(message, STR("params"));
    struct str method = json_string(json_get(message, STR("method")));
    if (!params || params->type != JSON_OBJECT)
        params = &nothing;
    if (!id || id->type == JSON_NULL || !method.ptr) {
        /* A notification, or the reply to a request we never make: nothing to say. */
        call->response.http_status = 202;
        call->response.static_body = STR("");
        call_end(call, STATUS_OK);
    } else if (str_equal(method, STR("initialize"))) {
        initialize(call, id, params);
    } else if (str_equal(method, STR("ping"))) {
        begin_reply(call, id);
        json_out_object(&call->out, "result");
        json_out_end_object(&call->out);
        json_out_end_object(&call->out);
        call_end(call, STATUS_OK);
    } else if (str_equal(method, STR("tools/list"))) {
        list_tools(call, id);
    } else if (str_equal(method, STR("tools/call"))) {
        call_tool(call, id, params);
    } else {
        reply_error(call, id, RPC_METHOD, 200, "Method not found");
    }
}

static void answer_mcp(struct request *request, void *context)
{
    struct call call;
    struct json message;
    if (!call_begin(&call, request, context))
        return;
    struct str type = request_header(request, STR("content-type"));
    struct str version = request_header(request, STR("mcp-protocol-version"));
    struct str jsonrpc = STR_NONE;
    if (!is_same_origin(request)) {
        call_end(&call, fail(&call.error, STATUS_FORBIDDEN, "origin: expected this very host"));
    } else if (!str_starts_nocase(type, STR("application/json"))) {
        call_end(&call,
                 fail(&call.error, STATUS_UNSUPPORTED, "content-type: expected application/json"));
    } else if (version.len && !is_version(version)) {
        reply_error(&call, NULL, RPC_INVALID, 400,
                    "MCP-Protocol-Version: expected 2025-11-25, 2025-06-18, 2025-03-26 or "
                    "2024-11-05");
    } else if (json_parse(request->body, &request->arena, &message, &call.error) != STATUS_OK) {
        reply_error(&call, NULL, RPC_PARSE, 400, call.error.text);
    } else {
        if (message.type == JSON_OBJECT)
            jsonrpc = json_string(json_get(&message, STR("jsonrpc")));
        if (str_equal(jsonrpc, STR("2.0")))
            answer_message(&call, &message);
        else
            reply_error(&call, NULL, RPC_INVALID, 400,
                        "expected one JSON-RPC 2.0 message (no batch)");
    }
}

void serve__mcp(struct request *request, void *context)
{
    call_later(request, context, answer_mcp);
}

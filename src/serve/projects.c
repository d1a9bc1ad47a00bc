/* SPDX-License-Identifier: Apache-2.0 */
/* projects: the list for the switch, and making one. */
#include <string.h>

#include "query/facets.h"
#include "serve/serve_private.h"

static void write_project(struct call *call, const struct project *project)
{
    struct time_range extent;
    bool any = false;
    if (call->query && query_extent(call->query, project->id, &any, &extent, NULL) != STATUS_OK)
        any = false;
    json_out_object(&call->out, NULL);
    json_out_int(&call->out, "id", project->id);
    json_out_str(&call->out, "name", project->name);
    json_out_str(&call->out, "title", project->title);
    json_out_bool(&call->out, "demo", project->is_demo);
    json_out_str(&call->out, "public_key", project->public_key);
    if (any) {
        json_out_int_text(&call->out, "first_span", extent.from_ns);
        json_out_int_text(&call->out, "last_span", extent.to_ns);
    } else {
        json_out_null(&call->out, "first_span");
        json_out_null(&call->out, "last_span");
    }
    json_out_end_object(&call->out);
}

void serve__projects(struct request *request, void *context)
{
    struct call call;
    struct project *projects;
    size_t count;
    call_begin_plain(&call, request, context);
    call.query = call.options->query(call.options->context);
    enum status status = control_project_list(call.options->control, &request->arena, &projects,
                                              &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "projects");
        for (size_t i = 0; i < count; i++)
            /* With keys, a project sees only itself. */
            if (!call.options->auth_required || projects[i].id == request->project_id)
                write_project(&call, &projects[i]);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* {"name":"demo","title":"Demo","demo":true} -> 201 with the key pair, shown this once. */
static enum status create(struct call *call)
{
    struct json body;
    struct key_pair pair;
    uint32_t id;
    if (call->options->auth_required)
        return fail(&call->error, STATUS_FORBIDDEN,
                    "projects are made on the server's own machine: a project's key cannot");
    /* A page of another site can send a form, but not this type without asking first. */
    if (!str_starts(request_header(call->request, STR("content-type")), STR("application/json")))
        return fail(&call->error, STATUS_UNSUPPORTED, "content-type: expected application/json");
    enum status status =
        json_parse(call->request->body, &call->request->arena, &body, &call->error);
    if (status == STATUS_OK && body.type != JSON_OBJECT)
        status = fail(&call->error, STATUS_INVALID, "expected a JSON object");
    if (status != STATUS_OK)
        return status;
    struct str name = json_string(json_get(&body, STR("name")));
    struct str title = json_string(json_get(&body, STR("title")));
    const struct json *demo = json_get(&body, STR("demo"));
    status = control_project_create(call->options->control, name, title.len ? title : name,
                                    demo && demo->type == JSON_BOOL && demo->boolean, &id, &pair,
                                    &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_object(&call->out, NULL);
    json_out_int(&call->out, "id", id);
    json_out_str(&call->out, "name", name);
    json_out_text(&call->out, "public_key", pair.public_key);
    json_out_text(&call->out, "secret_key", pair.secret_key);
    json_out_end_object(&call->out);
    call->response.http_status = 201;
    return STATUS_OK;
}

void serve__project_create(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status = create(&call);
    call_end(&call, status);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse: what its SDKs ask before anything else: is the server there, and whose key is this? */
#include "serve/serve_private.h"

static void reply_health(struct request *request, void *context, bool fine)
{
    struct call call;
    call_begin_plain(&call, request, context);
    json_out_object(&call.out, NULL);
    json_out_text(&call.out, "status", fine ? "OK" : "UNAVAILABLE");
    json_out_text(&call.out, "version", VITRINE_VERSION);
    json_out_end_object(&call.out);
    call.response.http_status = fine ? 200 : 503;
    call_end(&call, STATUS_OK);
}

void serve__langfuse_health(struct request *request, void *context)
{
    const struct serve_options *options = context;
    struct serve_status status;
    options->get_status(options->context, &status);
    reply_health(request, context, status.accepting);
}

void serve__langfuse_ready(struct request *request, void *context)
{
    const struct serve_options *options = context;
    reply_health(request, context, options->query(options->context) != NULL);
}

void serve__langfuse_projects(struct request *request, void *context)
{
    struct call call;
    struct project *projects;
    size_t count;
    call_begin_plain(&call, request, context);
    enum status status = control_project_list(call.options->control, &request->arena, &projects,
                                              &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "data");
        for (size_t i = 0; i < count; i++) {
            if (projects[i].id != request->project_id)
                continue;
            json_out_object(&call.out, NULL);
            json_out_str(&call.out, "id", projects[i].name);
            json_out_str(&call.out, "name", projects[i].title);
            json_out_object(&call.out, "organization");
            json_out_text(&call.out, "id", "vitrine");
            json_out_text(&call.out, "name", "vitrine");
            json_out_end_object(&call.out);
            json_out_object(&call.out, "metadata");
            json_out_end_object(&call.out);
            json_out_end_object(&call.out);
        }
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* --- addresses that SDKs make themselves --------------------------------------------------------
 */

static bool is_plain_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!((name.ptr[i] >= 'a' && name.ptr[i] <= 'z') ||
              (name.ptr[i] >= '0' && name.ptr[i] <= '9') || name.ptr[i] == '-'))
            return false;
    return name.len > 0 && name.len <= 60;
}

/* The project the path names, when its name is one. */
static struct str project_of_path(struct request *request)
{
    struct str project = request_path_part(request, STR("project"));
    return is_plain_name(project) ? project : STR("default");
}

static void lead_to(struct call *call, struct str address)
{
    call->response.http_status = 302;
    call->response.content_type = "text/plain; charset=utf-8";
    response_header(&call->response, STR("location"), address);
    call_end(call, STATUS_OK);
}

/* To the trace's screen; it says so itself when there is no such trace. */
void serve__langfuse_trace_page(struct request *request, void *context)
{
    struct call call;
    uint8_t id[TRACE_ID_BYTES];
    char hex[2 * TRACE_ID_BYTES + 1];
    call_begin_plain(&call, request, context);
    foreign_trace_id(request_path_part(request, STR("id")), id);
    str_hex_encode(id, sizeof id, hex);
    lead_to(&call, arena_printf(&request->arena, "/p/%.*s/traces/%s",
                                STR_ARGS(project_of_path(request)), hex));
}

/* To the dataset's screen, or a run's. Ids we did not make lead to the list. */
void serve__langfuse_dataset_page(struct request *request, void *context)
{
    struct call call;
    struct str project = project_of_path(request);
    struct str dataset = request_path_part(request, STR("dataset"));
    struct str run = request_path_part(request, STR("run"));
    call_begin_plain(&call, request, context);
    if (!is_plain_name(dataset))
        dataset = STR("");
    lead_to(&call, is_plain_name(run) && dataset.len
                       ? arena_printf(&request->arena, "/p/%.*s/datasets/%.*s/compare?run=%.*s",
                                      STR_ARGS(project), STR_ARGS(dataset), STR_ARGS(run))
                       : arena_printf(&request->arena, "/p/%.*s/datasets%s%.*s", STR_ARGS(project),
                                      dataset.len ? "/" : "", STR_ARGS(dataset)));
}

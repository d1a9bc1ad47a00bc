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

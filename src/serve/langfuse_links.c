/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_links: addresses of Langfuse's screens, which SDKs print and people keep, lead to the
 * screens of the same here. */
#include <string.h>

#include "serve/serve_private.h"

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
    uint8_t id[TRACE_ID_BYTES], span[SPAN_ID_BYTES];
    char hex[2 * TRACE_ID_BYTES + 1], span_hex[2 * SPAN_ID_BYTES + 1] = "";
    struct str observation = request_param(request, STR("observation"));
    call_begin_plain(&call, request, context);
    foreign_trace_id(request_path_part(request, STR("id")), id);
    str_hex_encode(id, sizeof id, hex);
    if (observation.len) {
        foreign_span_id(observation, span);
        str_hex_encode(span, sizeof span, span_hex);
    }
    lead_to(&call, arena_printf(&request->arena, "/p/%.*s/traces/%s%s%s",
                                STR_ARGS(project_of_path(request)), hex,
                                observation.len ? "?span=" : "", span_hex));
}

/* What people kept as links: Langfuse's own screens to ours of the same. Names may hold slashes. */
void serve__langfuse_screen_page(struct request *request, void *context)
{
    static const struct {
        const char *theirs, *ours;
        bool has_names; /* else an id, behind which Langfuse may have more */
    } screens[] = {
        {"sessions", "sessions", true},     {"users", "users", true},
        {"prompts", "prompts", true},       {"annotation-queues", "queues", false},
        {"scores", "scores", false},        {"datasets", "datasets", false},
        {"dashboards", "dashboards", true}, {"settings", "settings", false},
        {"traces", "traces", false},
    };
    struct call call;
    struct str id, rest = request_path_part(request, STR("rest"));
    const char *ours = "overview";
    call_begin_plain(&call, request, context);
    size_t slash = str_find_byte(rest, '/');
    struct str theirs = str_sub(rest, 0, slash);
    id = str_sub(rest, slash + 1, rest.len);
    for (size_t i = 0; i < sizeof screens / sizeof *screens; i++)
        if (str_equal(theirs, str_from(screens[i].theirs))) {
            ours = screens[i].ours;
            id = screens[i].has_names ? id : str_sub(id, 0, str_find_byte(id, '/'));
        }
    if (!strcmp(ours, "overview") || !strcmp(ours, "scores") || !strcmp(ours, "settings"))
        id = STR("");
    lead_to(&call,
            arena_printf(&request->arena, "/p/%.*s/%s%s%.*s", STR_ARGS(project_of_path(request)),
                         ours, id.len ? "/" : "", STR_ARGS(arena_url_piece(&request->arena, id))));
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

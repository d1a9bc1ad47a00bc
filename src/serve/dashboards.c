/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dashboards: lists, reads and keeps arrangements of queries. Built-in ones are files in the binary
 * (dashboards/) with a name for an id; a project's own have a number and can be changed.
 */
#include "control/dashboards.h"

#include "base/asset.h"
#include "serve/dashboard_check.h"
#include "serve/serve_private.h"

/* "dashboards/cost.json" -> "cost" */
static struct str builtin_id(const struct asset *asset)
{
    struct str name = str_from(asset->name);
    size_t folder = sizeof "dashboards/" - 1, ending = sizeof ".json" - 1;
    return str_sub(name, folder, name.len - folder - ending);
}

static enum status read_document(struct call *call, struct str text, struct json *out_document,
                                 struct dashboard_facts *out_facts)
{
    if (text.len > DASHBOARD_BYTES_MAX)
        return fail(&call->error, STATUS_TOO_LARGE, "the dashboard has %zu bytes, at most %d",
                    text.len, DASHBOARD_BYTES_MAX);
    enum status status = json_parse(text, &call->request->arena, out_document, &call->error);
    return status == STATUS_OK ? dashboard_check(out_document, out_facts, &call->error) : status;
}

static void write_entry(struct json_out *out, struct str id, const struct dashboard *dashboard)
{
    json_out_object(out, NULL);
    json_out_str(out, "id", id);
    json_out_bool(out, "builtin", dashboard->revision == 0);
    json_out_str(out, "title", dashboard->title);
    json_out_str(out, "description", dashboard->description.ptr ? dashboard->description : STR(""));
    json_out_int(out, "widgets", dashboard->widgets);
    if (dashboard->revision)
        json_out_int(out, "revision", dashboard->revision);
    else
        json_out_null(out, "revision");
    out_time(out, "updated", dashboard->updated_ns);
    json_out_end_object(out);
}

static struct str own_id(struct call *call, int64_t id)
{
    return arena_printf(&call->request->arena, "%lld", (long long)id);
}

static enum status write_builtins(struct call *call)
{
    const struct asset *asset;
    for (size_t n = 0; (asset = asset_at(STR("dashboards/"), n)); n++) {
        struct json document;
        struct dashboard_facts facts;
        enum status status = read_document(call, asset_str(asset), &document, &facts);
        if (status != STATUS_OK)
            return status;
        struct dashboard dashboard = {
            .title = facts.title, .description = facts.description, .widgets = facts.widgets};
        write_entry(&call->out, builtin_id(asset), &dashboard);
    }
    return STATUS_OK;
}

void serve__dashboards(struct request *request, void *context)
{
    struct call call;
    struct dashboard *dashboards;
    size_t count;
    call_begin_plain(&call, request, context);
    enum status status = control_dashboard_list(call.options->control, request->project_id,
                                                &request->arena, &dashboards, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "dashboards");
        for (size_t i = 0; i < count; i++)
            write_entry(&call.out, own_id(&call, dashboards[i].id), &dashboards[i]);
        status = write_builtins(&call);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

static enum status find(struct call *call, struct str id, struct dashboard *out_dashboard)
{
    int64_t number;
    if (str_to_i64(id, &number))
        return control_dashboard_get(call->options->control, call->request->project_id, number,
                                     &call->request->arena, out_dashboard, &call->error);
    struct str name = arena_printf(&call->request->arena, "dashboards/%.*s.json", STR_ARGS(id));
    const struct asset *asset = name.ptr ? asset_find(name) : NULL;
    if (!asset)
        return fail(&call->error, STATUS_NOT_FOUND, "id: there is no dashboard '%.*s'",
                    (int)(id.len > 60 ? 60 : id.len), id.ptr);
    *out_dashboard = (struct dashboard){.document = asset_str(asset)};
    return STATUS_OK;
}

void serve__dashboard(struct request *request, void *context)
{
    struct call call;
    struct dashboard dashboard;
    call_begin_plain(&call, request, context);
    struct str id = request_path_part(request, STR("id"));
    enum status status = find(&call, id, &dashboard);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_str(&call.out, "id", id);
        json_out_bool(&call.out, "builtin", dashboard.revision == 0);
        if (dashboard.revision)
            json_out_int(&call.out, "revision", dashboard.revision);
        else
            json_out_null(&call.out, "revision");
        out_time(&call.out, "created", dashboard.created_ns);
        out_time(&call.out, "updated", dashboard.updated_ns);
        json_out_raw(&call.out, "dashboard", str_trim(dashboard.document));
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* Reads what was sent into a row; the document is kept as it came. */
static enum status read_body(struct call *call, struct dashboard *out_dashboard)
{
    struct json document;
    struct dashboard_facts facts;
    /* A page of another site can send a form, but not this type without asking first. */
    if (!str_starts(request_header(call->request, STR("content-type")), STR("application/json")))
        return fail(&call->error, STATUS_UNSUPPORTED, "content-type: expected application/json");
    enum status status = read_document(call, call->request->body, &document, &facts);
    if (status != STATUS_OK)
        return status;
    *out_dashboard = (struct dashboard){.title = facts.title,
                                        .description = facts.description,
                                        .widgets = facts.widgets,
                                        .document = document.raw};
    return STATUS_OK;
}

static void write_saved(struct call *call, int64_t id, int64_t revision)
{
    json_out_object(&call->out, NULL);
    json_out_str(&call->out, "id", own_id(call, id));
    json_out_int(&call->out, "revision", revision);
    json_out_end_object(&call->out);
}

void serve__dashboard_create(struct request *request, void *context)
{
    struct call call;
    struct dashboard dashboard;
    int64_t id;
    call_begin_plain(&call, request, context);
    enum status status = read_body(&call, &dashboard);
    if (status == STATUS_OK)
        status = control_dashboard_create(call.options->control, request->project_id, &dashboard,
                                          &id, &call.error);
    if (status == STATUS_OK) {
        write_saved(&call, id, 1);
        call.response.http_status = 201;
    }
    call_end(&call, status);
}

/* The number of a dashboard that may be changed. */
static enum status changeable_id(struct call *call, int64_t *out_id)
{
    struct dashboard dashboard;
    struct str id = request_path_part(call->request, STR("id"));
    if (str_to_i64(id, out_id))
        return STATUS_OK;
    enum status status = find(call, id, &dashboard);
    if (status != STATUS_OK)
        return status;
    return fail(&call->error, STATUS_FORBIDDEN,
                "id: '%.*s' is built in and cannot be changed; save a copy of it",
                (int)(id.len > 60 ? 60 : id.len), id.ptr);
}

void serve__dashboard_update(struct request *request, void *context)
{
    struct call call;
    struct dashboard dashboard;
    int64_t id = 0, revision = 0;
    call_begin_plain(&call, request, context);
    enum status status = changeable_id(&call, &id);
    if (status == STATUS_OK)
        status = param_int(&call, STR("revision"), 0, 1, INT64_MAX, &revision);
    if (status == STATUS_OK && revision == 0)
        status = fail(&call.error, STATUS_INVALID,
                      "revision: is missing; expected the revision that was changed");
    if (status == STATUS_OK)
        status = read_body(&call, &dashboard);
    if (status == STATUS_OK) {
        dashboard.id = id;
        dashboard.revision = revision;
        status = control_dashboard_update(call.options->control, request->project_id, &dashboard,
                                          &call.error);
    }
    if (status == STATUS_OK)
        write_saved(&call, id, revision + 1);
    call_end(&call, status);
}

void serve__dashboard_delete(struct request *request, void *context)
{
    struct call call;
    int64_t id = 0;
    call_begin_plain(&call, request, context);
    enum status status = changeable_id(&call, &id);
    if (status == STATUS_OK)
        status =
            control_dashboard_delete(call.options->control, request->project_id, id, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_str(&call.out, "id", own_id(&call, id));
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* lists: facets, unpriced models, metric names. */
#include <stdio.h>
#include <string.h>

#include "query/facets.h"
#include "query/records.h"
#include "serve/serve_private.h"

static void write_facet(struct json_out *out, const char *name, const struct facet *facet)
{
    json_out_object(out, name);
    json_out_array(out, "values");
    for (size_t i = 0; i < facet->count; i++) {
        json_out_object(out, NULL);
        json_out_str(out, "value", facet->values[i].text.ptr ? facet->values[i].text : STR(""));
        json_out_int(out, "count", facet->values[i].traces);
        json_out_end_object(out);
    }
    json_out_end_array(out);
    json_out_bool(out, "more", facet->more);
    json_out_end_object(out);
}

static enum status read_fields(struct call *call, const struct filter_field **fields,
                               size_t *out_count)
{
    struct str name, rest = request_param(call->request, STR("fields"));
    if (rest.len == 0)
        rest = STR("service,environment,model,provider,kind,status,error_kind,name,user,agent,"
                   "tool");
    for (*out_count = 0; *out_count < FACETS_MAX && str_take(&rest, ',', &name); ++*out_count) {
        name = str_trim(name);
        fields[*out_count] = filter_field_find(name);
        if (!fields[*out_count])
            return fail(&call->error, STATUS_INVALID, "fields: there is no field '%.*s'",
                        (int)(name.len > 60 ? 60 : name.len), name.ptr);
    }
    return STATUS_OK;
}

void serve__facets(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    const struct filter_field *fields[FACETS_MAX];
    struct facet facets[FACETS_MAX];
    int64_t limit = 0;
    size_t count = 0;
    if (!call_begin(&call, request, context))
        return;
    struct trace_list_question question = {
        .project_id = request->project_id, .filters = &filters, .cancelled = &request->cancelled};
    enum status status = param_range(&call, &question.range);
    if (status == STATUS_OK)
        status = param_filters(&call, &filters);
    if (status == STATUS_OK)
        status = param_int(&call, STR("limit"), 20, 1, 100, &limit);
    if (status == STATUS_OK)
        status = read_fields(&call, fields, &count);
    if (status == STATUS_OK)
        status = query_facets(call.query, &question, fields, count, (size_t)limit, &request->arena,
                              facets, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_object(&call.out, "facets");
        for (size_t i = 0; i < count; i++)
            write_facet(&call.out, fields[i]->name, &facets[i]);
        json_out_end_object(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__unpriced(struct request *request, void *context)
{
    struct call call;
    struct time_range range;
    struct unpriced_model *models;
    size_t count;
    if (!call_begin(&call, request, context))
        return;
    enum status status = param_range(&call, &range);
    if (status == STATUS_OK)
        status = query_unpriced(call.query, request->project_id, range, &request->arena, &models,
                                &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "models");
        for (size_t i = 0; i < count; i++) {
            json_out_object(&call.out, NULL);
            out_name(&call.out, "provider", models[i].provider);
            out_name(&call.out, "model", models[i].model);
            json_out_int(&call.out, "calls", models[i].calls);
            json_out_int(&call.out, "input_tokens", models[i].input_tokens);
            json_out_int(&call.out, "output_tokens", models[i].output_tokens);
            json_out_int_text(&call.out, "last", models[i].last_ns);
            json_out_end_object(&call.out);
        }
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__metric_names(struct request *request, void *context)
{
    static const char *const types[] = {"unknown",   "gauge",       "sum",
                                        "histogram", "exponential", "summary"};
    struct call call;
    struct time_range range;
    struct metric_row *rows;
    size_t count;
    if (!call_begin(&call, request, context))
        return;
    enum status status = param_range(&call, &range);
    if (status == STATUS_OK)
        status = query_metric_names(call.query, request->project_id, range, &request->arena, &rows,
                                    &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "metrics");
        for (size_t i = 0; i < count; i++) {
            json_out_object(&call.out, NULL);
            out_name(&call.out, "name", rows[i].name);
            out_name(&call.out, "unit", rows[i].unit);
            json_out_text(&call.out, "type",
                          types[rows[i].type <= METRIC_SUMMARY ? rows[i].type : 0]);
            json_out_int(&call.out, "points", rows[i].points);
            json_out_int_text(&call.out, "last", rows[i].last_ns);
            json_out_end_object(&call.out);
        }
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__metric_hosts(struct request *request, void *context)
{
    struct call call;
    struct time_range range;
    struct metric_host *hosts;
    size_t count;
    if (!call_begin(&call, request, context))
        return;
    enum status status = param_range(&call, &range);
    if (status == STATUS_OK)
        status = query_metric_hosts(call.query, request->project_id, range, &request->arena, &hosts,
                                    &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "hosts");
        for (size_t i = 0; i < count; i++) {
            json_out_object(&call.out, NULL);
            out_name(&call.out, "host", hosts[i].name);
            json_out_int(&call.out, "points", hosts[i].points);
            json_out_int_text(&call.out, "last", hosts[i].last_ns);
            json_out_end_object(&call.out);
        }
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_scores: scores as Langfuse's SDKs read them: pages, the same
 * for v1 and v2. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serve/langfuse_filter.h"

static enum status read_words(struct call *call, struct score_question *question)
{
    struct str type = request_param(call->request, STR("dataType"));
    struct str source = request_param(call->request, STR("source"));
    enum score_type type_read = SCORE_NUMERIC;
    enum score_source source_read = SCORE_API;
    if (type.len && !score_type_parse(type, &type_read))
        return fail(&call->error, STATUS_INVALID, "dataType: there is no type '%.*s'",
                    (int)(type.len > 40 ? 40 : type.len), type.ptr);
    if (source.len && !score_source_parse(source, &source_read))
        return fail(&call->error, STATUS_INVALID, "source: there is no source '%.*s'",
                    (int)(source.len > 40 ? 40 : source.len), source.ptr);
    question->type = type.len ? (int)type_read : -1;
    question->source = source.len ? (int)source_read : -1;
    return STATUS_OK;
}

/* operator and value, of v1 and v2. */
static enum status read_bounds(struct call *call, struct score_question *question)
{
    struct str operator= request_param(call->request, STR("operator"));
    struct str text = request_param(call->request, STR("value"));
    double value;
    if (!operator.len || !text.len)
        return STATUS_OK;
    if (!str_to_double(text, &value) || !isfinite(value))
        return fail(&call->error, STATUS_INVALID, "value: expected a number");
    bool least = str_starts(operator, STR(">")), most = str_starts(operator, STR("<"));
    bool equal = str_equal(operator, STR("="));
    if (!least && !most && !equal)
        return fail(&call->error, STATUS_INVALID, "operator: expected <, >, <=, >= or =");
    bool strict = operator.len == 1 && !equal;
    question->has_least = least || equal;
    question->has_most = most || equal;
    question->least = strict ? nextafter(value, (double)INFINITY) : value;
    question->most = strict ? nextafter(value, (double)-INFINITY) : value;
    return STATUS_OK;
}

/* Lists of values, and what the trace says. */
static enum status read_among(struct call *call, struct score_question *question)
{
    static const char *const names[][2] = {
        {"name", "name"},           {"userId", "userId"},     {"environment", "environment"},
        {"traceTags", "traceTags"}, {"configId", "configId"}, {"authorUserId", "authorUserId"},
        {"queueId", "queueId"},
    };
    struct langfuse_rows *rows = arena_new(&call->request->arena, struct langfuse_rows);
    if (!rows)
        return fail(&call->error, STATUS_TOO_LARGE, "no memory for the filters");
    *rows = (struct langfuse_rows){
        .project_id = question->project_id, .view = LANGFUSE_SCORES, .range = question->range};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names && status == STATUS_OK; i++)
        status = langfuse__any_of(call, rows, names[i][0], names[i][1], ',');
    if (status == STATUS_OK)
        status = langfuse__any_of(call, rows, "scoreIds", "id", ',');
    if (status == STATUS_OK)
        status = langfuse__any_of(call, rows, "id", "id", ',');
    if (status == STATUS_OK)
        status = langfuse__filter_param(call, rows);
    question->among = rows->condition_count ? rows : NULL;
    return status;
}

enum status langfuse__score_question(struct call *call, struct score_question *question)
{
    struct request *request = call->request;
    struct str trace = request_param(request, STR("traceId"));
    struct str span = request_param(request, STR("observationId"));
    uint8_t id[TRACE_ID_BYTES];
    *question = (struct score_question){
        .project_id = request->project_id,
        .session = request_param(request, STR("sessionId")),
        .dataset_run = request_param(request, STR("datasetRunId")),
        .cancelled = &request->cancelled,
    };
    if (trace.len) {
        foreign_trace_id(trace, id);
        question->has_trace = true;
        question->trace = trace_key(id);
    }
    if (span.len) {
        foreign_span_id(span, id);
        question->has_span = true;
        question->span_id = id_half(id);
    }
    enum status status = langfuse__range(call, "fromTimestamp", "toTimestamp", &question->range);
    if (status == STATUS_OK)
        status = read_words(call, question);
    if (status == STATUS_OK)
        status = read_among(call, question);
    return status == STATUS_OK ? read_bounds(call, question) : status;
}

/* Version 1 knows scores of traces alone, and no corrections. */
static void as_v1(struct score_question *question)
{
    question->of_traces = true;
    question->without_corrections = true;
}

static void list_page(struct request *request, void *context, bool is_v1)
{
    struct call call;
    struct langfuse_page page;
    struct score_question question;
    struct score_list list;
    if (!call_begin(&call, request, context))
        return;
    enum status status = langfuse__page(&call, &page);
    if (status == STATUS_OK)
        status = langfuse__score_question(&call, &question);
    if (status == STATUS_OK && is_v1)
        as_v1(&question);
    if (status == STATUS_OK) {
        question.limit = (size_t)page.limit;
        question.skip = langfuse__skip(&page);
        status = query_scores(call.query, &question, true, &request->arena, &list, &call.error);
    }
    if (status == STATUS_OK)
        status = query_score_count(call.query, &question, &page.total, &call.error);
    if (status == STATUS_OK) {
        langfuse__learn_scores(&call, &list);
        langfuse__open_page(&call);
        for (size_t i = 0; i < list.count; i++)
            langfuse__write_score(&call, &list.items[i], ',');
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}

void serve__langfuse_scores_v1(struct request *request, void *context)
{
    list_page(request, context, true);
}

void serve__langfuse_scores_v2(struct request *request, void *context)
{
    list_page(request, context, false);
}

static void one(struct request *request, void *context, bool is_v1)
{
    struct call call;
    struct score_list list;
    if (!call_begin(&call, request, context))
        return;
    struct score_question question = {
        .project_id = request->project_id,
        .range = {INT64_MIN, INT64_MAX},
        .id = request_path_part(request, STR("id")),
        .type = -1,
        .source = -1,
        .limit = 1,
        .cancelled = &request->cancelled,
    };
    if (is_v1)
        as_v1(&question);
    enum status status =
        query_scores(call.query, &question, true, &request->arena, &list, &call.error);
    if (status == STATUS_OK && list.count == 0)
        status = fail(&call.error, STATUS_NOT_FOUND, "this project has no such score");
    if (status == STATUS_OK)
        langfuse__write_score(&call, &list.items[0], false);
    call_end(&call, status);
}

void serve__langfuse_score_v1(struct request *request, void *context)
{
    one(request, context, true);
}

void serve__langfuse_score_v2(struct request *request, void *context)
{
    one(request, context, false);
}

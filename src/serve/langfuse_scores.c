/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_scores: scores as Langfuse's SDKs read them: pages, the same
 * for v1 and v2. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "serve/langfuse_filter.h"

/* --- the question: which scores -----------------------------------------------------------------
 */

/* Words of a list that may be written in any case. */
static enum status check_words(struct call *call, struct langfuse_rows *rows, const char *parameter,
                               const char *field, const char *const *words, size_t count)
{
    struct langfuse_condition *condition =
        rows->condition_count ? &rows->conditions[rows->condition_count - 1] : NULL;
    if (!condition || strcmp(condition->field->name, field) != 0)
        return STATUS_OK; /* it was not asked for */
    struct str *values = arena_array(&call->request->arena, struct str, condition->value_count);
    for (size_t i = 0; values && i < condition->value_count; i++) {
        for (size_t w = 0; w < count; w++)
            if (str_equal_nocase(condition->values[i], str_from(words[w])))
                values[i] = str_from(words[w]);
        if (!values[i].ptr)
            return fail(&call->error, STATUS_INVALID, "%s: there is no '%.*s'", parameter,
                        (int)(condition->values[i].len > 40 ? 40 : condition->values[i].len),
                        condition->values[i].ptr);
    }
    condition->values = values;
    return values ? STATUS_OK
                  : fail(&call->error, STATUS_TOO_LARGE, "%s: too many values", parameter);
}

static enum status read_words(struct call *call, struct langfuse_rows *rows, char separator)
{
    static const char *const types[] = {"NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT", "CORRECTION"};
    static const char *const sources[] = {"API", "EVAL", "ANNOTATION"};
    enum status status = langfuse__any_of(call, rows, "dataType", "dataType", separator);
    if (status == STATUS_OK)
        status =
            check_words(call, rows, "dataType", "dataType", types, sizeof types / sizeof *types);
    if (status == STATUS_OK)
        status = langfuse__any_of(call, rows, "source", "source", separator);
    return status == STATUS_OK ? check_words(call, rows, "source", "source", sources,
                                             sizeof sources / sizeof *sources)
                               : status;
}

/* operator and value, of v1 and v2. */
static enum status read_bound(struct call *call, struct langfuse_rows *rows)
{
    static const struct {
        const char *word;
        enum langfuse_operator op;
    } operators[] = {{"=", LANGFUSE_EQ}, {"!=", LANGFUSE_NE}, {"<", LANGFUSE_LT},
                     {">", LANGFUSE_GT}, {"<=", LANGFUSE_LE}, {">=", LANGFUSE_GE}};
    struct str word = request_param(call->request, STR("operator"));
    struct str text = request_param(call->request, STR("value"));
    double value;
    if (!word.len || !text.len)
        return STATUS_OK;
    if (!str_to_double(text, &value) || !isfinite(value))
        return fail(&call->error, STATUS_INVALID, "value: expected a number");
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (str_equal(word, str_from(operators[i].word))) {
            struct langfuse_condition *condition = langfuse_add_condition(rows, "value");
            if (!condition)
                return fail(&call->error, STATUS_TOO_LARGE, "value: too many filters");
            condition->op = operators[i].op;
            condition->number = value;
            return STATUS_OK;
        }
    return fail(&call->error, STATUS_INVALID, "operator: expected =, !=, <, >, <= or >=");
}

/* The one type that was asked for; NULL: none, or several. */
static const char *only_type(const struct langfuse_rows *rows)
{
    for (size_t i = 0; i < rows->condition_count; i++)
        if (strcmp(rows->conditions[i].field->name, "dataType") == 0 &&
            rows->conditions[i].value_count == 1)
            return rows->conditions[i].values[0].ptr;
    return NULL;
}

/* Exact values, of v3, in the words of their type. */
static enum status read_values(struct call *call, struct langfuse_rows *rows)
{
    static const char *const booleans[] = {"true", "false"};
    const char *type = only_type(rows);
    double number;
    if (!request_param(call->request, STR("value")).len)
        return STATUS_OK;
    const char *field = !type                              ? NULL
                        : strcmp(type, "NUMERIC") == 0     ? "value"
                        : strcmp(type, "BOOLEAN") == 0     ? "booleanValue"
                        : strcmp(type, "CATEGORICAL") == 0 ? "stringValue"
                                                           : NULL;
    if (!field)
        return fail(&call->error, STATUS_INVALID,
                    "value: expected with one dataType of NUMERIC, BOOLEAN and CATEGORICAL");
    enum status status = langfuse__any_of(call, rows, "value", field, ',');
    if (status != STATUS_OK || strcmp(field, "booleanValue") == 0)
        return status == STATUS_OK ? check_words(call, rows, "value", field, booleans, 2) : status;
    const struct langfuse_condition *condition = &rows->conditions[rows->condition_count - 1];
    for (size_t i = 0; strcmp(field, "value") == 0 && i < condition->value_count; i++)
        if (!str_to_double(condition->values[i], &number) || !isfinite(number))
            return fail(&call->error, STATUS_INVALID, "value: expected numbers");
    return STATUS_OK;
}

/* What scores are about: one id is looked for by itself, several as any of them. */
static enum status read_subjects(struct call *call, bool is_v3, struct score_question *question,
                                 struct langfuse_rows *rows)
{
    struct request *request = call->request;
    struct str trace = request_param(request, STR("traceId"));
    struct str span = request_param(request, STR("observationId"));
    const char *run_parameter = is_v3 ? "experimentId" : "datasetRunId";
    struct str run = request_param(request, str_from(run_parameter));
    struct str session = request_param(request, STR("sessionId"));
    uint8_t id[TRACE_ID_BYTES];
    enum status status = STATUS_OK;
    if (is_v3 && str_contains(trace, STR(",")))
        status = langfuse__any_of(call, rows, "traceId", "traceId", ',');
    else if (trace.len) {
        foreign_trace_id(trace, id);
        question->has_trace = true;
        question->trace = trace_key(id);
    }
    if (status == STATUS_OK && str_contains(span, STR(",")))
        status = langfuse__any_of(call, rows, "observationId", "observationId", ',');
    else if (span.len) {
        foreign_span_id(span, id);
        question->has_span = true;
        question->span_id = id_half(id);
    }
    if (status == STATUS_OK && is_v3 && str_contains(run, STR(",")))
        status = langfuse__any_of(call, rows, run_parameter, "datasetRunId", ',');
    else
        question->dataset_run = run;
    if (status == STATUS_OK && is_v3 && str_contains(session, STR(",")))
        return langfuse__any_of(call, rows, "sessionId", "ownSessionId", ',');
    question->session = session;
    return status;
}

static enum status read_rows(struct call *call, bool is_v3, struct langfuse_rows *rows)
{
    static const char *const of_v3[][2] = {
        {"id", "id"},
        {"name", "name"},
        {"environment", "environment"},
        {"configId", "configId"},
        {"queueId", "queueId"},
        {"authorUserId", "authorUserId"},
        {NULL, NULL},
    };
    static const char *const of_v2[][2] = {
        {"name", "name"},
        {"environment", "environment"},
        {"configId", "configId"},
        {"queueId", "queueId"},
        {"authorUserId", "authorUserId"},
        {"userId", "userId"},
        {"traceTags", "traceTags"},
        {NULL, NULL},
    };
    const char *const(*names)[2] = is_v3 ? of_v3 : of_v2;
    char separator = is_v3 ? ',' : 0;
    enum status status = read_words(call, rows, separator);
    for (size_t i = 0; names[i][0] && status == STATUS_OK; i++)
        status = langfuse__any_of(call, rows, names[i][0], names[i][1], separator);
    if (status == STATUS_OK && !is_v3)
        status = langfuse__any_of(call, rows, "scoreIds", "id", ',');
    if (status == STATUS_OK)
        status = is_v3 ? read_values(call, rows) : read_bound(call, rows);
    return status == STATUS_OK ? langfuse__filter_param(call, rows) : status;
}

enum status langfuse__score_question(struct call *call, bool is_v3, struct score_question *question)
{
    struct langfuse_rows *rows = arena_new(&call->request->arena, struct langfuse_rows);
    *question = (struct score_question){
        .project_id = call->request->project_id,
        .type = -1,
        .source = -1,
        .cancelled = &call->request->cancelled,
    };
    if (!rows)
        return fail(&call->error, STATUS_TOO_LARGE, "no memory for the filters");
    enum status status = langfuse__range(call, "fromTimestamp", "toTimestamp", &question->range);
    *rows = (struct langfuse_rows){
        .project_id = question->project_id, .view = LANGFUSE_SCORES, .range = question->range};
    if (status == STATUS_OK)
        status = read_rows(call, is_v3, rows);
    if (status == STATUS_OK)
        status = read_subjects(call, is_v3, question, rows);
    question->among = rows->condition_count ? rows : NULL;
    return status;
}

/* --- answers ------------------------------------------------------------------------------------
 */

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
        status = langfuse__score_question(&call, false, &question);
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
            langfuse__write_score(&call, &list.items[i], langfuse__wants(&call, "trace", true));
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

/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_question: see langfuse_question.h. */
#include "serve/langfuse_question.h"

#include <string.h>

#include "base/clock.h"
#include "serve/word_list.h"

enum { BINS_DEFAULT = 10 };

static enum status read_view(struct call *call, const struct json *body,
                             struct langfuse_question *asked)
{
    static const struct langfuse_view_name views[] = {
        {"traces", LANGFUSE_TRACES, NULL, NULL, {NULL}},
        {"observations", LANGFUSE_OBSERVATIONS, NULL, NULL, {NULL}},
        {"scores-numeric", LANGFUSE_SCORES, "NUMERIC", "BOOLEAN", {"stringValue", "booleanValue"}},
        {"scores-boolean", LANGFUSE_SCORES, "BOOLEAN", NULL, {"stringValue"}},
        {"scores-categorical", LANGFUSE_SCORES, "CATEGORICAL", NULL, {"value", "booleanValue"}},
    };
    struct str name = json_string(json_get(body, STR("view")));
    struct langfuse_rows *rows = &asked->question.rows;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        if (!str_equal(name, str_from(views[i].name)))
            continue;
        asked->view = &views[i];
        rows->view = views[i].view;
        if (!views[i].score_types)
            return STATUS_OK;
        struct str *types = arena_array(&call->request->arena, struct str, 2);
        struct langfuse_condition *condition = langfuse_add_condition(rows, "dataType");
        if (!types || !condition)
            return fail(&call->error, STATUS_TOO_LARGE, "view: too many filters");
        types[0] = str_from(views[i].score_types);
        types[1] = str_from(views[i].more_types);
        condition->op = LANGFUSE_ANY_OF;
        condition->values = types;
        condition->value_count = views[i].more_types ? 2 : 1;
        return STATUS_OK;
    }
    return fail(&call->error, STATUS_INVALID,
                "view: expected traces, observations, scores-numeric, scores-boolean or "
                "scores-categorical");
}

static enum status read_time(struct call *call, const struct json *body, const char *name,
                             int64_t *out_ns)
{
    const struct json *member = json_get(body, str_from(name));
    if (!member || member->type != JSON_STRING || !clock_parse(member->string, out_ns))
        return fail(&call->error, STATUS_INVALID, "%s: expected a date and time in ISO 8601", name);
    return STATUS_OK;
}

static enum langfuse_granularity automatic(struct time_range range)
{
    int64_t hours = (range.to_ns - range.from_ns) / NS_PER_SEC / 3600;
    return hours < 2          ? LANGFUSE_MINUTE
           : hours < 72       ? LANGFUSE_HOUR
           : hours < 60 * 24  ? LANGFUSE_DAY
           : hours < 365 * 24 ? LANGFUSE_WEEK
                              : LANGFUSE_MONTH;
}

static enum status read_granularity(struct call *call, const struct json *body,
                                    struct langfuse_question *asked)
{
    static const char *const words[] = {
        [LANGFUSE_MINUTE] = "minute", [LANGFUSE_HOUR] = "hour",   [LANGFUSE_DAY] = "day",
        [LANGFUSE_WEEK] = "week",     [LANGFUSE_MONTH] = "month",
    };
    const struct json *time = json_get(body, STR("timeDimension"));
    if (!time || time->type == JSON_NULL)
        return STATUS_OK;
    struct str word =
        time->type == JSON_OBJECT ? json_string(json_get(time, STR("granularity"))) : STR_NONE;
    asked->names[asked->column_count++] = "time_dimension";
    if (str_equal(word, STR("auto"))) {
        asked->question.granularity = automatic(asked->question.rows.range);
        return STATUS_OK;
    }
    for (int i = LANGFUSE_MINUTE; i <= LANGFUSE_MONTH; i++)
        if (str_equal(word, str_from(words[i]))) {
            asked->question.granularity = (enum langfuse_granularity)i;
            return STATUS_OK;
        }
    return fail(&call->error, STATUS_INVALID,
                "timeDimension.granularity: expected auto, minute, hour, day, week or month");
}

static bool has_field(const struct langfuse_view_name *view, const struct langfuse_field *field)
{
    for (size_t i = 0; i < 2; i++)
        if (view->without[i] && strcmp(view->without[i], field->name) == 0)
            return false;
    return true;
}

static const struct langfuse_field *find(const struct langfuse_question *asked,
                                         enum langfuse_use use, struct str name)
{
    const struct langfuse_field *field = langfuse_field_find(asked->view->view, use, name);
    return field && has_field(asked->view, field) ? field : NULL;
}

/* "dimensions[1].field: the view has no 'x', only …" */
static enum status no_such(struct call *call, const struct langfuse_question *asked,
                           const char *where, enum langfuse_use use, struct str text)
{
    struct word_list names = {0};
    const struct langfuse_field *field;
    for (size_t n = 0; (field = langfuse_field_at(asked->view->view, use, n)); n++)
        if (has_field(asked->view, field))
            word_list_add(&names, field->name);
    return fail(&call->error, STATUS_INVALID, "%s: the view has no '%.*s', only %s", where,
                (int)(text.len > 60 ? 60 : text.len), text.ptr ? text.ptr : "", names.text);
}

static enum status check_list(struct call *call, const struct json *list, const char *name)
{
    if (list && list->type != JSON_NULL && list->type != JSON_ARRAY)
        return fail(&call->error, STATUS_INVALID, "%s: expected a list", name);
    if (list && list->type == JSON_ARRAY && list->count > LANGFUSE_COLUMNS_MAX)
        return fail(&call->error, STATUS_TOO_LARGE, "%s: at most %d", name, LANGFUSE_COLUMNS_MAX);
    return STATUS_OK;
}

/* "dimensions[1].field" */
static const char *member_at(struct call *call, const char *list, uint32_t i, const char *member)
{
    struct str where = arena_printf(&call->request->arena, "%s[%u].%s", list, (unsigned)i, member);
    return where.ptr ? where.ptr : list;
}

static struct str string_in(const struct json *object, struct str key)
{
    return object->type == JSON_OBJECT ? json_string(json_get(object, key)) : STR_NONE;
}

static bool groups_by(const struct langfuse_question *asked, const struct langfuse_field *field)
{
    for (size_t i = 0; i < asked->question.dimension_count; i++)
        if (asked->question.dimensions[i] == field)
            return true;
    return false;
}

/* Two lists whose numbers stand beside them would be each with each. */
static enum status add_dimension(struct call *call, struct langfuse_question *asked,
                                 const char *where, const struct langfuse_field *field)
{
    struct langfuse_metrics_question *question = &asked->question;
    for (size_t i = 0; langfuse_field_partner(field) && i < question->dimension_count; i++)
        if (langfuse_field_partner(question->dimensions[i]) && question->dimensions[i] != field)
            return fail(&call->error, STATUS_INVALID, "%s: only one of %s and %s at a time", where,
                        question->dimensions[i]->name, field->name);
    if (groups_by(asked, field))
        return STATUS_OK;
    if (question->dimension_count == LANGFUSE_COLUMNS_MAX)
        return fail(&call->error, STATUS_TOO_LARGE, "%s: at most %d dimensions", where,
                    LANGFUSE_COLUMNS_MAX);
    question->dimensions[question->dimension_count++] = field;
    asked->names[asked->column_count++] = field->name;
    return STATUS_OK;
}

static enum status read_dimensions(struct call *call, const struct json *body,
                                   struct langfuse_question *asked)
{
    const struct json *list = json_get(body, STR("dimensions"));
    enum status status = check_list(call, list, "dimensions");
    for (uint32_t i = 0; status == STATUS_OK && list && list->type == JSON_ARRAY && i < list->count;
         i++) {
        const char *where = member_at(call, "dimensions", i, "field");
        struct str name = string_in(&list->items[i], STR("field"));
        const struct langfuse_field *field = find(asked, LANGFUSE_GROUPS, name);
        status = field ? add_dimension(call, asked, where, field)
                       : no_such(call, asked, where, LANGFUSE_GROUPS, name);
    }
    return status;
}

/* Numbers take any; what is told apart by its text can only be counted. */
static bool takes(const struct langfuse_field *field, enum langfuse_aggregation aggregation)
{
    return aggregation < LANGFUSE_AGGREGATIONS &&
           (field->type != LANGFUSE_TEXT || aggregation == LANGFUSE_COUNT_OF ||
            aggregation == LANGFUSE_UNIQ);
}

static enum status read_measure(struct call *call, const struct json *item, uint32_t i,
                                struct langfuse_question *asked)
{
    struct str name = string_in(item, STR("measure")), word = string_in(item, STR("aggregation"));
    struct langfuse_measure measure = {find(asked, LANGFUSE_MEASURES, name), 0};
    struct langfuse_metrics_question *question = &asked->question;
    while (measure.aggregation < LANGFUSE_AGGREGATIONS &&
           !str_equal(word, str_from(langfuse_aggregation_name(measure.aggregation))))
        measure.aggregation++;
    if (!measure.field)
        return no_such(call, asked, member_at(call, "metrics", i, "measure"), LANGFUSE_MEASURES,
                       name);
    if (!takes(measure.field, measure.aggregation))
        return fail(&call->error, STATUS_INVALID, "metrics[%u].aggregation: %s takes %s",
                    (unsigned)i, measure.field->name,
                    measure.field->type == LANGFUSE_TEXT
                        ? "count and uniq"
                        : "sum, avg, count, min, max, p50, p75, p90, p95, p99, uniq and histogram");
    question->measures[question->measure_count++] = measure;
    return STATUS_OK;
}

/* Behind the dimensions, of which numbers of lists bring their own. */
static enum status name_measures(struct call *call, struct langfuse_question *asked)
{
    const struct langfuse_metrics_question *question = &asked->question;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < question->measure_count && status == STATUS_OK; i++) {
        const struct langfuse_field *lists = langfuse_field_partner(question->measures[i].field);
        if (lists)
            status = add_dimension(call, asked, "metrics", lists);
    }
    for (size_t i = 0; i < question->measure_count && status == STATUS_OK; i++) {
        struct str key = arena_printf(&call->request->arena, "%s_%s",
                                      langfuse_aggregation_name(question->measures[i].aggregation),
                                      question->measures[i].field->name);
        asked->names[asked->column_count++] = key.ptr;
        if (!key.ptr)
            status = fail(&call->error, STATUS_TOO_LARGE, "metrics: too long");
    }
    return status;
}

/* Without any, rows are counted. */
static enum status read_measures(struct call *call, const struct json *body,
                                 struct langfuse_question *asked)
{
    const struct json *list = json_get(body, STR("metrics"));
    enum status status = check_list(call, list, "metrics");
    if (status == STATUS_OK && (!list || list->type != JSON_ARRAY))
        return fail(&call->error, STATUS_INVALID,
                    "metrics: expected a list of {measure, aggregation}");
    for (uint32_t i = 0; status == STATUS_OK && i < list->count; i++)
        status = read_measure(call, &list->items[i], i, asked);
    if (status != STATUS_OK || list->count)
        return status == STATUS_OK ? name_measures(call, asked) : status;
    asked->question.measures[asked->question.measure_count++] =
        (struct langfuse_measure){find(asked, LANGFUSE_MEASURES, STR("count")), LANGFUSE_COUNT_OF};
    asked->names[asked->column_count++] = "count";
    return STATUS_OK;
}

static enum status no_such_order(struct call *call, const struct langfuse_question *asked,
                                 uint32_t i, struct str name)
{
    struct word_list names = {0};
    for (size_t n = 0; n < asked->column_count; n++)
        word_list_add(&names, asked->names[n]);
    return fail(&call->error, STATUS_INVALID,
                "orderBy[%u].field: the answer has no '%.*s', only %s", (unsigned)i,
                (int)(name.len > 60 ? 60 : name.len), name.ptr ? name.ptr : "", names.text);
}

bool langfuse__is_histogram(const struct langfuse_question *asked, size_t column)
{
    const struct langfuse_metrics_question *question = &asked->question;
    size_t keys = asked->column_count - question->measure_count;
    return column >= keys && question->measures[column - keys].aggregation == LANGFUSE_HISTOGRAM;
}

static enum status read_orders(struct call *call, const struct json *body,
                               struct langfuse_question *asked)
{
    struct langfuse_metrics_question *question = &asked->question;
    const struct json *list = json_get(body, STR("orderBy"));
    enum status status = check_list(call, list, "orderBy");
    if (status != STATUS_OK || !list || list->type != JSON_ARRAY)
        return status;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct json *item = &list->items[i];
        struct str name = string_in(item, STR("field")), way = string_in(item, STR("direction"));
        size_t column = 0;
        while (column < asked->column_count && !str_equal(name, str_from(asked->names[column])))
            column++;
        if (column == asked->column_count)
            return no_such_order(call, asked, i, name);
        if (langfuse__is_histogram(asked, column))
            return fail(&call->error, STATUS_INVALID, "orderBy[%u].field: histograms have no order",
                        (unsigned)i);
        if (!str_equal(way, STR("asc")) && !str_equal(way, STR("desc")))
            return fail(&call->error, STATUS_INVALID, "orderBy[%u].direction: expected asc or desc",
                        (unsigned)i);
        question->orders[question->order_count++] =
            (struct langfuse_order){column, str_equal(way, STR("asc"))};
    }
    return STATUS_OK;
}

static enum status read_config(struct call *call, const struct json *body, int64_t fallback,
                               struct langfuse_question *asked)
{
    static const struct json none = {.type = JSON_OBJECT};
    const struct json *config = json_get(body, STR("config"));
    int64_t limit, bins;
    if (!config || config->type == JSON_NULL)
        config = &none;
    if (config->type != JSON_OBJECT)
        return fail(&call->error, STATUS_INVALID, "config: expected an object");
    enum status status =
        body_int(call, config, "row_limit", fallback, 1, LANGFUSE_METRIC_ROWS_MAX, &limit);
    if (status == STATUS_OK)
        status = body_int(call, config, "bins", BINS_DEFAULT, 1, LANGFUSE_BINS_MAX, &bins);
    if (status != STATUS_OK)
        return status;
    asked->question.limit = (size_t)limit;
    asked->question.bins = (int)bins;
    return STATUS_OK;
}

enum status langfuse__read_question(struct call *call, int64_t limit,
                                    struct langfuse_question *asked)
{
    struct json body;
    struct error why;
    struct str text = request_param(call->request, STR("query"));
    struct langfuse_rows *rows = &asked->question.rows;
    if (text.len == 0)
        return fail(&call->error, STATUS_INVALID, "query: expected a question as JSON");
    if (json_parse(text, &call->request->arena, &body, &why) != STATUS_OK)
        return fail(&call->error, STATUS_INVALID, "query: %.300s", why.text);
    if (body.type != JSON_OBJECT)
        return fail(&call->error, STATUS_INVALID, "query: expected a JSON object");
    rows->project_id = call->request->project_id;
    asked->question.cancelled = &call->request->cancelled;
    enum status status = read_view(call, &body, asked);
    if (status == STATUS_OK)
        status = read_time(call, &body, "fromTimestamp", &rows->range.from_ns);
    if (status == STATUS_OK)
        status = read_time(call, &body, "toTimestamp", &rows->range.to_ns);
    if (status == STATUS_OK && rows->range.to_ns <= rows->range.from_ns)
        status =
            fail(&call->error, STATUS_INVALID, "toTimestamp: expected one after fromTimestamp");
    if (status == STATUS_OK)
        status = read_granularity(call, &body, asked);
    if (status == STATUS_OK)
        status = read_dimensions(call, &body, asked);
    if (status == STATUS_OK)
        status = read_measures(call, &body, asked);
    if (status == STATUS_OK)
        status = langfuse__filters(call, json_get(&body, STR("filters")), "filters", rows);
    if (status == STATUS_OK)
        status = read_orders(call, &body, asked);
    return status == STATUS_OK ? read_config(call, &body, limit, asked) : status;
}

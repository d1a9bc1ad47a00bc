/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_metrics: the JSON question of Langfuse's metrics API -> a checked struct -> rows whose
 * members are its dimensions, "time_dimension" and "<aggregation>_<measure>".
 */
#include "query/langfuse_metrics.h"

#include <stdio.h>

#include "base/clock.h"
#include "serve/langfuse_filter.h"

enum { ROWS_DEFAULT = 100, FILLED_MAX = 5000 };

/* A question as read, and what its columns are called in the answer. */
struct asked {
    struct langfuse_metrics_question question;
    const char *names[LANGFUSE_COLUMNS_MAX * 2 + 1];
    size_t column_count; /* with time */
};

struct view_name {
    const char *name;
    enum langfuse_view view;
    const char *score_types; /* dataType of the view's scores, one or two */
    const char *more_types;
};

static enum status read_view(struct call *call, const struct json *body, struct asked *asked)
{
    static const struct view_name views[] = {
        {"traces", LANGFUSE_TRACES, NULL, NULL},
        {"observations", LANGFUSE_OBSERVATIONS, NULL, NULL},
        {"scores-numeric", LANGFUSE_SCORES, "NUMERIC", "BOOLEAN"},
        {"scores-boolean", LANGFUSE_SCORES, "BOOLEAN", NULL},
        {"scores-categorical", LANGFUSE_SCORES, "CATEGORICAL", NULL},
    };
    struct str name = json_string(json_get(body, STR("view")));
    struct langfuse_rows *rows = &asked->question.rows;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        if (!str_equal(name, str_from(views[i].name)))
            continue;
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

static enum status read_granularity(struct call *call, const struct json *body, struct asked *asked)
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

/* "dimensions[1].field" */
static enum status no_such(struct call *call, const char *list, uint32_t i, const char *member,
                           struct str text)
{
    return fail(&call->error, STATUS_INVALID, "%s[%u].%s: the view has no '%.*s'", list,
                (unsigned)i, member, (int)(text.len > 60 ? 60 : text.len),
                text.ptr ? text.ptr : "");
}

static enum status check_list(struct call *call, const struct json *list, const char *name)
{
    if (list && list->type != JSON_NULL && list->type != JSON_ARRAY)
        return fail(&call->error, STATUS_INVALID, "%s: expected a list", name);
    if (list && list->type == JSON_ARRAY && list->count > LANGFUSE_COLUMNS_MAX)
        return fail(&call->error, STATUS_TOO_LARGE, "%s: at most %d", name, LANGFUSE_COLUMNS_MAX);
    return STATUS_OK;
}

static enum status read_dimensions(struct call *call, const struct json *body, struct asked *asked)
{
    struct langfuse_metrics_question *question = &asked->question;
    const struct json *list = json_get(body, STR("dimensions"));
    enum status status = check_list(call, list, "dimensions");
    for (uint32_t i = 0; status == STATUS_OK && list && list->type == JSON_ARRAY && i < list->count;
         i++) {
        const struct json *item = &list->items[i];
        struct str name =
            item->type == JSON_OBJECT ? json_string(json_get(item, STR("field"))) : STR_NONE;
        const struct langfuse_field *field = langfuse_field_find(question->rows.view, name);
        bool groups = field && (field->type == LANGFUSE_TEXT || field->type == LANGFUSE_LIST ||
                                field->type == LANGFUSE_BOOLEAN || field->type == LANGFUSE_NUMBER);
        if (!groups)
            return no_such(call, "dimensions", i, "field", name);
        question->dimensions[question->dimension_count++] = field;
        asked->names[asked->column_count++] = field->name;
    }
    return status;
}

static const struct langfuse_field *find_measure(enum langfuse_view view, struct str name)
{
    const struct langfuse_field *field = langfuse_field_find(view, name);
    return field && field->type != LANGFUSE_TIME && field->type != LANGFUSE_LIST &&
                   field->type != LANGFUSE_BOOLEAN && field->type < LANGFUSE_SCORE_NUMBER
               ? field
               : NULL;
}

static enum status read_measure(struct call *call, const struct json *item, uint32_t i,
                                struct asked *asked)
{
    struct langfuse_metrics_question *question = &asked->question;
    bool is_object = item->type == JSON_OBJECT;
    struct str name = is_object ? json_string(json_get(item, STR("measure"))) : STR_NONE;
    struct str word = is_object ? json_string(json_get(item, STR("aggregation"))) : STR_NONE;
    struct langfuse_measure measure = {find_measure(question->rows.view, name), 0};
    while (measure.aggregation < LANGFUSE_AGGREGATIONS &&
           !str_equal(word, str_from(langfuse_aggregation_name(measure.aggregation))))
        measure.aggregation++;
    if (!measure.field)
        return no_such(call, "metrics", i, "measure", name);
    bool counts = measure.aggregation == LANGFUSE_COUNT_OF || measure.aggregation == LANGFUSE_UNIQ;
    if (measure.aggregation == LANGFUSE_AGGREGATIONS ||
        (measure.field->type == LANGFUSE_TEXT && !counts))
        return fail(&call->error, STATUS_INVALID,
                    "metrics[%u].aggregation: expected %s (histogram is not offered)", (unsigned)i,
                    measure.field->type == LANGFUSE_TEXT
                        ? "count or uniq"
                        : "sum, avg, count, min, max, p50, p75, p90, p95, p99 or uniq");
    struct str key =
        arena_printf(&call->request->arena, "%s_%s", langfuse_aggregation_name(measure.aggregation),
                     measure.field->name);
    if (!key.ptr)
        return fail(&call->error, STATUS_TOO_LARGE, "metrics: too long");
    question->measures[question->measure_count++] = measure;
    asked->names[asked->column_count++] = key.ptr;
    return STATUS_OK;
}

static enum status read_measures(struct call *call, const struct json *body, struct asked *asked)
{
    const struct json *list = json_get(body, STR("metrics"));
    enum status status = check_list(call, list, "metrics");
    if (status == STATUS_OK && (!list || list->type != JSON_ARRAY || list->count == 0))
        return fail(&call->error, STATUS_INVALID,
                    "metrics: expected a list of {measure, aggregation}");
    for (uint32_t i = 0; status == STATUS_OK && i < list->count; i++)
        status = read_measure(call, &list->items[i], i, asked);
    return status;
}

static enum status read_orders(struct call *call, const struct json *body, struct asked *asked)
{
    struct langfuse_metrics_question *question = &asked->question;
    const struct json *list = json_get(body, STR("orderBy"));
    enum status status = check_list(call, list, "orderBy");
    if (status != STATUS_OK || !list || list->type != JSON_ARRAY)
        return status;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct json *item = &list->items[i];
        bool is_object = item->type == JSON_OBJECT;
        struct str name = is_object ? json_string(json_get(item, STR("field"))) : STR_NONE;
        struct str direction = is_object ? json_string(json_get(item, STR("direction"))) : STR_NONE;
        size_t column = 0;
        while (column < asked->column_count && !str_equal(name, str_from(asked->names[column])))
            column++;
        if (column == asked->column_count)
            return no_such(call, "orderBy", i, "field", name);
        if (direction.len && !str_equal(direction, STR("asc")) &&
            !str_equal(direction, STR("desc")))
            return fail(&call->error, STATUS_INVALID, "orderBy[%u].direction: expected asc or desc",
                        (unsigned)i);
        question->orders[question->order_count++] =
            (struct langfuse_order){column, str_equal(direction, STR("asc"))};
    }
    return STATUS_OK;
}

static enum status read_limit(struct call *call, const struct json *body, int64_t fallback,
                              struct asked *asked)
{
    static const struct json none = {.type = JSON_OBJECT};
    const struct json *config = json_get(body, STR("config"));
    int64_t limit;
    enum status status = body_int(call, config && config->type == JSON_OBJECT ? config : &none,
                                  "row_limit", fallback, 1, LANGFUSE_METRIC_ROWS_MAX, &limit);
    asked->question.limit = (size_t)limit;
    return status;
}

static enum status read_asked(struct call *call, int64_t limit, struct asked *asked)
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
    return status == STATUS_OK ? read_limit(call, &body, limit, asked) : status;
}

/* --- the answer ------------------------------------------------------------------------------- */

static void write_list(struct json_out *out, const char *name, struct str joined)
{
    struct str piece;
    json_out_array(out, name);
    while (joined.len && str_take(&joined, LANGFUSE_LIST_SEPARATOR, &piece))
        json_out_str(out, NULL, piece);
    json_out_end_array(out);
}

static void write_row(struct call *call, const struct asked *asked,
                      const struct langfuse_table *table, size_t row)
{
    const struct langfuse_metrics_question *question = &asked->question;
    struct json_out *out = &call->out;
    size_t first = question->granularity != LANGFUSE_NO_TIME;
    json_out_object(out, NULL);
    if (first)
        langfuse__time(out, asked->names[0], table->times_ns[row]);
    for (size_t i = first; i < asked->column_count; i++) {
        const struct langfuse_cell *cell = &table->cells[row * table->columns + i];
        bool is_dimension = i - first < question->dimension_count;
        if (cell->type == LANGFUSE_CELL_NULL)
            json_out_null(out, asked->names[i]);
        else if (cell->type == LANGFUSE_CELL_NUMBER)
            out_number(out, asked->names[i], cell->number);
        else if (is_dimension && question->dimensions[i - first]->type == LANGFUSE_LIST)
            write_list(out, asked->names[i], cell->text);
        else
            json_out_str(out, asked->names[i], cell->text);
    }
    json_out_end_object(out);
}

/* Steps in which nothing was: nought of everything. */
static void write_gap(struct call *call, const struct asked *asked, int64_t time_ns)
{
    json_out_object(&call->out, NULL);
    langfuse__time(&call->out, asked->names[0], time_ns);
    for (size_t i = 1; i < asked->column_count; i++)
        json_out_int(&call->out, asked->names[i], 0);
    json_out_end_object(&call->out);
}

/* A line without dimensions has a row for each step of the range. */
static void write_line(struct call *call, const struct asked *asked,
                       const struct langfuse_table *table)
{
    enum langfuse_granularity granularity = asked->question.granularity;
    struct time_range range = asked->question.rows.range;
    int64_t time = langfuse_floor_time(granularity, range.from_ns);
    size_t row = 0;
    for (size_t steps = 0; time < range.to_ns && steps < FILLED_MAX; steps++) {
        if (row < table->count && table->times_ns[row] == time)
            write_row(call, asked, table, row++);
        else
            write_gap(call, asked, time);
        time = langfuse_next_time(granularity, time);
    }
    for (; row < table->count; row++)
        write_row(call, asked, table, row);
}

static void answer(struct request *request, void *context, int64_t limit)
{
    struct call call;
    struct langfuse_table table;
    if (!call_begin(&call, request, context))
        return;
    struct asked *asked = arena_new(&request->arena, struct asked);
    enum status status =
        asked ? read_asked(&call, limit, asked)
              : fail(&call.error, STATUS_TOO_LARGE, "query: no memory for this question");
    if (status == STATUS_OK)
        status = query_langfuse_metrics(call.query, &asked->question, &request->arena, &table,
                                        &call.error);
    if (status == STATUS_OK) {
        const struct langfuse_metrics_question *question = &asked->question;
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "data");
        if (question->granularity != LANGFUSE_NO_TIME && question->dimension_count == 0 &&
            question->order_count == 0 && table.count < question->limit)
            write_line(&call, asked, &table);
        else
            for (size_t i = 0; i < table.count; i++)
                write_row(&call, asked, &table, i);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

static void answer_v1(struct request *request, void *context)
{
    answer(request, context, LANGFUSE_METRIC_ROWS_MAX);
}

static void answer_v2(struct request *request, void *context)
{
    answer(request, context, ROWS_DEFAULT);
}

void serve__langfuse_metrics_v1(struct request *request, void *context)
{
    call_later(request, context, answer_v1);
}

void serve__langfuse_metrics_v2(struct request *request, void *context)
{
    call_later(request, context, answer_v2);
}

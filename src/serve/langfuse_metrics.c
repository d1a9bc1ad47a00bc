/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_metrics: the JSON question of Langfuse's metrics API -> a checked struct -> rows whose
 * members are its dimensions, "time_dimension" and "<aggregation>_<measure>".
 */
#include "query/langfuse_metrics.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "serve/langfuse_filter.h"

enum { ROWS_DEFAULT = 100, BINS_DEFAULT = 10, FILLED_MAX = 5000 };

struct view_name {
    const char *name;
    enum langfuse_view view;
    const char *score_types; /* dataType of the view's scores, one or two */
    const char *more_types;
    const char *without[2]; /* columns that its scores have nothing for */
};

/* A question as read, and what its columns are called in the answer. */
struct asked {
    struct langfuse_metrics_question question;
    const struct view_name *view;
    const char *names[LANGFUSE_COLUMNS_MAX * 2 + 1];
    size_t column_count; /* with time */
};

static enum status read_view(struct call *call, const struct json *body, struct asked *asked)
{
    static const struct view_name views[] = {
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

static bool has_field(const struct view_name *view, const struct langfuse_field *field)
{
    for (size_t i = 0; i < 2; i++)
        if (view->without[i] && strcmp(view->without[i], field->name) == 0)
            return false;
    return true;
}

static const struct langfuse_field *find(const struct asked *asked, enum langfuse_use use,
                                         struct str name)
{
    const struct langfuse_field *field = langfuse_field_find(asked->view->view, use, name);
    return field && has_field(asked->view, field) ? field : NULL;
}

/* "dimensions[1].field: the view has no 'x', only …" */
static enum status no_such(struct call *call, const struct asked *asked, const char *where,
                           enum langfuse_use use, struct str text)
{
    char names[900];
    size_t len = 0;
    const struct langfuse_field *field;
    for (size_t n = 0; (field = langfuse_field_at(asked->view->view, use, n)); n++) {
        int more = has_field(asked->view, field) ? snprintf(names + len, sizeof names - len, "%s%s",
                                                            len ? ", " : "", field->name)
                                                 : 0;
        len += more > 0 && len + (size_t)more < sizeof names ? (size_t)more : 0;
    }
    names[len] = 0;
    return fail(&call->error, STATUS_INVALID, "%s: the view has no '%.*s', only %s", where,
                (int)(text.len > 60 ? 60 : text.len), text.ptr ? text.ptr : "", names);
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

static bool groups_by(const struct asked *asked, const struct langfuse_field *field)
{
    for (size_t i = 0; i < asked->question.dimension_count; i++)
        if (asked->question.dimensions[i] == field)
            return true;
    return false;
}

/* Two lists whose numbers stand beside them would be each with each. */
static enum status add_dimension(struct call *call, struct asked *asked, const char *where,
                                 const struct langfuse_field *field)
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

static enum status read_dimensions(struct call *call, const struct json *body, struct asked *asked)
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
                                struct asked *asked)
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
static enum status name_measures(struct call *call, struct asked *asked)
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
static enum status read_measures(struct call *call, const struct json *body, struct asked *asked)
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

static enum status no_such_order(struct call *call, const struct asked *asked, uint32_t i,
                                 struct str name)
{
    char names[900];
    size_t len = 0;
    for (size_t n = 0; n < asked->column_count; n++) {
        int more =
            snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "", asked->names[n]);
        len += more > 0 && len + (size_t)more < sizeof names ? (size_t)more : 0;
    }
    names[len] = 0;
    return fail(&call->error, STATUS_INVALID,
                "orderBy[%u].field: the answer has no '%.*s', only %s", (unsigned)i,
                (int)(name.len > 60 ? 60 : name.len), name.ptr ? name.ptr : "", names);
}

static bool is_histogram(const struct asked *asked, size_t column)
{
    const struct langfuse_metrics_question *question = &asked->question;
    size_t keys = asked->column_count - question->measure_count;
    return column >= keys && question->measures[column - keys].aggregation == LANGFUSE_HISTOGRAM;
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
        struct str name = string_in(item, STR("field")), way = string_in(item, STR("direction"));
        size_t column = 0;
        while (column < asked->column_count && !str_equal(name, str_from(asked->names[column])))
            column++;
        if (column == asked->column_count)
            return no_such_order(call, asked, i, name);
        if (is_histogram(asked, column))
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
                               struct asked *asked)
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
    return status == STATUS_OK ? read_config(call, &body, limit, asked) : status;
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

/* [[least, most, count], …] */
static void write_bins(struct json_out *out, const char *name, const struct langfuse_cell *cell)
{
    json_out_array(out, name);
    for (size_t i = 0; i < cell->bin_count; i++) {
        json_out_array(out, NULL);
        json_out_double(out, NULL, cell->bins[i].least);
        json_out_double(out, NULL, cell->bins[i].most);
        json_out_int(out, NULL, cell->bins[i].count);
        json_out_end_array(out);
    }
    json_out_end_array(out);
}

static void write_dimension(struct json_out *out, const char *name,
                            const struct langfuse_field *field, struct str text)
{
    double number;
    if (field->type == LANGFUSE_LIST && !(field->uses & LANGFUSE_EXPLODES))
        write_list(out, name, text);
    else if (field->type == LANGFUSE_BOOLEAN)
        json_out_bool(out, name, str_equal(text, STR("true")));
    else if (field->type == LANGFUSE_NUMBER && str_to_double(text, &number))
        out_number(out, name, number);
    else
        json_out_str(out, name, text);
}

/* Days and longer are dates, shorter ones times to the second. */
static void write_step(struct call *call, const struct asked *asked, int64_t time_ns)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(time_ns, text);
    if (asked->question.granularity >= LANGFUSE_DAY)
        text[10] = 0;
    else
        memcpy(text + 19, "Z", 2);
    json_out_text(&call->out, asked->names[0], text);
}

static void write_row(struct call *call, const struct asked *asked,
                      const struct langfuse_table *table, size_t row)
{
    const struct langfuse_metrics_question *question = &asked->question;
    struct json_out *out = &call->out;
    size_t first = question->granularity != LANGFUSE_NO_TIME;
    json_out_object(out, NULL);
    if (first)
        write_step(call, asked, table->times_ns[row]);
    for (size_t i = first; i < asked->column_count; i++) {
        const struct langfuse_cell *cell = &table->cells[row * table->columns + i];
        if (cell->type == LANGFUSE_CELL_NULL)
            json_out_null(out, asked->names[i]);
        else if (cell->type == LANGFUSE_CELL_NUMBER)
            out_number(out, asked->names[i], cell->number);
        else if (cell->type == LANGFUSE_CELL_BINS)
            write_bins(out, asked->names[i], cell);
        else
            write_dimension(out, asked->names[i], question->dimensions[i - first], cell->text);
    }
    json_out_end_object(out);
}

/* Steps in which nothing was: nought of everything, of nobody. */
static void write_gap(struct call *call, const struct asked *asked, int64_t time_ns)
{
    static const struct langfuse_cell empty = {.type = LANGFUSE_CELL_BINS};
    json_out_object(&call->out, NULL);
    write_step(call, asked, time_ns);
    for (size_t i = 1; i < asked->column_count; i++) {
        if (i <= asked->question.dimension_count)
            json_out_null(&call->out, asked->names[i]);
        else if (is_histogram(asked, i))
            write_bins(&call->out, asked->names[i], &empty);
        else
            json_out_int(&call->out, asked->names[i], 0);
    }
    json_out_end_object(&call->out);
}

/* Each step of the range has a row, as long as rows are told. */
static void write_line(struct call *call, const struct asked *asked,
                       const struct langfuse_table *table)
{
    const struct langfuse_metrics_question *question = &asked->question;
    struct time_range range = question->rows.range;
    int64_t time = langfuse_floor_time(question->granularity, range.from_ns);
    size_t row = 0, told = 0;
    for (size_t steps = 0; time < range.to_ns && steps < FILLED_MAX; steps++) {
        bool any = row < table->count && table->times_ns[row] == time;
        for (; row < table->count && table->times_ns[row] == time; row++, told++)
            write_row(call, asked, table, row);
        if (!any && told++ < question->limit)
            write_gap(call, asked, time);
        time = langfuse_next_time(question->granularity, time);
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
        if (question->granularity != LANGFUSE_NO_TIME && question->order_count == 0 &&
            table.count < question->limit)
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

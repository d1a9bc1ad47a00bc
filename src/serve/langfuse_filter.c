/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_filter: see langfuse_filter.h. */
#include "serve/langfuse_filter.h"

#include "base/clock.h"

enum { PARAMETER_VALUES_MAX = 100 };

static const struct {
    const char *word;
    enum langfuse_operator op;
} operators[] = {
    {"=", LANGFUSE_EQ},
    {"<>", LANGFUSE_NE},
    {">", LANGFUSE_GT},
    {">=", LANGFUSE_GE},
    {"<", LANGFUSE_LT},
    {"<=", LANGFUSE_LE},
    {"contains", LANGFUSE_CONTAINS},
    {"does not contain", LANGFUSE_CONTAINS_NOT},
    {"starts with", LANGFUSE_STARTS},
    {"ends with", LANGFUSE_ENDS},
    {"any of", LANGFUSE_ANY_OF},
    {"none of", LANGFUSE_NONE_OF},
    {"all of", LANGFUSE_ALL_OF},
    {"is null", LANGFUSE_IS_NULL},
    {"is not null", LANGFUSE_IS_NOT_NULL},
};

#define BIT(op) (1u << LANGFUSE_##op)
#define ORDERS  (BIT(EQ) | BIT(NE) | BIT(GT) | BIT(GE) | BIT(LT) | BIT(LE))
#define NULLS   (BIT(IS_NULL) | BIT(IS_NOT_NULL))
#define TYPE(t) (1u << LANGFUSE_##t)
#define ANY     (TYPE(TEXT) | TYPE(NUMBER) | TYPE(DURATION) | TYPE(TIME) | TYPE(LIST) | TYPE(BOOLEAN))

/* What each `type` of a filter may say of which columns. */
static const struct filter_type {
    const char *word;
    unsigned types, operators;
} filter_types[] = {
    {"datetime", TYPE(TIME), ORDERS},
    {"string", TYPE(TEXT),
     BIT(EQ) | BIT(NE) | BIT(CONTAINS) | BIT(CONTAINS_NOT) | BIT(STARTS) | BIT(ENDS)},
    {"number", TYPE(NUMBER) | TYPE(DURATION), ORDERS},
    {"stringOptions", TYPE(TEXT), BIT(ANY_OF) | BIT(NONE_OF)},
    {"categoryOptions", TYPE(SCORE_TEXT), BIT(ANY_OF) | BIT(NONE_OF)},
    {"arrayOptions", TYPE(LIST), BIT(ANY_OF) | BIT(NONE_OF) | BIT(ALL_OF)},
    {"numberObject", TYPE(SCORE_NUMBER), ORDERS},
    {"booleanObject", TYPE(SCORE_BOOLEAN), BIT(EQ) | BIT(NE)},
    {"boolean", TYPE(BOOLEAN), BIT(EQ) | BIT(NE)},
    {"null", ANY, NULLS},
};

struct reading {
    struct call *call;
    struct str where; /* "filter[2]" */
};

static enum status wrong(const struct reading *reading, const char *member, const char *expected)
{
    return fail(&reading->call->error, STATUS_INVALID, "%.*s.%s: expected %s",
                STR_ARGS(reading->where), member, expected);
}

static enum status read_column(const struct reading *reading, const struct json *item,
                               struct langfuse_rows *rows, struct langfuse_condition *out)
{
    struct str column = json_string(json_get(item, STR("column")));
    if (str_equal(column, STR("metadata")))
        return wrong(reading, "column",
                     "another column: metadata is not in the index, ask POST /api/v1/query");
    out->field = langfuse_field_find(rows->view, column);
    if (!out->field || out->field->type == LANGFUSE_COUNT)
        return fail(&reading->call->error, STATUS_INVALID, "%.*s.column: there is no column '%.*s'",
                    STR_ARGS(reading->where), (int)(column.len > 60 ? 60 : column.len),
                    column.ptr ? column.ptr : "");
    return STATUS_OK;
}

static enum status read_operator(const struct reading *reading, const struct json *item,
                                 struct langfuse_condition *out)
{
    struct str type = json_string(json_get(item, STR("type")));
    struct str word = json_string(json_get(item, STR("operator")));
    const struct filter_type *found = NULL;
    for (size_t i = 0; i < sizeof filter_types / sizeof *filter_types; i++)
        if (str_equal(type, str_from(filter_types[i].word)))
            found = &filter_types[i];
    if (!found)
        return wrong(reading, "type",
                     "datetime, string, number, stringOptions, categoryOptions, arrayOptions, "
                     "numberObject, booleanObject, boolean or null");
    if (!(found->types >> out->field->type & 1))
        return wrong(reading, "type", "one that fits the column");
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (str_equal(word, str_from(operators[i].word)) &&
            (found->operators >> operators[i].op & 1)) {
            out->op = operators[i].op;
            return STATUS_OK;
        }
    return wrong(reading, "operator", "one that fits the type, such as =, > or any of");
}

static enum status read_texts(const struct reading *reading, const struct json *value,
                              struct langfuse_condition *out)
{
    struct arena *arena = &reading->call->request->arena;
    bool is_list = value && value->type == JSON_ARRAY;
    size_t count = is_list ? value->count : 1;
    struct str *texts = arena_array(arena, struct str, count);
    if (count == 0 || count > LANGFUSE_VALUES_MAX)
        return wrong(reading, "value", "1 to 500 texts");
    for (size_t i = 0; i < count; i++) {
        const struct json *one = is_list ? &value->items[i] : value;
        if (!one || one->type != JSON_STRING || !texts)
            return wrong(reading, "value", is_list ? "a list of texts" : "a text");
        texts[i] = one->string;
    }
    out->values = texts;
    out->value_count = count;
    return STATUS_OK;
}

static enum status read_value(const struct reading *reading, const struct json *item,
                              struct langfuse_condition *out)
{
    const struct json *value = json_get(item, STR("value"));
    bool is_many = out->op >= LANGFUSE_ANY_OF && out->op <= LANGFUSE_ALL_OF;
    if (out->op == LANGFUSE_IS_NULL || out->op == LANGFUSE_IS_NOT_NULL)
        return STATUS_OK;
    switch (out->field->type) {
    case LANGFUSE_TIME:
        return value && value->type == JSON_STRING && clock_parse(value->string, &out->time_ns)
                   ? STATUS_OK
                   : wrong(reading, "value", "a date and time in ISO 8601");
    case LANGFUSE_BOOLEAN:
    case LANGFUSE_SCORE_BOOLEAN:
        out->number = value && value->type == JSON_BOOL && value->boolean;
        return value && value->type == JSON_BOOL ? STATUS_OK
                                                 : wrong(reading, "value", "true or false");
    case LANGFUSE_NUMBER:
    case LANGFUSE_DURATION:
    case LANGFUSE_COUNT:
    case LANGFUSE_SCORE_NUMBER:
        return json_number(value, &out->number) ? STATUS_OK : wrong(reading, "value", "a number");
    default:
        if (is_many != (value && value->type == JSON_ARRAY))
            return wrong(reading, "value", is_many ? "a list of texts" : "a text");
        return read_texts(reading, value, out);
    }
}

static enum status read_filter(const struct reading *reading, const struct json *item,
                               struct langfuse_rows *rows)
{
    struct langfuse_condition condition = {0};
    if (item->type != JSON_OBJECT)
        return fail(&reading->call->error, STATUS_INVALID, "%.*s: expected an object",
                    STR_ARGS(reading->where));
    enum status status = read_column(reading, item, rows, &condition);
    if (status == STATUS_OK)
        status = read_operator(reading, item, &condition);
    if (status == STATUS_OK)
        status = read_value(reading, item, &condition);
    condition.key = json_string(json_get(item, STR("key")));
    if (status == STATUS_OK && condition.field->type >= LANGFUSE_SCORE_NUMBER && !condition.key.len)
        status = wrong(reading, "key", "the name of a score");
    if (status == STATUS_OK && rows->condition_count == LANGFUSE_CONDITIONS_MAX)
        status = fail(&reading->call->error, STATUS_TOO_LARGE, "%.*s: at most %d filters",
                      STR_ARGS(reading->where), LANGFUSE_CONDITIONS_MAX);
    if (status == STATUS_OK)
        rows->conditions[rows->condition_count++] = condition;
    return status;
}

enum status langfuse__filters(struct call *call, const struct json *list, const char *name,
                              struct langfuse_rows *rows)
{
    enum status status = STATUS_OK;
    if (!list || list->type == JSON_NULL)
        return STATUS_OK;
    if (list->type != JSON_ARRAY)
        return fail(&call->error, STATUS_INVALID, "%s: expected a list of filters", name);
    for (uint32_t i = 0; i < list->count && status == STATUS_OK; i++) {
        const struct reading reading = {
            call, arena_printf(&call->request->arena, "%s[%u]", name, (unsigned)i)};
        status = read_filter(&reading, &list->items[i], rows);
    }
    return status;
}

enum status langfuse__filter_param(struct call *call, struct langfuse_rows *rows)
{
    struct str text = request_param(call->request, STR("filter"));
    struct json list;
    struct error why;
    if (text.len == 0)
        return STATUS_OK;
    if (json_parse(text, &call->request->arena, &list, &why) != STATUS_OK)
        return fail(&call->error, STATUS_INVALID, "filter: %.300s", why.text);
    return langfuse__filters(call, &list, "filter", rows);
}

enum status langfuse__any_of(struct call *call, struct langfuse_rows *rows, const char *parameter,
                             const char *field, char separator)
{
    struct arena *arena = &call->request->arena;
    struct str *values = NULL, rest, value;
    size_t count = 0, capacity = 0;
    for (size_t n = 0; (rest = request_param_at(call->request, str_from(parameter), n)).ptr; n++)
        while (rest.len) {
            if (separator)
                str_take(&rest, separator, &value);
            else
                value = rest, rest = STR_NONE;
            if (value.len == 0)
                continue;
            if (count == PARAMETER_VALUES_MAX || !arena_grow(arena, &values, count, &capacity))
                return fail(&call->error, STATUS_TOO_LARGE, "%s: at most %d values", parameter,
                            PARAMETER_VALUES_MAX);
            values[count++] = value;
        }
    if (count == 0)
        return STATUS_OK;
    struct langfuse_condition *condition = langfuse_add_condition(rows, field);
    if (!condition)
        return fail(&call->error, STATUS_TOO_LARGE, "%s: too many filters", parameter);
    condition->op = condition->field->type == LANGFUSE_LIST ? LANGFUSE_ALL_OF : LANGFUSE_ANY_OF;
    condition->values = values;
    condition->value_count = count;
    return STATUS_OK;
}

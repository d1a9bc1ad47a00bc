/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_filter: see langfuse_filter.h. */
#include "serve/langfuse_filter.h"

#include <ctype.h>

#include "base/clock.h"
#include "serve/word_list.h"

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
    {"matches", LANGFUSE_MATCHES},
    {"any of", LANGFUSE_ANY_OF},
    {"none of", LANGFUSE_NONE_OF},
    {"all of", LANGFUSE_ALL_OF},
    {"is null", LANGFUSE_IS_NULL},
    {"is not null", LANGFUSE_IS_NOT_NULL},
};
enum { OPERATORS = sizeof operators / sizeof *operators };

#define BIT(op) (1u << LANGFUSE_##op)
#define ORDERS  (BIT(GT) | BIT(GE) | BIT(LT) | BIT(LE))
#define SAMES   (BIT(EQ) | BIT(NE))
#define WORDS   (BIT(EQ) | BIT(CONTAINS) | BIT(CONTAINS_NOT) | BIT(STARTS) | BIT(ENDS) | BIT(MATCHES))
#define TYPE(t) (1u << LANGFUSE_##t)
#define ANY     (TYPE(TEXT) | TYPE(NUMBER) | TYPE(DURATION) | TYPE(TIME) | TYPE(LIST) | TYPE(BOOLEAN))

/* What each `type` of a filter may say of which columns, and as what it compares an object's
 * members. */
static const struct filter_type {
    const char *word;
    unsigned types, operators;
    enum langfuse_type as;
} filter_types[] = {
    {"datetime", TYPE(TIME), ORDERS, 0},
    {"string", TYPE(TEXT), WORDS, 0},
    {"number", TYPE(NUMBER) | TYPE(DURATION), BIT(EQ) | ORDERS, 0},
    {"stringOptions", TYPE(TEXT) | TYPE(LIST), BIT(ANY_OF) | BIT(NONE_OF), 0},
    {"categoryOptions", TYPE(SCORE_TEXT), BIT(ANY_OF) | BIT(NONE_OF), 0},
    {"arrayOptions", TYPE(LIST), BIT(ANY_OF) | BIT(NONE_OF) | BIT(ALL_OF), 0},
    {"stringObject", TYPE(OBJECT), WORDS, LANGFUSE_TEXT},
    {"numberObject", TYPE(OBJECT) | TYPE(SCORE_NUMBER), BIT(EQ) | ORDERS, LANGFUSE_NUMBER},
    {"booleanObject", TYPE(OBJECT) | TYPE(SCORE_BOOLEAN), SAMES, LANGFUSE_BOOLEAN},
    {"boolean", TYPE(BOOLEAN), SAMES, 0},
    {"null", ANY, BIT(IS_NULL) | BIT(IS_NOT_NULL), 0},
};
enum { FILTER_TYPES = sizeof filter_types / sizeof *filter_types };

struct reading {
    struct call *call;
    struct str where; /* "filter[2]" */
};

static enum status wrong(const struct reading *reading, const char *member, const char *expected)
{
    return fail(&reading->call->error, STATUS_INVALID, "%.*s.%s: expected %s",
                STR_ARGS(reading->where), member, expected);
}

/* --- the column and what may be said of it ------------------------------------------------------
 */

static enum status no_column(const struct reading *reading, struct str column)
{
    return fail(&reading->call->error, STATUS_INVALID, "%.*s.column: there is no column '%.*s'",
                STR_ARGS(reading->where), (int)(column.len > 60 ? 60 : column.len),
                column.ptr ? column.ptr : "");
}

static enum status no_fit(const struct reading *reading, enum langfuse_view view, struct str column)
{
    struct word_list words = {0};
    bool known;
    for (size_t i = 0; i < FILTER_TYPES; i++)
        if (langfuse_field_filtered(view, column, filter_types[i].types, &known))
            word_list_add(&words, filter_types[i].word);
    return fail(&reading->call->error, STATUS_INVALID, "%.*s.type: the column '%.*s' takes %s",
                STR_ARGS(reading->where), STR_ARGS(column), words.text);
}

static enum status read_column(const struct reading *reading, const struct json *item,
                               struct langfuse_rows *rows, const struct filter_type **out_type,
                               struct langfuse_condition *out)
{
    struct str column = json_string(json_get(item, STR("column")));
    struct str type = json_string(json_get(item, STR("type")));
    struct word_list words = {0};
    bool known;
    for (size_t i = 0; i < FILTER_TYPES; i++) {
        word_list_add(&words, filter_types[i].word);
        if (!str_equal(type, str_from(filter_types[i].word)))
            continue;
        out->field = langfuse_field_filtered(rows->view, column, filter_types[i].types, &known);
        out->as = filter_types[i].as;
        *out_type = &filter_types[i];
        return out->field ? STATUS_OK
               : known    ? no_fit(reading, rows->view, column)
                          : no_column(reading, column);
    }
    if (!langfuse_field_filtered(rows->view, column, 0, &known) && !known)
        return no_column(reading, column);
    return fail(&reading->call->error, STATUS_INVALID, "%.*s.type: expected one of %s",
                STR_ARGS(reading->where), words.text);
}

/* Texts alone are searched: questions, answers, metadata. */
static bool takes_matches(const struct langfuse_field *field)
{
    return field->value == LANGFUSE_METADATA || field->value == LANGFUSE_INPUT ||
           field->value == LANGFUSE_OUTPUT;
}

static enum status read_operator(const struct reading *reading, const struct json *item,
                                 const struct filter_type *type, struct langfuse_condition *out)
{
    struct str word = json_string(json_get(item, STR("operator")));
    struct word_list words = {0};
    for (size_t i = 0; i < OPERATORS; i++) {
        bool fits = type->operators >> operators[i].op & 1 &&
                    (operators[i].op != LANGFUSE_MATCHES || takes_matches(out->field));
        if (!fits)
            continue;
        word_list_add(&words, operators[i].word);
        if (str_equal(word, str_from(operators[i].word))) {
            out->op = operators[i].op;
            return STATUS_OK;
        }
    }
    return fail(&reading->call->error, STATUS_INVALID, "%.*s.operator: %s takes %s",
                STR_ARGS(reading->where), type->word, words.text);
}

static enum status read_texts(const struct reading *reading, const struct json *value,
                              struct langfuse_condition *out)
{
    struct arena *arena = &reading->call->request->arena;
    bool is_list = value && value->type == JSON_ARRAY;
    size_t count = is_list ? value->count : 1;
    struct str *texts = arena_array(arena, struct str, count + 1);
    bool may_be_empty = out->field->type == LANGFUSE_LIST && out->op != LANGFUSE_ANY_OF;
    if ((count == 0 && !may_be_empty) || count > LANGFUSE_VALUES_MAX)
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

/* Something to search for: a letter or a digit. */
static bool has_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (isalnum((unsigned char)text.ptr[i]) || (unsigned char)text.ptr[i] >= 0x80)
            return true;
    return false;
}

static enum status read_value(const struct reading *reading, const struct json *item,
                              struct langfuse_condition *out)
{
    const struct json *value = json_get(item, STR("value"));
    enum langfuse_type type = out->field->type == LANGFUSE_OBJECT ? out->as : out->field->type;
    bool is_many = out->op >= LANGFUSE_ANY_OF && out->op <= LANGFUSE_ALL_OF;
    if (out->op == LANGFUSE_IS_NULL || out->op == LANGFUSE_IS_NOT_NULL)
        return STATUS_OK;
    switch (type) {
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
    case LANGFUSE_SCORE_NUMBER:
        return value && value->type != JSON_STRING && json_number(value, &out->number)
                   ? STATUS_OK
                   : wrong(reading, "value", "a number");
    default:
        if (is_many != (value && value->type == JSON_ARRAY))
            return wrong(reading, "value", is_many ? "a list of texts" : "a text");
        if (out->op == LANGFUSE_MATCHES && !has_token(json_string(value)))
            return wrong(reading, "value", "a text with a letter or a digit");
        return read_texts(reading, value, out);
    }
}

static enum status read_key(const struct reading *reading, const struct json *item,
                            struct langfuse_condition *out)
{
    out->key = json_string(json_get(item, STR("key")));
    if (out->key.len ||
        (out->field->type < LANGFUSE_SCORE_NUMBER && out->field->type != LANGFUSE_OBJECT))
        return STATUS_OK;
    return wrong(reading, "key",
                 out->field->type == LANGFUSE_OBJECT ? "the name of a member"
                                                     : "the name of a score");
}

static enum status read_filter(const struct reading *reading, const struct json *item,
                               struct langfuse_rows *rows)
{
    struct langfuse_condition condition = {0};
    const struct filter_type *type = NULL;
    if (item->type != JSON_OBJECT)
        return fail(&reading->call->error, STATUS_INVALID, "%.*s: expected an object",
                    STR_ARGS(reading->where));
    enum status status = read_column(reading, item, rows, &type, &condition);
    if (status == STATUS_OK)
        status = read_operator(reading, item, type, &condition);
    if (status == STATUS_OK)
        status = read_key(reading, item, &condition);
    if (status == STATUS_OK)
        status = read_value(reading, item, &condition);
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

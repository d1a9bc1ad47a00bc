/* SPDX-License-Identifier: Apache-2.0 */
/* filter: text -> checked struct -> conditions. */
#include "query/filter.h"

#include <math.h>
#include <string.h>

#include "query/outcome.h"
#include "query/trace_sql.h"

static const struct filter_field fields[] = {
#define FIELD(name, kind, level, span, trace, label) {#name, kind, level, span, trace, label},
#include "query/filter_fields.def"
#undef FIELD
};
enum { FIELD_ROWS = sizeof fields / sizeof fields[0] };

const struct filter_field *filter_field_find(struct str name)
{
    for (size_t i = 0; i < FIELD_ROWS; i++)
        if (str_equal(str_from(fields[i].name), name))
            return &fields[i];
    return NULL;
}

/* Splits at the first operator; longer ones first, so that >= is not > and "=". */
static bool split(struct str text, struct str *out_name, enum filter_op *out_op,
                  struct str *out_value)
{
    static const struct {
        struct str sign;
        enum filter_op op;
    } signs[] = {{STR_INIT("!="), FILTER_NE}, {STR_INIT(">="), FILTER_GE},
                 {STR_INIT("<="), FILTER_LE}, {STR_INIT("="), FILTER_EQ},
                 {STR_INIT(">"), FILTER_GT},  {STR_INIT("<"), FILTER_LT},
                 {STR_INIT("~"), FILTER_HAS}};
    size_t at = 0;
    while (at < text.len && !strchr("!=<>~", text.ptr[at]))
        at++;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (str_starts(str_sub(text, at, text.len), signs[i].sign)) {
            *out_name = str_trim(str_sub(text, 0, at));
            *out_op = signs[i].op;
            *out_value = str_sub(text, at + signs[i].sign.len, text.len);
            return true;
        }
    }
    return false;
}

/* "350ms", "2s", "1.5m", "1h"; a bare number is seconds. */
static bool parse_duration(struct str text, int64_t *out_ns)
{
    static const struct {
        struct str unit;
        double ns;
    } units[] = {{STR_INIT("ns"), 1},    {STR_INIT("us"), 1e3}, {STR_INIT("µs"), 1e3},
                 {STR_INIT("ms"), 1e6},  {STR_INIT("s"), 1e9},  {STR_INIT("m"), 60e9},
                 {STR_INIT("h"), 3600e9}};
    double number, factor = 1e9;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (str_ends(text, units[i].unit)) {
            text = str_sub(text, 0, text.len - units[i].unit.len);
            factor = units[i].ns;
            break;
        }
    }
    if (!str_to_double(str_trim(text), &number) || !isfinite(number) ||
        fabs(number * factor) > 9e18)
        return false;
    *out_ns = (int64_t)llround(number * factor);
    return true;
}

static bool parse_enum(const struct filter_field *field, struct str text, int64_t *out_number)
{
    enum observation_kind kind;
    if (!strcmp(field->name, "kind")) {
        if (!observation_kind_parse(text, &kind))
            return false;
        *out_number = kind;
        return true;
    }
    if (!strcmp(field->name, "status")) {
        *out_number = str_equal_nocase(text, STR("error")) ? SPAN_ERROR : SPAN_OK;
        return *out_number == SPAN_ERROR || str_equal_nocase(text, STR("ok"));
    }
    for (int i = 1; i < ERROR_KIND_COUNT; i++) {
        if (str_equal_nocase(text, str_from(error_kind_name((enum error_kind)i)))) {
            *out_number = i;
            return true;
        }
    }
    return false;
}

static const char *expected(const struct filter_field *field)
{
    switch (field->kind) {
    case FILTER_COUNT:
        return "a whole number";
    case FILTER_DURATION:
        return "a duration such as 350ms or 2s";
    case FILTER_MONEY:
        return "dollars such as 0.05";
    case FILTER_TRACE_ID:
        return "32 hex digits";
    case FILTER_OUTCOME:
        return "an outcome such as blocked or retried";
    case FILTER_ENUM:
        return !strcmp(field->name, "kind")     ? "a kind such as llm, tool or agent"
               : !strcmp(field->name, "status") ? "ok or error"
                                                : "an error kind such as throttle or timeout";
    default:
        return "text";
    }
}

static bool parse_value(const struct filter_field *field, struct str text, int64_t *out_number)
{
    double dollars;
    enum outcome outcome;
    uint8_t id[TRACE_ID_BYTES];
    switch (field->kind) {
    case FILTER_COUNT:
        return str_to_i64(text, out_number);
    case FILTER_DURATION:
        return parse_duration(text, out_number);
    case FILTER_MONEY:
        if (str_starts(text, STR("$")))
            text = str_sub(text, 1, text.len);
        if (!str_to_double(text, &dollars) || !isfinite(dollars) || fabs(dollars) > 9e9)
            return false;
        *out_number = (int64_t)llround(dollars * 1e9);
        return true;
    case FILTER_ENUM:
        return parse_enum(field, text, out_number);
    case FILTER_TRACE_ID:
        return str_hex_decode(text, id, sizeof id);
    case FILTER_OUTCOME:
        if (!outcome_parse(text, &outcome))
            return false;
        *out_number = outcome;
        return true;
    default:
        return true;
    }
}

/* The next value, up to a bar that no backslash stands before. */
static bool take_value(struct str *rest, struct arena *arena, struct str *out_value)
{
    bool escaped = false;
    size_t at = 0, length = 0;
    for (; at < rest->len && rest->ptr[at] != '|'; at++) {
        if (rest->ptr[at] == '\\' && at + 1 < rest->len &&
            (rest->ptr[at + 1] == '|' || rest->ptr[at + 1] == '\\')) {
            escaped = true;
            at++;
        }
    }
    *out_value = str_sub(*rest, 0, at);
    *rest = str_sub(*rest, at + 1, rest->len);
    if (!escaped)
        return true;
    char *copy = arena_alloc(arena, out_value->len + 1);
    if (!copy)
        return false;
    for (size_t i = 0; i < out_value->len; i++) {
        if (out_value->ptr[i] == '\\' && i + 1 < out_value->len &&
            (out_value->ptr[i + 1] == '|' || out_value->ptr[i + 1] == '\\'))
            i++;
        copy[length++] = out_value->ptr[i];
    }
    *out_value = (struct str){copy, length};
    return true;
}

enum status filter_parse(struct filters *filters, struct str text, struct arena *arena,
                         struct error *error)
{
    struct str name, values, value;
    struct filter filter = {0};
    if (filters->count == FILTERS_MAX)
        return fail(error, STATUS_TOO_LARGE, "f: at most %d filters", FILTERS_MAX);
    if (!split(text, &name, &filter.op, &values))
        return fail(error, STATUS_INVALID,
                    "f: expected <field><op><value> such as model=gpt-4o, got '%.*s'",
                    (int)(text.len > 80 ? 80 : text.len), text.ptr);
    filter.field = filter_field_find(name);
    if (!filter.field)
        return fail(error, STATUS_INVALID, "f: there is no field '%.*s'",
                    (int)(name.len > 60 ? 60 : name.len), name.ptr ? name.ptr : "");
    bool is_text = filter.field->kind == FILTER_NAME || filter.field->kind == FILTER_TEXT ||
                   filter.field->kind == FILTER_TAG;
    bool is_choice = filter.field->kind == FILTER_ENUM || filter.field->kind == FILTER_OUTCOME;
    bool is_order = filter.op >= FILTER_GT && filter.op <= FILTER_LE;
    if ((is_order && (is_text || is_choice)) || (filter.op == FILTER_HAS && !is_text))
        return fail(error, STATUS_INVALID, "f: %s cannot be compared that way", filter.field->name);
    for (struct str rest = values; rest.len;) {
        if (!take_value(&rest, arena, &value))
            return fail(error, STATUS_TOO_LARGE, "f: %s: too long", filter.field->name);
        if (filter.value_count == FILTER_VALUES_MAX)
            return fail(error, STATUS_TOO_LARGE, "f: %s has more than %d values",
                        filter.field->name, FILTER_VALUES_MAX);
        if (!parse_value(filter.field, value, &filter.numbers[filter.value_count]))
            return fail(error, STATUS_INVALID, "f: %s: expected %s, got '%.*s'", filter.field->name,
                        expected(filter.field), (int)(value.len > 60 ? 60 : value.len),
                        value.ptr ? value.ptr : "");
        filter.values[filter.value_count++] = value;
    }
    bool can_be_absent = filter.field->kind != FILTER_OUTCOME;
    if (filter.value_count == 0 &&
        (!can_be_absent || (filter.op != FILTER_EQ && filter.op != FILTER_NE)))
        return fail(error, STATUS_INVALID, "f: %s: expected %s", filter.field->name,
                    expected(filter.field));
    filters->items[filters->count++] = filter;
    return STATUS_OK;
}

static const char *sign_of(enum filter_op op)
{
    static const char *const signs[] = {
        [FILTER_EQ] = "=", [FILTER_NE] = "<>", [FILTER_GT] = ">",  [FILTER_GE] = ">=",
        [FILTER_LT] = "<", [FILTER_LE] = "<=", [FILTER_HAS] = "=",
    };
    return signs[op];
}

static void compare(const struct filter *filter, size_t i, const char *what,
                    const struct query *query, struct sql *sql)
{
    switch (filter->field->kind) {
    case FILTER_NAME:
        if (filter->op == FILTER_HAS) {
            sql_add(sql, "%s IN (SELECT id FROM names WHERE contains(lower(text), lower(", what);
            sql_text(sql, filter->values[i]);
            sql_add(sql, ")))");
        } else {
            sql_add(sql, "%s = ", what);
            sql_int(sql, store_name_id(query->store, filter->values[i]));
        }
        break;
    case FILTER_TEXT:
        if (filter->op == FILTER_HAS) {
            sql_add(sql, "contains(lower(%s), lower(", what);
            sql_text(sql, filter->values[i]);
            sql_add(sql, "))");
        } else {
            sql_add(sql, "%s = ", what);
            sql_text(sql, filter->values[i]);
        }
        break;
    default:
        sql_add(sql, "%s %s ", what, filter->op == FILTER_NE ? "=" : sign_of(filter->op));
        sql_value_int(sql, filter->numbers[i]);
    }
}

static void compare_trace_id(const struct filter *filter, size_t i, struct sql *sql)
{
    uint8_t id[TRACE_ID_BYTES];
    struct trace_key key;
    str_hex_decode(filter->values[i], id, sizeof id);
    key = trace_key(id);
    sql_add(sql, "(s.trace_hi = ");
    sql_int(sql, key.hi);
    sql_add(sql, " AND s.trace_lo = ");
    sql_int(sql, key.lo);
    sql_add(sql, ")");
}

/* Tags stand beside the spans, by trace. */
static void compare_tag(const struct filter *filter, struct sql *sql)
{
    bool is_none = filter->value_count == 0 && filter->op == FILTER_EQ;
    sql_add(sql, filter->op == FILTER_NE && filter->value_count ? " AND NOT (" : " AND (");
    sql_add(sql, "(s.project, s.trace_hi, s.trace_lo) %s (SELECT project, hi, lo FROM aliases",
            is_none ? "NOT IN" : "IN");
    sql_add(sql, " WHERE kind = %d", (int)ALIAS_TAG);
    for (size_t i = 0; i < filter->value_count; i++) {
        sql_add(sql, i ? " OR " : " AND (");
        sql_add(sql, filter->op == FILTER_HAS ? "contains(lower(text), lower(" : "(text = ");
        sql_text(sql, filter->values[i]);
        sql_add(sql, filter->op == FILTER_HAS ? "))" : ")");
    }
    sql_add(sql, filter->value_count ? ")))" : "))");
}

static void condition(const struct filter *filter, const char *what, const struct query *query,
                      struct sql *sql)
{
    bool absent_is_zero = filter->field->kind == FILTER_NAME || filter->field->kind == FILTER_ENUM;
    if (filter->field->kind == FILTER_TAG) {
        compare_tag(filter, sql);
        return;
    }
    if (filter->value_count == 0) {
        sql_add(sql, " AND coalesce(%s, %s) %s %s", what, absent_is_zero ? "0" : "NULL",
                absent_is_zero            ? sign_of(filter->op)
                : filter->op == FILTER_EQ ? "IS"
                                          : "IS NOT",
                absent_is_zero ? "0" : "NULL");
        return;
    }
    sql_add(sql, filter->op == FILTER_NE ? " AND NOT coalesce((" : " AND (");
    for (size_t i = 0; i < filter->value_count; i++) {
        sql_add(sql, i ? " OR " : "");
        if (filter->field->kind == FILTER_OUTCOME)
            sql_add(sql, "(%s)", outcome_condition((enum outcome)filter->numbers[i]));
        else if (filter->field->kind == FILTER_TRACE_ID)
            compare_trace_id(filter, i, sql);
        else
            compare(filter, i, what, query, sql);
    }
    sql_add(sql, filter->op == FILTER_NE ? "), false)" : ")");
}

void filter_spans(const struct filters *filters, const struct query *query, struct sql *sql)
{
    for (size_t i = 0; i < filters->count; i++) {
        char what[64] = "s.";
        if (filters->items[i].field->level == FILTER_OF_TRACE)
            continue;
        strncat(what, filters->items[i].field->span_column, sizeof what - 3);
        condition(&filters->items[i], what, query, sql);
    }
}

enum status filter_rows(const struct filters *filters, const struct query *query, struct sql *sql,
                        struct error *error)
{
    for (size_t i = 0; i < filters->count; i++) {
        const struct filter *filter = &filters->items[i];
        char what[96] = "s.";
        if (!filter->field->span_column)
            return fail(error, STATUS_INVALID, "f: single spans cannot be filtered by %s",
                        filter->field->name);
        strncat(what, filter->field->span_column, sizeof what - 3);
        /* A status that was never set is no failure. */
        bool is_status = !strcmp(filter->field->name, "status");
        condition(filter, is_status ? "(CASE s.status WHEN 2 THEN 2 ELSE 1 END)" : what, query,
                  sql);
    }
    return STATUS_OK;
}

bool filter_has_span_level(const struct filters *filters)
{
    for (size_t i = 0; i < filters->count; i++)
        if (filters->items[i].field->level == FILTER_OF_SPAN)
            return true;
    return false;
}

bool filter_has_trace_level(const struct filters *filters)
{
    for (size_t i = 0; i < filters->count; i++)
        if (filters->items[i].field->level == FILTER_OF_TRACE)
            return true;
    return false;
}

void filter_traces(const struct filters *filters, const struct query *query, struct sql *sql)
{
    for (size_t i = 0; i < filters->count; i++)
        if (filters->items[i].field->level == FILTER_OF_TRACE)
            condition(&filters->items[i], filters->items[i].field->trace_expression, query, sql);
}

enum status filter_labels(const struct filters *filters, const struct query *query, struct sql *sql,
                          struct error *error)
{
    for (size_t i = 0; i < filters->count; i++) {
        char what[64] = "l.";
        const struct filter_field *field = filters->items[i].field;
        if (!field->label_column)
            return fail(error, STATUS_INVALID, "f: charts cannot be filtered by %s", field->name);
        strncat(what, field->label_column, sizeof what - 3);
        condition(&filters->items[i], what, query, sql);
    }
    return STATUS_OK;
}

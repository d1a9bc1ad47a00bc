/* SPDX-License-Identifier: Apache-2.0 */
/* query_fields: the catalogue, and the words of its enums. */
#include "query/query_fields.h"

#include <string.h>

/* A trace id as one number that compares and groups. */
#define TRACE_NUMBER                                                                               \
    "(CAST(s.trace_hi AS HUGEINT) * 18446744073709551616 + CAST(s.trace_lo AS HUGEINT) + "         \
    "CASE WHEN s.trace_lo < 0 THEN 18446744073709551616 ELSE 0 END)"

static const struct query_field fields[] = {
#define FIELD(source, name, type, form, sql, unit, bytes, description, aliases)                    \
    {SOURCE_##source, name, ASK_##type, FORM_##form, sql, unit, bytes, description, aliases},
#include "query/query_fields.def"
#undef FIELD
};
enum { FIELD_COUNT_ = sizeof fields / sizeof fields[0] };

static bool has_alias(const struct query_field *field, struct str name)
{
    struct str alias, rest = str_from(field->aliases);
    while (str_take(&rest, ' ', &alias))
        if (alias.len && str_equal(alias, name))
            return true;
    return false;
}

const struct query_field *query_field_find(enum source_id source, struct str name)
{
    for (size_t i = 0; i < FIELD_COUNT_; i++)
        if (fields[i].source == source && str_equal(str_from(fields[i].name), name))
            return &fields[i];
    for (size_t i = 0; i < FIELD_COUNT_; i++)
        if (fields[i].source == source && has_alias(&fields[i], name))
            return &fields[i];
    return NULL;
}

const struct query_field *query_field_at(enum source_id source, size_t n)
{
    for (size_t i = 0; i < FIELD_COUNT_; i++)
        if (fields[i].source == source && n-- == 0)
            return &fields[i];
    return NULL;
}

/* A span whose status is unset did not fail. */
static const char *const statuses[] = {"ok", "ok", "error"};
static const char *const status_codes[] = {"UNSET", "OK", "ERROR"};
static const char *const metric_types[] = {NULL,        "gauge",       "sum",
                                           "histogram", "exponential", "summary"};
static const char *const score_types[] = {"numeric", "categorical", "boolean", "text",
                                          "correction"};
static const char *const score_sources[] = {"api", "eval", "annotation", "feedback"};
static const char *const severities[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};

size_t form_words(enum field_form form)
{
    switch (form) {
    case FORM_KIND:
        return KIND_COUNT;
    case FORM_ERROR_KIND:
        return ERROR_KIND_COUNT;
    case FORM_STATUS:
    case FORM_STATUS_CODE:
        return 3;
    case FORM_SEVERITY:
        return 6;
    case FORM_METRIC_TYPE:
        return 6;
    case FORM_SCORE_TYPE:
        return 5;
    case FORM_SCORE_SOURCE:
        return 4;
    default:
        return 0;
    }
}

const char *form_word(enum field_form form, int64_t number)
{
    if (number < 0 || (size_t)number >= form_words(form))
        return NULL;
    switch (form) {
    case FORM_KIND:
        return observation_kind_name((enum observation_kind)number);
    case FORM_ERROR_KIND:
        return error_kind_name((enum error_kind)number);
    case FORM_STATUS:
        return statuses[number];
    case FORM_STATUS_CODE:
        return status_codes[number];
    case FORM_SEVERITY:
        return severities[number];
    case FORM_METRIC_TYPE:
        return metric_types[number];
    case FORM_SCORE_TYPE:
        return score_types[number];
    default:
        return score_sources[number];
    }
}

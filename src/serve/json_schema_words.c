/* SPDX-License-Identifier: Apache-2.0 */
/* json_schema_words: what each keyword asks of a value. A keyword about another type than the
 * value's asks nothing. */
#include <math.h>

#include "serve/json_schema_private.h"

bool schema__nothing(const struct schema_at *at)
{
    (void)at;
    return true;
}

/* --- any value ------------------------------------------------------------------------------ */

static bool is_number(const struct json *json)
{
    return json->type == JSON_INT || json->type == JSON_UINT || json->type == JSON_DOUBLE;
}

/* Holds every int64 and uint64 exactly. */
static long double number_of(const struct json *json)
{
    if (json->type == JSON_DOUBLE)
        return json->number;
    return json->type == JSON_INT ? (long double)json->integer
                                  : (long double)(uint64_t)json->integer;
}

static bool is_of_type(const struct json *value, struct str type)
{
    switch (value->type) {
    case JSON_NULL:
        return str_equal(type, STR("null"));
    case JSON_BOOL:
        return str_equal(type, STR("boolean"));
    case JSON_STRING:
        return str_equal(type, STR("string"));
    case JSON_ARRAY:
        return str_equal(type, STR("array"));
    case JSON_OBJECT:
        return str_equal(type, STR("object"));
    case JSON_INT:
    case JSON_UINT:
    case JSON_DOUBLE:
        return str_equal(type, STR("number")) ||
               (str_equal(type, STR("integer")) &&
                (value->type != JSON_DOUBLE || value->number == floor(value->number)));
    }
    return false;
}

bool schema__type(const struct schema_at *at)
{
    if (at->word->type == JSON_STRING)
        return is_of_type(at->value, at->word->string) ||
               schema__misfit(at, "expected %.*s", STR_ARGS(at->word->string));
    for (uint32_t i = 0; i < at->word->count; i++)
        if (is_of_type(at->value, at->word->items[i].string))
            return true;
    return schema__misfit(at, "expected one of %.*s", (int)at->word->raw.len, at->word->raw.ptr);
}

static bool equal(struct schema_run *run, const struct json *a, const struct json *b);

static bool members_equal(struct schema_run *run, const struct json *a, const struct json *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        const struct json *other = json_get(b, a->members[i].key);
        if (!schema__work(run, b->count) || !other || !equal(run, &a->members[i].value, other))
            return false;
    }
    return true;
}

static bool equal(struct schema_run *run, const struct json *a, const struct json *b)
{
    if (!schema__work(run, 1))
        return false;
    if (is_number(a) && is_number(b))
        return number_of(a) == number_of(b);
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case JSON_BOOL:
        return a->boolean == b->boolean;
    case JSON_STRING:
        return str_equal(a->string, b->string);
    case JSON_ARRAY:
        if (a->count != b->count)
            return false;
        for (uint32_t i = 0; i < a->count; i++)
            if (!equal(run, &a->items[i], &b->items[i]))
                return false;
        return true;
    case JSON_OBJECT:
        return a->count == b->count && members_equal(run, a, b);
    default:
        return true;
    }
}

bool schema__enum(const struct schema_at *at)
{
    for (uint32_t i = 0; i < at->word->count; i++)
        if (equal(at->run, at->value, &at->word->items[i]))
            return true;
    return schema__misfit(at, "expected one of %.*s",
                          (int)(at->word->raw.len > 120 ? 120 : at->word->raw.len),
                          at->word->raw.ptr);
}

bool schema__const(const struct schema_at *at)
{
    return equal(at->run, at->value, at->word) || schema__misfit(at, "expected the value of const");
}

/* --- numbers -------------------------------------------------------------------------------- */

bool schema__multiple_of(const struct schema_at *at)
{
    if (!is_number(at->value))
        return true;
    double step = (double)number_of(at->word);
    double times = (double)number_of(at->value) / step;
    /* 4.02 is 402 times 0.01, though not to the last bit. */
    bool near = !isinf(times) && fabs(times - round(times)) <= 1e-9 * fmax(1, fabs(times));
    bool fits = at->value->type == JSON_INT && at->word->type == JSON_INT
                    ? at->value->integer % at->word->integer == 0
                    : near;
    return fits || schema__misfit(at, "expected a multiple of %.15g", step);
}

static double bound(const struct schema_at *at)
{
    return (double)number_of(at->word);
}

bool schema__maximum(const struct schema_at *at)
{
    return !is_number(at->value) || number_of(at->value) <= number_of(at->word) ||
           schema__misfit(at, "expected at most %.15g", bound(at));
}

bool schema__exclusive_maximum(const struct schema_at *at)
{
    return !is_number(at->value) || number_of(at->value) < number_of(at->word) ||
           schema__misfit(at, "expected less than %.15g", bound(at));
}

bool schema__minimum(const struct schema_at *at)
{
    return !is_number(at->value) || number_of(at->value) >= number_of(at->word) ||
           schema__misfit(at, "expected at least %.15g", bound(at));
}

bool schema__exclusive_minimum(const struct schema_at *at)
{
    return !is_number(at->value) || number_of(at->value) > number_of(at->word) ||
           schema__misfit(at, "expected more than %.15g", bound(at));
}

/* --- texts ---------------------------------------------------------------------------------- */

bool schema__max_length(const struct schema_at *at)
{
    return at->value->type != JSON_STRING ||
           (double)str_count_characters(at->value->string) <= bound(at) ||
           schema__misfit(at, "expected at most %.0f characters", bound(at));
}

bool schema__min_length(const struct schema_at *at)
{
    return at->value->type != JSON_STRING ||
           (double)str_count_characters(at->value->string) >= bound(at) ||
           schema__misfit(at, "expected at least %.0f characters", bound(at));
}

bool schema__pattern(const struct schema_at *at)
{
    return at->value->type != JSON_STRING || schema__matches(at->word->string, at->value->string) ||
           schema__misfit(at, "expected a text that matches %.*s",
                          (int)(at->word->string.len > 120 ? 120 : at->word->string.len),
                          at->word->string.ptr);
}

/* --- lists ---------------------------------------------------------------------------------- */

static bool each_item(const struct schema_at *at, const struct json *schema, size_t from)
{
    for (size_t i = from; i < at->value->count; i++)
        if (!schema__fits_item(at, schema, i))
            return false;
    return true;
}

bool schema__items(const struct schema_at *at)
{
    const struct json *others = json_get(at->schema, STR("additionalItems"));
    if (at->value->type != JSON_ARRAY)
        return true;
    if (at->word->type != JSON_ARRAY)
        return each_item(at, at->word, 0);
    for (size_t i = 0; i < at->word->count && i < at->value->count; i++)
        if (!schema__fits_item(at, &at->word->items[i], i))
            return false;
    return !others || each_item(at, others, at->word->count);
}

bool schema__max_items(const struct schema_at *at)
{
    return at->value->type != JSON_ARRAY || at->value->count <= bound(at) ||
           schema__misfit(at, "expected at most %.0f items", bound(at));
}

bool schema__min_items(const struct schema_at *at)
{
    return at->value->type != JSON_ARRAY || at->value->count >= bound(at) ||
           schema__misfit(at, "expected at least %.0f items", bound(at));
}

bool schema__unique_items(const struct schema_at *at)
{
    const struct json *value = at->value;
    if (value->type != JSON_ARRAY || !at->word->boolean)
        return true;
    for (uint32_t i = 0; i < value->count; i++)
        for (uint32_t j = 0; j < i && !at->run->gave_up; j++)
            if (equal(at->run, &value->items[i], &value->items[j]))
                return schema__misfit(at, "items %u and %u are the same", j, i);
    return true;
}

bool schema__contains(const struct schema_at *at)
{
    bool found = at->value->type != JSON_ARRAY;
    at->run->quiet++;
    for (size_t i = 0; !found && i < at->value->count; i++)
        found = schema__fits_item(at, at->word, i);
    at->run->quiet--;
    return found || schema__misfit(at, "no item is one that it must contain");
}

/* --- objects -------------------------------------------------------------------------------- */

bool schema__max_properties(const struct schema_at *at)
{
    return at->value->type != JSON_OBJECT || at->value->count <= bound(at) ||
           schema__misfit(at, "expected at most %.0f members", bound(at));
}

bool schema__min_properties(const struct schema_at *at)
{
    return at->value->type != JSON_OBJECT || at->value->count >= bound(at) ||
           schema__misfit(at, "expected at least %.0f members", bound(at));
}

static bool has_names(const struct schema_at *at, const struct json *names)
{
    for (uint32_t i = 0; i < names->count; i++)
        if (!json_get(at->value, names->items[i].string))
            return schema__misfit(
                at, "the member '%.*s' is missing",
                (int)(names->items[i].string.len > 100 ? 100 : names->items[i].string.len),
                names->items[i].string.ptr);
    return true;
}

bool schema__required(const struct schema_at *at)
{
    return at->value->type != JSON_OBJECT || has_names(at, at->word);
}

bool schema__properties(const struct schema_at *at)
{
    for (uint32_t i = 0; at->value->type == JSON_OBJECT && i < at->word->count; i++) {
        const struct json *member = json_get(at->value, at->word->members[i].key);
        if (member &&
            !schema__fits_member(at, &at->word->members[i].value, at->word->members[i].key, member))
            return false;
    }
    return true;
}

bool schema__pattern_properties(const struct schema_at *at)
{
    for (uint32_t i = 0; at->value->type == JSON_OBJECT && i < at->word->count; i++)
        for (uint32_t j = 0; j < at->value->count; j++) {
            const struct json_member *member = &at->value->members[j];
            if (schema__work(at->run, 100) &&
                schema__matches(at->word->members[i].key, member->key) &&
                !schema__fits_member(at, &at->word->members[i].value, member->key, &member->value))
                return false;
        }
    return true;
}

static bool is_named(const struct schema_at *at, struct str key)
{
    const struct json *properties = json_get(at->schema, STR("properties"));
    const struct json *patterns = json_get(at->schema, STR("patternProperties"));
    if (properties && properties->type == JSON_OBJECT && json_get(properties, key))
        return true;
    for (uint32_t i = 0; patterns && patterns->type == JSON_OBJECT && i < patterns->count; i++)
        if (schema__work(at->run, 100) && schema__matches(patterns->members[i].key, key))
            return true;
    return false;
}

bool schema__additional_properties(const struct schema_at *at)
{
    for (uint32_t i = 0; at->value->type == JSON_OBJECT && i < at->value->count; i++) {
        const struct json_member *member = &at->value->members[i];
        if (!is_named(at, member->key) &&
            !schema__fits_member(at, at->word, member->key, &member->value))
            return false;
    }
    return true;
}

bool schema__dependencies(const struct schema_at *at)
{
    for (uint32_t i = 0; at->value->type == JSON_OBJECT && i < at->word->count; i++) {
        const struct json_member *member = &at->word->members[i];
        if (!json_get(at->value, member->key))
            continue;
        if (member->value.type == JSON_ARRAY
                ? !has_names(at, &member->value)
                : !schema__fits(at->run, &member->value, at->value, at->place))
            return false;
    }
    return true;
}

bool schema__property_names(const struct schema_at *at)
{
    for (uint32_t i = 0; at->value->type == JSON_OBJECT && i < at->value->count; i++) {
        const struct json name = {.type = JSON_STRING, .string = at->value->members[i].key};
        if (!schema__fits_member(at, at->word, name.string, &name))
            return false;
    }
    return true;
}

/* --- schemas of schemas --------------------------------------------------------------------- */

bool schema__if(const struct schema_at *at)
{
    bool fits = schema__fits_quietly(at, at->word);
    const struct json *next = json_get(at->schema, fits ? STR("then") : STR("else"));
    return !next || schema__fits(at->run, next, at->value, at->place);
}

bool schema__all_of(const struct schema_at *at)
{
    for (uint32_t i = 0; i < at->word->count; i++)
        if (!schema__fits(at->run, &at->word->items[i], at->value, at->place))
            return false;
    return true;
}

bool schema__any_of(const struct schema_at *at)
{
    for (uint32_t i = 0; i < at->word->count; i++)
        if (schema__fits_quietly(at, &at->word->items[i]))
            return true;
    return schema__misfit(at, "fits none of anyOf");
}

bool schema__one_of(const struct schema_at *at)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < at->word->count; i++)
        count += schema__fits_quietly(at, &at->word->items[i]);
    return count == 1 || schema__misfit(at, "fits %u of oneOf, expected 1", count);
}

bool schema__not(const struct schema_at *at)
{
    return !schema__fits_quietly(at, at->word) || schema__misfit(at, "fits what it must not");
}

bool schema__ref(const struct schema_at *at)
{
    const struct json *target = schema__resolve(at->run->root, at->word->string);
    return !target || schema__fits(at->run, target, at->value, at->place);
}

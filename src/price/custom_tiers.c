/* SPDX-License-Identifier: Apache-2.0 */
/* custom_tiers: see custom_tiers.h. */
#include "price/custom_tiers.h"

#include <math.h>
#include <string.h>

#include "wire/json.h"

/* Rates are nano-dollars a million. */
#define RATE_A_DOLLAR 1e15

static const struct {
    const char *name;
    enum price_component component;
} usage_types[] = {
#define USAGE_TYPE(name, component) {name, component},
#include "price/usage_types.def"
#undef USAGE_TYPE
};
enum { USAGE_TYPE_COUNT = sizeof usage_types / sizeof *usage_types };

static const char *const operators[CUSTOM_OPERATOR_COUNT] = {
    [CUSTOM_GT] = "gt",   [CUSTOM_GTE] = "gte", [CUSTOM_LT] = "lt",
    [CUSTOM_LTE] = "lte", [CUSTOM_EQ] = "eq",   [CUSTOM_NEQ] = "neq",
};

const char *price_usage_type(enum price_component component)
{
    for (size_t i = 0; i < USAGE_TYPE_COUNT; i++)
        if (usage_types[i].component == component)
            return usage_types[i].name;
    return price_component_name(component);
}

double price_rate_dollars(int64_t rate)
{
    return (double)rate / RATE_A_DOLLAR;
}

static bool rate_from_dollars(double dollars, int64_t *out_rate)
{
    if (!isfinite(dollars) || dollars < 0 || dollars > 9000)
        return false;
    *out_rate = (int64_t)llround(dollars * RATE_A_DOLLAR);
    return true;
}

/* --- reading -----------------------------------------------------------------------------------
 */

/* Where a mistake is: pricingTiers[tier]. */
struct place {
    size_t tier;
    struct arena *arena; /* for what is kept */
    struct error *error;
};

static enum status refuse(const struct place *place, const char *member, const char *expected)
{
    return fail(place->error, STATUS_INVALID, "pricingTiers[%zu].%s: expected %s", place->tier,
                member, expected);
}

static bool is_total(struct str name)
{
    return str_equal(name, STR("total")) || str_equal(name, STR("total_tokens"));
}

static void set_rate(struct price_row *row, enum price_component component, int64_t rate)
{
    row->has |= 1u << component;
    row->rates[component] = rate;
}

/* Types that are no tokens of a kind we know price nothing. */
static void set_type(struct price_row *row, struct str name, int64_t rate)
{
    for (size_t i = 0; i < USAGE_TYPE_COUNT; i++)
        if (str_equal(name, str_from(usage_types[i].name)))
            set_rate(row, usage_types[i].component, rate);
}

static enum status read_prices(const struct place *place, const struct json *prices,
                               struct price_row *row, bool *out_total)
{
    double dollars;
    int64_t rate, total = -1;
    if (!prices || prices->type != JSON_OBJECT || prices->count == 0 ||
        prices->count > CUSTOM_USAGE_TYPES_MAX)
        return refuse(place, "prices", "at least one usage type with its price");
    *row = (struct price_row){.from_ns = PRICE_ALWAYS_FROM, .until_ns = PRICE_ALWAYS_UNTIL};
    for (uint32_t i = 0; i < prices->count; i++) {
        const struct json_member *member = &prices->members[i];
        if (member->value.type == JSON_STRING || !json_number(&member->value, &dollars) ||
            !rate_from_dollars(dollars, &rate))
            return fail(place->error, STATUS_INVALID,
                        "pricingTiers[%zu].prices.%.*s: expected dollars a unit, 0 to 9000",
                        place->tier, STR_ARGS(str_sub(member->key, 0, 100)));
        if (is_total(member->key))
            total = rate;
        else
            set_type(row, member->key, rate);
    }
    /* A price for the total is the whole price. */
    *out_total = total >= 0;
    if (total < 0)
        return STATUS_OK;
    row->has = 0;
    set_rate(row, PRICE_INPUT, total);
    set_rate(row, PRICE_OUTPUT, total);
    return STATUS_OK;
}

static bool read_source(const struct json *json, enum call_attribute *out_attribute)
{
    struct str source = json_string(json_get(json, STR("source")));
    *out_attribute = str_equal(source, STR("metadata")) ? CALL_METADATA : CALL_PARAMETER;
    return str_equal(source, STR("metadata")) || str_equal(source, STR("model_parameters"));
}

/* {source, key, operator: "in", values} */
static enum status read_attribute(const struct place *place, const struct json *json,
                                  struct custom_condition *condition)
{
    static const char *const expected =
        "{source: model_parameters or metadata, key, operator: in, values: 1 to 50 texts}";
    const struct json *values = json_get(json, STR("values"));
    struct str key = json_string(json_get(json, STR("key")));
    size_t count = values && values->type == JSON_ARRAY ? values->count : 0;
    if (!read_source(json, &condition->attribute) || !key.len ||
        key.len > CALL_ATTRIBUTE_BYTES_MAX || count == 0 || count > CUSTOM_TEXTS_MAX ||
        !str_equal(json_string(json_get(json, STR("operator"))), STR("in")))
        return refuse(place, "conditions", expected);
    condition->key = arena_copy(place->arena, key);
    condition->texts = arena_array(place->arena, struct str, count);
    if (!condition->key.ptr || !condition->texts)
        return fail(place->error, STATUS_TOO_LARGE, "the price book is too large");
    for (size_t i = 0; i < count; i++) {
        struct str text = json_string(&values->items[i]);
        if (!text.len || text.len > CALL_ATTRIBUTE_BYTES_MAX)
            return refuse(place, "conditions", expected);
        condition->texts[condition->text_count++] = arena_copy(place->arena, text);
    }
    return STATUS_OK;
}

static enum status read_condition(const struct place *place, const struct json *json,
                                  struct custom_condition *condition)
{
    if (json_get(json, STR("source")))
        return read_attribute(place, json, condition);
    const struct json *value = json_get(json, STR("value"));
    const struct json *exact = json_get(json, STR("caseSensitive"));
    struct str pattern = json_string(json_get(json, STR("usageDetailPattern")));
    struct str comparison = json_string(json_get(json, STR("operator")));
    struct error why;
    size_t at = 0;
    while (at < CUSTOM_OPERATOR_COUNT && !str_equal(comparison, str_from(operators[at])))
        at++;
    if (!pattern.ptr || at == CUSTOM_OPERATOR_COUNT || !value || value->type == JSON_STRING ||
        !json_number(value, &condition->value) || !isfinite(condition->value))
        return refuse(place, "conditions",
                      "{usageDetailPattern, operator: gt, gte, lt, lte, eq or neq, value}, or "
                      "{source, key, operator: in, values}");
    condition->comparison = (enum custom_operator)at;
    bool ignore_case = !exact || exact->type != JSON_BOOL || !exact->boolean;
    enum status status = regex_new(pattern, ignore_case, &condition->pattern, &why);
    if (status != STATUS_OK)
        return fail(place->error, status, "pricingTiers[%zu].conditions: usageDetailPattern: %s",
                    place->tier, why.text);
    return STATUS_OK;
}

static enum status read_conditions(const struct place *place, const struct json *list,
                                   struct custom_tier *tier)
{
    size_t count = list && list->type == JSON_ARRAY ? list->count : 0;
    if (tier->is_default ? count != 0 : count == 0 || count > CUSTOM_CONDITIONS_MAX)
        return refuse(place, "conditions",
                      tier->is_default ? "none, as it is the default" : "1 to 8 of them");
    while (tier->condition_count < count) {
        struct custom_condition *condition = &tier->conditions[tier->condition_count];
        enum status status = read_condition(place, &list->items[tier->condition_count], condition);
        if (status != STATUS_OK)
            return status;
        tier->condition_count++;
    }
    return STATUS_OK;
}

static enum status read_tier(const struct place *place, const struct json *json,
                             struct custom_tier *tier, struct price_row *row, bool *out_total)
{
    const struct json *is_default = json_get(json, STR("isDefault"));
    struct str name = json_string(json_get(json, STR("name")));
    if (!name.len || name.len > CUSTOM_NAME_MAX)
        return refuse(place, "name", "1 to 255 bytes");
    if (is_default && is_default->type != JSON_BOOL)
        return refuse(place, "isDefault", "true or false");
    tier->is_default = is_default && is_default->boolean;
    const struct json *priority = json_get(json, STR("priority"));
    if (!priority || priority->type == JSON_STRING || !json_int(priority, &tier->priority) ||
        tier->priority < 0 || tier->is_default != (tier->priority == 0))
        return refuse(place, "priority", "0 for the default tier, above 0 for the others");
    enum status status = read_conditions(place, json_get(json, STR("conditions")), tier);
    if (status == STATUS_OK)
        status = read_prices(place, json_get(json, STR("prices")), row, out_total);
    row->tier_id = json_string(json_get(json, STR("id")));
    row->tier_name = name;
    return status;
}

/* Names and priorities are told apart; one tier is the default. */
static enum status check_tiers(const struct json *list, const struct custom_tier *tiers,
                               struct error *error)
{
    size_t defaults = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct str name = json_string(json_get(&list->items[i], STR("name")));
        defaults += tiers[i].is_default;
        for (size_t before = 0; before < i; before++)
            if (tiers[before].priority == tiers[i].priority ||
                str_equal(name, json_string(json_get(&list->items[before], STR("name")))))
                return fail(error, STATUS_INVALID,
                            "pricingTiers[%zu]: its name or priority is that of another", i);
    }
    if (defaults != 1)
        return fail(error, STATUS_INVALID, "pricingTiers: expected exactly one with isDefault");
    return STATUS_OK;
}

/* The default tier has priority 0 and is asked last. */
static void sort_tiers(struct custom_tier *tiers, struct price_row *rows, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t at = i; at > 0; at--) {
            struct custom_tier *a = &tiers[at - 1], *b = &tiers[at];
            if (!a->is_default && (b->is_default || a->priority <= b->priority))
                break;
            struct custom_tier tier = *a;
            struct price_row row = rows[at - 1];
            *a = *b;
            *b = tier;
            rows[at - 1] = rows[at];
            rows[at] = row;
        }
}

enum status custom_tiers_read(struct str json, struct arena *arena, struct custom_tier **out_tiers,
                              struct price_row **out_rows, size_t *out_count, bool *out_one_price,
                              struct error *error)
{
    struct json list;
    bool one_price = true;
    enum status status = json_parse(json, arena, &list, error);
    if (status != STATUS_OK || list.type != JSON_ARRAY || list.count == 0 ||
        list.count > CUSTOM_TIERS_MAX)
        return fail(error, STATUS_INVALID, "pricingTiers: expected 1 to %d tiers",
                    CUSTOM_TIERS_MAX);
    struct custom_tier *tiers = arena_array(arena, struct custom_tier, list.count);
    struct price_row *rows = arena_array(arena, struct price_row, list.count);
    if (!tiers || !rows)
        return fail(error, STATUS_TOO_LARGE, "the price book is too large");
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        const struct place place = {i, arena, error};
        bool total = false;
        status = read_tier(&place, &list.items[i], &tiers[i], &rows[i], &total);
        one_price = one_price && total;
    }
    if (status == STATUS_OK)
        status = check_tiers(&list, tiers, error);
    if (status != STATUS_OK) {
        for (size_t i = 0; i < list.count; i++)
            custom_tier_done(&tiers[i]);
        return status;
    }
    sort_tiers(tiers, rows, list.count);
    *out_tiers = tiers;
    *out_rows = rows;
    *out_count = list.count;
    *out_one_price = one_price;
    return STATUS_OK;
}

void custom_tier_done(struct custom_tier *tier)
{
    for (size_t i = 0; i < tier->condition_count; i++)
        regex_free(tier->conditions[i].pattern);
    tier->condition_count = 0;
}

/* --- choosing ----------------------------------------------------------------------------------
 */

static bool compares(double sum, enum custom_operator comparison, double value)
{
    switch (comparison) {
    case CUSTOM_GT:
        return sum > value;
    case CUSTOM_GTE:
        return sum >= value;
    case CUSTOM_LT:
        return sum < value;
    case CUSTOM_LTE:
        return sum <= value;
    case CUSTOM_EQ:
        return sum == value;
    default:
        return sum != value;
    }
}

static bool has_attribute(const struct call_attributes *attributes,
                          const struct custom_condition *condition)
{
    return attributes && attributes->is_any(attributes->call, condition->attribute, condition->key,
                                            condition->texts, condition->text_count);
}

static double sum_of(const struct custom_condition *condition, const struct price_request *request,
                     const int64_t tokens[PRICE_COMPONENT_COUNT])
{
    double sum = regex_finds(condition->pattern, STR("total"))
                     ? (double)usage_or_zero(request->usage->total)
                     : 0;
    for (int kind = 0; kind < PRICE_REQUEST; kind++)
        if (tokens[kind] && regex_finds(condition->pattern, str_from(price_usage_type(kind))))
            sum += (double)tokens[kind];
    return sum;
}

bool custom_tier_fits(const struct custom_tier *tier, const struct price_request *request,
                      const int64_t tokens[PRICE_COMPONENT_COUNT])
{
    for (size_t i = 0; i < tier->condition_count; i++) {
        const struct custom_condition *condition = &tier->conditions[i];
        if (condition->pattern ? !compares(sum_of(condition, request, tokens),
                                           condition->comparison, condition->value)
                               : !has_attribute(request->attributes, condition))
            return false;
    }
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_usage: tokens and costs in the shapes Langfuse's clients send -> one flat map each.
 *
 *   usage         {input, output, total, unit, …Cost} or {promptTokens, completionTokens,
 * totalTokens} usageDetails  a map; or exactly OpenAI's completion or responses shape, whose
 * details are counted inside input and output and are taken out of them
 *
 * usageDetails overlay usage; each replaces what was said before as a whole.
 */
#include <math.h>
#include <string.h>

#include "merge/merge_private.h"

enum { COUNTS_MAX = 64 };

struct counts {
    struct {
        struct str key;
        double number;
    } items[COUNTS_MAX];
    size_t count;
};

static double *find(struct counts *counts, struct str key)
{
    for (size_t i = 0; i < counts->count; i++)
        if (str_equal(counts->items[i].key, key))
            return &counts->items[i].number;
    return NULL;
}

static void set(struct counts *counts, struct str key, double number)
{
    double *known = find(counts, key);
    if (known)
        *known = number;
    else if (counts->count < COUNTS_MAX) {
        counts->items[counts->count].key = key;
        counts->items[counts->count++].number = number;
    }
}

/* Non-negative numbers; of tokens also texts of digits. */
static bool count_of(const struct json *json, double *out)
{
    return json && json->type != JSON_NULL && json->type != JSON_BOOL && json_number(json, out) &&
           isfinite(*out) && *out >= 0;
}

static bool is_one_of(struct str key, const struct str *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(key, keys[i]))
            return true;
    return false;
}

/* input_<key> for each detail, taken out of the sum it is part of. */
static void take_details(struct counts *counts, const struct json *details, const char *side,
                         struct arena *arena)
{
    double *sum = find(counts, str_from(side));
    if (!details || details->type != JSON_OBJECT)
        return;
    for (uint32_t i = 0; i < details->count; i++) {
        double number;
        if (!count_of(&details->members[i].value, &number))
            continue;
        set(counts, arena_printf(arena, "%s_%.*s", side, STR_ARGS(details->members[i].key)),
            number);
        if (sum)
            *sum = *sum > number ? *sum - number : 0;
    }
}

struct shape {
    struct str input, output, input_details, output_details;
};
static const struct shape shapes[] = {
    {STR_INIT("prompt_tokens"), STR_INIT("completion_tokens"), STR_INIT("prompt_tokens_details"),
     STR_INIT("completion_tokens_details")},
    {STR_INIT("input_tokens"), STR_INIT("output_tokens"), STR_INIT("input_tokens_details"),
     STR_INIT("output_tokens_details")},
};

/* All of the shape's three sums are there, and nothing that it does not know. */
static bool has_shape(const struct json *usage, const struct shape *shape)
{
    const struct str keys[] = {shape->input, shape->output, STR("total_tokens"),
                               shape->input_details, shape->output_details};
    double ignored;
    for (uint32_t i = 0; i < usage->count; i++)
        if (!is_one_of(usage->members[i].key, keys, sizeof keys / sizeof *keys))
            return false;
    return count_of(json_get(usage, shape->input), &ignored) &&
           count_of(json_get(usage, shape->output), &ignored) &&
           count_of(json_get(usage, STR("total_tokens")), &ignored);
}

static void take_shape(struct counts *counts, const struct json *usage, const struct shape *shape,
                       struct arena *arena)
{
    double number;
    if (count_of(json_get(usage, shape->input), &number))
        set(counts, STR("input"), number);
    if (count_of(json_get(usage, shape->output), &number))
        set(counts, STR("output"), number);
    if (count_of(json_get(usage, STR("total_tokens")), &number))
        set(counts, STR("total"), number);
    take_details(counts, json_get(usage, shape->input_details), "input", arena);
    take_details(counts, json_get(usage, shape->output_details), "output", arena);
}

static void take_usage_details(struct counts *counts, const struct json *usage, struct arena *arena)
{
    double number;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (has_shape(usage, &shapes[i])) {
            take_shape(counts, usage, &shapes[i], arena);
            return;
        }
    for (uint32_t i = 0; i < usage->count; i++)
        if (count_of(&usage->members[i].value, &number))
            set(counts, usage->members[i].key, number);
}

/* The older form. Other units than tokens are no tokens. */
static void take_usage(struct counts *counts, struct counts *costs, const struct json *usage)
{
    static const struct {
        struct str from, to;
    } names[] = {
        {STR_INIT("input"), STR_INIT("input")},
        {STR_INIT("output"), STR_INIT("output")},
        {STR_INIT("total"), STR_INIT("total")},
        {STR_INIT("promptTokens"), STR_INIT("input")},
        {STR_INIT("completionTokens"), STR_INIT("output")},
        {STR_INIT("totalTokens"), STR_INIT("total")},
    };
    static const struct {
        struct str from, to;
    } money[] = {
        {STR_INIT("inputCost"), STR_INIT("input")},
        {STR_INIT("outputCost"), STR_INIT("output")},
        {STR_INIT("totalCost"), STR_INIT("total")},
    };
    struct str unit = json_string(json_get(usage, STR("unit")));
    double number;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((unit.len == 0 || str_equal(unit, STR("TOKENS"))) &&
            count_of(json_get(usage, names[i].from), &number))
            set(counts, names[i].to, number);
    for (size_t i = 0; i < sizeof money / sizeof *money; i++)
        if (count_of(json_get(usage, money[i].from), &number))
            set(costs, money[i].to, number);
}

/* Whole numbers as such, so that readers of tokens find tokens. */
static struct str write_counts(const struct counts *counts, struct arena *arena)
{
    struct json object = {.type = JSON_OBJECT, .count = (uint32_t)counts->count};
    object.members = arena_array(arena, struct json_member, counts->count + 1);
    if (counts->count == 0 || !object.members)
        return STR_NONE;
    for (size_t i = 0; i < counts->count; i++) {
        double number = counts->items[i].number;
        bool whole = number < 9e15 && number == floor(number);
        struct json *value = &object.members[i].value;
        object.members[i].key = counts->items[i].key;
        *value = whole ? (struct json){.type = JSON_INT, .integer = (int64_t)number}
                       : (struct json){.type = JSON_DOUBLE, .number = number};
    }
    return merge_json_text(&object, arena);
}

static void complete_total(struct counts *counts)
{
    double sum = 0;
    if (counts->count == 0 || find(counts, STR("total")))
        return;
    for (size_t i = 0; i < counts->count; i++)
        sum += counts->items[i].number;
    set(counts, STR("total"), sum);
}

struct str langfuse__usage(const struct fold *fold, struct str *out_costs)
{
    struct counts counts = {0}, costs = {0};
    struct member member;
    struct json json;
    if (fold__last(fold, STR("usage"), &member) && member.is_json &&
        fold__parse(fold, &member, &json) && json.type == JSON_OBJECT)
        take_usage(&counts, &costs, &json);
    if (fold__last(fold, STR("usageDetails"), &member) && member.is_json &&
        fold__parse(fold, &member, &json) && json.type == JSON_OBJECT)
        take_usage_details(&counts, &json, fold->arena);
    if (fold__last(fold, STR("costDetails"), &member) && member.is_json &&
        fold__parse(fold, &member, &json) && json.type == JSON_OBJECT)
        take_usage_details(&costs, &json, fold->arena);
    complete_total(&counts);
    *out_costs = write_counts(&costs, fold->arena);
    return write_counts(&counts, fold->arena);
}

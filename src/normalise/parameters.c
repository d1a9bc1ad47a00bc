/* SPDX-License-Identifier: Apache-2.0 */
/* parameters: what the model was asked with. Single keys override members of a bag (§1.6). */
#include "normalise/normalise_private.h"
#include "wire/json.h"

struct asked {
    struct parameter *items;
    uint16_t *orders;
    size_t count;
};

static void ask(struct asked *asked, struct str name, struct value value, unsigned order)
{
    for (size_t i = 0; i < asked->count; i++) {
        if (!str_equal(asked->items[i].name, name))
            continue;
        if (order < asked->orders[i]) {
            asked->items[i].value = value;
            asked->orders[i] = (uint16_t)order;
        }
        return;
    }
    if (asked->count >= PARAMETERS_MAX)
        return;
    asked->orders[asked->count] = (uint16_t)order;
    asked->items[asked->count++] = (struct parameter){name, value};
}

/* One name for what providers spell differently; not parameters: what is shown elsewhere. */
static struct str bag_name(struct str key)
{
    static const struct {
        const char *key, *name;
    } names[] = {
        {"max_completion_tokens", "max_tokens"},
        {"max_output_tokens", "max_tokens"},
        {"maxTokens", "max_tokens"},
        {"maxOutputTokens", "max_tokens"},
        {"topP", "top_p"},
        {"topK", "top_k"},
        {"stop", "stop_sequences"},
        {"n", "choice_count"},
        {"reasoning_effort", "reasoning_level"},
        {"model", ""},
        {"messages", ""},
        {"tools", ""},
        {"input", ""},
        {"prompt", ""},
        {"function_tools", ""},
        {"system", ""},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_equal(key, str_from(names[i].key)))
            return str_from(names[i].name);
    return key;
}

static struct value value_of(struct content *content, const struct json *json)
{
    switch (json->type) {
    case JSON_BOOL:
        return value_bool(json->boolean);
    case JSON_INT:
        return value_int(json->integer);
    case JSON_DOUBLE:
        return value_double(json->number);
    default:
        return value_string(json_as_text(content, json));
    }
}

static void ask_bag(struct content *content, struct asked *asked, const struct value *value,
                    unsigned order)
{
    struct json json;
    if (!content_parse(content, value, &json) || json.type != JSON_OBJECT)
        return;
    for (uint32_t i = 0; i < json.count; i++) {
        const struct json_member *member = &json.members[i];
        struct str name = bag_name(member->key);
        const struct json *budget = json_get(&member->value, STR("budget_tokens"));
        if (str_equal(name, STR("thinking")) && budget)
            ask(asked, STR("reasoning_budget"), value_of(content, budget), order);
        else if (name.len && member->value.type != JSON_NULL)
            ask(asked, name, value_of(content, &member->value), order);
    }
}

void parameters_fill(struct content *content)
{
    const struct reading *reading = content->reading;
    uint16_t orders[PARAMETERS_MAX];
    struct asked asked = {.items = arena_array(content->arena, struct parameter, PARAMETERS_MAX),
                          .orders = orders};
    for (size_t i = 0; asked.items && i < reading->found_count; i++) {
        const struct found *found = &reading->found[i];
        const struct row *rows = found->entry->rows;
        if (found->carrier > CARRIER_LOG)
            continue;
        for (size_t j = 0; j < found->entry->row_count; j++) {
            if ((rows[j].only && !(rows[j].only >> reading->out->kind & 1)) ||
                !reading_knows(reading, &rows[j]))
                continue;
            if (rows[j].slot == SLOT_parameter)
                ask(&asked, str_from(rows[j].path), *found->value, rows[j].order);
            else if (rows[j].slot == SLOT_parameter_bag)
                ask_bag(content, &asked, found->value, 1000u + rows[j].order);
        }
    }
    content->out->parameters = asked.items;
    content->out->parameter_count = asked.count;
}

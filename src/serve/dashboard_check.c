/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dashboard_check: see dashboard_check.h. One table an object says which members there are; a
 * member that is not in it is refused by name, so that a misspelt one is not silently without
 * effect.
 */
#include "serve/dashboard_check.h"

#include <stdio.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_INT, KIND_NAME, KIND_WORD, KIND_LIST };

struct member_rule {
    const char *name;
    enum kind kind;
    bool required;
    int64_t least, most;      /* bytes of a text, value of an integer, items of a list */
    const char *const *words; /* KIND_WORD: ends with NULL */
};

static const char *const views[] = {
#define VIEW(name) #name,
#include "serve/dashboard_views.def"
#undef VIEW
    NULL};
static const char *const sources[] = {"spans", "traces", "logs", "metrics", "scores", NULL};
static const char *const units[] = {"ms", "ns", "s", "usd", "bytes", "tokens", "share", NULL};

static const struct member_rule document_rules[] = {
    {"version", KIND_INT, true, DASHBOARD_VERSION, DASHBOARD_VERSION, NULL},
    {"title", KIND_TEXT, true, 1, 200, NULL},
    {"description", KIND_TEXT, false, 0, 2000, NULL},
    {"variables", KIND_LIST, false, 0, DASHBOARD_VARIABLES_MAX, NULL},
    {"widgets", KIND_LIST, true, 0, DASHBOARD_WIDGETS_MAX, NULL},
    {NULL, KIND_TEXT, false, 0, 0, NULL}};
static const struct member_rule variable_rules[] = {
    {"name", KIND_NAME, true, 1, 40, NULL},      {"label", KIND_TEXT, false, 0, 100, NULL},
    {"source", KIND_WORD, false, 0, 0, sources}, {"field", KIND_TEXT, true, 1, 500, NULL},
    {"default", KIND_TEXT, false, 0, 500, NULL}, {NULL, KIND_TEXT, false, 0, 0, NULL}};
static const struct member_rule widget_rules[] = {
    {"id", KIND_NAME, true, 1, 40, NULL},
    {"title", KIND_TEXT, false, 0, 200, NULL},
    {"view", KIND_WORD, true, 0, 0, views},
    {"source", KIND_WORD, false, 0, 0, sources},
    {"query", KIND_TEXT, true, 1, 40000, NULL},
    {"unit", KIND_WORD, false, 0, 0, units},
    {"x", KIND_INT, true, 0, DASHBOARD_COLUMNS - 1, NULL},
    {"y", KIND_INT, true, 0, 9999, NULL},
    {"w", KIND_INT, true, 1, DASHBOARD_COLUMNS, NULL},
    {"h", KIND_INT, true, 1, 60, NULL},
    {NULL, KIND_TEXT, false, 0, 0, NULL}};

/* Letters, digits, `_` and `-`; a variable's name stands in queries, so it begins with a letter. */
static bool is_name(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-')))
            return false;
    }
    return true;
}

static enum status check_word(const char *where, const struct member_rule *rule,
                              const struct json *value, struct error *error)
{
    struct str text = json_string(value);
    char list[200];
    size_t used = 0;
    list[0] = 0;
    for (const char *const *word = rule->words; *word; word++) {
        if (text.ptr && str_equal(text, str_from(*word)))
            return STATUS_OK;
        int n = snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", *word);
        used += n > 0 && (size_t)n < sizeof list - used ? (size_t)n : 0;
    }
    return fail(error, STATUS_INVALID, "%s%s: expected one of %s", where, rule->name, list);
}

static enum status check_text(const char *where, const struct member_rule *rule,
                              const struct json *value, struct error *error)
{
    if (value->type != JSON_STRING)
        return fail(error, STATUS_INVALID, "%s%s: expected a string", where, rule->name);
    size_t len = value->string.len;
    if (len < (size_t)rule->least || len > (size_t)rule->most)
        return fail(error, len > (size_t)rule->most ? STATUS_TOO_LARGE : STATUS_INVALID,
                    "%s%s: expected %lld to %lld bytes, got %zu", where, rule->name,
                    (long long)rule->least, (long long)rule->most, len);
    if (rule->kind == KIND_NAME && !is_name(value->string))
        return fail(error, STATUS_INVALID,
                    "%s%s: expected letters, digits, '_' and '-', beginning with a letter", where,
                    rule->name);
    return STATUS_OK;
}

static enum status check_member(const char *where, const struct member_rule *rule,
                                const struct json *value, struct error *error)
{
    switch (rule->kind) {
    case KIND_INT:
        if (value->type != JSON_INT || value->integer < rule->least || value->integer > rule->most)
            return fail(error, STATUS_INVALID, "%s%s: expected a whole number from %lld to %lld",
                        where, rule->name, (long long)rule->least, (long long)rule->most);
        return STATUS_OK;
    case KIND_LIST:
        if (value->type != JSON_ARRAY)
            return fail(error, STATUS_INVALID, "%s%s: expected a list", where, rule->name);
        if (value->count > (uint64_t)rule->most)
            return fail(error, STATUS_TOO_LARGE, "%s%s: expected at most %lld, got %u", where,
                        rule->name, (long long)rule->most, value->count);
        return STATUS_OK;
    case KIND_WORD:
        return check_word(where, rule, value, error);
    default:
        return check_text(where, rule, value, error);
    }
}

/* `where` is "" for the document, else "widgets[2]." and the like. */
static enum status check_object(const char *where, const struct member_rule *rules,
                                const struct json *object, struct error *error)
{
    if (object->type != JSON_OBJECT)
        return fail(error, STATUS_INVALID, "%.*s%sexpected a JSON object",
                    (int)(where[0] ? strlen(where) - 1 : 0), where, where[0] ? ": " : "");
    for (uint32_t i = 0; i < object->count; i++) {
        struct str key = object->members[i].key;
        const struct member_rule *rule = rules;
        while (rule->name && !str_equal(str_from(rule->name), key))
            rule++;
        if (!rule->name)
            return fail(error, STATUS_INVALID, "%s%.*s: there is no such member in version %d",
                        where, (int)(key.len > 60 ? 60 : key.len), key.ptr, DASHBOARD_VERSION);
        enum status status = check_member(where, rule, &object->members[i].value, error);
        if (status != STATUS_OK)
            return status;
    }
    for (const struct member_rule *rule = rules; rule->name; rule++)
        if (rule->required && !json_get(object, str_from(rule->name)))
            return fail(error, STATUS_INVALID, "%s%s: is missing", where, rule->name);
    return STATUS_OK;
}

static enum status check_list(const struct json *document, const char *list_name,
                              const struct member_rule *rules, const char *key, struct error *error)
{
    const struct json *list = json_get(document, str_from(list_name));
    for (uint32_t i = 0; list && i < list->count; i++) {
        char where[60];
        snprintf(where, sizeof where, "%s[%u].", list_name, i);
        enum status status = check_object(where, rules, &list->items[i], error);
        if (status != STATUS_OK)
            return status;
        struct str own = json_string(json_get(&list->items[i], str_from(key)));
        for (uint32_t other = 0; other < i; other++)
            if (str_equal(own, json_string(json_get(&list->items[other], str_from(key)))))
                return fail(error, STATUS_INVALID, "%s%s: '%.*s' is also that of %s[%u]", where,
                            key, STR_ARGS(own), list_name, other);
    }
    return STATUS_OK;
}

static enum status check_places(const struct json *widgets, struct error *error)
{
    for (uint32_t i = 0; i < widgets->count; i++) {
        int64_t x = 0, w = 0;
        json_int(json_get(&widgets->items[i], STR("x")), &x);
        json_int(json_get(&widgets->items[i], STR("w")), &w);
        if (x + w > DASHBOARD_COLUMNS)
            return fail(error, STATUS_INVALID, "widgets[%u].w: expected x + w to be at most %d", i,
                        DASHBOARD_COLUMNS);
    }
    return STATUS_OK;
}

enum status dashboard_check(const struct json *document, struct dashboard_facts *out_facts,
                            struct error *error)
{
    enum status status = check_object("", document_rules, document, error);
    if (status == STATUS_OK)
        status = check_list(document, "variables", variable_rules, "name", error);
    if (status == STATUS_OK)
        status = check_list(document, "widgets", widget_rules, "id", error);
    const struct json *widgets = json_get(document, STR("widgets"));
    if (status == STATUS_OK)
        status = check_places(widgets, error);
    if (status != STATUS_OK)
        return status;
    *out_facts = (struct dashboard_facts){
        .title = json_string(json_get(document, STR("title"))),
        .description = json_string(json_get(document, STR("description"))),
        .widgets = widgets->count,
    };
    return STATUS_OK;
}

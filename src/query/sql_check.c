/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sql_check: what a statement must not mention, found in its parse tree wherever it stands.
 *
 * The sandbox holds one project's rows and no files, so nothing here guards a secret. It keeps
 * people from resting on the engine's insides, and what is not answered is refused in words.
 */
#include "query/sql_private.h"
#include "wire/json.h"

enum { TABLES_MAX = 256, PARTS_MAX = 200000 };

struct tree_walk {
    struct error *error;
    struct str defined[TABLES_MAX]; /* names of WITH */
    size_t defined_count, parts;
};

/* FUNCTION(name or prefix*, why) */
static const struct {
    const char *name, *why;
} refused[] = {
#define FUNCTION(name, why) {name, why},
#include "query/sql_refused.def"
#undef FUNCTION
};

static const char *const table_functions[] = {"range",  "generate_series", "unnest",
                                              "repeat", "json_each",       "json_tree"};

static bool name_fits(struct str name, const char *pattern)
{
    struct str text = str_from(pattern);
    if (str_ends(text, STR("*")))
        return str_starts_nocase(name, str_sub(text, 0, text.len - 1));
    return str_equal_nocase(name, text);
}

static enum status check_function(struct tree_walk *walk, struct str name)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (name_fits(name, refused[i].name))
            return fail(walk->error, STATUS_FORBIDDEN, "the function %.*s is not answered here: %s",
                        (int)(name.len > 80 ? 80 : name.len), name.ptr, refused[i].why);
    return STATUS_OK;
}

static enum status check_table_function(struct tree_walk *walk, const struct json *function)
{
    struct str name = json_string(json_get(function, STR("function_name")));
    for (size_t i = 0; i < sizeof table_functions / sizeof *table_functions; i++)
        if (str_equal_nocase(name, str_from(table_functions[i])))
            return STATUS_OK;
    return fail(walk->error, STATUS_FORBIDDEN,
                "the table function %.*s is not answered here: expected range, generate_series, "
                "unnest, json_each or json_tree",
                (int)(name.len > 80 ? 80 : name.len), name.ptr ? name.ptr : "");
}

static bool is_defined(const struct tree_walk *walk, struct str name)
{
    for (size_t i = 0; i < walk->defined_count; i++)
        if (str_equal_nocase(walk->defined[i], name))
            return true;
    return false;
}

static enum status check_table(struct tree_walk *walk, const struct json *table)
{
    struct str catalog = json_string(json_get(table, STR("catalog_name")));
    struct str schema = json_string(json_get(table, STR("schema_name")));
    struct str name = json_string(json_get(table, STR("table_name")));
    bool is_known = sql__is_view(name) || is_defined(walk, name);
    if (catalog.len == 0 && schema.len == 0 && is_known)
        return STATUS_OK;
    return fail(walk->error, is_known ? STATUS_FORBIDDEN : STATUS_INVALID,
                "there is no table '%.*s%s%.*s': expected spans, traces, logs, metrics or scores, "
                "without a "
                "schema, or a name made with WITH",
                (int)(schema.len > 80 ? 80 : schema.len), schema.ptr ? schema.ptr : "",
                schema.len ? "." : "", (int)(name.len > 80 ? 80 : name.len),
                name.ptr ? name.ptr : "");
}

static enum status check_object(struct tree_walk *walk, const struct json *object)
{
    struct str type = json_string(json_get(object, STR("type")));
    struct str name = json_string(json_get(object, STR("function_name")));
    if (str_equal(type, STR("BASE_TABLE")))
        return check_table(walk, object);
    if (str_equal(type, STR("SHOW_REF"))) {
        struct str table = json_string(json_get(object, STR("table_name")));
        return table.len == 0 || sql__is_view(str_trim(table))
                   ? STATUS_OK
                   : fail(walk->error, STATUS_FORBIDDEN, "expected SELECT, or DESCRIBE of a view");
    }
    if (str_equal(type, STR("TABLE_FUNCTION")) && json_get(object, STR("function")))
        return check_table_function(walk, json_get(object, STR("function")));
    if (str_equal(type, STR("VALUE_PARAMETER")))
        return fail(walk->error, STATUS_INVALID,
                    "the statement has parameters, which are not taken");
    return name.ptr ? check_function(walk, name) : STATUS_OK;
}

static enum status visit(struct tree_walk *walk, const struct json *json,
                         enum status (*look)(struct tree_walk *, const struct json *))
{
    if (++walk->parts > PARTS_MAX)
        return fail(walk->error, STATUS_TOO_LARGE, "the statement has too many parts");
    enum status status = STATUS_OK;
    if (json->type == JSON_ARRAY)
        for (uint32_t i = 0; i < json->count && status == STATUS_OK; i++)
            status = visit(walk, &json->items[i], look);
    if (json->type != JSON_OBJECT)
        return status;
    status = look(walk, json);
    for (uint32_t i = 0; i < json->count && status == STATUS_OK; i++)
        status = visit(walk, &json->members[i].value, look);
    return status;
}

/* A WITH may be used before the walk comes to it: names first, then everything else. */
static enum status take_names(struct tree_walk *walk, const struct json *object)
{
    const struct json *map = json_path(object, STR("cte_map.map"));
    for (uint32_t i = 0; map && map->type == JSON_ARRAY && i < map->count; i++) {
        struct str name = json_string(json_get(&map->items[i], STR("key")));
        if (walk->defined_count == TABLES_MAX)
            return fail(walk->error, STATUS_TOO_LARGE, "at most %d names with WITH", TABLES_MAX);
        if (name.ptr)
            walk->defined[walk->defined_count++] = name;
    }
    return STATUS_OK;
}

enum status sql__check(void *context, struct str tree, struct error *error)
{
    struct json root;
    struct tree_walk walk = {.error = error};
    enum status status = json_parse(tree, context, &root, error);
    if (status != STATUS_OK)
        return status;
    const struct json *statements = json_get(&root, STR("statements"));
    if (!statements || statements->type != JSON_ARRAY || statements->count != 1)
        return fail(error, STATUS_INVALID, "expected one statement, got %u",
                    statements && statements->type == JSON_ARRAY ? statements->count : 0);
    status = visit(&walk, statements, take_names);
    walk.parts = 0;
    return status == STATUS_OK ? visit(&walk, statements, check_object) : status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* json_schema: is a schema one, and the walk through value and schema; see json_schema.h. What each
 * keyword asks is in json_schema_words.c. */
#include "serve/json_schema_private.h"

#include <stdarg.h>
#include <stdio.h>

#include "search/regex.h"

enum { DEPTH_MAX = 200, WORK_MAX = 5000000, PLACE_BYTES = 160 };

static const struct schema_word *find_word(struct str name)
{
    static const struct schema_word words[] = {
#define SCHEMA_WORD(name, shape, check) {STR_INIT(name), SHAPE_##shape, schema__##check},
#include "serve/json_schema.def"
#undef SCHEMA_WORD
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal(words[i].name, name))
            return &words[i];
    return NULL;
}

/* --- regular expressions -------------------------------------------------------------------- */

/* Our expressions ignore case unless told otherwise. */
static enum status compile(struct str pattern, struct search_regex **out_regex, struct error *error)
{
    char text[REGEX_BYTES_MAX + 1];
    int length = snprintf(text, sizeof text, "(?-i)%.*s", STR_ARGS(pattern));
    if (length < 0 || (size_t)length >= sizeof text)
        return fail(error, STATUS_INVALID, "at most %d bytes", REGEX_BYTES_MAX - 5);
    return search_regex_new((struct str){text, (size_t)length}, false, out_regex, error);
}

static bool pattern_ok(struct str pattern, struct error *error)
{
    struct search_regex *regex;
    if (compile(pattern, &regex, error) != STATUS_OK)
        return false;
    search_regex_free(regex);
    return true;
}

bool schema__matches(struct str pattern, struct str text)
{
    struct search_regex *regex;
    size_t start, end;
    if (compile(pattern, &regex, NULL) != STATUS_OK)
        return false;
    bool found = search_regex_find(regex, text, 0, &start, &end);
    search_regex_free(regex);
    return found;
}

/* --- is it a schema? ------------------------------------------------------------------------ */

struct checking {
    const char *name;
    const struct json *root;
    struct error *error;
    unsigned depth;
};

static bool is_schema(const struct json *json)
{
    return json->type == JSON_OBJECT || json->type == JSON_BOOL;
}

static bool all_schemas(const struct json *list)
{
    if (list->type != JSON_ARRAY || list->count == 0)
        return false;
    for (uint32_t i = 0; i < list->count; i++)
        if (!is_schema(&list->items[i]))
            return false;
    return true;
}

static bool all_texts(const struct json *list)
{
    if (list->type != JSON_ARRAY)
        return false;
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].type != JSON_STRING)
            return false;
    return true;
}

static bool is_type_name(const struct json *json)
{
    static const char *const names[] = {"null",   "boolean", "object", "array",
                                        "number", "string",  "integer"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (json->type == JSON_STRING && str_equal(json->string, str_from(names[i])))
            return true;
    return false;
}

static bool is_type(const struct json *json)
{
    if (json->type != JSON_ARRAY)
        return is_type_name(json);
    for (uint32_t i = 0; i < json->count; i++)
        if (!is_type_name(&json->items[i]))
            return false;
    return json->count > 0;
}

static bool is_number(const struct json *json)
{
    return json->type == JSON_INT || json->type == JSON_UINT || json->type == JSON_DOUBLE;
}

static bool is_count(const struct json *json)
{
    double number;
    return is_number(json) && json_number(json, &number) && number >= 0 && number <= 1e15 &&
           number == (double)(int64_t)number;
}

static bool map_of(const struct json *json, bool names_too)
{
    if (json->type != JSON_OBJECT)
        return false;
    for (uint32_t i = 0; i < json->count; i++)
        if (!is_schema(&json->members[i].value) &&
            !(names_too && all_texts(&json->members[i].value)))
            return false;
    return true;
}

/* What the value of a keyword of this shape must be; NULL when it is. */
static const char *wanted(enum schema_shape shape, const struct json *json)
{
    double number;
    switch (shape) {
    case SHAPE_ANY:
        return NULL;
    case SHAPE_BOOL:
        return json->type == JSON_BOOL ? NULL : "true or false";
    case SHAPE_NUMBER:
        return is_number(json) ? NULL : "a number";
    case SHAPE_POSITIVE:
        return is_number(json) && json_number(json, &number) && number > 0 ? NULL
                                                                           : "a number above 0";
    case SHAPE_COUNT:
        return is_count(json) ? NULL : "a whole number, 0 or more";
    case SHAPE_TEXT:
    case SHAPE_ROOT_TEXT:
    case SHAPE_PATTERN:
    case SHAPE_REF:
        return json->type == JSON_STRING ? NULL : "a text";
    case SHAPE_TYPE:
        return is_type(json)
                   ? NULL
                   : "null, boolean, object, array, number, string, integer, or a list of these";
    case SHAPE_LIST:
        return json->type == JSON_ARRAY ? NULL : "a list";
    case SHAPE_NAMES:
        return all_texts(json) ? NULL : "a list of texts";
    case SHAPE_SCHEMA:
        return is_schema(json) ? NULL : "a schema";
    case SHAPE_SCHEMAS:
        return all_schemas(json) ? NULL : "a list of schemas that is not empty";
    case SHAPE_SCHEMA_OR_SCHEMAS:
        return is_schema(json) || all_schemas(json) ? NULL : "a schema or a list of schemas";
    case SHAPE_SCHEMA_MAP:
    case SHAPE_PATTERN_MAP:
        return map_of(json, false) ? NULL : "an object of schemas";
    case SHAPE_DEPENDENCIES:
        return map_of(json, true) ? NULL : "an object of schemas or lists of texts";
    }
    return "a keyword"; /* every shape is above */
}

static enum status check_schema(struct checking *checking, const struct json *schema, bool is_root);

static enum status check_patterns(struct checking *checking, const struct json *map)
{
    struct error why;
    for (uint32_t i = 0; i < map->count; i++)
        if (!pattern_ok(map->members[i].key, &why))
            return fail(checking->error, STATUS_INVALID, "%s: patternProperties: %s",
                        checking->name, why.text);
    return STATUS_OK;
}

/* Schemas that stand below a keyword. */
static enum status check_below(struct checking *checking, const struct json *value)
{
    enum status status = STATUS_OK;
    if (is_schema(value))
        return check_schema(checking, value, false);
    for (uint32_t i = 0; value->type == JSON_ARRAY && i < value->count && status == STATUS_OK; i++)
        if (is_schema(&value->items[i]))
            status = check_schema(checking, &value->items[i], false);
    return status;
}

static enum status check_map(struct checking *checking, const struct json *map)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < map->count && status == STATUS_OK; i++)
        status = check_below(checking, &map->members[i].value);
    return status;
}

static enum status check_word(struct checking *checking, const struct schema_word *word,
                              const struct json *value, bool is_root)
{
    const char *name = word->name.ptr, *expected = wanted(word->shape, value);
    struct error why;
    enum status status;
    if (expected)
        return fail(checking->error, STATUS_INVALID, "%s: %s: expected %s", checking->name, name,
                    expected);
    switch (word->shape) {
    case SHAPE_ROOT_TEXT:
        return is_root ? STATUS_OK
                       : fail(checking->error, STATUS_INVALID,
                              "%s: %s is understood at the root only", checking->name, name);
    case SHAPE_PATTERN:
        return pattern_ok(value->string, &why) ? STATUS_OK
                                               : fail(checking->error, STATUS_INVALID,
                                                      "%s: pattern: %s", checking->name, why.text);
    case SHAPE_REF:
        return schema__resolve(checking->root, value->string)
                   ? STATUS_OK
                   : fail(checking->error, STATUS_INVALID,
                          "%s: $ref: '%.*s' is no place in this schema (others are not read)",
                          checking->name, (int)(value->string.len > 100 ? 100 : value->string.len),
                          value->string.ptr);
    case SHAPE_SCHEMA:
    case SHAPE_SCHEMAS:
    case SHAPE_SCHEMA_OR_SCHEMAS:
        return check_below(checking, value);
    case SHAPE_PATTERN_MAP:
        status = check_patterns(checking, value);
        return status == STATUS_OK ? check_map(checking, value) : status;
    case SHAPE_SCHEMA_MAP:
    case SHAPE_DEPENDENCIES:
        return check_map(checking, value);
    default:
        return STATUS_OK;
    }
}

static enum status check_schema(struct checking *checking, const struct json *schema, bool is_root)
{
    enum status status = STATUS_OK;
    if (schema->type == JSON_BOOL)
        return STATUS_OK;
    if (++checking->depth > DEPTH_MAX)
        return fail(checking->error, STATUS_INVALID, "%s: nested more than %d deep", checking->name,
                    DEPTH_MAX);
    for (uint32_t i = 0; i < schema->count && status == STATUS_OK; i++) {
        struct str key = schema->members[i].key;
        const struct schema_word *word = find_word(key);
        status = word ? check_word(checking, word, &schema->members[i].value, is_root)
                      : fail(checking->error, STATUS_INVALID,
                             "%s: '%.*s' is no keyword of JSON Schema draft-07", checking->name,
                             (int)(key.len > 100 ? 100 : key.len), key.ptr);
    }
    checking->depth--;
    return status;
}

enum status json_schema_check(const char *name, const struct json *schema, struct error *error)
{
    struct checking checking = {.name = name, .root = schema, .error = error};
    if (!is_schema(schema))
        return fail(error, STATUS_INVALID, "%s: expected a JSON schema (an object)", name);
    if (schema->type == JSON_OBJECT && schema->raw.len > SCHEMA_BYTES_MAX)
        return fail(error, STATUS_TOO_LARGE, "%s: at most %d bytes", name, SCHEMA_BYTES_MAX);
    return check_schema(&checking, schema, true);
}

/* --- does it fit? --------------------------------------------------------------------------- */

bool schema__work(struct schema_run *run, size_t steps)
{
    run->work -= (int64_t)steps;
    if (run->work >= 0)
        return true;
    run->gave_up = true;
    return false;
}

static void write_place(const struct schema_place *place, char *out, size_t size)
{
    const struct schema_place *way[16];
    size_t count = 0, used = 0;
    for (; place && place->parent && count < 16; place = place->parent)
        way[count++] = place;
    out[0] = '\0';
    while (count && used < size) {
        const struct schema_place *step = way[--count];
        int length = step->key.ptr
                         ? snprintf(out + used, size - used, "/%.*s",
                                    (int)(step->key.len > 60 ? 60 : step->key.len), step->key.ptr)
                         : snprintf(out + used, size - used, "/%zu", step->index);
        used += length > 0 ? (size_t)length : size;
    }
}

bool schema__misfit(const struct schema_at *at, const char *format, ...)
{
    char place[PLACE_BYTES], words[240];
    va_list arguments;
    if (at->run->quiet)
        return false;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    write_place(at->place, place, sizeof place);
    fail(at->run->error, STATUS_INVALID, "%s%s: %s (JSON schema)", at->run->name, place, words);
    return false;
}

bool schema__fits(struct schema_run *run, const struct json *schema, const struct json *value,
                  const struct schema_place *place)
{
    struct schema_at at = {.run = run, .schema = schema, .value = value, .place = place};
    bool fits = true;
    if (!schema__work(run, 1))
        return false;
    if (schema->type == JSON_BOOL)
        return schema->boolean || schema__misfit(&at, "nothing is allowed here");
    /* A reference can lead to what was never looked at as a schema. */
    if (schema->type != JSON_OBJECT)
        return true;
    if (run->depth >= DEPTH_MAX) {
        run->gave_up = true;
        return false;
    }
    run->depth++;
    for (uint32_t i = 0; i < schema->count && fits && !run->gave_up; i++) {
        const struct schema_word *word = find_word(schema->members[i].key);
        at.word = &schema->members[i].value;
        if (word && schema__work(run, 1) && !wanted(word->shape, at.word))
            fits = word->check(&at);
    }
    run->depth--;
    return fits && !run->gave_up;
}

bool schema__fits_member(const struct schema_at *at, const struct json *schema, struct str key,
                         const struct json *value)
{
    const struct schema_place below = {.parent = at->place, .key = key};
    return schema__fits(at->run, schema, value, &below);
}

bool schema__fits_item(const struct schema_at *at, const struct json *schema, size_t index)
{
    const struct schema_place below = {.parent = at->place, .index = index};
    return schema__fits(at->run, schema, &at->value->items[index], &below);
}

bool schema__fits_quietly(const struct schema_at *at, const struct json *schema)
{
    at->run->quiet++;
    bool fits = schema__fits(at->run, schema, at->value, at->place);
    at->run->quiet--;
    return fits;
}

enum status json_schema_validate(const char *name, const struct json *schema,
                                 const struct json *value, struct error *error)
{
    static const struct schema_place root = {0};
    struct schema_run run = {.name = name, .root = schema, .error = error, .work = WORK_MAX};
    bool fits = schema__fits(&run, schema, value, &root);
    if (run.gave_up)
        return fail(error, STATUS_TOO_LARGE,
                    "%s: its JSON schema asks for too much work on this value", name);
    return fits ? STATUS_OK : STATUS_INVALID;
}

/* --- references and patterns ---------------------------------------------------------------- */

/* One reference token: %XX, then ~1 and ~0. False: too long. */
static bool decode_token(struct str token, char *out, size_t size, size_t *out_length)
{
    size_t length = 0;
    for (size_t i = 0; i < token.len; i++) {
        uint8_t byte = (uint8_t)token.ptr[i];
        if (byte == '%' && str_hex_decode(str_sub(token, i + 1, 2), &byte, 1))
            i += 2;
        if (length && out[length - 1] == '~' && (byte == '0' || byte == '1'))
            out[length - 1] = byte == '0' ? '\1' : '/'; /* \1: a tilde that starts nothing */
        else if (length < size)
            out[length++] = (char)byte;
        else
            return false;
    }
    for (size_t i = 0; i < length; i++)
        if (out[i] == '\1')
            out[i] = '~';
    *out_length = length;
    return true;
}

const struct json *schema__resolve(const struct json *root, struct str reference)
{
    const struct json *at = root;
    struct str rest = str_sub(reference, 2, reference.len), token;
    char text[256];
    size_t length;
    if (str_equal(reference, STR("#")))
        return root;
    if (!str_starts(reference, STR("#/")))
        return NULL;
    for (bool more = true; more;) {
        size_t end = str_find_byte(rest, '/');
        int64_t index;
        more = end < rest.len;
        token = str_sub(rest, 0, end);
        rest = str_sub(rest, end + 1, rest.len);
        if (!decode_token(token, text, sizeof text, &length))
            return NULL;
        token = (struct str){text, length};
        if (at->type == JSON_OBJECT)
            at = json_get(at, token);
        else if (at->type == JSON_ARRAY && str_to_i64(token, &index) && index >= 0 &&
                 index < at->count)
            at = &at->items[index];
        else
            at = NULL;
        if (!at)
            return NULL;
    }
    return is_schema(at) ? at : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* seen: see seen.h. */
#include "query/seen.h"

#include <stdlib.h>

#include "wire/json.h"

enum { TIMEOUT_MS = 5000 };

static struct ask ask_of(const struct seen_question *question, struct str text, int64_t limit)
{
    return (struct ask){
        .project_id = question->project_id,
        .text = text,
        .source = str_from(source_name(question->source)),
        .range = question->range,
        .limit = limit,
        .timeout_ms = TIMEOUT_MS,
        .unaccounted = true,
        .cancelled = question->cancelled,
    };
}

/* --- values --------------------------------------------------------------------------------- */

struct values {
    struct arena *arena;
    struct seen_value *items;
    size_t count, limit;
    enum ask_type type;
};

static enum status values_head(void *context, const struct ask_head *head, struct error *error)
{
    struct values *values = context;
    if (head->column_count != 2)
        return fail(error, STATUS_INTERNAL, "values_of: %zu columns", head->column_count);
    values->type = head->columns[0].type;
    return STATUS_OK;
}

static enum status values_row(void *context, const struct ask_cell *cells,
                              const struct ask_pointer *pointer, struct error *error)
{
    struct values *values = context;
    (void)pointer;
    if (values->count == values->limit)
        return STATUS_OK;
    struct seen_value *value = &values->items[values->count++];
    *value = (struct seen_value){cells[0], cells[1].integer};
    if (value->cell.text.len) {
        value->cell.text = arena_copy(values->arena, value->cell.text);
        if (!value->cell.text.ptr)
            return fail(error, STATUS_TOO_LARGE, "values_of: too many long values");
    }
    return STATUS_OK;
}

/* As a literal within /(?i)^…/. */
static struct str escape_regex(struct str text, struct arena *arena)
{
    char *out = arena_alloc(arena, 2 * text.len + 1);
    size_t len = 0;
    for (size_t i = 0; out && i < text.len; i++) {
        char byte = text.ptr[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '0' && byte <= '9') || byte == '_' || byte == ' ' ||
                        (unsigned char)byte >= 0x80;
        if (!is_plain)
            out[len++] = '\\';
        out[len++] = byte;
    }
    return out ? (struct str){out, len} : STR_NONE;
}

enum status query_seen_values(const struct query *query, const struct seen_question *question,
                              struct str field, int64_t limit, struct arena *arena,
                              struct seen_value **out_values, size_t *out_count,
                              enum ask_type *out_type, struct error *error)
{
    struct values values = {.arena = arena, .limit = (size_t)limit};
    struct ask_reply reply;
    if (field.len == 0 || field.len > 200 || str_find_byte(field, '`') < field.len)
        return fail(error, STATUS_INVALID, "values_of: expected the name of a field");
    if (question->prefix.len > 200 || str_find_byte(question->prefix, '\n') < question->prefix.len)
        return fail(error, STATUS_INVALID, "prefix: expected at most 200 bytes in one line");
    values.items = arena_array(arena, struct seen_value, values.limit);
    struct str prefix = escape_regex(question->prefix, arena);
    struct str filter = question->prefix.len
                            ? arena_printf(arena, " | filter `%.*s` like /(?i)^%.*s/",
                                           STR_ARGS(field), STR_ARGS(prefix))
                            : STR("");
    struct str text = arena_printf(
        arena,
        "filter ispresent(`%.*s`)%.*s | stats count(*) as n by `%.*s` | sort n desc | limit %lld",
        STR_ARGS(field), STR_ARGS(filter), STR_ARGS(field), (long long)limit);
    if (!values.items || !filter.ptr || !text.ptr)
        return fail(error, STATUS_TOO_LARGE, "values_of: no memory");
    const struct ask ask = ask_of(question, text, limit);
    const struct ask_sink sink = {values_head, values_row, &values};
    enum status status = query_ask(query, &ask, arena, &sink, &reply, error);
    *out_values = values.items;
    *out_count = values.count;
    *out_type = values.type;
    return status;
}

/* --- names ---------------------------------------------------------------------------------- */

struct names {
    struct arena *arena;
    const struct seen_question *question;
    struct seen_name *items;
    size_t count;
};

static enum status names_head(void *context, const struct ask_head *head, struct error *error)
{
    (void)context;
    (void)head;
    (void)error;
    return STATUS_OK;
}

static enum ask_type type_of(const struct json *value)
{
    switch (value->type) {
    case JSON_BOOL:
        return ASK_BOOLEAN;
    case JSON_INT:
    case JSON_UINT:
        return ASK_INTEGER;
    case JSON_DOUBLE:
        return ASK_NUMBER;
    case JSON_STRING:
        return ASK_TEXT;
    default:
        return ASK_ANY;
    }
}

static void note_name(struct names *names, struct str name, const struct json *value)
{
    if (!str_starts_nocase(name, names->question->prefix) || value->type == JSON_NULL)
        return;
    for (size_t i = 0; i < names->count; i++)
        if (str_equal(names->items[i].name, name)) {
            names->items[i].count++;
            return;
        }
    if (names->count == SEEN_NAMES_MAX || name.len > 200 || name.len == 0)
        return;
    name = arena_copy(names->arena, name);
    if (name.ptr)
        names->items[names->count++] = (struct seen_name){name, type_of(value), 1};
}

static void note_members(struct names *names, const char *before, const struct json *object)
{
    for (uint32_t i = 0; object && object->type == JSON_OBJECT && i < object->count; i++) {
        struct str key = object->members[i].key;
        struct str name =
            before[0] ? arena_printf(names->arena, "%s%.*s", before, STR_ARGS(key)) : key;
        if (name.ptr)
            note_name(names, name, &object->members[i].value);
    }
}

static enum status names_row(void *context, const struct ask_cell *cells,
                             const struct ask_pointer *pointer, struct error *error)
{
    struct names *names = context;
    struct arena scratch;
    struct json record;
    (void)pointer;
    (void)error;
    arena_init(&scratch, (size_t)64 << 20);
    if ((cells[0].kind == CELL_TEXT || cells[0].kind == CELL_JSON) &&
        json_parse(cells[0].text, &scratch, &record, NULL) == STATUS_OK) {
        if (names->question->source == SOURCE_SPANS) {
            note_members(names, "", json_get(&record, STR("attributes")));
            note_members(names, "resource.attributes.",
                         json_path(&record, STR("resource.attributes")));
        } else {
            note_members(names, "attributes.", &record);
        }
    }
    arena_done(&scratch);
    return STATUS_OK;
}

static int by_count(const void *a, const void *b)
{
    const struct seen_name *left = a, *right = b;
    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    return str_compare(left->name, right->name);
}

enum status query_seen_names(const struct query *query, const struct seen_question *question,
                             struct arena *arena, struct seen_name **out_names, size_t *out_count,
                             struct error *error)
{
    struct names names = {.arena = arena, .question = question};
    struct ask_reply reply;
    struct str text = question->source == SOURCE_SPANS
                          ? STR("fields @message | sort @timestamp desc")
                      : question->source == SOURCE_METRICS ? STR("fields attributes")
                                                           : STR_NONE;
    *out_count = 0;
    if (!text.ptr)
        return STATUS_OK;
    names.items = arena_array(arena, struct seen_name, SEEN_NAMES_MAX);
    if (!names.items)
        return fail(error, STATUS_TOO_LARGE, "fields: no memory");
    const struct ask ask = ask_of(question, text, SEEN_SAMPLE);
    const struct ask_sink sink = {names_head, names_row, &names};
    enum status status = query_ask(query, &ask, arena, &sink, &reply, error);
    if (status == STATUS_OK)
        qsort(names.items, names.count, sizeof *names.items, by_count);
    *out_names = names.items;
    *out_count = names.count;
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask_record: a path into a record as it was sent.
 *
 * A path begins at the record (`attributes.…`, `resource.attributes.…`, `events.0.name`, `body.…`),
 * or is the name of an attribute, or of a resource's attribute. Keys may contain dots: the longest
 * one that leads on wins. Text that is JSON is looked into when the path goes on.
 */
#include <string.h>

#include "normalise/normalise.h"
#include "normalise/value_json.h"
#include "query/ask_private.h"
#include "query/span_json.h"

struct ask_talk {
    struct observation observation;
    struct conversation conversation;
};

/* --- values -------------------------------------------------------------------------------- */

static struct str of_json(const struct json *json, struct arena *arena)
{
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    struct str text = STR_NONE;
    switch (json->type) {
    case JSON_NULL:
        return STR_NONE;
    case JSON_STRING:
        return store_any_make(arena, 0, json->string);
    case JSON_BOOL:
        return store_any_make(arena, STORE_ANY_BOOLEAN, json->boolean ? STR("true") : STR("false"));
    case JSON_ARRAY:
    case JSON_OBJECT:
        return store_any_make(arena, STORE_ANY_JSON, json->raw);
    case JSON_INT:
        json_out_int(&out, NULL, json->integer);
        break;
    case JSON_UINT:
        buf_printf(&buf, "%llu", (unsigned long long)json->integer);
        break;
    default:
        json_out_double(&out, NULL, json->number);
    }
    if (!buf.failed)
        text = store_any_make(arena, STORE_ANY_NUMBER, buf_str(&buf));
    buf_done(&buf);
    return text;
}

static struct str any_of_number(double number, struct arena *arena)
{
    const struct json json = {.type = JSON_DOUBLE, .number = number};
    return of_json(&json, arena);
}

static struct str of_text_path(struct str text, struct str path, struct arena *scratch,
                               struct arena *arena)
{
    struct json json;
    struct str trimmed = str_trim(text);
    if (!trimmed.len || (trimmed.ptr[0] != '{' && trimmed.ptr[0] != '[') ||
        json_parse(trimmed, scratch, &json, NULL) != STATUS_OK)
        return STR_NONE;
    const struct json *found = json_discover(&json, path);
    return found ? of_json(found, arena) : STR_NONE;
}

static struct str of_value(const struct ask_record *record, const struct value *value,
                           struct arena *arena)
{
    switch (value->type) {
    case VALUE_NULL:
        return STR_NONE;
    case VALUE_STRING:
    case VALUE_CONTENT:
        return store_any_make(arena, 0, value_text(value, record->contents, record->scratch));
    case VALUE_ARRAY:
    case VALUE_MAP:
        return store_any_make(arena, STORE_ANY_JSON,
                              value_json(value, record->contents, record->scratch));
    case VALUE_BOOL:
        return store_any_make(arena, STORE_ANY_BOOLEAN,
                              value->boolean ? STR("true") : STR("false"));
    case VALUE_BYTES: {
        struct str quoted = value_json(value, record->contents, record->scratch);
        return store_any_make(arena, 0, str_sub(quoted, 1, quoted.len > 2 ? quoted.len - 2 : 0));
    }
    default:
        return store_any_make(arena, STORE_ANY_NUMBER,
                              value_json(value, record->contents, record->scratch));
    }
}

static struct str in_attributes(const struct ask_record *record,
                                const struct attributes *attributes, struct str path,
                                struct arena *arena);

static struct str in_value(const struct ask_record *record, const struct value *value,
                           struct str path, struct arena *arena)
{
    struct str piece;
    uint64_t index;
    if (path.len == 0)
        return of_value(record, value, arena);
    switch (value->type) {
    case VALUE_MAP: {
        const struct attributes map = {value->map.items, value->map.count};
        return in_attributes(record, &map, path, arena);
    }
    case VALUE_ARRAY:
        if (!str_take(&path, '.', &piece) || !str_to_u64(piece, &index) ||
            index >= value->array.count)
            return STR_NONE;
        return in_value(record, &value->array.items[index], path, arena);
    case VALUE_STRING:
    case VALUE_CONTENT:
        return of_text_path(value_text(value, record->contents, record->scratch), path,
                            record->scratch, arena);
    default:
        return STR_NONE;
    }
}

static struct str in_attributes(const struct ask_record *record,
                                const struct attributes *attributes, struct str path,
                                struct arena *arena)
{
    for (size_t end = path.len; end > 0; end--) {
        if (end < path.len && path.ptr[end] != '.')
            continue;
        const struct value *value = attributes_get(attributes, str_sub(path, 0, end));
        struct str found =
            value ? in_value(record, value, str_sub(path, end + 1, path.len), arena) : STR_NONE;
        if (found.ptr)
            return found;
    }
    return STR_NONE;
}

/* --- a span -------------------------------------------------------------------------------- */

static const struct ask_talk *talk_of(struct ask_record *record)
{
    if (record->talk)
        return record->talk;
    struct ask_talk *talk = arena_new(record->scratch, struct ask_talk);
    const struct normalise_input input = {
        .batch = record->batch, .span = record->span, .contents = record->contents};
    if (!talk)
        return NULL;
    normalise_span(&input, false, record->scratch, &talk->observation);
    normalise_content(&input, &talk->observation, record->scratch, &talk->conversation);
    record->talk = talk;
    return talk;
}

static void join(struct buf *out, struct str text)
{
    if (!text.len)
        return;
    if (out->len)
        buf_add_byte(out, '\n');
    buf_add_str(out, text);
}

static void join_messages(struct buf *out, const struct messages *messages, enum part_type type)
{
    for (size_t i = 0; i < messages->count; i++)
        for (size_t p = 0; p < messages->items[i].part_count; p++)
            if (messages->items[i].parts[p].type == type)
                join(out, messages->items[i].parts[p].text);
}

static struct str said(const struct ask_talk *talk, struct str name, struct arena *arena)
{
    const struct conversation *conversation = &talk->conversation;
    struct buf text = {0};
    if (str_equal(name, STR("input"))) {
        join_messages(&text, &conversation->input, PART_TEXT);
        if (!text.len)
            join(&text, conversation->input_text);
    } else if (str_equal(name, STR("output"))) {
        join_messages(&text, &conversation->output, PART_TEXT);
        if (!text.len)
            join(&text, conversation->output_text);
    } else if (str_equal(name, STR("system"))) {
        for (size_t i = 0; i < conversation->system_count; i++)
            join(&text, conversation->system[i].text);
    } else if (str_equal(name, STR("tool_arguments"))) {
        join_messages(&text, &conversation->output, PART_TOOL_CALL);
    } else if (str_equal(name, STR("tool_result"))) {
        join_messages(&text, &conversation->input, PART_TOOL_RESULT);
    } else if (str_equal(name, STR("error_message"))) {
        join(&text, talk->observation.error_message);
    } else {
        join(&text, talk->observation.response_id);
    }
    struct str made =
        text.len && !text.failed ? store_any_make(arena, 0, buf_str(&text)) : STR_NONE;
    buf_done(&text);
    return made;
}

static struct str whole_span(const struct ask_record *record)
{
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    span_write_json(&out, record->batch, record->span, record->contents, record->scratch);
    struct str text = buf.failed ? STR_NONE : arena_copy(record->scratch, buf_str(&buf));
    buf_done(&buf);
    return text;
}

static bool first_is(struct str path, struct str *out_rest, const char *const *names)
{
    size_t dot = str_find_byte(path, '.');
    for (; *names; names++)
        if (str_equal(str_sub(path, 0, dot), str_from(*names))) {
            *out_rest = str_sub(path, dot + 1, path.len);
            return true;
        }
    return false;
}

static const struct attributes *resource_of(const struct ask_record *record)
{
    static const struct attributes none;
    uint32_t resource = record->span ? record->span->resource : record->log->resource;
    return resource < record->batch->resource_count ? &record->batch->resources[resource].attributes
                                                    : &none;
}

static struct str span_value(struct ask_record *record, struct str path, bool named,
                             struct arena *arena)
{
    static const char *const whole[] = {"resource", "scope",      "events",  "links", "status",
                                        "kind",     "traceState", "traceId", NULL};
    static const char *const own[] = {"attributes", NULL};
    struct str rest, found = STR_NONE;
    if (str_equal(path, STR("@message")))
        return store_any_make(arena, 0, whole_span(record));
    if (named) {
        const struct ask_talk *talk = talk_of(record);
        return talk ? said(talk, path, arena) : STR_NONE;
    }
    if (first_is(path, &rest, own))
        found = in_attributes(record, &record->span->attributes, rest, arena);
    else if (str_starts(path, STR("resource.attributes.")))
        found = in_attributes(record, resource_of(record), str_sub(path, 20, path.len), arena);
    else if (first_is(path, &rest, whole))
        found = of_text_path(whole_span(record), path, record->scratch, arena);
    if (!found.ptr)
        found = in_attributes(record, &record->span->attributes, path, arena);
    return found.ptr ? found : in_attributes(record, resource_of(record), path, arena);
}

/* --- a log record -------------------------------------------------------------------------- */

/* What Lambda says at the end of a call: "REPORT RequestId: 1\tDuration: 2.5 ms\t…". */
static struct str report_value(struct str text, struct str path, struct arena *arena)
{
    static const struct {
        const char *path, *label;
        double factor; /* 0: a text */
    } values[] = {
        {"@requestId", "RequestId: ", 0},
        {"@duration", "\tDuration: ", 1},
        {"@billedDuration", "Billed Duration: ", 1},
        {"@initDuration", "Init Duration: ", 1},
        {"@memorySize", "Memory Size: ", 1e6},
        {"@maxMemoryUsed", "Max Memory Used: ", 1e6},
        {"@xrayTraceId", "XRAY TraceId: ", 0},
        {"@xraySegmentId", "SegmentId: ", 0},
    };
    bool report = str_starts(text, STR("REPORT RequestId: "));
    double number;
    if (!report && !str_starts(text, STR("START RequestId: ")) &&
        !str_starts(text, STR("END RequestId: ")))
        return STR_NONE;
    if (str_equal(path, STR("@type")))
        return store_any_make(arena, 0, str_sub(text, 0, str_find_byte(text, ' ')));
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct str label = str_from(values[i].label), found = STR_NONE;
        size_t at = str_find(text, label);
        if (!str_equal(path, str_from(values[i].path)) || at == text.len)
            continue;
        found = str_sub(text, at + label.len, text.len);
        size_t end = 0;
        while (end < found.len && !strchr(" \t\r\n", found.ptr[end]))
            end++;
        found = str_sub(found, 0, end);
        if (values[i].factor == 0)
            return store_any_make(arena, 0, found);
        return str_to_double(found, &number) ? any_of_number(number * values[i].factor, arena)
                                             : STR_NONE;
    }
    return STR_NONE;
}

static struct str log_value(struct ask_record *record, struct str path, struct arena *arena)
{
    const struct log_record *log = record->log;
    struct str found = STR_NONE;
    if (str_equal(path, STR("@message")))
        return log->body.type == VALUE_NULL
                   ? STR_NONE
                   : store_any_make(
                         arena, 0, value_plain_text(&log->body, record->contents, record->scratch));
    /* A name that begins with @ is ours; the sender's own is written @@. */
    if (path.len && path.ptr[0] == '@' && !str_starts(path, STR("@@")))
        return log->body.type == VALUE_STRING || log->body.type == VALUE_CONTENT
                   ? report_value(value_text(&log->body, record->contents, record->scratch), path,
                                  arena)
                   : STR_NONE;
    if (str_starts(path, STR("@@")))
        path = str_sub(path, 1, path.len);
    found = in_value(record, &log->body, path, arena);
    if (!found.ptr && str_starts(path, STR("body.")))
        found = in_value(record, &log->body, str_sub(path, 5, path.len), arena);
    if (!found.ptr && str_starts(path, STR("attributes.")))
        found = in_attributes(record, &log->attributes, str_sub(path, 11, path.len), arena);
    if (!found.ptr && str_starts(path, STR("resource.attributes.")))
        found = in_attributes(record, resource_of(record), str_sub(path, 20, path.len), arena);
    if (!found.ptr)
        found = in_attributes(record, &log->attributes, path, arena);
    return found.ptr ? found : in_attributes(record, resource_of(record), path, arena);
}

struct str ask_record_value(struct ask_record *record, const struct plan_expr *path,
                            struct arena *arena)
{
    return record->span ? span_value(record, path->text, path->field != NULL, arena)
           : path->integer == PATH_OF_BODY && path->text.ptr[0] != '@'
               ? in_value(record, &record->log->body, path->text, arena)
               : log_value(record, path->text, arena);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preview: the first bytes of the question and the answer, found without parsing a history. Of an
 * input that is a list of messages it is the last thing the user said: searched from the end, in
 * what END_BYTES hold if it is there, or through at most SEARCH_BYTES; then only that one message
 * is looked into.
 */
#define _GNU_SOURCE
#include <string.h>

#include "normalise/normalise_private.h"
#include "wire/utf8.h"

enum { END_BYTES = 1 << 12, SEARCH_BYTES = 1 << 16, LOOK_BYTES = 1 << 20, TRIES_MAX = 8 };

/* --- texts ------------------------------------------------------------------------------------ */

struct preview {
    struct reading *reading;
    struct str text;  /* ptr NULL: none yet */
    struct str whole; /* what `text` begins */
};

static bool take_text(struct preview *preview, struct str text)
{
    text = str_trim(text);
    if (text.len == 0)
        return false;
    preview->text = utf8_clip(text, OBSERVATION_PREVIEW_BYTES);
    preview->whole = text;
    return preview->text.len > 0;
}

/* A JSON string, or a raw piece of JSON as it stands. */
static bool take_raw(struct preview *preview, struct str raw)
{
    if (raw.len && raw.ptr[0] == '"') {
        char *text = arena_alloc(preview->reading->arena, OBSERVATION_PREVIEW_BYTES);
        if (!text ||
            !take_text(preview,
                       (struct str){text, peek_string(raw, text, OBSERVATION_PREVIEW_BYTES)}))
            return false;
        preview->whole = raw;
        return true;
    }
    return take_text(preview, raw);
}

/* The text in a content value: a string, or the first part that has one. */
static bool take_content(struct preview *preview, struct str raw, unsigned depth)
{
    static const char *const members[] = {"text",     "content", "parts", "value",
                                          "response", "result",  NULL};
    if (raw.len == 0 || depth > 4)
        return false;
    if (raw.ptr[0] == '"')
        return take_raw(preview, raw);
    if (raw.ptr[0] == '[') {
        struct peek peek = peek_into(raw);
        struct str item;
        for (int i = 0; i < 8 && peek_item(&peek, &item); i++)
            if (take_content(preview, item, depth + 1))
                return true;
        return false;
    }
    if (raw.ptr[0] != '{')
        return false;
    for (const char *const *member = members; *member; member++) {
        struct str value;
        if (peek_member(raw, str_from(*member), &value) && take_content(preview, value, depth + 1))
            return true;
    }
    return false;
}

/*
 * The last place of `needle` in the final SEARCH_BYTES: sixteen places at a time are tried for its
 * first two bytes (no library function searches backwards for more than one byte).
 */
static size_t find_last(struct str text, struct str needle)
{
    enum { LANES = 16 };
    size_t least = text.len > SEARCH_BYTES ? text.len - SEARCH_BYTES : 0;
    if (text.len - least < needle.len)
        return text.len;
    size_t end = text.len - needle.len + 1; /* places before this one are still to be tried */
    uint8_t first = (uint8_t)needle.ptr[0], second = (uint8_t)needle.ptr[1];
    while (end > least) {
        size_t from = end > least + LANES ? end - LANES : least;
        if (end - from == LANES) {
            uint8_t a __attribute__((vector_size(LANES))), b __attribute__((vector_size(LANES)));
            uint64_t hits[2];
            memcpy(&a, text.ptr + from, LANES);
            memcpy(&b, text.ptr + from + 1, LANES);
            b = (uint8_t __attribute__((vector_size(LANES))))((a == first) & (b == second));
            memcpy(hits, &b, sizeof hits);
            if (!(hits[0] | hits[1])) {
                end = from;
                continue;
            }
        }
        for (size_t at = end; at-- > from;)
            if ((uint8_t)text.ptr[at] == first &&
                memcmp(text.ptr + at, needle.ptr, needle.len) == 0)
                return at;
        end = from;
    }
    return text.len;
}

/* True when the quoted word at `at` is the value of "role" or "type"; *out_key: where that begins.
 */
static bool is_role_value(struct str text, size_t at, size_t *out_key)
{
    const char *start = text.ptr, *back = text.ptr + at;
    while (back > start && (back[-1] == ' ' || back[-1] == '\n'))
        back--;
    if (back == start || *--back != ':')
        return false;
    while (back > start && (back[-1] == ' ' || back[-1] == '\n'))
        back--;
    if (back - start < 6 || (memcmp(back - 6, "\"role\"", 6) && memcmp(back - 6, "\"type\"", 6)))
        return false;
    *out_key = (size_t)(back - 6 - start);
    return true;
}

/* The object whose member starts at `key`: its brace stands right before, or before the content. */
static bool take_message(struct preview *preview, struct str text, size_t key)
{
    const char *back = text.ptr + key;
    while (back > text.ptr && (back[-1] == ' ' || back[-1] == '\n'))
        back--;
    if (back > text.ptr && back[-1] == '{') {
        struct str object = str_sub(text, (size_t)(back - 1 - text.ptr), LOOK_BYTES), value;
        return (peek_member(object, STR("content"), &value) && take_content(preview, value, 0)) ||
               (peek_member(object, STR("parts"), &value) && take_content(preview, value, 0)) ||
               (peek_member(object, STR("kwargs"), &value) && take_content(preview, value, 0)) ||
               (peek_member(object, STR("data"), &value) && take_content(preview, value, 0));
    }
    /* {"content":"…","role":"user"}: the text ends right before the comma. */
    if (back - text.ptr < 3 || back[-1] != ',' || back[-2] != '"')
        return false;
    const char *close = back - 2, *open = close;
    const char *least = close - text.ptr > LOOK_BYTES ? close - LOOK_BYTES : text.ptr;
    while (open > least) {
        open = memrchr(least, '"', (size_t)(open - least));
        if (!open)
            return false;
        const char *slash = open;
        while (slash > least && slash[-1] == '\\')
            slash--;
        if ((open - slash) % 2 == 0)
            break;
    }
    if (!open || *open != '"' || open - text.ptr < 2 || open[-1] != ':')
        return false;
    return take_raw(preview, (struct str){open, (size_t)(close + 1 - open)});
}

static bool take_last_of_role(struct preview *preview, struct str text, const char *const *roles)
{
    for (; *roles; roles++) {
        struct str role = str_from(*roles), rest = text;
        for (int tries = 0; tries < TRIES_MAX; tries++) {
            size_t key, at = find_last(rest, role);
            if (at >= rest.len)
                break;
            if (is_role_value(text, at, &key) && take_message(preview, text, key))
                return true;
            rest = str_sub(text, 0, at);
        }
    }
    return false;
}

/* An answer without a word in it that calls a tool: "calls get_weather". */
static bool take_tool_call(struct preview *preview, struct str text)
{
    static const char *const signs[] = {"\"tool_call",       "\"tool_use\"",     "\"toolUse\"",
                                        "\"function_call\"", "\"functionCall\"", NULL};
    text = str_sub(text, 0, LOOK_BYTES);
    for (const char *const *sign = signs; *sign; sign++) {
        size_t at = str_find(text, str_from(*sign));
        if (at == text.len)
            continue;
        struct str rest = str_sub(text, at, text.len);
        rest = str_trim(str_sub(rest, str_find(rest, STR("\"name\"")) + 6, rest.len));
        if (rest.len < 2 || rest.ptr[0] != ':')
            continue;
        rest = str_trim(str_sub(rest, 1, rest.len));
        if (rest.len == 0 || rest.ptr[0] != '"')
            continue;
        size_t close = 1 + str_find_byte(str_sub(rest, 1, rest.len), '"');
        char name[128];
        size_t length = peek_string(str_sub(rest, 0, close + 1), name, sizeof name);
        if (length == 0)
            continue;
        preview->text = arena_printf(preview->reading->arena, "calls %.*s", (int)length, name);
        preview->whole = text;
        return preview->text.ptr != NULL;
    }
    return false;
}

static const char *const user_roles[] = {"\"user\"", "\"human\"", NULL};
static const char *const answer_roles[] = {"\"assistant\"", "\"model\"", "\"ai\"", NULL};

static bool take_json(struct preview *preview, struct str text, bool in)
{
    if (take_last_of_role(preview, text, in ? user_roles : answer_roles))
        return true;
    struct str value;
    if (text.ptr[0] == '{' && peek_member(str_sub(text, 0, LOOK_BYTES), STR("type"), &value) &&
        peek_member(str_sub(text, 0, LOOK_BYTES), STR("value"), &value) &&
        take_content(preview, value, 0))
        return true; /* LangWatch's {type, value} */
    if (text.ptr[0] == '[' && take_content(preview, str_sub(text, 0, LOOK_BYTES), 0))
        return true; /* content parts without a role */
    if (!in && take_tool_call(preview, text))
        return true;
    return take_text(preview, text);
}

static bool take_any(struct preview *preview, struct str text, bool in)
{
    text = str_trim(text);
    if (text.len == 0)
        return false;
    if (text.ptr[0] == '[' || text.ptr[0] == '{')
        return take_json(preview, text, in);
    if (text.len > 1 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"') {
        if (text.len < LOOK_BYTES && (text.ptr[1] == '{' || text.ptr[1] == '[')) { /* R4 */
            struct str inner = peek_text(text, LOOK_BYTES, preview->reading->arena);
            return inner.len && take_json(preview, inner, in);
        }
        return take_raw(preview, text);
    }
    return take_text(preview, text);
}

/* --- values of other shapes ------------------------------------------------------------------- */

static const struct value *member(const struct value *map, const char *name)
{
    for (size_t i = 0; map->type == VALUE_MAP && i < map->map.count; i++)
        if (str_equal(map->map.items[i].key, str_from(name)))
            return &map->map.items[i].value;
    return NULL;
}

static bool take_value_content(struct preview *preview, const struct value *value, unsigned depth)
{
    static const char *const members[] = {"content", "parts", "text", NULL};
    if (!value || depth > 4)
        return false;
    if (value->type == VALUE_STRING || value->type == VALUE_CONTENT)
        return take_text(preview, coerce_content(preview->reading, value, CONTENT_READ_MAX));
    if (value->type == VALUE_ARRAY)
        for (size_t i = 0; i < value->array.count && i < 8; i++)
            if (take_value_content(preview, &value->array.items[i], depth + 1))
                return true;
    for (const char *const *name = members; *name; name++)
        if (take_value_content(preview, member(value, *name), depth + 1))
            return true;
    return false;
}

/* Mostly the user's last words stand at the end of a history: then the rest is not read. */
static bool take_from_end(struct preview *preview, const struct value *value)
{
    static const char *const roles[] = {"\"user\"", NULL};
    struct str text = coerce_content_end(preview->reading, value, END_BYTES);
    return text.len && take_last_of_role(preview, text, roles);
}

static bool take_value(struct preview *preview, const struct value *value, bool in)
{
    if (in && value->type == VALUE_CONTENT && value->content.size_bytes <= CONTENT_READ_MAX &&
        take_from_end(preview, value))
        return true;
    if (value->type == VALUE_ARRAY) {
        for (size_t i = value->array.count; i-- > 0;) {
            const struct value *role = member(&value->array.items[i], "role");
            bool fits =
                !role || role->type != VALUE_STRING || str_equal(role->string, STR("user")) == in;
            if (fits && take_value_content(preview, &value->array.items[i], 0))
                return true;
        }
    }
    if (value->type == VALUE_STRING || value->type == VALUE_CONTENT)
        return take_any(preview, coerce_content(preview->reading, value, CONTENT_READ_MAX), in);
    if (value->type == VALUE_MAP && take_value_content(preview, value, 0))
        return true;
    struct str text;
    if (value->type == VALUE_MAP || value->type == VALUE_ARRAY)
        return take_text(preview, value_as_json(preview->reading, value));
    return coerce_text(preview->reading, value, &text) && take_text(preview, text);
}

/* "12.message.role": the number, and the rest behind its dot. */
static bool split_index(struct str path, int64_t *out_index, struct str *out_rest)
{
    int64_t index = 0;
    size_t i = 0;
    for (; i < path.len && i < 6 && path.ptr[i] >= '0' && path.ptr[i] <= '9'; i++)
        index = index * 10 + (path.ptr[i] - '0');
    if (i == 0 || i >= path.len || path.ptr[i] != '.')
        return false;
    *out_index = index;
    *out_rest = (struct str){path.ptr + i + 1, path.len - i - 1};
    return true;
}

static bool ends_as(struct str rest, struct str word)
{
    return rest.len >= word.len && memcmp(rest.ptr + rest.len - word.len, word.ptr, word.len) == 0;
}

/* The highest numbered message of the user; -1 when no role says so. */
static int64_t last_user(const struct attributes *attributes, struct str prefix)
{
    int64_t user = -1, index;
    struct str rest;
    for (size_t i = 0; i < attributes->count; i++) {
        const struct attribute *attribute = &attributes->items[i];
        struct str key = attribute->key;
        if (key.len > prefix.len && key.ptr[key.len - 1] == 'e' &&
            memcmp(key.ptr, prefix.ptr, prefix.len) == 0 &&
            split_index(str_sub(key, prefix.len, key.len), &index, &rest) && index > user &&
            ends_as(rest, STR("role")) && attribute->value.type == VALUE_STRING &&
            str_equal_nocase(attribute->value.string, STR("user")))
            user = index;
    }
    return user;
}

/* Numbered keys: the text of the user's last message, or of the last one there is. */
static bool take_indexed(struct preview *preview, enum group group, bool in)
{
    const struct attributes *attributes = &preview->reading->span->attributes;
    struct str prefix = group_prefix(group), rest;
    const struct value *best = NULL;
    int64_t user = in ? last_user(attributes, prefix) : -1, best_index = -1, index;
    for (size_t i = 0; i < attributes->count; i++) {
        struct str key = attributes->items[i].key;
        if (key.len <= prefix.len || key.ptr[key.len - 1] != 't' ||
            memcmp(key.ptr, prefix.ptr, prefix.len) != 0 ||
            !split_index(str_sub(key, prefix.len, key.len), &index, &rest) ||
            !(user < 0 || index == user) || index <= best_index)
            continue;
        if (!ends_as(rest, STR("content")) && !ends_as(rest, STR("text")))
            continue;
        best = &attributes->items[i].value;
        best_index = index;
    }
    return best && take_value(preview, best, in);
}

static bool take_event(struct preview *preview, struct str name,
                       const struct attributes *attributes, const struct value *body, bool in)
{
    static const char *const keys[] = {
        "content", "message", "gen_ai.prompt", "gen_ai.completion", "gen_ai.event.content", NULL};
    bool is_tool = preview->reading->out->kind == KIND_TOOL;
    bool fits =
        in ? str_equal(name, is_tool ? STR("gen_ai.tool.message") : STR("gen_ai.user.message")) ||
                 str_equal(name, STR("gen_ai.content.prompt"))
           : str_equal(name, STR("gen_ai.choice")) ||
                 str_equal(name, STR("gen_ai.content.completion"));
    for (const char *const *key = keys; fits && *key; key++) {
        const struct value *value = attributes_get(attributes, str_from(*key));
        if (!value && body)
            value = member(body, *key);
        if (!value)
            continue;
        if (value->type == VALUE_STRING) {
            struct str text = str_trim(value->string);
            if (text.len && (text.ptr[0] == '[' || text.ptr[0] == '{') &&
                take_content(preview, str_sub(text, 0, LOOK_BYTES), 0))
                return true;
        }
        if (take_value(preview, value, in))
            return true;
    }
    return false;
}

static bool take_events(struct preview *preview, bool in)
{
    const struct span *span = preview->reading->span;
    const struct normalise_input *input = preview->reading->input;
    for (size_t i = span->event_count; i-- > 0;)
        if (take_event(preview, span->events[i].name, &span->events[i].attributes, NULL, in))
            return true;
    for (size_t i = input->log_count; i-- > 0;) {
        const struct log_record *log = input->logs[i];
        if (take_event(preview, normalise_log_event(log), &log->attributes, &log->body, in))
            return true;
        const struct value *side = member(&log->body, in ? "input" : "output");
        const struct value *messages = side ? member(side, "messages") : NULL;
        if (messages && take_value(preview, messages, in))
            return true;
    }
    return false;
}

static bool take_source(struct preview *preview, const struct source *source, bool in)
{
    if (source->shape == SHAPE_INDEXED)
        return take_indexed(preview, (enum group)source->group, in);
    if (source->shape == SHAPE_EVENTS)
        return take_events(preview, in);
    return take_value(preview, source->value, in);
}

static struct str preview_of(struct reading *reading, const struct source *sources, size_t count,
                             bool in, struct str *out_whole)
{
    struct preview preview = {.reading = reading};
    *out_whole = STR_NONE;
    for (size_t i = 0; i < count; i++) {
        if (take_source(&preview, &sources[i], in)) {
            *out_whole = preview.whole;
            return preview.text;
        }
    }
    return STR_NONE;
}

void preview_fill(struct reading *reading)
{
    struct str whole;
    struct observation *out = reading->out;
    out->input_preview =
        preview_of(reading, reading->inputs, reading->source_in_count, true, &whole);
    if (out->kind == KIND_TOOL || out->kind == KIND_RETRIEVER)
        out->arguments = whole;
    out->output_preview =
        preview_of(reading, reading->outputs, reading->source_out_count, false, &whole);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_normalise: spans with known keys and broken values. The input is the text of a case
 * (tests/cases/normalise), read without complaint; the cases are the seeds. What must hold whatever
 * comes: valid UTF-8 stays valid, previews are short, times are in order, totals hold their parts.
 */
#define _GNU_SOURCE
#include "fuzz/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "normalise/normalise.h"
#include "wire/json.h"
#include "wire/utf8.h"

enum { ATTRIBUTES_MAX = 300, EVENTS_MAX = 20, LOGS_MAX = 8, DEPTH_MAX = VALUE_DEPTH_MAX };

static struct value value_from_json(const struct json *json, struct arena *arena, int depth)
{
    struct value value = {.type = VALUE_NULL};
    if (depth > DEPTH_MAX)
        return value;
    if (json->type == JSON_BOOL)
        return value_bool(json->boolean);
    if (json->type == JSON_INT || json->type == JSON_UINT)
        return value_int(json->integer);
    if (json->type == JSON_DOUBLE)
        return value_double(json->number);
    if (json->type == JSON_STRING)
        return value_string(json->string);
    if (json->type == JSON_ARRAY) {
        value.type = VALUE_ARRAY;
        value.array.count = json->count;
        value.array.items = arena_array(arena, struct value, json->count + 1);
        for (uint32_t i = 0; i < json->count; i++)
            value.array.items[i] = value_from_json(&json->items[i], arena, depth + 1);
    } else if (json->type == JSON_OBJECT) {
        value.type = VALUE_MAP;
        value.map.count = json->count;
        value.map.items = arena_array(arena, struct attribute, json->count + 1);
        for (uint32_t i = 0; i < json->count; i++)
            value.map.items[i] = (struct attribute){
                json->members[i].key, value_from_json(&json->members[i].value, arena, depth + 1)};
    }
    return value;
}

/* JSON where it is JSON, else the text as it is, without backquotes. */
static struct value read_value(struct str text, struct arena *arena)
{
    struct json json;
    if (text.len && text.ptr[0] != '`' && json_parse(text, arena, &json, NULL) == STATUS_OK)
        return value_from_json(&json, arena, 0);
    if (text.len && text.ptr[0] == '`')
        text = str_sub(text, 1, text.len);
    if (text.len && text.ptr[text.len - 1] == '`')
        text = str_sub(text, 0, text.len - 1);
    return value_string(text);
}

struct given {
    struct batch *batch;
    struct span *span;
    struct log_record logs[LOGS_MAX];
    const struct log_record *log_list[LOGS_MAX];
    const struct batch *log_batches[LOGS_MAX];
    size_t log_count;
    struct attributes *current;
    struct value *body;
};

static void put(struct given *given, struct attributes *to, struct str key, struct value value)
{
    if (!to->items)
        to->items = arena_array(&given->batch->arena, struct attribute, ATTRIBUTES_MAX);
    if (to->items && to->count < ATTRIBUTES_MAX)
        to->items[to->count++] = (struct attribute){key, value};
}

static void read_attribute(struct given *given, struct str line, size_t equals)
{
    struct str key = str_trim(str_sub(line, 0, equals));
    struct value value =
        read_value(str_trim(str_sub(line, equals + 3, line.len)), &given->batch->arena);
    if (str_starts(key, STR("resource ")))
        put(given, &given->batch->resources[0].attributes, str_sub(key, 9, key.len), value);
    else if (str_starts(key, STR("scope ")))
        put(given, &given->batch->scopes[0].attributes, str_sub(key, 6, key.len), value);
    else if (given->body && str_equal(key, STR("body")))
        *given->body = value;
    else
        put(given, given->current, key, value);
}

static void read_directive(struct given *given, struct str line)
{
    struct span *span = given->span;
    struct str word = str_sub(line, 0, str_find_byte(line, ' '));
    struct str rest = str_trim(str_sub(line, word.len, line.len));
    if (str_equal(word, STR("scope"))) {
        given->batch->scopes[0].name = str_sub(rest, 0, str_find_byte(rest, ' '));
        given->batch->scopes[0].version =
            str_trim(str_sub(rest, str_find_byte(rest, ' '), rest.len));
    } else if (str_equal(word, STR("name")))
        span->name = rest;
    else if (str_equal(word, STR("status"))) {
        span->status = SPAN_ERROR;
        span->status_message = rest;
    } else if (str_equal(word, STR("start")))
        str_to_u64(rest, &span->start_ns);
    else if (str_equal(word, STR("end")))
        str_to_u64(rest, &span->end_ns);
    else if (str_equal(word, STR("event")) && span->event_count < EVENTS_MAX) {
        struct span_event *event = &span->events[span->event_count++];
        event->name = str_sub(rest, 0, str_find(rest, STR(" @")));
        event->time_ns = span->start_ns + span->event_count;
        given->current = &event->attributes;
        given->body = NULL;
    } else if (str_equal(word, STR("log")) && given->log_count < LOGS_MAX) {
        struct log_record *log = &given->logs[given->log_count];
        given->log_list[given->log_count] = log;
        given->log_batches[given->log_count++] = given->batch;
        log->event_name = str_sub(rest, 0, str_find(rest, STR(" @")));
        given->current = &log->attributes;
        given->body = &log->body;
    }
}

static void read_lines(struct given *given, struct str text)
{
    struct str line;
    while (str_take_line(&text, &line)) {
        size_t equals = str_find(line, STR(" = "));
        if (line.len == 0 || line.ptr[0] == '>')
            continue;
        if (line.ptr[0] != ' ') {
            given->current = &given->span->attributes;
            given->body = NULL;
        }
        if (equals < line.len)
            read_attribute(given, line, equals);
        else
            read_directive(given, str_trim(line));
    }
}

static void check_texts(const struct observation *out)
{
#define TEXT(member, help)   must(utf8_valid(out->member));
#define NUMBER(member, help) must(out->member >= -1);
#define REAL(member, help)   must(!(out->member < 0));
#include "model/fields.def"
#undef TEXT
#undef NUMBER
#undef REAL
    must(utf8_valid(out->input_preview) && utf8_valid(out->output_preview));
    must(out->input_preview.len <= OBSERVATION_PREVIEW_BYTES);
    must(out->output_preview.len <= OBSERVATION_PREVIEW_BYTES);
}

static void check(const struct observation *out, struct arena *arena)
{
    struct json tags;
    const struct token_usage *usage = &out->usage;
    check_texts(out);
    must(out->kind < KIND_COUNT && out->error_kind < ERROR_KIND_COUNT);
    must(out->end_ns >= out->start_ns && out->start_ns >= 0);
    must(out->tags.len == 0 || json_parse(out->tags, arena, &tags, NULL) == STATUS_OK);
    if (usage->input_total >= 0 && usage->output_total >= 0)
        must(usage->total >= usage->input_total + usage->output_total);
    must(!(out->flags & OBSERVATION_BILLED) || !(out->flags & OBSERVATION_SUMMARY));
    must(out->is_error || out->error_kind == ERROR_KIND_NONE);
}

static int fuzz_one(const uint8_t *data, size_t size)
{
    struct given given = {.batch = batch_new(8 << 20)};
    struct arena arena;
    struct observation out;
    struct conversation content;
    arena_init(&arena, 16 << 20);
    batch_add_resource(given.batch);
    batch_add_scope(given.batch);
    given.span = batch_add_span(given.batch);
    given.span->events = arena_array(&given.batch->arena, struct span_event, EVENTS_MAX);
    given.span->start_ns = UINT64_C(1767225600000000000);
    given.span->end_ns = UINT64_C(1767225602000000000);
    given.current = &given.span->attributes;
    /* Receivers repair text before anybody reads it. */
    struct str text = utf8_repair((struct str){(const char *)data, size}, &given.batch->arena);
    read_lines(&given, text);
    struct normalise_input input = {
        .batch = given.batch,
        .span = given.span,
        .logs = given.log_list,
        .log_batches = given.log_batches,
        .log_count = given.log_count,
    };
    normalise_span(&input, size & 1, &arena, &out);
    check(&out, &arena);
    normalise_content(&input, &out, &arena, &content);
    for (size_t i = 0; i < content.input.count; i++)
        must(content.input.items[i].part_count == 0 || content.input.items[i].parts);
    arena_done(&arena);
    batch_free(given.batch);
    return 0;
}

/* Every case of every file is a seed of its own. */
static void seed_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    static char bytes[1 << 20];
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    struct str rest = {bytes, size};
    while (rest.len) {
        size_t next = str_find(str_sub(rest, 1, rest.len), STR("\n== ")) + 1;
        struct str one = str_sub(rest, 0, next);
        fuzz_seed(one.ptr, one.len);
        rest = str_sub(rest, next, rest.len);
    }
}

static void fuzz_seeds(void)
{
    FILE *files = popen("find tests/cases/normalise -name '*.case' 2>/dev/null | sort", "r");
    char path[1024];
    while (files && fgets(path, sizeof path, files)) {
        path[strcspn(path, "\n")] = 0;
        seed_file(path);
    }
    if (files)
        pclose(files);
}

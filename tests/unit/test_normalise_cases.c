/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cases of normalise: a span written down, and what must be made of it. Every `== title` in
 * tests/cases/normalise is one test; how they are written stands in its README. Each is also run
 * with arenas that are too small, where only not crashing counts.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/batch.h"
#include "normalise/normalise.h"
#include "wire/json.h"

#include <cmocka.h> /* after ours: it defines a macro fail() */

enum { LINES_MAX = 400, LOGS_MAX = 32, EVENTS_MAX = 64, ATTRIBUTES_MAX = 200 };
#define START_NS UINT64_C(1767225600000000000) /* 2026-01-01 */

struct test_case {
    char name[300];
    struct str file, lines[LINES_MAX];
    size_t line_count, first_line;
};

/* What a case's lines make. */
struct given {
    struct batch *batch;
    struct span *span;
    const struct log_record *logs[LOGS_MAX];
    const struct batch *log_batches[LOGS_MAX];
    size_t log_count;
};

/* --- reading the lines ------------------------------------------------------------------------ */

_Noreturn static void bad_case(const struct test_case *test, struct str line, const char *why)
{
    fprintf(stderr, "%s: %s in line: %.*s\n", test->name, why, STR_ARGS(line));
    abort();
}

static struct value value_from_json(const struct json *json, struct arena *arena)
{
    struct value value = {.type = VALUE_NULL};
    switch (json->type) {
    case JSON_NULL:
        break;
    case JSON_BOOL:
        return value_bool(json->boolean);
    case JSON_INT:
    case JSON_UINT:
        return value_int(json->integer);
    case JSON_DOUBLE:
        return value_double(json->number);
    case JSON_STRING:
        return value_string(json->string);
    case JSON_ARRAY:
        value.type = VALUE_ARRAY;
        value.array.count = json->count;
        value.array.items = arena_array(arena, struct value, json->count + 1);
        for (uint32_t i = 0; i < json->count; i++)
            value.array.items[i] = value_from_json(&json->items[i], arena);
        break;
    case JSON_OBJECT:
        value.type = VALUE_MAP;
        value.map.count = json->count;
        value.map.items = arena_array(arena, struct attribute, json->count + 1);
        for (uint32_t i = 0; i < json->count; i++)
            value.map.items[i] = (struct attribute){
                json->members[i].key, value_from_json(&json->members[i].value, arena)};
        break;
    }
    return value;
}

/* `text` in backquotes as it stands; anything else is JSON. */
static struct value read_value(const struct test_case *test, struct str text, struct arena *arena)
{
    struct json json;
    if (text.len >= 2 && text.ptr[0] == '`' && text.ptr[text.len - 1] == '`')
        return value_string(str_sub(text, 1, text.len - 2));
    if (json_parse(text, arena, &json, NULL) != STATUS_OK)
        bad_case(test, text, "value is neither JSON nor in backquotes");
    return value_from_json(&json, arena);
}

static void add_attribute(struct attributes *to, struct attribute attribute, struct arena *arena)
{
    if (!to->items)
        to->items = arena_array(arena, struct attribute, ATTRIBUTES_MAX);
    if (to->count < ATTRIBUTES_MAX)
        to->items[to->count++] = attribute;
}

static bool split_word(struct str *rest, struct str *out_word)
{
    *rest = str_trim(*rest);
    if (rest->len == 0)
        return false;
    size_t space = str_find_byte(*rest, ' ');
    *out_word = str_sub(*rest, 0, space);
    *rest = str_trim(str_sub(*rest, space, rest->len));
    return true;
}

/* "NAME @MS": when the event happened after the start. */
static uint64_t take_time(struct str *name)
{
    size_t at = str_find(*name, STR(" @"));
    int64_t ms = 0;
    if (at < name->len) {
        assert_true(str_to_i64(str_trim(str_sub(*name, at + 2, name->len)), &ms));
        *name = str_trim(str_sub(*name, 0, at));
    }
    return START_NS + (uint64_t)(ms * 1000000);
}

static void read_directive(const struct test_case *test, struct given *given, struct str line,
                           struct attributes **current, struct value **body)
{
    struct arena *arena = &given->batch->arena;
    struct span *span = given->span;
    struct str rest = line, word;
    split_word(&rest, &word);
    uint64_t number = 0;
    str_to_u64(rest, &number);
    if (str_equal(word, STR("scope"))) {
        struct str scope;
        split_word(&rest, &scope);
        given->batch->scopes[0].name = scope;
        given->batch->scopes[0].version = rest;
    } else if (str_equal(word, STR("name")))
        span->name = rest;
    else if (str_equal(word, STR("child")))
        span->parent_id[0] = 1;
    else if (str_equal(word, STR("start")))
        span->start_ns = number;
    else if (str_equal(word, STR("end")))
        span->end_ns = number;
    else if (str_equal(word, STR("dropped")))
        span->dropped_attributes = (uint32_t)number;
    else if (str_equal(word, STR("status"))) {
        struct str status;
        split_word(&rest, &status);
        span->status = str_equal(status, STR("error")) ? SPAN_ERROR
                       : str_equal(status, STR("ok"))  ? SPAN_OK
                                                       : SPAN_UNSET;
        span->status_message = rest;
    } else if (str_equal(word, STR("event"))) {
        if (!span->events)
            span->events = arena_array(arena, struct span_event, EVENTS_MAX);
        struct span_event *event = &span->events[span->event_count++];
        event->time_ns = take_time(&rest);
        event->name = rest;
        *current = &event->attributes;
        *body = NULL;
    } else if (str_equal(word, STR("log"))) {
        struct log_record *log = arena_new(arena, struct log_record);
        log->time_ns = take_time(&rest);
        if (!str_equal(rest, STR("-")))
            log->event_name = rest;
        given->logs[given->log_count] = log;
        given->log_batches[given->log_count++] = given->batch;
        *current = &log->attributes;
        *body = &log->body;
    } else
        bad_case(test, line, "unknown directive");
}

static void read_line(const struct test_case *test, struct given *given, struct str line,
                      struct attributes **current, struct value **body)
{
    struct arena *arena = &given->batch->arena;
    size_t equals = str_find(line, STR(" = "));
    if (line.ptr[0] != ' ') {
        *current = &given->span->attributes;
    }
    if (equals >= line.len) {
        read_directive(test, given, str_trim(line), current, body);
        return;
    }
    struct str key = str_trim(str_sub(line, 0, equals));
    struct value value = read_value(test, str_trim(str_sub(line, equals + 3, line.len)), arena);
    struct attributes *to = *current;
    if (str_starts(key, STR("resource "))) {
        to = &given->batch->resources[0].attributes;
        key = str_sub(key, 9, key.len);
    } else if (str_starts(key, STR("scope "))) {
        to = &given->batch->scopes[0].attributes;
        key = str_sub(key, 6, key.len);
    } else if (line.ptr[0] == ' ' && *body && str_equal(key, STR("body"))) {
        **body = value;
        return;
    }
    add_attribute(to, (struct attribute){key, value}, arena);
}

static void read_given(const struct test_case *test, struct given *given)
{
    *given = (struct given){.batch = batch_new(64 << 20)};
    assert_non_null(given->batch);
    batch_add_resource(given->batch);
    batch_add_scope(given->batch);
    given->span = batch_add_span(given->batch);
    given->span->start_ns = START_NS;
    given->span->end_ns = START_NS + UINT64_C(2000000000);
    struct attributes *current = &given->span->attributes;
    struct value *body = NULL;
    for (size_t i = 0; i < test->line_count; i++)
        if (test->lines[i].ptr[0] != '>')
            read_line(test, given, test->lines[i], &current, &body);
}

/* --- what came out, as text ------------------------------------------------------------------- */

static struct str number_text(struct arena *arena, int64_t number)
{
    return number < 0 ? STR("-") : arena_printf(arena, "%lld", (long long)number);
}

static struct str real_text(struct arena *arena, double number)
{
    return isnan(number) ? STR("-") : arena_printf(arena, "%.10g", number);
}

static struct str or_dash(struct str text)
{
    return text.len ? text : STR("-");
}

static struct str flags_text(struct arena *arena, uint32_t flags)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {
        {OBSERVATION_BILLED, "billed"},     {OBSERVATION_SUMMARY, "summary"},
        {OBSERVATION_BAD_TIME, "bad_time"}, {OBSERVATION_TRUNCATED, "truncated"},
        {OBSERVATION_PENDING, "pending"},   {OBSERVATION_ROOT, "root"},
        {OBSERVATION_GUARDED, "guarded"},   {OBSERVATION_BLOCKED, "blocked"},
        {OBSERVATION_FILTERED, "filtered"}, {OBSERVATION_STRUCTURED, "structured"},
        {OBSERVATION_INVALID, "invalid"},
    };
    struct str text = STR("");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (flags & names[i].bit)
            text =
                arena_printf(arena, "%.*s%s%s", STR_ARGS(text), text.len ? " " : "", names[i].name);
    return or_dash(text);
}

static bool usage_text(const struct observation *out, struct str name, struct arena *arena,
                       struct str *text)
{
    const struct token_usage *usage = &out->usage;
    const struct {
        const char *name;
        int64_t count;
    } counts[] = {
        {"input_total", usage->input_total},
        {"output_total", usage->output_total},
        {"total", usage->total},
        {"cache_read", usage->cache_read},
        {"cache_write", usage->cache_write},
        {"cache_write_5m", usage->cache_write_5m},
        {"cache_write_1h", usage->cache_write_1h},
        {"reasoning", usage->reasoning},
        {"audio_in", usage->audio_in},
        {"audio_out", usage->audio_out},
        {"image_in", usage->image_in},
        {"image_out", usage->image_out},
        {"start_ns", out->start_ns},
        {"end_ns", out->end_ns},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (str_equal(name, str_from(counts[i].name))) {
            *text = number_text(arena, counts[i].count);
            return true;
        }
    }
    return false;
}

static bool field_text(const struct observation *out, struct str name, struct arena *arena,
                       struct str *text)
{
#define TEXT(member, help)                                                                         \
    if (str_equal(name, STR(#member))) {                                                           \
        *text = or_dash(out->member);                                                              \
        return true;                                                                               \
    }
#define NUMBER(member, help)                                                                       \
    if (str_equal(name, STR(#member))) {                                                           \
        *text = number_text(arena, out->member);                                                   \
        return true;                                                                               \
    }
#define REAL(member, help)                                                                         \
    if (str_equal(name, STR(#member))) {                                                           \
        *text = real_text(arena, out->member);                                                     \
        return true;                                                                               \
    }
#include "model/fields.def"
#undef TEXT
#undef NUMBER
#undef REAL
    if (usage_text(out, name, arena, text))
        return true;
    if (str_equal(name, STR("kind")))
        *text = str_from(observation_kind_name(out->kind));
    else if (str_equal(name, STR("vocabulary")))
        *text = out->vocabulary;
    else if (str_equal(name, STR("basis")))
        *text = str_from(usage_basis_name(out->usage.basis));
    else if (str_equal(name, STR("error_kind")))
        *text = out->error_kind ? str_from(error_kind_name(out->error_kind)) : STR("-");
    else if (str_equal(name, STR("is_error")))
        *text = out->is_error ? STR("yes") : STR("no");
    else if (str_equal(name, STR("flags")))
        *text = flags_text(arena, out->flags);
    else if (str_equal(name, STR("tags")))
        *text = or_dash(out->tags);
    else if (str_equal(name, STR("input_preview")))
        *text = or_dash(out->input_preview);
    else if (str_equal(name, STR("output_preview")))
        *text = or_dash(out->output_preview);
    else
        return false;
    return true;
}

static struct str part_text(struct arena *arena, const struct part *part)
{
    struct str head = str_from(part_type_name(part->type));
    struct str id = or_dash(part->id), name = or_dash(part->name), text = or_dash(part->text);
    switch (part->type) {
    case PART_TOOL_CALL:
    case PART_TOOL_RESULT:
        return arena_printf(arena, "%.*s %.*s %.*s %.*s", STR_ARGS(head), STR_ARGS(id),
                            STR_ARGS(name), STR_ARGS(text));
    case PART_MEDIA:
        return arena_printf(arena, "%.*s %.*s %.*s %.*s", STR_ARGS(head),
                            STR_ARGS(or_dash(part->mime)), STR_ARGS(or_dash(part->uri)),
                            STR_ARGS(text));
    default:
        return arena_printf(arena, "%.*s %.*s", STR_ARGS(head), STR_ARGS(text));
    }
}

/* "2" of messages: role, then finish when there is one; "2.0": its first part; "count". */
static bool messages_text(const struct messages *messages, struct str which, struct arena *arena,
                          struct str *text)
{
    struct str index;
    int64_t i, j;
    if (str_equal(which, STR("count"))) {
        *text = number_text(arena, (int64_t)messages->count);
        return true;
    }
    if (!str_take(&which, '.', &index) || !str_to_i64(index, &i) || i >= (int64_t)messages->count)
        return false;
    const struct message *message = &messages->items[i];
    if (which.len == 0) {
        *text = arena_printf(arena, "%.*s%s%.*s", STR_ARGS(message->role),
                             message->finish.len ? " " : "", STR_ARGS(message->finish));
        return true;
    }
    if (str_equal(which, STR("parts"))) {
        *text = number_text(arena, (int64_t)message->part_count);
        return true;
    }
    if (!str_to_i64(which, &j) || j >= (int64_t)message->part_count)
        return false;
    *text = part_text(arena, &message->parts[j]);
    return true;
}

static struct str parameter_text(const struct conversation *content, struct str name,
                                 struct arena *arena)
{
    for (size_t i = 0; i < content->parameter_count; i++) {
        const struct value *value = &content->parameters[i].value;
        if (!str_equal(content->parameters[i].name, name))
            continue;
        switch (value->type) {
        case VALUE_STRING:
            return value->string;
        case VALUE_INT:
            return arena_printf(arena, "%lld", (long long)value->integer);
        case VALUE_DOUBLE:
            return arena_printf(arena, "%.10g", value->number);
        case VALUE_BOOL:
            return value->boolean ? STR("true") : STR("false");
        case VALUE_ARRAY:
            return arena_printf(arena, "[%zu]", value->array.count);
        default:
            return STR("?");
        }
    }
    return STR("-");
}

static bool content_text(const struct conversation *content, struct str name, struct arena *arena,
                         struct str *text)
{
    struct str rest = name, word;
    int64_t i = 0;
    split_word(&rest, &word);
    str_to_i64(rest, &i);
    if (str_equal(word, STR("input")))
        return messages_text(&content->input, rest, arena, text);
    if (str_equal(word, STR("output")))
        return messages_text(&content->output, rest, arena, text);
    if (str_equal(word, STR("system"))) {
        *text =
            i < (int64_t)content->system_count ? part_text(arena, &content->system[i]) : STR("-");
        return true;
    }
    if (str_equal(word, STR("tools"))) {
        *text = number_text(arena, (int64_t)content->tool_count);
        return true;
    }
    if (str_equal(word, STR("tool_definition")) && i < (int64_t)content->tool_count) {
        const struct tool_definition *tool = &content->tools[i];
        *text =
            arena_printf(arena, "%.*s | %.*s | %.*s", STR_ARGS(or_dash(tool->name)),
                         STR_ARGS(or_dash(tool->description)), STR_ARGS(or_dash(tool->parameters)));
        return true;
    }
    if (str_equal(word, STR("documents"))) {
        *text = number_text(arena, (int64_t)content->document_count);
        return true;
    }
    if (str_equal(word, STR("document")) && i < (int64_t)content->document_count) {
        const struct document *document = &content->documents[i];
        *text = arena_printf(
            arena, "%.*s | %.*s | %.*s | %.*s | %.*s", STR_ARGS(or_dash(document->id)),
            STR_ARGS(or_dash(document->content)), STR_ARGS(real_text(arena, document->score)),
            STR_ARGS(real_text(arena, document->distance)), STR_ARGS(or_dash(document->metadata)));
        return true;
    }
    if (str_equal(word, STR("parameter")))
        *text = parameter_text(content, rest, arena);
    else if (str_equal(word, STR("input_text")))
        *text = content->input_text.ptr ? content->input_text : STR("-");
    else if (str_equal(word, STR("output_text")))
        *text = content->output_text.ptr ? content->output_text : STR("-");
    else if (str_equal(word, STR("stacktrace")))
        *text = or_dash(content->stacktrace);
    else
        return false;
    return true;
}

/* --- checking --------------------------------------------------------------------------------- */

static bool provenance_text(const struct observation *out, struct str name, struct arena *arena,
                            struct str *text)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!str_equal(name, str_from(observation_field_name((enum observation_field)i))))
            continue;
        *text = arena_printf(arena, "%.*s %.*s", STR_ARGS(or_dash(out->provenance[i].vocabulary)),
                             STR_ARGS(or_dash(out->provenance[i].rule)));
        return true;
    }
    return false;
}

static size_t check_line(const struct test_case *test, struct str line,
                         const struct observation *out, const struct conversation *content,
                         struct arena *arena)
{
    struct str expectation = str_trim(str_sub(line, 1, line.len)), text = STR_NONE;
    size_t equals = str_find(expectation, STR(" = ")), at = str_find(expectation, STR(" @ "));
    bool origin = at < equals;
    size_t cut = origin ? at : equals;
    if (cut >= expectation.len)
        bad_case(test, line, "expectation without ' = ' or ' @ '");
    struct str name = str_sub(expectation, 0, cut);
    struct str wanted = str_trim(str_sub(expectation, cut + 3, expectation.len));
    bool found =
        origin ? provenance_text(out, name, arena, &text)
               : content_text(content, name, arena, &text) || field_text(out, name, arena, &text);
    if (str_equal(wanted, STR("(empty)"))) /* there, and without a byte */
        wanted = STR("");
    if (found && str_equal(text, wanted))
        return 0;
    fprintf(stderr, "%s\n    %.*s\n    wanted: %.*s\n    got:    %.*s\n", test->name,
            STR_ARGS(name), STR_ARGS(wanted), STR_ARGS(found ? text : STR("(nothing)")));
    return 1;
}

static void run_case(void **state)
{
    const struct test_case *test = *state;
    struct given given;
    struct arena arena;
    struct observation out, plain;
    struct conversation content;
    size_t wrong = 0, checks = 0;
    arena_init(&arena, ARENA_NO_LIMIT);
    read_given(test, &given);
    struct normalise_input input = {
        .batch = given.batch,
        .span = given.span,
        .logs = given.logs,
        .log_batches = given.log_batches,
        .log_count = given.log_count,
    };
    normalise_span(&input, true, &arena, &out);
    normalise_content(&input, &out, &arena, &content);
    for (size_t i = 0; i < test->line_count; i++) {
        if (test->lines[i].ptr[0] != '>')
            continue;
        wrong += check_line(test, test->lines[i], &out, &content, &arena);
        checks++;
    }
    /* Provenance is only told, it never changes what is found. */
    normalise_span(&input, false, &arena, &plain);
    assert_int_equal(plain.kind, out.kind);
    assert_memory_equal(&plain.usage, &out.usage, sizeof plain.usage);
    assert_true(checks > 0);
    assert_int_equal(wrong, 0);
    arena_done(&arena);
    batch_free(given.batch);
}

static void run_in_small_arenas(void **state)
{
    static const size_t limits[] = {0, 16, 48, 128, 400, 1000, 2600, 6000, 9000, 14000, 30000};
    const struct test_case *test = *state;
    struct given given;
    read_given(test, &given);
    struct normalise_input input = {
        .batch = given.batch,
        .span = given.span,
        .logs = given.logs,
        .log_batches = given.log_batches,
        .log_count = given.log_count,
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct arena arena;
        struct observation out;
        struct conversation content;
        arena_init(&arena, limits[i]);
        normalise_span(&input, true, &arena, &out);
        normalise_content(&input, &out, &arena, &content);
        assert_true(out.kind < KIND_COUNT);
        arena_done(&arena);
    }
    batch_free(given.batch);
}

/* --- finding the cases ------------------------------------------------------------------------ */

struct suite {
    struct test_case **cases;
    size_t count, capacity;
};

static void add_case(struct suite *suite, const char *path, struct str title)
{
    if (suite->count == suite->capacity) {
        suite->capacity = suite->capacity ? suite->capacity * 2 : 256;
        suite->cases = realloc(suite->cases, suite->capacity * sizeof *suite->cases);
    }
    struct test_case *test = calloc(1, sizeof *test);
    const char *short_path = strstr(path, "normalise/");
    snprintf(test->name, sizeof test->name, "%.120s: %.*s", short_path ? short_path + 10 : path,
             STR_ARGS(str_sub(title, 0, 170)));
    suite->cases[suite->count++] = test;
}

static void load_file(struct suite *suite, const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(size + 1); /* lines point into it until the end */
    assert_int_equal(fread(bytes, 1, size, file), size);
    fclose(file);
    struct str rest = {bytes, size}, line;
    struct test_case *test = NULL;
    while (str_take_line(&rest, &line)) {
        if (str_starts(line, STR("== "))) {
            add_case(suite, path, str_trim(str_sub(line, 3, line.len)));
            test = suite->cases[suite->count - 1];
        } else if (str_trim(line).len && line.ptr[0] != '#' && test) {
            assert_true(test->line_count < LINES_MAX);
            test->lines[test->line_count++] = line;
        }
    }
}

static void load_folder(struct suite *suite, const char *folder)
{
    struct dirent **names;
    int count = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[1000];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        struct str name = str_from(names[i]->d_name);
        if (str_ends(name, STR(".case")))
            load_file(suite, path);
        else if (name.ptr[0] != '.' && names[i]->d_type == DT_DIR)
            load_folder(suite, path);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

int main(int argc, char **argv)
{
    static struct suite suite; /* static: what it holds is not lost when main returns */
    load_folder(&suite, argc > 1 ? argv[1] : "tests/cases/normalise");
    if (suite.count == 0) {
        fprintf(stderr, "no cases found; run from the root of the sources\n");
        return 1;
    }
    static struct CMUnitTest *tests;
    tests = calloc(suite.count * 2, sizeof *tests);
    for (size_t i = 0; i < suite.count; i++) {
        tests[i] = (struct CMUnitTest){
            .name = suite.cases[i]->name, .test_func = run_case, .initial_state = suite.cases[i]};
        char *name;
        if (asprintf(&name, "%s (small arenas)", suite.cases[i]->name) < 0)
            return 1;
        tests[suite.count + i] = (struct CMUnitTest){
            .name = name, .test_func = run_in_small_arenas, .initial_state = suite.cases[i]};
    }
    printf("%zu cases\n", suite.count);
    return _cmocka_run_group_tests("normalise cases", tests, suite.count * 2, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What cases cannot say of normalise: content kept elsewhere, origins, hostile sizes, threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "normalise/normalise_private.h"

#include <cmocka.h> /* after ours: it defines a macro fail() */

struct library {
    struct str texts[4];
    size_t reads, reads_of_ends;
};

static enum status library_read(void *context, struct content_ref ref, struct arena *arena,
                                struct str *out_text, struct error *error)
{
    struct library *library = context;
    (void)error;
    library->reads++;
    *out_text = arena_copy(arena, library->texts[ref.ordinal]);
    return out_text->ptr ? STATUS_OK : STATUS_TOO_LARGE;
}

static enum status library_read_end(void *context, struct content_ref ref, size_t bytes,
                                    struct arena *arena, struct str *out_text, struct error *error)
{
    struct library *library = context;
    struct str text = library->texts[ref.ordinal];
    (void)error;
    library->reads_of_ends++;
    *out_text = arena_copy(arena, str_sub(text, text.len > bytes ? text.len - bytes : 0, bytes));
    return out_text->ptr ? STATUS_OK : STATUS_TOO_LARGE;
}

struct bench {
    struct batch *batch;
    struct span *span;
    struct arena arena;
    struct normalise_input input;
};

static void begin(struct bench *bench)
{
    *bench = (struct bench){.batch = batch_new((size_t)256 << 20)};
    arena_init(&bench->arena, ARENA_NO_LIMIT);
    batch_add_resource(bench->batch);
    batch_add_scope(bench->batch);
    bench->span = batch_add_span(bench->batch);
    bench->span->start_ns = UINT64_C(1767225600000000000);
    bench->span->end_ns = UINT64_C(1767225602000000000);
    bench->input = (struct normalise_input){.batch = bench->batch, .span = bench->span};
}

static void end(struct bench *bench)
{
    arena_done(&bench->arena);
    batch_free(bench->batch);
}

static void put(struct bench *bench, const char *key, struct value value)
{
    struct attributes *to = &bench->span->attributes;
    if (!to->items)
        to->items = arena_array(&bench->batch->arena, struct attribute, 16);
    assert_true(to->count < 16);
    to->items[to->count++] = (struct attribute){str_from(key), value};
}

static struct value content_at(uint32_t ordinal, uint64_t size)
{
    return (struct value){.type = VALUE_CONTENT,
                          .content = {.ordinal = ordinal, .size_bytes = size}};
}

static void assert_text(struct str text, const char *wanted)
{
    if (!str_equal(text, str_from(wanted)))
        fprintf(stderr, "wanted: %s\ngot:    %.*s\n", wanted, STR_ARGS(text));
    assert_true(str_equal(text, str_from(wanted)));
}

static void content_elsewhere_is_read_once_for_what_stands_in_it(void **state)
{
    (void)state;
    struct bench bench;
    struct observation out;
    struct library library = {
        .texts = {
            STR("[{\"role\":\"user\",\"content\":\"Why?\"}]"),
            STR("[{\"role\":\"assistant\",\"content\":\"So.\",\"finish_reason\":\"length\"}]")}};
    struct content_source source = {.read = library_read, .context = &library};
    begin(&bench);
    bench.input.contents = &source;
    put(&bench, "gen_ai.operation.name", value_string(STR("chat")));
    put(&bench, "gen_ai.input.messages", content_at(0, library.texts[0].len));
    put(&bench, "gen_ai.output.messages", content_at(1, library.texts[1].len));
    normalise_span(&bench.input, false, &bench.arena, &out);
    assert_text(out.input_preview, "Why?");
    assert_text(out.output_preview, "So.");
    assert_text(out.finish, "length"); /* from the same text as the preview: one read */
    assert_int_equal(library.reads, 2);
    end(&bench);
}

/* A history of `before` bytes of answers, the question, `after` bytes of answers. */
static struct str history(struct arena *arena, size_t before, size_t after)
{
    struct buf text = {0};
    buf_add_str(&text, STR("[{\"role\":\"user\",\"content\":\"Who?\"},"));
    for (size_t left = before; left; left -= left < 100 ? left : 100)
        buf_add_str(&text, STR("{\"role\":\"assistant\",\"content\":\"It was said that a "
                               "\\\"user\\\" said {\\\"role\\\":\\\"user\\\"} once.\"},"));
    buf_add_str(&text, STR("{\"role\":\"user\",\"content\":\"Why?\"}"));
    for (size_t left = after; left; left -= left < 100 ? left : 100)
        buf_add_str(&text,
                    STR(",{\"role\":\"tool\",\"content\":\"A long answer of some tool, which "
                        "says what it found there.\"}"));
    buf_add_str(&text, STR("]"));
    struct str out = arena_copy(arena, buf_str(&text));
    buf_done(&text);
    return out;
}

static void the_end_of_a_history_says_what_the_whole_says(void **state)
{
    (void)state;
    static const struct {
        size_t before, after;
        int reads;
    } cases[] = {{0, 0, 1}, {20000, 0, 0}, {20000, 2000, 0}, {20000, 20000, 1}, {0, 20000, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench;
        struct observation out;
        begin(&bench);
        struct library library = {
            .texts = {history(&bench.arena, cases[i].before, cases[i].after)}};
        struct content_source source = {library_read, library_read_end, &library};
        bench.input.contents = &source;
        put(&bench, "gen_ai.operation.name", value_string(STR("chat")));
        put(&bench, "gen_ai.input.messages", content_at(0, library.texts[0].len));
        normalise_span(&bench.input, false, &bench.arena, &out);
        assert_text(out.input_preview, "Why?");
        assert_int_equal(library.reads, cases[i].reads);
        assert_int_equal(library.reads_of_ends, library.texts[0].len > 4096);
        end(&bench);
    }
}

static void content_counts_as_absent_without_a_source(void **state)
{
    (void)state;
    struct bench bench;
    struct observation out;
    struct conversation content;
    begin(&bench);
    put(&bench, "gen_ai.operation.name", value_string(STR("chat")));
    put(&bench, "gen_ai.request.model", content_at(0, 10));
    put(&bench, "gen_ai.input.messages", content_at(0, 100));
    put(&bench, "langfuse.observation.usage_details", content_at(0, 100));
    normalise_span(&bench.input, false, &bench.arena, &out);
    normalise_content(&bench.input, &out, &bench.arena, &content);
    assert_int_equal(out.kind, KIND_LLM);
    assert_int_equal(out.model.len, 0);
    assert_int_equal(out.input_preview.len, 0);
    assert_int_equal(content.input.count, 0);
    end(&bench);
}

static void large_content_is_not_read_on_the_way_in(void **state)
{
    (void)state;
    struct bench bench;
    struct observation out;
    struct conversation content;
    struct library library = {.texts = {STR("[{\"role\":\"user\",\"content\":\"Why?\"}]")}};
    struct content_source source = {.read = library_read, .context = &library};
    begin(&bench);
    bench.input.contents = &source;
    put(&bench, "gen_ai.operation.name", value_string(STR("chat")));
    put(&bench, "gen_ai.input.messages", content_at(0, UINT64_C(20) << 20));
    normalise_span(&bench.input, false, &bench.arena, &out);
    assert_int_equal(library.reads, 0);
    assert_int_equal(out.input_preview.len, 0);
    normalise_content(&bench.input, &out, &bench.arena, &content); /* a person waits for it */
    assert_int_equal(content.input.count, 1);
    end(&bench);
}

static void content_that_nobody_needs_is_not_read(void **state)
{
    (void)state;
    struct bench bench;
    struct observation out;
    struct library library = {.texts = {STR("x")}};
    struct content_source source = {.read = library_read, .context = &library};
    begin(&bench);
    bench.input.contents = &source;
    put(&bench, "gen_ai.operation.name", value_string(STR("chat")));
    put(&bench, "gen_ai.system_instructions", content_at(0, 5000));
    put(&bench, "gen_ai.tool.definitions", content_at(0, 5000));
    put(&bench, "app.notes", content_at(0, 5000));
    normalise_span(&bench.input, false, &bench.arena, &out);
    assert_int_equal(library.reads, 0);
    end(&bench);
}

static void twenty_megabytes_of_history_cost_little_on_the_way_in(void **state)
{
    (void)state;
    enum { BYTES = 20 << 20 };
    struct bench bench;
    struct observation out;
    char *text = malloc(BYTES);
    assert_non_null(text);
    /* Nothing in it is a message, everything almost looks like one. */
    for (size_t i = 0; i < BYTES; i++)
        text[i] = "{\"role\":\"user\",\"a\":["[i % 20];
    begin(&bench);
    put(&bench, "gen_ai.operation.name", value_string(STR("chat")));
    put(&bench, "gen_ai.input.messages", value_string((struct str){text, BYTES}));
    put(&bench, "gen_ai.output.messages", value_string((struct str){text, BYTES}));
    int64_t start = clock_thread_ns();
    normalise_span(&bench.input, false, &bench.arena, &out);
    int64_t spent = clock_thread_ns() - start;
    assert_int_equal(out.kind, KIND_LLM);
    assert_true(out.input_preview.len <= OBSERVATION_PREVIEW_BYTES);
    if (spent > 500 * NS_PER_MS)
        fprintf(stderr, "%.0f ms\n", (double)spent / 1e6);
    assert_true(spent < 500 * NS_PER_MS); /* a few when measured: all searches are bounded */
    end(&bench);
    free(text);
}

static void a_span_of_nothing_but_known_keys_is_bounded(void **state)
{
    (void)state;
    enum { KEYS = 100000 };
    struct bench bench;
    struct observation out;
    begin(&bench);
    struct attributes *to = &bench.span->attributes;
    to->items = arena_array(&bench.batch->arena, struct attribute, KEYS);
    for (size_t i = 0; i < KEYS; i++)
        to->items[to->count++] =
            (struct attribute){STR("gen_ai.usage.input_tokens"), value_int((int64_t)i)};
    normalise_span(&bench.input, true, &bench.arena, &out);
    assert_true(out.usage.input_total >= 0);
    end(&bench);
}

static void origins_follow_their_order(void **state)
{
    (void)state;
    struct attribute items[] = {
        {STR("deployment.environment"), value_string(STR("old"))},
        {STR("service.version"), value_string(STR("1.2"))},
        {STR("service.name"), value_string(STR("shop"))},
        {STR("deployment.environment.name"), value_string(STR("new"))},
        {STR("gen_ai.application_name"), value_string(STR("other"))},
    };
    struct resource resource = {.attributes = {items, 5}};
    struct normalise_origin origin;
    normalise_origin(&resource, &origin);
    assert_text(origin.service, "shop");
    assert_text(origin.environment, "new");
    assert_text(origin.release, "1.2");
    resource.attributes.count = 0;
    normalise_origin(&resource, &origin);
    assert_int_equal(origin.service.len + origin.environment.len + origin.release.len, 0);
}

static void a_log_s_event_is_named_in_three_places(void **state)
{
    (void)state;
    struct attribute attribute = {STR("event.name"), value_string(STR("attribute"))};
    struct attribute member = {STR("event.name"), value_string(STR("body"))};
    struct log_record log = {.event_name = STR("field"), .attributes = {&attribute, 1}};
    log.body.type = VALUE_MAP;
    log.body.map.items = &member;
    log.body.map.count = 1;
    assert_text(normalise_log_event(&log), "field");
    log.event_name = STR_NONE;
    assert_text(normalise_log_event(&log), "attribute");
    log.attributes.count = 0;
    assert_text(normalise_log_event(&log), "body");
    log.body.type = VALUE_NULL;
    assert_int_equal(normalise_log_event(&log).len, 0);
}

static void *normalise_many(void *context)
{
    struct bench bench;
    struct observation out;
    size_t *right = context;
    begin(&bench);
    put(&bench, "gen_ai.operation.name", value_string(STR("chat")));
    put(&bench, "gen_ai.provider.name", value_string(STR("azure")));
    put(&bench, "gen_ai.request.model", value_string(STR("gpt-4o")));
    for (int i = 0; i < 1000; i++) {
        normalise_span(&bench.input, true, &bench.arena, &out);
        *right += out.kind == KIND_LLM && str_equal(out.provider, STR("azure.ai.openai"));
    }
    end(&bench);
    return NULL;
}

static void threads_do_not_meet(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    size_t right[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, normalise_many, &right[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(right[i], 1000);
    }
}

/* What people can read must be what is read. */
static void the_documentation_names_every_key(void **state)
{
    (void)state;
    FILE *file = fopen("docs/vocabularies.md", "rb");
    static char bytes[1 << 20];
    assert_non_null(file); /* run from the root of the sources */
    struct str text = {bytes, fread(bytes, 1, sizeof bytes, file)};
    size_t missing = 0;
    fclose(file);
    for (size_t i = 0; i < VOCABULARY_COUNT; i++) {
        const struct vocabulary *vocabulary = vocabulary_at(i);
        char wanted[300];
        snprintf(wanted, sizeof wanted, "### `%s`", vocabulary->name);
        if (!str_contains(text, str_from(wanted)))
            fprintf(stderr, "no section: %s\n", wanted), missing++;
        for (size_t j = 0; j < vocabulary->row_count; j++) {
            snprintf(wanted, sizeof wanted, "`%.*s`", STR_ARGS(vocabulary->rows[j].key));
            if (!str_contains(text, str_from(wanted)))
                fprintf(stderr, "not documented: %s\n", wanted), missing++;
        }
    }
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_meet), /* first: they also build the index */
        cmocka_unit_test(content_elsewhere_is_read_once_for_what_stands_in_it),
        cmocka_unit_test(the_end_of_a_history_says_what_the_whole_says),
        cmocka_unit_test(content_counts_as_absent_without_a_source),
        cmocka_unit_test(large_content_is_not_read_on_the_way_in),
        cmocka_unit_test(content_that_nobody_needs_is_not_read),
        cmocka_unit_test(twenty_megabytes_of_history_cost_little_on_the_way_in),
        cmocka_unit_test(a_span_of_nothing_but_known_keys_is_bounded),
        cmocka_unit_test(origins_follow_their_order),
        cmocka_unit_test(a_log_s_event_is_named_in_three_places),
        cmocka_unit_test(the_documentation_names_every_key),
    };
    return cmocka_run_group_tests_name("normalise", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every case of tests/cases/receive, straight into its receiver; protobuf cases also as gRPC
 * messages. Then each again with an arena of 16, 32, 48 … bytes: it must fail cleanly until it
 * passes.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "support/receive_case.c"
#include "support/batch_dump.c"

#include <cmocka.h> /* last: it has a macro named fail */

static const char *const directories[] = {"tests/cases/receive/otlp", "tests/cases/receive/scores",
                                          "tests/cases/receive/langfuse"};
static const char *directory;
static int requests;

static struct str read_file(const char *name, struct arena *arena)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    must(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = arena_alloc(arena, (size_t)size);
    must(text && fread(text, 1, (size_t)size, file) == (size_t)size);
    fclose(file);
    return (struct str){text, (size_t)size};
}

static int complaints;
/* Goes on, so that one run shows all that is wrong. */
#define complain(...) (complaints++, print_error(__VA_ARGS__), print_error("\n"))

static void check_number(const struct receive_case *test, const char *what, int expected,
                         size_t actual)
{
    if (expected >= 0 && (size_t)expected != actual)
        complain("%.*s: %s %zu, expected %d", STR_ARGS(test->title), what, actual, expected);
}

static void check(const struct receive_case *test, const struct receive_result *result,
                  enum protocol protocol)
{
    struct str reply = buf_str(&result->body), dump = buf_str(&result->dump);
    /* What a receiver does not word itself, net does. */
    if (result->status != STATUS_OK && (protocol == PROTOCOL_GRPC || reply.len == 0))
        reply = str_from(result->error.text);
    if (result->http_status != test->http_status)
        complain("%.*s: answered %d %.*s", STR_ARGS(test->title), result->http_status,
                 STR_ARGS(reply));
    for (size_t i = 0; i < test->reply_count; i++)
        if (!str_contains(reply, test->replies[i]))
            complain("%.*s: answered %.*s\nwithout %.*s", STR_ARGS(test->title), STR_ARGS(reply),
                     STR_ARGS(test->replies[i]));
    for (size_t i = 0; i < test->dump_count; i++)
        if (!str_contains(dump, test->dumps[i]))
            complain("%.*s: kept\n%.*s\nwithout %.*s", STR_ARGS(test->title), STR_ARGS(dump),
                     STR_ARGS(test->dumps[i]));
    check_number(test, "kept", test->kept, result->kept);
    if (result->kept) {
        check_number(test, "rejected", test->rejected, result->rejected);
        check_number(test, "repaired", test->repaired, result->repaired);
    }
    if (result->http_status >= 400 && result->kept)
        complain("%.*s: refused, yet %zu records were kept", STR_ARGS(test->title), result->kept);
    if (result->replies != 1)
        complain("%.*s: %d replies", STR_ARGS(test->title), result->replies);
}

static bool is_protobuf(const struct receive_case *test)
{
    for (size_t i = 0; i < test->header_count; i++)
        if (str_equal(test->headers[i].name, STR("content-type")))
            return str_contains(test->headers[i].value, STR("protobuf"));
    return false;
}

static struct str grpc_path(struct str path)
{
    if (str_contains(path, STR("traces")))
        return STR("/opentelemetry.proto.collector.trace.v1.TraceService/Export");
    if (str_contains(path, STR("metrics")))
        return STR("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");
    return STR("/opentelemetry.proto.collector.logs.v1.LogsService/Export");
}

static void run_case(const struct receive_case *test)
{
    struct receive_result result;
    receive_run(PROTOCOL_HTTP1, test->path, test->headers, test->header_count, test->body, NULL,
                &result);
    if (result.status == STATUS_NOT_FOUND && result.replies == 0)
        complain("%.*s: no such route", STR_ARGS(test->title));
    check(test, &result, PROTOCOL_HTTP1);
    requests++;
    receive_result_done(&result);
    if (!is_protobuf(test))
        return;
    receive_run(PROTOCOL_GRPC, grpc_path(test->path), NULL, 0, test->body, NULL, &result);
    check(test, &result, PROTOCOL_GRPC);
    receive_result_done(&result);
}

/* With too little memory: 413 and nothing kept; with enough: as without a limit. */
static void torture_case(const struct receive_case *test)
{
    struct receive_result result;
    for (size_t limit = 16;; limit += limit < 4096 ? 16 : limit / 4) {
        struct receive_limits limits = {.batch_bytes = limit};
        receive_run(PROTOCOL_HTTP1, test->path, test->headers, test->header_count, test->body,
                    &limits, &result);
        bool passed = result.status != STATUS_TOO_LARGE;
        if (passed)
            check(test, &result, PROTOCOL_HTTP1);
        else if (result.kept || result.replies != 1 ||
                 (result.body.len == 0 && !result.error.text[0]))
            complain("%.*s: with %zu bytes: %d replies, %zu kept", STR_ARGS(test->title), limit,
                     result.replies, result.kept);
        receive_result_done(&result);
        if (passed || limit > (size_t)64 << 20)
            break;
    }
}

static void each_case_of(const char *file, void (*run)(const struct receive_case *test))
{
    struct arena arena;
    arena_init(&arena, ARENA_NO_LIMIT);
    struct str rest = read_file(file, &arena);
    struct receive_case test;
    struct error error;
    int count = 0;
    for (; receive_case_next(&rest, &arena, &test, &error); count++) {
        if (error.status)
            fail_msg("%s: %.*s: %s", file, STR_ARGS(test.title), error.text);
        run(&test);
    }
    assert_true(count > 0);
    arena_done(&arena);
}

static void each_file(void (*run)(const struct receive_case *test))
{
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        directory = directories[i];
        DIR *folder = opendir(directory);
        assert_non_null(folder);
        int files = 0;
        for (struct dirent *entry; (entry = readdir(folder));)
            if (str_ends(str_from(entry->d_name), STR(".case"))) {
                each_case_of(entry->d_name, run);
                files++;
            }
        closedir(folder);
        assert_true(files > 0);
    }
    assert_int_equal(complaints, 0);
}

static void every_case_is_answered_as_written(void **state)
{
    (void)state;
    each_file(run_case);
    printf("%d requests from case files\n", requests);
}

static void every_case_fails_cleanly_without_memory(void **state)
{
    (void)state;
    each_file(torture_case);
}

static const char one_span[] =
    "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":"
    "\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"0102030405060708\"}]}]}]}";
static const struct header json_headers[] = {
    {STR_INIT("content-type"), STR_INIT("application/json")}};

static void what_append_and_the_disk_say_is_answered(void **state)
{
    (void)state;
    static const struct {
        struct receive_limits limits;
        int http;
        const char *reply;
    } cases[] = {
        {{.append_status = STATUS_BUSY}, 503, "the queue is full"},
        {{.append_status = STATUS_FULL}, 503, "the queue is full"},
        {{.durable_status = STATUS_IO}, 503, "the write failed"},
        {{.request_bytes = 16}, 503, "no memory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct receive_result result;
        receive_run(PROTOCOL_HTTP1, STR("/v1/traces"), json_headers, 1, str_from(one_span),
                    &cases[i].limits, &result);
        assert_int_equal(result.replies, 1);
        assert_int_equal(result.http_status, cases[i].http);
        assert_true(str_contains(buf_str(&result.body), str_from(cases[i].reply)));
        receive_result_done(&result);
    }
}

static void an_empty_request_never_reaches_append(void **state)
{
    (void)state;
    static const struct receive_limits limits = {.append_status = STATUS_FULL};
    struct receive_result result;
    receive_run(PROTOCOL_HTTP1, STR("/v1/logs"), json_headers, 1, STR("{}"), &limits, &result);
    assert_int_equal(result.http_status, 200);
    assert_int_equal(result.appends, 0);
    assert_true(str_equal(buf_str(&result.body), STR("{}")));
    receive_result_done(&result);
    receive_run(PROTOCOL_GRPC, STR("/opentelemetry.proto.collector.trace.v1.TraceService/Export"),
                NULL, 0, STR_NONE, &limits, &result);
    assert_int_equal(result.status, STATUS_OK);
    assert_int_equal(result.appends, 0);
    assert_int_equal(result.body.len, 0);
    receive_result_done(&result);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_answered_as_written),
        cmocka_unit_test(every_case_fails_cleanly_without_memory),
        cmocka_unit_test(what_append_and_the_disk_say_is_answered),
        cmocka_unit_test(an_empty_request_never_reaches_append),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

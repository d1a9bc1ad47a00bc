/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_receive: what must hold of any OTLP request, however odd: exactly one answer, nothing kept
 * of what was refused, every text kept is UTF-8, an answer in JSON is JSON. Seeds are the bodies of
 * the case files.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "support/batch_dump.c"
#include "support/receive_case.c"
#include "wire/json.h"
#include "wire/utf8.h"

static const char *const fuzz_paths[] = {"/v1/traces", "/v1/logs", "/v1/metrics"};

static void fuzz_check_json(struct str body)
{
    struct arena arena;
    struct json json;
    arena_init(&arena, ARENA_NO_LIMIT);
    must(json_parse(body, &arena, &json, NULL) == STATUS_OK && json.type == JSON_OBJECT);
    arena_done(&arena);
}

static inline void fuzz_request(size_t path, bool is_json, struct str body)
{
    static const struct header headers[] = {
        {STR_INIT("content-type"), STR_INIT("application/x-protobuf")},
        {STR_INIT("content-type"), STR_INIT("application/json")},
    };
    static const struct receive_limits limits = {.batch_bytes = 8 << 20};
    struct receive_result result;
    receive_run(PROTOCOL_HTTP1, str_from(fuzz_paths[path % 3]), &headers[is_json], 1, body, &limits,
                &result);
    must(result.replies == 1);
    must(result.http_status == 200 || result.http_status == 400 || result.http_status == 413);
    must(result.http_status == 200 || result.kept == 0);
    must(utf8_valid(buf_str(&result.dump)));
    if (is_json)
        fuzz_check_json(buf_str(&result.body));
    receive_result_done(&result);
}

/* Calls `seed` with the path's number in front of each body of that encoding. */
static void fuzz_case_file(const char *name, bool is_json, void (*seed)(const void *, size_t))
{
    static char text[1 << 20], bytes[1 << 16];
    FILE *file = fopen(name, "rb");
    if (!file)
        return; /* not run from the root of the tree: the other seeds must do */
    struct str rest = {text, fread(text, 1, sizeof text, file)};
    fclose(file);
    struct arena arena;
    struct receive_case test;
    struct error error;
    arena_init(&arena, ARENA_NO_LIMIT);
    while (receive_case_next(&rest, &arena, &test, &error)) {
        bool json = !test.header_count || str_contains(test.headers[0].value, STR("json"));
        if (json != is_json || test.body.len >= sizeof bytes)
            continue;
        bytes[0] = str_contains(test.path, STR("logs"))      ? 1
                   : str_contains(test.path, STR("metrics")) ? 2
                                                             : 0;
        if (test.body.len)
            memcpy(bytes + 1, test.body.ptr, test.body.len);
        seed(bytes, test.body.len + 1);
    }
    arena_done(&arena);
}

static inline void fuzz_case_files(bool is_json, void (*seed)(const void *, size_t))
{
    static const char *const names[] = {"decode", "ids", "http", "protobuf", "json", "metrics"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[100];
        snprintf(path, sizeof path, "tests/cases/receive/otlp/%s.case", names[i]);
        fuzz_case_file(path, is_json, seed);
    }
}

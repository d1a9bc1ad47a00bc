/* SPDX-License-Identifier: Apache-2.0 */
/* store_fixture: an index in a directory of its own, and short ways to fill and ask it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours (base/status.h) */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store_private.h"

static char directory[64];
static struct store *store;
static uint64_t committed; /* offset of the progress */

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/vitrine-store-XXXXXX");
    committed = 0;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *unused, int kind, struct FTW *walk)
{
    (void)unused;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int remove_directory(void **state)
{
    (void)state;
    store_close(store);
    store = NULL;
    return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Calls name `&error`: this one, whatever the test has of that name. */
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        _Pragma("GCC diagnostic push")                                                             \
            _Pragma("GCC diagnostic ignored \"-Wshadow\"") struct error error = {0};               \
        _Pragma("GCC diagnostic pop") enum status got_status = (call);                             \
        if (got_status != STATUS_OK)                                                               \
            print_error("%s\n", error.text);                                                       \
        assert_int_equal(got_status, STATUS_OK);                                                   \
    } while (0)

static inline void open_store(void)
{
    const struct store_options options = {.directory = directory, .memory_bytes = 128 << 20};
    assert_ok(store_open(&options, &store, &error));
}

static inline void reopen_store(void)
{
    store_close(store);
    store = NULL;
    open_store();
}

static inline void commit(void)
{
    committed += 100;
    assert_ok(store_commit(store, (struct store_progress){1, committed}, &error));
}

static inline struct store_rows *ask(const char *sql)
{
    const struct store_question question = {.sql = sql};
    struct store_rows *rows = NULL;
    assert_ok(store_select(store, &question, &rows, &error));
    return rows;
}

/* First column of the first row; -1 when there is no row, -2 when it is null. */
static inline int64_t number(const char *sql)
{
    struct store_rows *rows = ask(sql);
    int64_t value = !store_rows_next(rows)     ? -1
                    : store_rows_null(rows, 0) ? -2
                                               : store_rows_int(rows, 0);
    store_rows_free(rows);
    return value;
}

/* What a test says of a span; the rest is filled in. */
struct sent {
    uint64_t trace, span, parent;
    int64_t start_ns, end_ns, arrival_ns;
    enum observation_kind kind;
    uint32_t flags;
    const char *name, *model, *service, *trace_name, *session, *input, *output;
    int64_t input_tokens, output_tokens, cost;
    int64_t ttft; /* 0: none */
    bool is_error;
    size_t attributes;
    uint32_t segment, project;
};

static inline void put_id(uint64_t number, uint8_t out[8])
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(number >> (56 - 8 * i));
}

static inline enum status try_span(const struct sent *sent, struct error *error)
{
    static struct attribute attributes[64];
    struct span span = {.attributes = {attributes, sent->attributes}};
    struct observation seen;
    observation_clear(&seen);
    put_id(sent->trace * 0x9E3779B97F4A7C15u, span.trace_id);
    put_id(sent->trace, span.trace_id + 8);
    put_id(sent->span, span.span_id);
    put_id(sent->parent, span.parent_id);
    seen.kind = sent->kind;
    seen.flags = sent->flags;
    seen.start_ns = sent->start_ns;
    seen.end_ns = sent->end_ns;
    seen.name = str_from(sent->name ? sent->name : "span");
    seen.model = str_from(sent->model);
    seen.service = str_from(sent->service);
    seen.trace_name = str_from(sent->trace_name);
    seen.session = str_from(sent->session);
    seen.input_preview = str_from(sent->input);
    seen.output_preview = str_from(sent->output);
    seen.is_error = sent->is_error;
    seen.error_kind = sent->is_error ? ERROR_KIND_TIMEOUT : ERROR_KIND_NONE;
    seen.ttft_ns = sent->ttft ? sent->ttft : -1;
    if (sent->input_tokens || sent->output_tokens) {
        seen.usage.input_total = sent->input_tokens;
        seen.usage.output_total = sent->output_tokens;
        seen.usage.total = sent->input_tokens + sent->output_tokens;
    }
    const struct store_span row = {
        .place = {.project_id = sent->project ? sent->project : 1,
                  .segment = sent->segment ? sent->segment : 1,
                  .record = (uint32_t)sent->span,
                  .arrival_ns = sent->arrival_ns ? sent->arrival_ns : sent->end_ns},
        .span = &span,
        .observation = &seen,
        .cost_nano = sent->cost ? sent->cost : -1,
        .cost_input_nano = -1,
        .cost_output_nano = -1,
    };
    return store_add_span(store, &row, error);
}

static inline void add(struct sent sent)
{
    assert_ok(try_span(&sent, &error));
}

/* A trace, or (span not 0) one span of it; `record` says where the deletion stands. */
static inline void take_away(uint64_t trace, uint64_t span, uint32_t record)
{
    uint8_t trace_id[16], span_id[8];
    put_id(trace * 0x9E3779B97F4A7C15u, trace_id);
    put_id(trace, trace_id + 8);
    put_id(span, span_id);
    const struct store_deletion deletion = {
        .place = {.project_id = 1, .segment = 1, .record = record},
        .trace_id = trace_id,
        .span_id = span ? span_id : NULL,
    };
    assert_ok(store_delete(store, &deletion, 1, &error));
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

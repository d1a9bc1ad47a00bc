/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_store: what a row costs in the index, all included (identity, rollups, traces, commits,
 * checkpoints, merging), what usual questions take afterwards, and how much memory is held.
 *
 *   bench_store [spans] [rows a commit] [directory]
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/must.h"
#include "store/store_private.h"

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static double memory_mb(const char *key)
{
    char line[256];
    long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            kilobytes = atol(line + strlen(key));
    if (file)
        fclose(file);
    return (double)kilobytes / 1024;
}

static uint64_t random_state = 88172645463325252u;
static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * 2685821657736338717u;
}

static struct store *store;
static struct error error;

static void check(enum status status)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_store: %s\n", error.text);
    exit(1);
}

/* Traces of 4 to 12 spans: an agent, model calls, tools; the callers' ids are random as in life. */
struct traffic {
    uint8_t trace[16], root[8];
    int left, at;
    int64_t now_ns;
    uint32_t record;
    bool fat;
};

static void next_span(struct traffic *traffic, struct span *span, struct observation *seen)
{
    static const struct str models[] = {STR_INIT("gpt-5-mini"), STR_INIT("gpt-5"),
                                        STR_INIT("claude-sonnet-4-5"), STR_INIT("nova-pro")};
    static const struct str tools[] = {STR_INIT("search"), STR_INIT("fetch"), STR_INIT("sql"),
                                       STR_INIT("calculator"), STR_INIT("mail")};
    static char names[200][24], session[24], preview[200];
    uint64_t dice = random_number();
    if (traffic->left == 0) {
        for (int i = 0; i < 16; i++)
            traffic->trace[i] = (uint8_t)random_number();
        traffic->left = 4 + (int)(dice % 9);
        traffic->at = 0;
        snprintf(session, sizeof session, "session-%llu", (unsigned long long)(dice >> 40) % 5000);
    }
    *span = (struct span){.start_ns = 0};
    memcpy(span->trace_id, traffic->trace, 16);
    memcpy(span->span_id, &(uint64_t){random_number()}, 8);
    traffic->now_ns += 100000;
    observation_clear(seen);
    seen->start_ns = traffic->now_ns;
    seen->end_ns = traffic->now_ns + (int64_t)(1000000 + dice % 3000000000u);
    seen->service = STR("assistant");
    seen->environment = STR("production");
    seen->vocabulary = STR("otel_genai");
    seen->session = str_from(session);
    seen->user = str_from(session);
    if (traffic->at == 0) {
        memcpy(traffic->root, span->span_id, 8);
        seen->kind = KIND_AGENT;
        seen->flags = OBSERVATION_ROOT | OBSERVATION_SUMMARY;
        seen->op = STR("invoke_agent");
        seen->agent = seen->name = STR("invoke_agent helper");
    } else if (traffic->at % 2) {
        seen->kind = KIND_LLM;
        seen->flags = OBSERVATION_BILLED;
        seen->op = STR("chat");
        seen->provider = STR("openai");
        seen->model = models[dice >> 20 & 3];
        seen->name = seen->model;
        seen->finish = STR("stop");
        seen->ttft_ns = (int64_t)(dice % 900000000u);
    } else {
        seen->kind = KIND_TOOL;
        seen->op = STR("execute_tool");
        seen->tool = tools[dice % 5];
        char *name = names[dice >> 30 & 127];
        snprintf(name, sizeof names[0], "tool step %d", (int)(dice >> 30 & 127));
        seen->name = str_from(name);
    }
    if (traffic->at)
        memcpy(span->parent_id, traffic->root, 8);
    if (seen->kind != KIND_TOOL) {
        seen->usage.input_total = (int64_t)(dice >> 8 & 8191);
        seen->usage.output_total = (int64_t)(dice >> 16 & 1023);
        seen->usage.total = seen->usage.input_total + seen->usage.output_total;
    }
    if (traffic->fat) {
        memset(preview, 'x', sizeof preview);
        seen->input_preview = seen->output_preview = (struct str){preview, sizeof preview};
    }
    if (dice % 50 == 0) {
        seen->is_error = true;
        seen->error_kind = ERROR_KIND_TIMEOUT;
        seen->error_type = STR("timeout");
    }
    traffic->at++;
    traffic->left--;
}

static void fill(size_t spans, size_t batch, bool fat, int resend_percent)
{
    struct traffic traffic = {.now_ns = clock_now_ns() - 3600 * NS_PER_SEC, .fat = fat};
    struct span span, last = {0};
    struct observation seen, last_seen;
    static uint64_t offset;
    double before = cpu_seconds(), made = 0;
    int64_t started = clock_mono_ns(), longest = 0;
    observation_clear(&last_seen);
    for (size_t done = 0; done < spans;) {
        for (size_t i = 0; i < batch && done < spans; i++, done++) {
            bool again = done && resend_percent && (int)(random_number() % 100) < resend_percent;
            next_span(&traffic, &span, &seen);
            struct store_span row = {
                .place = {1, 1, (uint32_t)i, offset, seen.start_ns + 1000000},
                .span = again ? &last : &span,
                .observation = again ? &last_seen : &seen,
                .cost_nano = seen.flags & OBSERVATION_BILLED ? 1234567 : -1,
                .cost_input_nano = seen.flags & OBSERVATION_BILLED ? 1000000 : -1,
                .cost_output_nano = seen.flags & OBSERVATION_BILLED ? 234567 : -1,
            };
            check(store_add_span(store, &row, &error));
            if (i == 0) {
                last = span;
                last_seen = seen;
            }
        }
        offset += 70000;
        int64_t at = clock_mono_ns();
        check(store_commit(store, (struct store_progress){1, offset}, &error));
        check(store_compact(store, false, &error));
        longest = clock_mono_ns() - at > longest ? clock_mono_ns() - at : longest;
    }
    double used = cpu_seconds() - before;
    before = cpu_seconds();
    struct traffic again = {.now_ns = 1};
    for (size_t i = 0; i < spans / 10; i++)
        next_span(&again, &span, &seen);
    made = (cpu_seconds() - before) * 10;
    printf("%zu %s spans, %zu a commit, %d %% resent: %.2f us CPU a row (making them: %.2f more), "
           "%.0f rows/s, longest commit %.0f ms, RSS %.0f MB, peak %.0f MB\n",
           spans, fat ? "fat" : "thin", batch, resend_percent, (used - made) / (double)spans * 1e6,
           made / (double)spans * 1e6, (double)spans / ((double)(clock_mono_ns() - started) * 1e-9),
           (double)longest / 1e6, memory_mb("VmRSS:"), memory_mb("VmHWM:"));
}

static void ask(const char *what, const char *sql)
{
    const struct store_question question = {.sql = sql};
    double best = 1e9;
    size_t count = 0;
    for (int i = 0; i < 5; i++) {
        struct store_rows *rows;
        int64_t started = clock_mono_ns();
        check(store_select(store, &question, &rows, &error));
        for (count = 0; store_rows_next(rows); count++)
            (void)store_rows_int(rows, 0);
        store_rows_free(rows);
        double took = (double)(clock_mono_ns() - started) / 1e6;
        best = took < best ? took : best;
    }
    printf("  %-44s %7.1f ms  %zu rows\n", what, best, count);
}

static int64_t number(const char *sql)
{
    const struct store_question question = {.sql = sql};
    struct store_rows *rows;
    check(store_select(store, &question, &rows, &error));
    must(store_rows_next(rows));
    int64_t value = store_rows_int(rows, 0);
    store_rows_free(rows);
    return value;
}

static void ask_all(void)
{
    char sql[1024];
    long long lo = number("SELECT trace_lo FROM spans LIMIT 1 OFFSET 5000");
    snprintf(sql, sizeof sql, "SELECT * FROM spans WHERE trace_lo = %lld", lo);
    ask("one trace by id, all columns", sql);
    snprintf(sql, sizeof sql,
             "SELECT span_id, start_ns FROM spans WHERE project = 1 AND trace_lo = %lld", lo);
    ask("one trace by id, two columns", sql);
    ask("newest 50 traces",
        "SELECT trace_hi, trace_lo, min(start_ns) AS s, sum(cost), sum(total_tokens) FROM "
        "trace_parts GROUP BY ALL ORDER BY s DESC LIMIT 50");
    ask("counts by minute, an hour",
        "SELECT r.time, sum(r.spans), sum(r.errors), sum(r.cost) FROM rollups r JOIN labels l "
        "ON l.id = r.label WHERE l.project = 1 AND r.resolution = 60 GROUP BY 1 ORDER BY 1");
    ask("counts by model, hours",
        "SELECT l.model, sum(r.calls), sum(r.cost) FROM rollups r JOIN labels l ON l.id = r.label "
        "WHERE l.project = 1 AND r.resolution = 3600 GROUP BY 1");
    ask("latency buckets by model, hours",
        "SELECT l.model, h.bucket, sum(h.count) FROM histograms h JOIN labels l ON l.id = h.label "
        "WHERE l.project = 1 AND h.resolution = 3600 AND h.metric = 0 GROUP BY ALL");
    ask("latency buckets by minute, an hour",
        "SELECT h.time, h.bucket, sum(h.count) FROM histograms h JOIN labels l ON l.id = h.label "
        "WHERE l.project = 1 AND h.resolution = 60 AND h.metric = 0 GROUP BY ALL");
    printf("  rows: %lld spans, %lld trace parts, %lld rollups, %lld histogram rows\n",
           (long long)number("SELECT count(*) FROM spans"),
           (long long)number("SELECT count(*) FROM trace_parts"),
           (long long)number("SELECT count(*) FROM rollups"),
           (long long)number("SELECT count(*) FROM histograms"));
}

/* What happens in the seconds after the last span. */
static void rest(void)
{
    while (!store->compaction.shrunk) {
        if (store->compaction.rows_since_checkpoint)
            check(store__checkpoint(store, &error));
        check(store_compact(store, true, &error));
    }
}

int main(int argc, char **argv)
{
    size_t spans = argc > 1 ? (size_t)atol(argv[1]) : 1000000;
    size_t batch = argc > 2 ? (size_t)atol(argv[2]) : 10240;
    char made[] = "/tmp/bench_store.XXXXXX", command[4200];
    const char *directory = argc > 3 ? argv[3] : mkdtemp(made);
    must(directory != NULL);
    const struct store_options options = {.directory = directory};
    int64_t started = clock_mono_ns();
    check(store_open(&options, &store, &error));
    printf("open, empty: %.0f ms, RSS %.0f MB\n", (double)(clock_mono_ns() - started) / 1e6,
           memory_mb("VmRSS:"));
    fill(spans, batch, false, 0);
    ask_all();
    fill(spans / 4, batch, true, 0);
    fill(spans / 4, batch, false, 1);
    double before = cpu_seconds();
    for (int i = 0; i < 50; i++)
        check(store_compact(store, true, &error));
    rest();
    printf("idle merging: %.2f s CPU, RSS afterwards %.0f MB\n", cpu_seconds() - before,
           memory_mb("VmRSS:"));
    ask_all();
    store_close(store);
    started = clock_mono_ns();
    check(store_open(&options, &store, &error));
    printf("open again: %.0f ms, RSS %.0f MB\n", (double)(clock_mono_ns() - started) / 1e6,
           memory_mb("VmRSS:"));
    fill(10, 10, false, 0); /* reads the keys first */
    fill(100, 10, false, 0);
    rest();
    printf("idle: RSS %.0f MB\n", memory_mb("VmRSS:"));
    store_close(store);
    snprintf(command, sizeof command, "du -sh '%s'; rm -rf '%s'", directory, directory);
    return argc > 3 ? 0 : system(command) != 0;
}

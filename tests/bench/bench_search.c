/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_search: how long a search takes over distinct text, and what its index costs.
 *
 *   build/bench/bench_search [megabytes of text, default 1024] [spans, default 1000000] [directory]
 *   BENCH_QUERY='/a.*b/' build/bench/bench_search …     only this one
 *
 * Words follow Zipf's law over a vocabulary of 200,000, so that some stand everywhere and most
 * nearly nowhere; each span also has ids nobody else has. Nothing is repeated but the words. A
 * directory that is given is kept, and not filled again when it holds something.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "pipeline/indexer.h"
#include "query/search.h"

enum { VOCABULARY = 200000, BATCH_SPANS = 200, RUNS = 5 };

static uint64_t state = 42;
static uint64_t next_random(void)
{
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The word of a rank: two to five syllables, always the same. */
static size_t put_word(char *out, uint32_t rank)
{
    static const char consonants[] = "bcdfghklmnprstvwz", vowels[] = "aeiou";
    uint64_t seed = (uint64_t)rank * UINT64_C(0x9e3779b97f4a7c15) ^ 0x5bd1e995;
    size_t len = 0, syllables = 1 + (rank > 60) + (rank > 3000) + seed % 2;
    for (size_t i = 0; i < syllables; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[len++] = consonants[(seed >> 33) % (sizeof consonants - 1)];
        out[len++] = vowels[(seed >> 45) % (sizeof vowels - 1)];
        if ((seed >> 55) % 3 == 0)
            out[len++] = consonants[(seed >> 50) % (sizeof consonants - 1)];
    }
    return len;
}

static uint32_t random_rank(void)
{
    double u = (double)(next_random() >> 11) / (double)(UINT64_C(1) << 53);
    return (uint32_t)pow(VOCABULARY, u);
}

static void put_text(struct buf *out, size_t bytes)
{
    char word[32];
    for (size_t start = out->len, n = 1; out->len - start < bytes; n++) {
        buf_add(out, word, put_word(word, random_rank()));
        buf_add_str(out, n % 11 == 0 ? STR(".\\n") : STR(" "));
    }
}

static struct value message(struct arena *arena, const char *role, size_t bytes, uint64_t number)
{
    struct buf text = {0};
    buf_printf(&text, "[{\"role\":\"%s\",\"parts\":[{\"type\":\"text\",\"content\":\"", role);
    put_text(&text, bytes);
    buf_printf(&text, " order %08" PRIx64 " ref %016" PRIx64, next_random() >> 32, next_random());
    if (number % 300000 == 150000)
        buf_printf(&text, " needle-%04" PRIu64 " 555-%04" PRIu64, number / 100000, number / 100000);
    buf_printf(&text, "\"}]}]");
    struct value value = value_string(arena_copy(arena, buf_str(&text)));
    buf_done(&text);
    return value;
}

static struct batch *make_batch(uint64_t first, size_t text_bytes)
{
    struct batch *batch = batch_new((size_t)64 << 20);
    batch->project_id = 1;
    batch->receiver = STR("otlp");
    batch->arrival_ns = clock_now_ns();
    struct resource *resource = batch_add_resource(batch);
    resource->attributes.items = arena_array(&batch->arena, struct attribute, 1);
    resource->attributes.items[0] =
        (struct attribute){STR("service.name"), value_string(STR("bench"))};
    resource->attributes.count = 1;
    batch_add_scope(batch);
    for (size_t i = 0; i < BATCH_SPANS; i++) {
        struct span *span = batch_add_span(batch);
        uint64_t number = first + i, ids[3] = {next_random(), next_random(), next_random()};
        memcpy(span->trace_id, ids, 16);
        memcpy(span->span_id, ids + 2, 8);
        span->name = STR("chat gpt-4o");
        span->start_ns = (uint64_t)batch->arrival_ns - 2000000000;
        span->end_ns = (uint64_t)batch->arrival_ns;
        span->attributes.items = arena_array(&batch->arena, struct attribute, 4);
        span->attributes.count = 4;
        span->attributes.items[0] =
            (struct attribute){STR("gen_ai.operation.name"), value_string(STR("chat"))};
        span->attributes.items[1] =
            (struct attribute){STR("gen_ai.request.model"), value_string(STR("gpt-4o"))};
        span->attributes.items[2] =
            (struct attribute){STR("gen_ai.input.messages"),
                               message(&batch->arena, "user", text_bytes * 2 / 3, number)};
        span->attributes.items[3] = (struct attribute){
            STR("gen_ai.output.messages"), message(&batch->arena, "assistant", text_bytes / 3, 1)};
    }
    return batch;
}

static void fill(struct journal *journal, size_t megabytes, size_t spans)
{
    size_t text_bytes = (megabytes << 20) / spans;
    for (uint64_t first = 0; first < spans; first += BATCH_SPANS) {
        struct batch *batch = make_batch(first, text_bytes);
        struct error error;
        enum status status;
        while ((status = journal_append(journal, batch, NULL, NULL, &error)) == STATUS_BUSY)
            usleep(2000);
        must(status == STATUS_OK);
        batch_free(batch);
    }
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void ask(const struct query *query, const char *name, const char *text)
{
    struct search_expression *expression;
    struct error error;
    must(search_parse(str_from(text), &expression, &error) == STATUS_OK);
    const struct search_question question = {.project_id = 1,
                                             .range = {0, INT64_MAX},
                                             .expression = expression,
                                             .limit = 50,
                                             .timeout_ms = 60000};
    struct search_result result = {0};
    double took[RUNS], first = 0, cpu = 0;
    for (int run = -1; run < RUNS; run++) {
        struct arena arena;
        arena_init(&arena, (size_t)64 << 20);
        if (run == 0)
            cpu = cpu_seconds();
        enum status status = query_search(query, &question, &arena, &result, &error);
        if (status != STATUS_OK)
            printf("%s: %s\n", name, error.text);
        *(run < 0 ? &first : &took[run]) = (double)result.statistics.elapsed_ns / 1e6;
        arena_done(&arena);
    }
    cpu = (cpu_seconds() - cpu) * 1000 / RUNS;
    qsort(took, RUNS, sizeof *took, by_size);
    printf("  %-34s %7.1f ms warm (%7.1f of CPU) %8.1f first  %3zu hits%s  %5" PRIu64 " of %" PRIu64
           " chunks read, %" PRIu64 " hold it  %7.1f MB decompressed  %7.1f MB scanned  %" PRIu64
           " spans checked\n",
           name, took[RUNS / 2], cpu, first, result.count, result.more ? "+" : " ",
           result.statistics.chunks - result.statistics.chunks_skipped, result.statistics.chunks,
           result.statistics.chunks_found, (double)result.statistics.bytes_read / 1e6,
           (double)result.statistics.bytes_scanned / 1e6, result.statistics.spans_checked);
    fflush(stdout);
    search_expression_free(expression);
}

static void ask_all(const struct query *query)
{
    if (getenv("BENCH_QUERY")) {
        ask(query, "asked", getenv("BENCH_QUERY"));
        return;
    }
    char word[64];
    static const uint32_t ranks[] = {10, 1000, 20000, 150000};
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        char name[128];
        word[put_word(word, ranks[i])] = 0;
        snprintf(name, sizeof name, "word of rank %" PRIu32 ": %s", ranks[i], word);
        ask(query, name, word);
    }
    ask(query, "word in 3 spans", "needle");
    ask(query, "word in none", "zyzzyva");
    ask(query, "word in none, of common parts", "bekolo");
    ask(query, "id in one span's text", "needle-0001");
    ask(query, "phrase", "\"order needle\" OR \"555-0004\"");
    ask(query, "two words", "needle AND order");
    ask(query, "regex with a literal", "/needle-\\d{4}/");
    ask(query, "regex without, in 3 spans", "/\\b5{3}-\\d{4}/");
    ask(query, "regex without, in none", "/[qx]{5}\\d{7}/");
    ask(query, "regex that is everywhere", "/\\w+ \\w+/");
    ask(query, "not", "NOT order");
}

static void wait_for_texts(struct search_index *search)
{
    struct search_index_stats stats;
    for (;;) {
        search_index_hurry(search);
        search_index_get_stats(search, &stats);
        if (stats.caught_up && stats.parts)
            return;
        usleep(20000);
    }
}

int main(int argc, char **argv)
{
    size_t megabytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 1024;
    size_t spans = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    char directory[256] = "/tmp/vitrine-bench-XXXXXX", path[4][300], command[320];
    static const char *const names[] = {"journal", "index", "search", "nothing"};
    if (argc > 3)
        snprintf(directory, sizeof directory, "%s", argv[3]);
    else
        must(mkdtemp(directory) != NULL);
    for (int i = 0; i < 4; i++)
        snprintf(path[i], sizeof path[i], "%s/%s", directory, names[i]);
    struct error error;
    struct query query = {0};
    struct indexer *indexer;
    struct indexer_stats indexed;
    must(journal_open(&(struct journal_options){.directory = path[0], .disk_low_bytes = -1},
                      &query.journal, &error) == STATUS_OK);
    must(price_open(&(struct price_options){0}, &query.prices, &error) == STATUS_OK);
    must(store_open(&(struct store_options){.directory = path[1]}, &query.store, &error) ==
         STATUS_OK);
    struct journal_stats before, after;
    journal_get_stats(query.journal, &before);
    if (before.file_bytes < 1 << 20)
        fill(query.journal, megabytes, spans);
    const struct indexer_options indexing = {
        .journal = query.journal, .store = query.store, .prices = query.prices};
    must(indexer_start(&indexing, &indexer, &error) == STATUS_OK);
    do {
        usleep(50000);
        indexer_get_stats(indexer, &indexed);
    } while (!indexed.caught_up);
    journal_get_stats(query.journal, &after);
    printf("%zu MB of text in %zu spans, %.1f MB of journal\n", megabytes, spans,
           (double)after.file_bytes / 1e6);
    double cpu = cpu_seconds();
    int64_t began = clock_mono_ns();
    struct search_index_stats stats;
    must(search_index_open(
             &(struct search_index_options){.directory = path[2], .journal = query.journal},
             &query.search, &error) == STATUS_OK);
    wait_for_texts(query.search);
    search_index_get_stats(query.search, &stats);
    printf("index of %" PRIu64 " chunks in %" PRIu64
           " parts: %.1f MB, %.1f %% of the journal; made in "
           "%.1f s, %.1f s of CPU\n",
           stats.chunks, stats.parts, (double)stats.file_bytes / 1e6,
           100.0 * (double)stats.file_bytes / (double)after.file_bytes,
           (double)(clock_mono_ns() - began) / 1e9, cpu_seconds() - cpu);
    ask_all(&query);
    search_index_get_stats(query.search, &stats);
    printf("parts in memory: %.1f MB\n", (double)stats.memory_bytes / 1e6);
    search_index_close(query.search);
    indexer_stop(indexer);
    store_close(query.store);
    journal_close(query.journal);
    price_close(query.prices);
    if (argc <= 3) {
        snprintf(command, sizeof command, "rm -rf '%s'", directory);
        must(system(command) == 0);
    }
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_journal: what the journal costs: CPU of the process a span (encoding, sharing, compressing,
 * writing, syncing; not making the batches), bytes on disk against the bytes of the requests, and
 * decoding again.
 *
 * Fat and thin spans come from otlp_payload through the OTLP receiver. VITRINE_TRAJECTORIES names a
 * JSON file of agent runs ([{"traj": [message, …]}, …]); each assistant message becomes a span that
 * carries all messages before it. In "alone" runs every batch waits for its own sync, so that a
 * frame holds one batch; otherwise many share one.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "journal/journal.h"
#include "receive/receive.h"
#include "support/otlp_payload.c"
#include "wire/json.h"

enum { BATCHES_MAX = 200000 };

struct load {
    const char *name;
    struct batch *batches[BATCHES_MAX];
    size_t batch_count, span_count;
    uint64_t naive_bytes;
};

static double cpu_seconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void load_clear(struct load *load)
{
    for (size_t i = 0; i < load->batch_count; i++)
        batch_free(load->batches[i]);
    load->batch_count = load->span_count = 0;
    load->naive_bytes = 0;
}

/* --- spans out of OTLP requests */

static void load_otlp(struct load *load, const char *name, enum otlp_payload_kind kind,
                      size_t batches, size_t spans)
{
    extern const struct receiver receiver_otlp;
    static const struct header type = {STR_INIT("content-type"),
                                       STR_INIT("application/x-protobuf")};
    struct otlp_payload *payload = otlp_payload_new(kind, 7, UINT64_C(1760000000000000000));
    load->name = name;
    for (size_t i = 0; i < batches; i++) {
        struct buf body = {0};
        struct batch *batch = batch_new((size_t)1 << 30);
        otlp_payload_next(payload, spans, OTLP_PAYLOAD_PROTOBUF, &body);
        struct request request = {.protocol = PROTOCOL_HTTP1,
                                  .path = STR("/v1/traces"),
                                  .headers = (struct header *)(uintptr_t)&type,
                                  .header_count = 1,
                                  .body = buf_str(&body)};
        must(receiver_otlp.decode(&request, batch, NULL) == STATUS_OK);
        batch->body = body.ptr;
        batch->receiver = STR("otlp");
        batch->project_id = 1;
        batch->arrival_ns = clock_now_ns();
        load->naive_bytes += body.len;
        load->span_count += batch->span_count;
        load->batches[load->batch_count++] = batch;
    }
    otlp_payload_free(payload);
}

/* --- spans out of agent runs */

static void set_attribute(struct batch *batch, struct span *span, const char *key, struct str text)
{
    struct attribute *added = &span->attributes.items[span->attributes.count++];
    added->key = str_from(key);
    added->value = value_string(arena_copy(&batch->arena, text));
}

static struct str join(struct buf *out, const struct json *messages, size_t from, size_t to)
{
    buf_clear(out);
    buf_add_byte(out, '[');
    for (size_t i = from; i < to; i++) {
        if (i > from)
            buf_add_str(out, STR(", "));
        buf_add_str(out, messages->items[i].raw);
    }
    buf_add_byte(out, ']');
    return buf_str(out);
}

static struct batch *begin_batch(void)
{
    struct batch *batch = batch_new((size_t)1 << 30);
    struct resource *resource = batch_add_resource(batch);
    batch->receiver = STR("otlp");
    batch->project_id = 1;
    batch->arrival_ns = clock_now_ns();
    resource->attributes.items = arena_array(&batch->arena, struct attribute, 1);
    resource->attributes.count = 1;
    resource->attributes.items[0] =
        (struct attribute){STR("service.name"), value_string(STR("airline-agent"))};
    batch_add_scope(batch)->name = STR("opentelemetry.instrumentation.openai");
    return batch;
}

static void add_turn(struct load *load, struct batch *batch, const struct json *run, size_t number,
                     size_t turn, struct buf *scratch)
{
    struct span *span = batch_add_span(batch);
    uint64_t id = number << 32 | turn;
    memcpy(span->trace_id, &number, sizeof number);
    memcpy(span->span_id, &id, sizeof id);
    span->name = STR("chat gpt-4o");
    span->kind = 3;
    span->start_ns = (uint64_t)batch->arrival_ns - 1000000 * turn;
    span->end_ns = span->start_ns + 1234567 * (turn + 1);
    span->attributes.items = arena_array(&batch->arena, struct attribute, 5);
    set_attribute(batch, span, "gen_ai.operation.name", STR("chat"));
    set_attribute(batch, span, "gen_ai.provider.name", STR("openai"));
    set_attribute(batch, span, "gen_ai.request.model", STR("gpt-4o"));
    set_attribute(batch, span, "gen_ai.input.messages", join(scratch, run, 0, turn));
    set_attribute(batch, span, "gen_ai.output.messages", join(scratch, run, turn, turn + 1));
    for (size_t i = 0; i < span->attributes.count; i++)
        load->naive_bytes +=
            span->attributes.items[i].key.len + span->attributes.items[i].value.string.len;
    load->naive_bytes += 60; /* ids, times, name */
    load->span_count++;
}

/* Fifty runs go on at a time, a turn each in a batch: about twenty are the assistant's. */
static void load_trajectories(struct load *load, const struct json *runs)
{
    enum { AT_ONCE = 50 };
    struct buf scratch = {0};
    load->name = "trajectories";
    for (size_t first = 0; first < runs->count; first += AT_ONCE) {
        bool more = true;
        for (size_t turn = 0; more; turn++) {
            struct batch *batch = begin_batch();
            more = false;
            for (size_t i = first; i < runs->count && i < first + AT_ONCE; i++) {
                const struct json *run = json_get(&runs->items[i], STR("traj"));
                if (!run || turn >= run->count)
                    continue;
                more = true;
                struct str role = json_string(json_get(&run->items[turn], STR("role")));
                if (str_equal(role, STR("assistant")))
                    add_turn(load, batch, run, i, turn, &scratch);
            }
            if (batch->span_count)
                load->batches[load->batch_count++] = batch;
            else
                batch_free(batch);
        }
    }
    buf_done(&scratch);
}

/* --- running */

static sem_t written;

static void on_done(void *context, enum status status, const struct error *error)
{
    (void)context;
    if (status != STATUS_OK)
        fprintf(stderr, "append: %s\n", error->text);
    must(status == STATUS_OK);
    sem_post(&written);
}

static void append_all(struct journal *journal, const struct load *load, bool alone)
{
    size_t waiting = 0;
    for (size_t i = 0; i < load->batch_count; i++) {
        struct error error;
        while (journal_append(journal, load->batches[i], on_done, NULL, &error) != STATUS_OK) {
            must(error.status == STATUS_BUSY && waiting > 0);
            sem_wait(&written);
            waiting--;
        }
        waiting++;
        for (; alone && waiting; waiting--)
            sem_wait(&written);
    }
    for (; waiting; waiting--)
        sem_wait(&written);
}

/* Reads and decodes everything; the CPU it took. */
static double read_all(struct journal *journal, size_t *out_frames)
{
    struct journal_position at = {0};
    struct journal_frame frame;
    double start = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    *out_frames = 0;
    while (journal_read(journal, at, 0, &frame, NULL) == STATUS_OK) {
        at = frame.next;
        (*out_frames)++;
        journal_frame_done(&frame);
    }
    return cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
}

static void remove_files(const char *path, const struct journal_stats *stats)
{
    char name[300];
    for (uint32_t id = stats->first_segment; id <= stats->last_segment; id++) {
        snprintf(name, sizeof name, "%s/%010" PRIu32 ".journal", path, id);
        unlink(name);
    }
    snprintf(name, sizeof name, "%s/lock", path);
    unlink(name);
    rmdir(path);
}

struct result {
    double caller, all, recent, cold; /* seconds of CPU */
    uint64_t file_bytes;
    size_t frames;
};

static struct journal *open_in(const char *path, bool alone, int level)
{
    struct journal *journal;
    struct error error;
    struct journal_options options = {.directory = path,
                                      .disk_low_bytes = -1,
                                      .zstd_level = level,
                                      .group_wait_us = alone ? 1 : 0};
    if (journal_open(&options, &journal, &error) != STATUS_OK)
        fprintf(stderr, "%s\n", error.text), exit(1);
    return journal;
}

static struct result run(const struct load *load, bool alone, int level)
{
    char path[] = "bench-journal-XXXXXX";
    must(mkdtemp(path));
    struct result result;
    struct journal_stats stats;
    struct journal *journal = open_in(path, alone, level);
    double all = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID),
           caller = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    append_all(journal, load, alone);
    result.all = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - all;
    result.caller = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - caller;
    journal_get_stats(journal, &stats);
    result.file_bytes = stats.file_bytes;
    result.recent = read_all(journal, &result.frames);
    journal_close(journal);
    journal = open_in(path, alone, level);
    result.cold = read_all(journal, &result.frames);
    journal_close(journal);
    remove_files(path, &stats);
    return result;
}

/* The least of a few runs, for the machine is shared. */
static void measure(const struct load *load, bool alone, int level)
{
    enum { RUNS = 3 };
    struct result best = run(load, alone, level);
    for (int i = 1; i < RUNS; i++) {
        struct result next = run(load, alone, level);
        best.recent = next.recent < best.recent ? next.recent : best.recent;
        best.cold = next.cold < best.cold ? next.cold : best.cold;
        if (next.all < best.all)
            best.all = next.all, best.caller = next.caller, best.frames = next.frames,
            best.file_bytes = next.file_bytes;
    }
    double spans = (double)load->span_count, naive = (double)load->naive_bytes;
    printf("%-12s %s: %6.2f µs CPU a span (%.2f caller, %.2f journal thread), %.0f B -> %.1f B on "
           "disk (1/%.1f), "
           "%.0f spans a frame, decoding %.2f µs recent, %.2f cold\n",
           load->name, alone ? "alone" : "group", best.all * 1e6 / spans, best.caller * 1e6 / spans,
           (best.all - best.caller) * 1e6 / spans, naive / spans, (double)best.file_bytes / spans,
           naive / (double)best.file_bytes, spans / (double)best.frames, best.recent * 1e6 / spans,
           best.cold * 1e6 / spans);
    fflush(stdout);
}

static void measure_all(struct load *load, int argc, char **argv)
{
    int level = argc > 2 ? atoi(argv[2]) : 0;
    if (argc < 2 || strstr(load->name, argv[1])) {
        measure(load, false, level);
        measure(load, true, level);
    }
    load_clear(load);
}

static void measure_trajectories(struct load *load, const char *path, int argc, char **argv)
{
    FILE *file = fopen(path, "rb");
    struct buf text = {0};
    struct arena arena;
    struct json runs;
    arena_init(&arena, ARENA_NO_LIMIT);
    while (file && !feof(file) && buf_reserve(&text, 1 << 20))
        text.len += fread(text.ptr + text.len, 1, 1 << 20, file);
    if (file && json_parse(buf_str(&text), &arena, &runs, NULL) == STATUS_OK &&
        runs.type == JSON_ARRAY) {
        load_trajectories(load, &runs);
        measure_all(load, argc, argv);
    } else {
        fprintf(stderr, "%s: not a JSON array of agent runs\n", path);
    }
    if (file)
        fclose(file);
    arena_done(&arena);
    buf_done(&text);
}

int main(int argc, char **argv)
{
    static struct load load;
    const char *trajectories = getenv("VITRINE_TRAJECTORIES");
    sem_init(&written, 0, 0);
    load_otlp(&load, "fat", OTLP_PAYLOAD_FAT, 1500, 20);
    measure_all(&load, argc, argv);
    load_otlp(&load, "thin", OTLP_PAYLOAD_THIN, 1500, 100);
    measure_all(&load, argc, argv);
    if (trajectories && trajectories[0])
        measure_trajectories(&load, trajectories, argc, argv);
    else
        printf("trajectories: skipped, VITRINE_TRAJECTORIES is not set\n");
    return 0;
}

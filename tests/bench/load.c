/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load: sends OTLP traces to a running server as fast as it acknowledges them, and prints one JSON
 * object: what was acknowledged, in what time, in how many bytes, and our own CPU time.
 *
 *   load --port N [--grpc] [--kind fat|thin|calls|prose|wide|recorded] [--file PATH] [--spans N]
 *        [--batch N] [--connections N] [--in-flight N] [--seed N] [--hours N] [--rate N]
 *
 * --hours spreads the spans over so many hours up to now, --rate holds it to so many spans a
 * second.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "support/load.h"
#include "support/load_grpc.c"
#include "support/load_http.c"
#include "support/load_sources.c"
#include "support/otlp_payload.c"

enum { THREADS_MAX = 256 };

struct load_options {
    const char *kind, *file;
    int64_t port, spans, batch, connections, in_flight, seed, hours, rate;
    bool grpc;
};

struct worker {
    const struct load_options *options;
    struct wire_options wire;
    struct source source;
    struct tally *tally;
    pthread_t thread;
};

static size_t payload_next(struct source *source, size_t spans, struct buf *out)
{
    otlp_payload_next(source->state, spans, OTLP_PAYLOAD_PROTOBUF, out);
    return spans;
}

/* A source that waits until its next request is due. */
struct paced {
    struct source inner;
    int64_t started_ns;
    double ns_a_span;
    size_t made;
};

static size_t paced_next(struct source *source, size_t spans, struct buf *out)
{
    struct paced *paced = source->state;
    if (!paced->started_ns)
        paced->started_ns = clock_mono_ns();
    int64_t due = paced->started_ns + (int64_t)((double)paced->made * paced->ns_a_span);
    int64_t left = due - clock_mono_ns();
    if (left > 0)
        nanosleep(&(struct timespec){left / NS_PER_SEC, left % NS_PER_SEC}, NULL);
    size_t count = paced->inner.next(&paced->inner, spans, out);
    paced->made += count;
    return count;
}

static struct source pace(const struct load_options *options, struct source inner)
{
    struct paced *paced = calloc(1, sizeof *paced);
    if (!paced || !inner.state)
        return (struct source){0};
    paced->inner = inner;
    paced->ns_a_span = 1e9 * (double)options->connections / (double)options->rate;
    return (struct source){paced_next, paced};
}

static struct source make_payload(const struct load_options *options, size_t worker, uint64_t start)
{
    static const char *const kinds[] = {[OTLP_PAYLOAD_FAT] = "fat",
                                        [OTLP_PAYLOAD_THIN] = "thin",
                                        [OTLP_PAYLOAD_CALLS] = "calls",
                                        [OTLP_PAYLOAD_PROSE] = "prose"};
    uint64_t step = NS_PER_MS, each = (uint64_t)(options->spans / options->connections + 1);
    enum otlp_payload_kind kind = OTLP_PAYLOAD_FAT;
    while (strcmp(kinds[kind], options->kind) != 0)
        if (++kind > OTLP_PAYLOAD_PROSE) {
            fprintf(stderr, "load: --kind: expected fat, thin, calls, prose, wide or recorded\n");
            return (struct source){0};
        }
    if (options->hours) {
        step = (uint64_t)options->hours * 3600 * NS_PER_SEC / each;
        start = (uint64_t)clock_now_ns() - (uint64_t)options->hours * 3600 * NS_PER_SEC;
    }
    struct otlp_payload *payload =
        otlp_payload_new(kind, (uint64_t)options->seed * 1000 + worker, start);
    if (payload)
        otlp_payload_pace(payload, step);
    return (struct source){payload_next, payload};
}

static struct source make_source(const struct load_options *options, size_t worker)
{
    /* Spans move on by about a millisecond: end now. */
    uint64_t start =
        (uint64_t)clock_now_ns() - (uint64_t)(options->spans / options->connections) * NS_PER_MS;
    if (!strcmp(options->kind, "recorded"))
        return load_trajectories(options->file, worker, (size_t)options->connections, start);
    if (!strcmp(options->kind, "wide"))
        return load_wide((size_t)options->spans, (uint64_t)options->seed, start);
    struct source source = make_payload(options, worker, start);
    return options->rate ? pace(options, source) : source;
}

static void *work(void *context)
{
    struct worker *worker = context;
    if (worker->options->grpc)
        load_grpc(&worker->wire, &worker->source, worker->tally);
    else
        load_http(&worker->wire, &worker->source, worker->tally);
    return NULL;
}

static int run(const struct load_options *options)
{
    static struct worker workers[THREADS_MAX];
    static struct tally tally = {.troubled = ATOMIC_FLAG_INIT};
    size_t count = (size_t)options->connections;
    tally.spans_left = (size_t)options->spans;
    for (size_t i = 0; i < count; i++) {
        workers[i] = (struct worker){
            .options = options,
            .wire = {"127.0.0.1", (int)options->port, (size_t)options->batch,
                     (size_t)options->in_flight},
            .source = make_source(options, i),
            .tally = &tally,
        };
        if (!workers[i].source.state)
            return 1;
    }
    int64_t started = clock_mono_ns();
    for (size_t i = 0; i < count; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            fprintf(stderr, "load: cannot start a thread\n");
            return 1;
        }
    for (size_t i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
    double seconds = (double)(clock_mono_ns() - started) / (double)NS_PER_SEC;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"spans\":%zu,\"requests\":%zu,\"bytes\":%zu,\"seconds\":%.6f,\"retries\":%zu,"
           "\"failures\":%zu,\"own_cpu\":%.3f}\n",
           (size_t)tally.spans, (size_t)tally.requests, (size_t)tally.bytes, seconds,
           (size_t)tally.retries, (size_t)tally.failures,
           (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    if (tally.failures)
        fprintf(stderr, "load: %s\n", tally.trouble);
    return tally.failures != 0;
}

int main(int argc, char **argv)
{
    struct load_options options = {
        .kind = "fat", .spans = 10000, .batch = 64, .connections = 8, .in_flight = 4, .seed = 1};
    const struct {
        const char *name;
        int64_t *number, most;
        const char **text;
    } known[] = {
        {"--port", &options.port, 65535, NULL},
        {"--spans", &options.spans, INT64_C(1) << 40, NULL},
        {"--batch", &options.batch, 100000, NULL},
        {"--connections", &options.connections, THREADS_MAX, NULL},
        {"--in-flight", &options.in_flight, CALLS_MAX, NULL},
        {"--seed", &options.seed, INT64_C(1) << 40, NULL},
        {"--hours", &options.hours, 8760, NULL},
        {"--rate", &options.rate, INT64_C(1) << 30, NULL},
        {"--kind", NULL, 0, &options.kind},
        {"--file", NULL, 0, &options.file},
    };
    for (int i = 1; i < argc; i++) {
        size_t at = 0;
        if (!strcmp(argv[i], "--grpc")) {
            options.grpc = true;
            continue;
        }
        while (at < sizeof known / sizeof *known && strcmp(known[at].name, argv[i]) != 0)
            at++;
        if (at == sizeof known / sizeof *known || i + 1 == argc) {
            fprintf(stderr, "load: unknown option, or no value: %s\n", argv[i]);
            return 2;
        }
        i++;
        if (known[at].text)
            *known[at].text = argv[i];
        else if (!str_to_i64(str_from(argv[i]), known[at].number) || *known[at].number < 1 ||
                 *known[at].number > known[at].most) {
            fprintf(stderr, "load: %s: expected a number up to %lld\n", argv[i - 1],
                    (long long)known[at].most);
            return 2;
        }
    }
    if (!options.port || (!strcmp(options.kind, "recorded") && !options.file)) {
        fprintf(stderr, "load: --port is needed, and --file for recorded conversations\n");
        return 2;
    }
    if (!strcmp(options.kind, "wide"))
        options.connections = 1;
    return run(&options);
}

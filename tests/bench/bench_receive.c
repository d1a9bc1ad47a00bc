/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_receive: CPU time to decode a span, protobuf and JSON, fat and thin. No net, no journal:
 * one request after the other into a fresh batch, as a net thread would. The best of many short
 * windows counts, for the machine is shared; beside it the time that checking the same bytes for
 * UTF-8 takes alone.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "receive/otlp.h"
#include "support/otlp_payload.c"
#include "wire/utf8.h"

/* Few bodies, so that they are as warm as those that net has just received. */
enum { REQUESTS = 4, WINDOWS = 25 };

static double cpu_seconds(void)
{
    return (double)clock_thread_ns() / 1e9;
}

static size_t decode(struct str body, enum otlp_payload_form form)
{
    static const struct header types[] = {
        {STR_INIT("content-type"), STR_INIT("application/x-protobuf")},
        {STR_INIT("content-type"), STR_INIT("application/json")},
    };
    struct request request = {.protocol = PROTOCOL_HTTP1,
                              .path = STR("/v1/traces"),
                              .headers = (struct header *)(uintptr_t)&types[form],
                              .header_count = 1,
                              .body = body};
    struct error error;
    struct batch *batch = batch_new((size_t)1 << 30);
    extern const struct receiver receiver_otlp;
    must(batch && receiver_otlp.decode(&request, batch, &error) == STATUS_OK);
    must(batch->rejected_count == 0);
    size_t spans = batch->span_count;
    batch_free(batch);
    return spans;
}

/* The time of one round over the bodies: the least of all windows. */
static double best_round(struct buf *bodies, enum otlp_payload_form form)
{
    double best = 1e9;
    for (int window = 0; window < WINDOWS; window++) {
        double start = cpu_seconds(), spent;
        int rounds = 0;
        do {
            for (int i = 0; i < REQUESTS; i++)
                decode(buf_str(&bodies[i]), form);
            rounds++;
            spent = cpu_seconds() - start;
        } while (spent < 0.02);
        best = spent / rounds < best ? spent / rounds : best;
    }
    return best;
}

/* The bodies hold odd bytes; text of the same size is checked. */
static double best_check(size_t bytes)
{
    double best = 1e9;
    char *text = malloc(bytes);
    memset(text, 'x', bytes);
    for (int window = 0; window < WINDOWS; window++) {
        double start = cpu_seconds();
        must(utf8_valid((struct str){text, bytes}));
        double spent = cpu_seconds() - start;
        best = spent < best ? spent : best;
    }
    free(text);
    return best;
}

static void measure(const char *name, enum otlp_payload_kind kind, enum otlp_payload_form form,
                    size_t spans)
{
    struct buf bodies[REQUESTS] = {0};
    struct otlp_payload *payload = otlp_payload_new(kind, 7, UINT64_C(1760000000000000000));
    size_t bytes = 0, all = REQUESTS * spans;
    double made = cpu_seconds();
    for (int i = 0; i < REQUESTS; i++) {
        otlp_payload_next(payload, spans, form, &bodies[i]);
        bytes += bodies[i].len;
        must(decode(buf_str(&bodies[i]), form) == spans);
    }
    made = cpu_seconds() - made;
    double best = best_round(bodies, form);
    printf("%-14s %4zu spans a request, %6.0f B a span: %6.0f ns a span (%.0f of it UTF-8), "
           "%5.0f MB/s; made in %.0f ns\n",
           name, spans, (double)bytes / (double)all, best * 1e9 / (double)all,
           best_check(bytes) * 1e9 / (double)all, (double)bytes / best / 1e6,
           made * 1e9 / (double)all);
    for (int i = 0; i < REQUESTS; i++)
        buf_done(&bodies[i]);
    otlp_payload_free(payload);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        enum otlp_payload_kind kind;
        enum otlp_payload_form form;
        size_t spans;
    } runs[] = {
        {"thin protobuf", OTLP_PAYLOAD_THIN, OTLP_PAYLOAD_PROTOBUF, 512},
        {"thin JSON", OTLP_PAYLOAD_THIN, OTLP_PAYLOAD_JSON, 512},
        {"fat protobuf", OTLP_PAYLOAD_FAT, OTLP_PAYLOAD_PROTOBUF, 64},
        {"fat protobuf", OTLP_PAYLOAD_FAT, OTLP_PAYLOAD_PROTOBUF, 512},
        {"fat JSON", OTLP_PAYLOAD_FAT, OTLP_PAYLOAD_JSON, 64},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        if (argc < 2 || strstr(runs[i].name, argv[1]))
            measure(runs[i].name, runs[i].kind, runs[i].form, runs[i].spans);
    return 0;
}

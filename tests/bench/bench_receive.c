/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_receive: CPU time to decode a span, protobuf and JSON, fat and thin. No net, no journal:
 * one request after the other into a fresh batch, as a net thread would.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/must.h"
#include "receive/otlp.h"
#include "support/otlp_payload.c"
#include "wire/utf8.h"

enum { REQUESTS = 24 };

static double cpu_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
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

static void measure(const char *name, enum otlp_payload_kind kind, enum otlp_payload_form form,
                    size_t spans)
{
    struct buf bodies[REQUESTS] = {0};
    struct otlp_payload *payload = otlp_payload_new(kind, 7, UINT64_C(1760000000000000000));
    size_t bytes = 0, decoded = 0, rounds = 0;
    double made = cpu_seconds();
    for (int i = 0; i < REQUESTS; i++) {
        otlp_payload_next(payload, spans, form, &bodies[i]);
        bytes += bodies[i].len;
    }
    made = cpu_seconds() - made;
    for (int i = 0; i < REQUESTS; i++)
        must(decode(buf_str(&bodies[i]), form) == spans);
    double start = cpu_seconds(), spent;
    do {
        for (int i = 0; i < REQUESTS; i++)
            decoded += decode(buf_str(&bodies[i]), form);
        rounds++;
        spent = cpu_seconds() - start;
    } while (spent < 0.7);
    double bytes_all = (double)bytes * (double)rounds;
    printf("%-14s %4zu spans a request, %6.0f B a span: %7.0f ns a span, %6.0f MB/s"
           "  (made in %.0f ns)\n",
           name, spans, (double)bytes / (double)(REQUESTS * spans), spent * 1e9 / (double)decoded,
           bytes_all / spent / 1e6, made * 1e9 / (double)(REQUESTS * spans));
    for (int i = 0; i < REQUESTS; i++)
        buf_done(&bodies[i]);
    otlp_payload_free(payload);
}

int main(void)
{
    measure("thin protobuf", OTLP_PAYLOAD_THIN, OTLP_PAYLOAD_PROTOBUF, 512);
    measure("thin JSON", OTLP_PAYLOAD_THIN, OTLP_PAYLOAD_JSON, 512);
    measure("fat protobuf", OTLP_PAYLOAD_FAT, OTLP_PAYLOAD_PROTOBUF, 64);
    measure("fat protobuf", OTLP_PAYLOAD_FAT, OTLP_PAYLOAD_PROTOBUF, 512);
    measure("fat JSON", OTLP_PAYLOAD_FAT, OTLP_PAYLOAD_JSON, 64);
    return 0;
}

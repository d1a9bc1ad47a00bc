/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_sender: collects finished traces by service and release, as their SDKs would, and posts them
 * through the OTLP door in requests of about a megabyte. The first failure ends the demo.
 */
#pragma once

#include "base/status.h"
#include "cli/demo.h"

struct client;

struct demo_totals {
    size_t traces, spans, logs, scores, errors, requests, metric_points;
};

struct demo_options {
    struct client *client;
    uint64_t seed;
    int64_t now_ns;
    int hours;
    double scale; /* 1: the usual day */
};

/* Sends the day. */
enum status demo_run(const struct demo_options *options, struct demo_totals *out_totals,
                     struct error *error);

void demo_sender_take(struct demo *demo, struct demo_trace *trace);
/* Posts one ready request to /v1/<signal>. */
void demo_sender_post(struct demo *demo, const char *path, struct str request);

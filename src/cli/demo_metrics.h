/* SPDX-License-Identifier: Apache-2.0 */
/* demo_metrics: what SDKs report beside spans: call durations and tokens, one delta each five
 * minutes. */
#pragma once

#include "cli/demo.h"

struct demo_metrics;
struct demo_metrics *demo_metrics_new(void); /* NULL: no memory */
void demo_metrics_free(struct demo_metrics *metrics);
struct demo_metrics *demo_metrics_of(struct demo *demo);
/* demo_hosts.c: the machine behind docs-search, that many hours back. */
void demo_hosts_send(struct demo *demo, int hours, size_t *out_points);
void demo_metrics_send(const struct demo_metrics *metrics, struct demo *demo, size_t *out_points);

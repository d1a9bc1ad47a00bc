/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counter: the server's own numbers, shown at /metrics in Prometheus' text format.
 *
 *   COUNTER(spans_accepted, "vitrine_accepted_records_total", "signal=\"spans\"", "Records
 * acknowledged"); counter_add(&spans_accepted, batch->span_count);
 *
 * at file scope in the file that counts. Rows of one name stand together at /metrics. Labels are
 * fixed text: nothing from outside becomes a label. GAUGE is the same but may go down
 * (counter_set). Threads  any.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct counter {
    const char *name, *labels, *help;
    bool is_gauge;
    _Atomic int64_t value;
};

/* Every counter's address lands in one section of the program, so no list needs editing. */
#define COUNTER__DEFINE(id, name_, labels_, help_, gauge_)                                         \
    static struct counter id = {                                                                   \
        .name = (name_), .labels = (labels_), .help = (help_), .is_gauge = (gauge_)};              \
    __attribute__((section("vitrine_counters"),                                                    \
                   used)) static struct counter *const id##_in_counters = &id
#define COUNTER(id, name, labels, help) COUNTER__DEFINE(id, name, labels, help, false)
#define GAUGE(id, name, labels, help)   COUNTER__DEFINE(id, name, labels, help, true)

static inline void counter_add(struct counter *counter, int64_t amount)
{
    atomic_fetch_add_explicit(&counter->value, amount, memory_order_relaxed);
}

static inline void counter_set(struct counter *counter, int64_t value)
{
    atomic_store_explicit(&counter->value, value, memory_order_relaxed);
}

static inline int64_t counter_get(const struct counter *counter)
{
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}

/* Calls `visit` for every counter, sorted by name. */
void counter_visit(void (*visit)(const struct counter *counter, void *context), void *context);

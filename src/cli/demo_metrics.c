/* SPDX-License-Identifier: Apache-2.0 */
/* demo_metrics: a table of (five minutes, service, model), grown as calls come in. */
#include "cli/demo_metrics.h"

#include <stdlib.h>
#include <string.h>

#include "cli/demo_sender.h"

enum { BOUNDS = 14, SLOT_S = 300, POINTS_A_REQUEST = 2000 };

static const double bounds[BOUNDS] = {0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                      1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};

struct cell {
    int64_t slot;
    const char *service;
    const struct demo_model *model;
    uint64_t counts[BOUNDS + 1];
    double seconds;
    int64_t input_tokens, output_tokens;
};

struct demo_metrics {
    struct cell *cells;
    size_t count, capacity;
};

struct demo_metrics *demo_metrics_new(void)
{
    return calloc(1, sizeof(struct demo_metrics));
}

void demo_metrics_free(struct demo_metrics *metrics)
{
    free(metrics->cells);
    free(metrics);
}

/* Calls come about in order of time, so the cell is among the last ones. */
static struct cell *find_cell(struct demo_metrics *metrics, int64_t slot, const char *service,
                              const struct demo_model *model)
{
    for (size_t back = 1; back <= metrics->count && back <= 400; back++) {
        struct cell *cell = &metrics->cells[metrics->count - back];
        if (cell->slot == slot && cell->model == model && cell->service == service)
            return cell;
    }
    if (metrics->count == metrics->capacity) {
        size_t capacity = metrics->capacity ? 2 * metrics->capacity : 256;
        struct cell *cells = realloc(metrics->cells, capacity * sizeof *cells);
        if (!cells)
            return NULL;
        metrics->cells = cells;
        metrics->capacity = capacity;
    }
    struct cell *cell = &metrics->cells[metrics->count++];
    *cell = (struct cell){.slot = slot, .service = service, .model = model};
    return cell;
}

void demo_measure(struct demo *demo, const struct demo_trace *trace, const struct demo_call *call,
                  int64_t end_ns, int64_t duration_ns)
{
    if (end_ns > demo_day(demo)->now_ns)
        return;
    struct cell *cell =
        find_cell(demo_metrics_of(demo), end_ns / NS_PER_SEC / SLOT_S, trace->service, call->model);
    if (!cell)
        return;
    double seconds = (double)duration_ns / (double)NS_PER_SEC;
    size_t bucket = 0;
    while (bucket < BOUNDS && seconds > bounds[bucket])
        bucket++;
    cell->counts[bucket]++;
    cell->seconds += seconds;
    cell->input_tokens += call->fault.type ? 0 : call->input_tokens;
    cell->output_tokens += call->fault.type ? 0 : call->output_tokens;
}

static void write_attributes(struct buf *out, uint32_t field, const struct cell *cell,
                             const char *token_type)
{
    buf_clear(out);
    otlp_text(out, field, "gen_ai.operation.name",
              cell->model->tokens_per_s > 0 ? "chat" : "embeddings");
    otlp_text(out, field, "gen_ai.provider.name", cell->model->provider);
    otlp_text(out, field, "gen_ai.request.model", cell->model->name);
    if (token_type)
        otlp_text(out, field, "gen_ai.token.type", token_type);
}

static void send_service(struct demo *demo, const struct cell *cells, size_t count,
                         const char *service, size_t *out_points)
{
    struct buf durations = {0}, tokens = {0}, attributes = {0}, metrics = {0}, request = {0};
    for (size_t i = 0; i < count; i++) {
        const struct cell *cell = &cells[i];
        if (cell->service != service)
            continue;
        int64_t start = cell->slot * SLOT_S * NS_PER_SEC, end = start + SLOT_S * NS_PER_SEC;
        write_attributes(&attributes, OTLP_IN_HISTOGRAM, cell, NULL);
        otlp_histogram(&durations, start, end, bounds, cell->counts, BOUNDS, cell->seconds,
                       buf_str(&attributes));
        write_attributes(&attributes, OTLP_IN_NUMBER, cell, "input");
        otlp_number(&tokens, start, end, (double)cell->input_tokens, buf_str(&attributes));
        write_attributes(&attributes, OTLP_IN_NUMBER, cell, "output");
        otlp_number(&tokens, start, end, (double)cell->output_tokens, buf_str(&attributes));
        *out_points += 3;
    }
    otlp_metric(&metrics, OTLP_HISTOGRAM, "gen_ai.client.operation.duration", "s",
                buf_str(&durations));
    otlp_metric(&metrics, OTLP_SUM, "shop.ai.tokens", "{token}", buf_str(&tokens));
    buf_clear(&attributes);
    otlp_text(&attributes, OTLP_IN_RESOURCE, "service.name", service);
    otlp_group(&request, buf_str(&attributes), "shop.metrics", "1.0.0", buf_str(&metrics));
    if (durations.len)
        demo_sender_post(demo, "/v1/metrics", buf_str(&request));
    buf_done(&durations);
    buf_done(&tokens);
    buf_done(&attributes);
    buf_done(&metrics);
    buf_done(&request);
}

void demo_metrics_send(const struct demo_metrics *metrics, struct demo *demo, size_t *out_points)
{
    const char *sent[16];
    size_t sent_count = 0;
    for (size_t i = 0; i < metrics->count; i++) {
        size_t known = 0;
        while (known < sent_count && sent[known] != metrics->cells[i].service)
            known++;
        if (known < sent_count || sent_count == 16)
            continue;
        sent[sent_count++] = metrics->cells[i].service;
        send_service(demo, metrics->cells, metrics->count, metrics->cells[i].service, out_points);
    }
}

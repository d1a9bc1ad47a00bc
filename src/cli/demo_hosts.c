/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_hosts: what a collector's hostmetrics receiver and a model server would send: CPU, memory
 * and GPU of the machine behind docs-search, by the semantic conventions. While the slow model is
 * released the GPU is saturated and requests queue up; CPU and memory stay as they were. A second
 * machine, the shop's own, has CPU and memory only and knows nothing of it.
 */
#include <math.h>
#include <string.h>

#include "cli/demo_metrics.h"
#include "cli/demo_sender.h"

enum { SLOT_S = 300, INFERENCE_POINTS = 8, SHOP_POINTS = 5 };

struct gauges {
    struct buf cpu, memory, gpu, gpu_memory, waiting;
};

static void point(struct buf *points, int64_t time_ns, double value, const char *key,
                  const char *text)
{
    struct buf attributes = {0};
    otlp_text(&attributes, OTLP_IN_NUMBER, key, text);
    otlp_number(points, 0, time_ns, value, buf_str(&attributes));
    buf_done(&attributes);
}

/* From 0 to 1, the same for the same moment. */
static double noise(int64_t slot, int which)
{
    double wave = sin((double)(slot * 37 + which * 101)) * 43758.5453;
    return wave - floor(wave);
}

static void measure_host(struct gauges *gauges, int64_t time_ns, double cpu, double memory)
{
    point(&gauges->cpu, time_ns, cpu * 0.8, "cpu.mode", "user");
    point(&gauges->cpu, time_ns, cpu * 0.2, "cpu.mode", "system");
    point(&gauges->cpu, time_ns, 1 - cpu, "cpu.mode", "idle");
    point(&gauges->memory, time_ns, memory, "system.memory.state", "used");
    point(&gauges->memory, time_ns, 1 - memory, "system.memory.state", "free");
}

static double busy_at(int64_t time_ns)
{
    return 0.5 - 0.5 * cos(fmod((double)time_ns / 3.6e12, 24) / 24 * 6.2832);
}

static void measure_inference(struct gauges *gauges, const struct demo_day *day, int64_t time_ns)
{
    int64_t slot = time_ns / NS_PER_SEC / SLOT_S;
    bool slow = time_ns >= day->slow_from_ns && time_ns < day->slow_until_ns;
    double busy = busy_at(time_ns);
    double gpu = slow ? 0.96 + 0.04 * noise(slot, 2) : 0.22 + 0.3 * busy + 0.1 * noise(slot, 2);
    double kept = slow ? 0.93 : 0.55 + 0.02 * noise(slot, 4);
    double waiting = slow ? floor(9 + 14 * noise(slot, 5)) : floor(2 * noise(slot, 5));
    measure_host(gauges, time_ns, 0.12 + 0.25 * busy + 0.06 * noise(slot, 1),
                 0.48 + 0.04 * busy + 0.01 * noise(slot, 3));
    point(&gauges->gpu, time_ns, gpu, "hw.id", "gpu0");
    point(&gauges->gpu_memory, time_ns, kept, "hw.id", "gpu0");
    point(&gauges->waiting, time_ns, waiting, "model_name", "reranker-large");
}

static void measure_shop(struct gauges *gauges, int64_t time_ns)
{
    int64_t slot = time_ns / NS_PER_SEC / SLOT_S;
    measure_host(gauges, time_ns, 0.3 + 0.4 * busy_at(time_ns) + 0.1 * noise(slot, 6),
                 0.62 + 0.02 * noise(slot, 7));
}

/* Sends and empties the gauges; those that have no point are left out. */
static void send_gauges(struct demo *demo, struct gauges *gauges, const char *service,
                        const char *host)
{
    struct buf resource = {0}, metrics = {0}, request = {0};
    const struct {
        const char *name, *unit;
        struct buf *points;
    } rows[] = {{"system.cpu.utilization", "1", &gauges->cpu},
                {"system.memory.utilization", "1", &gauges->memory},
                {"hw.gpu.utilization", "1", &gauges->gpu},
                {"hw.gpu.memory.utilization", "1", &gauges->gpu_memory},
                {"vllm:num_requests_waiting", "{request}", &gauges->waiting}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].points->len)
            otlp_metric(&metrics, OTLP_GAUGE, rows[i].name, rows[i].unit, buf_str(rows[i].points));
        buf_done(rows[i].points);
    }
    otlp_text(&resource, OTLP_IN_RESOURCE, "service.name", service);
    otlp_text(&resource, OTLP_IN_RESOURCE, "host.name", host);
    otlp_group(&request, buf_str(&resource), "hostmetrics", "1.0.0", buf_str(&metrics));
    demo_sender_post(demo, "/v1/metrics", buf_str(&request));
    buf_done(&resource);
    buf_done(&metrics);
    buf_done(&request);
}

void demo_hosts_send(struct demo *demo, int hours, size_t *out_points)
{
    const struct demo_day *day = demo_day(demo);
    struct gauges inference = {0}, shop = {0};
    int64_t step = SLOT_S * NS_PER_SEC, from = (day->now_ns / step - (int64_t)hours * 12) * step;
    for (int64_t time_ns = from; time_ns <= day->now_ns; time_ns += step) {
        measure_inference(&inference, day, time_ns);
        measure_shop(&shop, time_ns);
        *out_points += INFERENCE_POINTS + SHOP_POINTS;
    }
    send_gauges(demo, &inference, "docs-inference", "inference-1");
    send_gauges(demo, &shop, "shop", "shop-1");
}

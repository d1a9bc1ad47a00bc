/* SPDX-License-Identifier: Apache-2.0 */
/* demo_day: how many arrive in each hour, what goes wrong when, and the way to the server. */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "cli/client.h"
#include "cli/demo_metrics.h"
#include "cli/demo_sender.h"

#define NS_PER_HOUR (3600 * NS_PER_SEC)
#define NS_PER_MIN  (60 * NS_PER_SEC)

enum { GROUPS_MAX = 16, REQUEST_BYTES = 1 << 20, SPENDER_AN_HOUR = 40 };

/* One resource: a service in one release. */
struct group {
    const char *service, *release, *scope;
    struct buf resource, spans, logs;
    const char *scope_version;
};

struct demo {
    struct demo_options options;
    struct demo_day day;
    struct demo_totals totals;
    struct group groups[GROUPS_MAX];
    struct buf scores;
    size_t group_count, pending_bytes;
    struct demo_metrics *metrics;
    enum status status;
    struct error error;
};

/* A service, how many arrivals a usual day has, and how they spread over the hours of a day (UTC).
 */
static const struct {
    void (*generate)(struct demo *demo, uint64_t seed, int64_t start_ns);
    double a_day;
    uint8_t hours[24];
} services[] = {
    {demo_support, 420, {2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 9, 8, 8, 9, 10, 9, 8, 8, 9, 9, 8, 6, 4, 3}},
    {demo_docs, 460, {1, 1,  1,  1,  2, 3, 6, 10, 13, 13, 12, 9,
                      9, 12, 13, 12, 9, 6, 4, 3,  2,  2,  1,  1}},
    {demo_research, 150, {1, 1,  1,  2,  2, 2, 4, 7, 10, 11, 10, 8,
                          8, 10, 11, 10, 8, 6, 4, 3, 2,  2,  1,  1}},
    {demo_review, 110, {0, 0,  1,  1,  1, 2, 5, 9, 12, 12, 11, 8,
                        9, 12, 13, 11, 8, 6, 3, 2, 2,  1,  0,  0}},
    {demo_triage, 340, {4, 4, 4, 4, 5, 5, 6, 8, 10, 10, 9, 8, 8, 8, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4}},
    {demo_desk, 90, {1, 1, 1, 1, 1, 2, 4, 7, 10, 11, 10, 8, 8, 10, 11, 10, 8, 7, 6, 5, 4, 3, 2, 1}},
};
enum { SERVICES = sizeof services / sizeof services[0] };

const struct demo_day *demo_day(const struct demo *demo)
{
    return &demo->day;
}

struct demo_metrics *demo_metrics_of(struct demo *demo)
{
    return demo->metrics;
}

/* The last time it was so late in the day (UTC), at least `length` ago; where that would be
 * (partly) before the day that is shown, an hour more than `length` ago. */
static int64_t last_time(int64_t now_ns, int hour, int minute, int64_t length_ns)
{
    const int64_t day = 24 * NS_PER_HOUR;
    int64_t time = now_ns / day * day + hour * NS_PER_HOUR + minute * NS_PER_MIN;
    while (time + length_ns > now_ns)
        time -= day;
    return time > now_ns - day + NS_PER_HOUR ? time : now_ns - length_ns - NS_PER_HOUR;
}

/* Most of it in working hours, where there is traffic to suffer from it. */
static void plan_day(struct demo *demo)
{
    struct demo_day *day = &demo->day;
    int64_t now = demo->options.now_ns;
    day->now_ns = now;
    day->end_ns = (now / NS_PER_HOUR + 1) * NS_PER_HOUR;
    day->prompt_v8_ns = last_time(now, 12, 30, 3 * NS_PER_HOUR);
    day->slow_from_ns = last_time(now, 8, 30, 3 * NS_PER_HOUR);
    day->slow_until_ns = day->slow_from_ns + 3 * NS_PER_HOUR;
    day->outage_from_ns = last_time(now, 16, 10, 50 * NS_PER_MIN);
    day->outage_until_ns = day->outage_from_ns + 50 * NS_PER_MIN;
    day->burst_from_ns = last_time(now, 14, 0, 45 * NS_PER_MIN);
    day->burst_until_ns = day->burst_from_ns + 45 * NS_PER_MIN;
    day->store_from_ns = last_time(now, 10, 20, 40 * NS_PER_MIN);
    day->store_until_ns = day->store_from_ns + 40 * NS_PER_MIN;
    day->attack_from_ns = last_time(now, 13, 20, 30 * NS_PER_MIN);
    day->attack_until_ns = day->attack_from_ns + 30 * NS_PER_MIN;
    day->hoard_ns = last_time(now, 11, 52, 10 * NS_PER_MIN);
    day->spender_from_ns = day->end_ns - 6 * NS_PER_HOUR;
    day->loop_ns[0] = day->end_ns - 2 * NS_PER_HOUR - 17 * NS_PER_MIN;
    day->loop_ns[1] = day->end_ns - 13 * NS_PER_HOUR - 41 * NS_PER_MIN;
}

/* --- the way to the server ---------------------------------------------------------------------
 */

static struct group *group_of(struct demo *demo, const struct demo_trace *trace)
{
    for (size_t i = 0; i < demo->group_count; i++)
        if (!strcmp(demo->groups[i].service, trace->service) &&
            !strcmp(demo->groups[i].release, trace->release))
            return &demo->groups[i];
    must(demo->group_count < GROUPS_MAX);
    struct group *group = &demo->groups[demo->group_count++];
    *group = (struct group){.service = trace->service,
                            .release = trace->release,
                            .scope = trace->scope,
                            .scope_version = trace->scope_version};
    otlp_text(&group->resource, OTLP_IN_RESOURCE, "service.name", trace->service);
    otlp_text(&group->resource, OTLP_IN_RESOURCE, "service.version", trace->release);
    otlp_text(&group->resource, OTLP_IN_RESOURCE, "deployment.environment.name",
              trace->environment);
    otlp_text(&group->resource, OTLP_IN_RESOURCE, "telemetry.sdk.name", "opentelemetry");
    otlp_text(&group->resource, OTLP_IN_RESOURCE, "telemetry.sdk.language", trace->language);
    otlp_text(&group->resource, OTLP_IN_RESOURCE, "host.name",
              !strcmp(trace->environment, "production") ? "prod-eu-3" : "ci-runner-7");
    return group;
}

static void post(struct demo *demo, const char *path, const char *type, struct str request)
{
    if (demo->status != STATUS_OK || request.len == 0)
        return;
    demo->status = client_post(demo->options.client, path, type, request, NULL, &demo->error);
    demo->totals.requests++;
}

void demo_sender_post(struct demo *demo, const char *path, struct str request)
{
    post(demo, path, "application/x-protobuf", request);
}

static void flush(struct demo *demo)
{
    struct buf traces = {0}, logs = {0};
    for (size_t i = 0; i < demo->group_count; i++) {
        struct group *group = &demo->groups[i];
        if (group->spans.len)
            otlp_group(&traces, buf_str(&group->resource), group->scope, group->scope_version,
                       buf_str(&group->spans));
        if (group->logs.len)
            otlp_group(&logs, buf_str(&group->resource), group->service, group->release,
                       buf_str(&group->logs));
        traces.failed |= group->spans.failed | group->logs.failed;
        buf_clear(&group->spans);
        buf_clear(&group->logs);
    }
    if (traces.failed || logs.failed)
        demo->status = fail(&demo->error, STATUS_INTERNAL, "no memory");
    demo_sender_post(demo, "/v1/traces", buf_str(&traces));
    demo_sender_post(demo, "/v1/logs", buf_str(&logs));
    if (demo->scores.len) {
        buf_add_str(&demo->scores, STR("]}"));
        demo->status = demo->scores.failed && demo->status == STATUS_OK
                           ? fail(&demo->error, STATUS_INTERNAL, "no memory")
                           : demo->status;
        post(demo, "/api/v1/scores", "application/json", buf_str(&demo->scores));
        buf_clear(&demo->scores);
    }
    demo->pending_bytes = 0;
    buf_done(&traces);
    buf_done(&logs);
}

void demo_sender_take(struct demo *demo, struct demo_trace *trace)
{
    struct group *group = group_of(demo, trace);
    buf_add_str(&group->spans, buf_str(&trace->spans));
    buf_add_str(&group->logs, buf_str(&trace->logs));
    group->spans.failed |= trace->spans.failed | trace->logs.failed;
    if (trace->scores.len) {
        buf_add_str(&demo->scores, demo->scores.len ? STR(",") : STR("{\"scores\":["));
        buf_add_str(&demo->scores, buf_str(&trace->scores));
        demo->scores.failed |= trace->scores.failed;
    }
    demo->totals.scores += trace->score_count;
    demo->totals.traces++;
    demo->totals.spans += trace->span_count;
    demo->totals.logs += trace->log_count;
    demo->totals.errors += trace->error_count > 0;
    demo->pending_bytes += trace->spans.len + trace->logs.len;
    if (demo->pending_bytes > REQUEST_BYTES)
        flush(demo);
}

/* --- the people ----------------------------------------------------------------------------------
 */

void demo_person(struct demo_trace *trace, const char *session_prefix, uint64_t session)
{
    static const struct {
        const char *name;
        int weight;
    } tenants[] = {{"alpina", 34},
                   {"kumo-gear", 22},
                   {"northwind", 18},
                   {"sahara-trek", 14},
                   {"polarlys", 12}};
    static const char *const users[] = {
        "amelie.roth",   "ben.okafor",   "chiara.conti",   "dalia.haddad",  "emil.lindqvist",
        "farah.nouri",   "goran.petrov", "hana.sato",      "ines.carvalho", "jonas.weber",
        "kavya.iyer",    "liang.wei",    "marta.kowalska", "noah.fischer",  "olga.sidorova",
        "pedro.almeida", "quynh.tran",   "rosa.delgado",   "sven.berg",     "tariq.aziz"};
    struct demo_random random = {session};
    size_t at = demo_below(&random, 100), i = 0;
    while (i + 1 < sizeof tenants / sizeof *tenants && at >= (size_t)tenants[i].weight)
        at -= (size_t)tenants[i++].weight;
    size_t first = demo_below(&random, 20), second = demo_below(&random, 20);
    trace->tenant = tenants[i].name;
    trace->user = users[first < second ? first : second]; /* a few are busier than others */
    trace->session = demo_text(trace, "%s-%012llx", session_prefix,
                               (unsigned long long)(demo_next(&random) >> 16));
}

/* --- the hours
 * -------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t seed, uint64_t a, uint64_t b, uint64_t c)
{
    struct demo_random random = {seed * UINT64_C(0x9E3779B97F4A7C15) ^ a};
    random.state = demo_next(&random) ^ b;
    random.state = demo_next(&random) ^ c;
    return demo_next(&random);
}

/* So many that the cost of every hour rises, also of those that are quiet by themselves; on whole
 * and half minutes, as jobs of a scheduler begin. */
static void run_spender(struct demo *demo, int64_t hour_ns)
{
    const int64_t half_minute = 30 * NS_PER_SEC;
    size_t count = (size_t)(SPENDER_AN_HOUR * demo->options.scale + 0.5);
    int64_t gap = NS_PER_HOUR / half_minute / (int64_t)(count + 1);
    for (size_t n = 0; n < count; n++)
        demo_research(demo, mix(demo->options.seed, (uint64_t)(hour_ns / NS_PER_HOUR), 90, n),
                      hour_ns + ((int64_t)n + 1) * (gap ? gap : 1) * half_minute);
}

static void run_hour(struct demo *demo, int64_t hour_ns)
{
    const struct demo_day *day = &demo->day;
    uint64_t hour = (uint64_t)(hour_ns / NS_PER_HOUR);
    for (size_t i = 0; i < SERVICES && demo->status == STATUS_OK; i++) {
        double all = 0;
        for (size_t at = 0; at < 24; at++)
            all += services[i].hours[at];
        double due = services[i].a_day * services[i].hours[hour % 24] / all * demo->options.scale;
        size_t count = (size_t)(due + 0.5);
        for (size_t n = 0; n < count && demo->status == STATUS_OK; n++) {
            uint64_t seed = mix(demo->options.seed, hour, i, n);
            struct demo_random random = {seed};
            int64_t start = hour_ns + (int64_t)(demo_unit(&random) * (double)NS_PER_HOUR);
            if (start < day->now_ns)
                services[i].generate(demo, demo_next(&random), start);
        }
    }
    /* A tenant's new batch job, somebody who attacks, and the runs that never end well. */
    if (hour_ns >= day->spender_from_ns)
        run_spender(demo, hour_ns);
    if (day->hoard_ns >= hour_ns && day->hoard_ns < hour_ns + NS_PER_HOUR)
        demo_research(demo, mix(demo->options.seed, hour, 92, 0), day->hoard_ns);
    for (size_t n = 0; n < (size_t)(32 * demo->options.scale + 0.5); n++) {
        int64_t start = day->attack_from_ns + (int64_t)(n % 32) * 55 * NS_PER_SEC;
        if (start >= hour_ns && start < hour_ns + NS_PER_HOUR)
            demo_docs(demo, mix(demo->options.seed, hour, 93, n), start);
    }
    for (size_t n = 0; n < 2; n++)
        if (day->loop_ns[n] >= hour_ns && day->loop_ns[n] < hour_ns + NS_PER_HOUR)
            demo_research(demo, mix(demo->options.seed, hour, 91, n), day->loop_ns[n]);
}

static void run_hours(struct demo *demo, int from, int to)
{
    for (int hour = from; hour < to && demo->status == STATUS_OK; hour++)
        run_hour(demo, demo->day.end_ns - (demo->options.hours - hour) * NS_PER_HOUR);
}

enum status demo_run(const struct demo_options *options, struct demo_totals *out_totals,
                     struct error *error)
{
    struct demo demo = {.options = *options};
    plan_day(&demo);
    demo.metrics = demo_metrics_new();
    if (!demo.metrics)
        return fail(error, STATUS_INTERNAL, "no memory");
    /* The last day first: it is what the screens show to begin with. */
    int last_day = options->hours < 24 ? 0 : options->hours - 24;
    run_hours(&demo, last_day, options->hours);
    run_hours(&demo, 0, last_day);
    flush(&demo);
    demo_metrics_send(demo.metrics, &demo, &demo.totals.metric_points);
    demo_hosts_send(&demo, options->hours, &demo.totals.metric_points);
    demo_metrics_free(demo.metrics);
    buf_done(&demo.scores);
    for (size_t i = 0; i < demo.group_count; i++) {
        buf_done(&demo.groups[i].resource);
        buf_done(&demo.groups[i].spans);
        buf_done(&demo.groups[i].logs);
    }
    if (demo.status != STATUS_OK) {
        *error = demo.error;
        return demo.status;
    }
    *out_totals = demo.totals;
    return STATUS_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* health: is it alive, does it accept, what are its own numbers. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/asset.h"
#include "base/clock.h"
#include "base/counter.h"
#include "serve/serve_private.h"

GAUGE(resident_bytes, "process_resident_memory_bytes", "", "Resident memory");
GAUGE(cpu_ms, "vitrine_cpu_milliseconds", "", "CPU time used by the process so far");

static void write_plain(struct call *call, const char *text)
{
    call->response.content_type = "text/plain; charset=utf-8";
    buf_add_str(&call->response.body, str_from(text));
}

void serve__healthz(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    write_plain(&call, "ok\n");
    call_end(&call, STATUS_OK);
}

void serve__readyz(struct request *request, void *context)
{
    struct call call;
    struct serve_status status;
    call_begin_plain(&call, request, context);
    call.options->get_status(call.options->context, &status);
    if (!status.accepting) {
        call_end(&call, fail(&call.error, STATUS_BUSY, "not accepting: %s", status.reason));
    } else if (!call.options->query(call.options->context)) {
        call_end(&call, fail(&call.error, STATUS_BUSY, "accepting; the index is still opening%s%s",
                             status.reason[0] ? ": " : "", status.reason));
    } else {
        write_plain(&call, "ready\n");
        call_end(&call, STATUS_OK);
    }
}

void serve__status(struct request *request, void *context)
{
    struct call call;
    struct serve_status status;
    call_begin_plain(&call, request, context);
    call.options->get_status(call.options->context, &status);
    struct json_out *out = &call.out;
    json_out_object(out, NULL);
    json_out_text(out, "version", VITRINE_VERSION);
    json_out_int(out, "uptime", clock_now_ns() - status.started_ns);
    json_out_text(out, "url", call.options->base_url(call.options->context));
    const char *grpc = call.options->grpc_address(call.options->context);
    json_out_text(out, "grpc", grpc[0] ? grpc : NULL);
    json_out_bool(out, "auth_required", call.options->auth_required);
    json_out_bool(out, "accepting", status.accepting);
    json_out_text(out, "reason", status.reason[0] ? status.reason : NULL);
    json_out_object(out, "index");
    json_out_bool(out, "open", call.options->query(call.options->context) != NULL);
    json_out_bool(out, "caught_up", status.caught_up);
    json_out_int_text(out, "indexed_records", (int64_t)status.indexed_records);
    json_out_int(out, "lag_ns", status.lag_ns);
    json_out_end_object(out);
    json_out_object(out, "journal");
    json_out_int(out, "bytes", (int64_t)status.journal.file_bytes);
    json_out_int(out, "segments", status.journal.last_segment - status.journal.first_segment + 1);
    json_out_int(out, "raw_bytes", (int64_t)status.journal.raw_bytes);
    json_out_int(out, "written_bytes", (int64_t)status.journal.written_bytes);
    json_out_int(out, "waiting_bytes", (int64_t)status.journal.waiting_bytes);
    json_out_end_object(out);
    json_out_object(out, "search");
    json_out_bool(out, "caught_up", status.search.caught_up);
    json_out_int(out, "chunks", (int64_t)status.search.chunks);
    json_out_int(out, "parts", (int64_t)status.search.parts);
    json_out_int(out, "bytes", (int64_t)status.search.file_bytes);
    json_out_int(out, "transcripts", (int64_t)status.search.transcripts);
    json_out_int(out, "transcript_bytes", (int64_t)status.search.transcript_bytes);
    json_out_end_object(out);
    json_out_object(out, "disk");
    json_out_int(out, "free", status.journal.disk_free_bytes);
    json_out_end_object(out);
    json_out_end_object(out);
    call_end(&call, STATUS_OK);
}

/* Prometheus' text format: HELP and TYPE once for each name. */
struct exposition {
    struct buf *buf;
    const char *last_name;
};

static void write_counter(const struct counter *counter, void *context)
{
    struct exposition *to = context;
    if (!to->last_name || strcmp(to->last_name, counter->name) != 0)
        buf_printf(to->buf, "# HELP %s %s\n# TYPE %s %s\n", counter->name, counter->help,
                   counter->name, counter->is_gauge ? "gauge" : "counter");
    to->last_name = counter->name;
    buf_printf(to->buf, counter->labels[0] ? "%s{%s} %lld\n" : "%s%s %lld\n", counter->name,
               counter->labels, (long long)counter_get(counter));
}

static void read_process(void)
{
    long pages = 0, ignored = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file) {
        if (fscanf(file, "%ld %ld", &ignored, &pages) == 2)
            counter_set(&resident_bytes, pages * sysconf(_SC_PAGESIZE));
        fclose(file);
    }
    struct timespec used;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0)
        counter_set(&cpu_ms, used.tv_sec * 1000 + used.tv_nsec / 1000000);
}

void serve__metrics(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    read_process();
    struct exposition to = {.buf = &call.response.body};
    counter_visit(write_counter, &to);
    call.response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    call_end(&call, STATUS_OK);
}

void serve__openapi(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    const struct asset *asset = asset_find(STR("openapi.json"));
    call.response.static_body = asset_str(asset);
    call_end(&call, STATUS_OK);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp: OpenTelemetry's own protocol: traces, metrics and logs, as protobuf or JSON, over HTTP and
 * gRPC.
 *
 * The address says which signal it is, the content type how it is encoded. gRPC is always protobuf.
 */
#include "receive/otlp_json.h"
#include "receive/otlp_protobuf.h"

static enum status decode(struct request *request, struct batch *out_batch, struct error *error);

/* Each under its plain path and under those of Langfuse and LangSmith; the router forgives a last
 * slash. */
#define SIGNAL_PATHS(name) "POST /v1/" name, "POST /api/public/otel/v1/" name, "POST /otel/v1/" name
#define GRPC_TRACES        "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
#define GRPC_METRICS       "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
#define GRPC_LOGS          "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
static const char *const patterns[] = {
    SIGNAL_PATHS("traces"), SIGNAL_PATHS("metrics"), SIGNAL_PATHS("logs"), "POST /",
    "POST " GRPC_TRACES,    "POST " GRPC_METRICS,    "POST " GRPC_LOGS,    NULL};

const struct receiver receiver_otlp = {
    .name = "otlp",
    .summary = "OpenTelemetry traces, metrics and logs over HTTP and gRPC",
    .patterns = patterns,
    .decode = decode,
    .reply = otlp_reply,
};

static const struct otlp_shape shapes[] = {
    {.signal = SIGNAL_SPANS,
     .groups = "resourceSpans",
     .scopes = "scopeSpans",
     .records = "spans",
     .rejected = "rejectedSpans",
     .path = "/v1/traces",
     .grpc_path = GRPC_TRACES,
     .reserve = otlp_reserve_spans,
     .from_protobuf = otlp_protobuf_span,
     .from_json = otlp_json_span},
    {.signal = SIGNAL_POINTS,
     .groups = "resourceMetrics",
     .scopes = "scopeMetrics",
     .records = "metrics",
     .rejected = "rejectedDataPoints",
     .path = "/v1/metrics",
     .grpc_path = GRPC_METRICS,
     .from_protobuf = otlp_protobuf_metric,
     .from_json = otlp_json_metric},
    {.signal = SIGNAL_LOGS,
     .groups = "resourceLogs",
     .scopes = "scopeLogs",
     .records = "logRecords",
     .rejected = "rejectedLogRecords",
     .path = "/v1/logs",
     .grpc_path = GRPC_LOGS,
     .reserve = otlp_reserve_logs,
     .from_protobuf = otlp_protobuf_log,
     .from_json = otlp_json_log},
};

const struct otlp_shape *otlp_shape_of(const struct request *request)
{
    struct str path = request->path;
    if (path.len && path.ptr[path.len - 1] == '/')
        path.len--;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        /* LangSmith's exporter posts its spans to the bare endpoint. */
        if ((path.len == 0 && shapes[i].signal == SIGNAL_SPANS &&
             request->protocol != PROTOCOL_GRPC) ||
            str_ends(path, str_from(shapes[i].path)) ||
            str_equal(path, str_from(shapes[i].grpc_path)))
            return &shapes[i];
    return NULL;
}

static enum status decode(struct request *request, struct batch *out_batch, struct error *error)
{
    enum otlp_encoding encoding;
    struct otlp otlp = {.shape = otlp_shape_of(request), .batch = out_batch};
    if (!otlp.shape)
        return fail(error, STATUS_NOT_FOUND,
                    "no such path, expected /v1/traces, /v1/metrics or /v1/logs");
    enum status status = otlp_encoding(request, &encoding, error);
    if (status != STATUS_OK)
        return status;
    if (encoding == OTLP_JSON)
        return otlp_from_json(&otlp, request->body, error);
    return otlp_from_protobuf(&otlp, request->body, error);
}

# SPDX-License-Identifier: Apache-2.0
"""OpenTelemetry's Python SDK alone, over gRPC or HTTP as the environment says: a span of each kind of value,
a link, an event, a log record and a metric."""
import json
import logging
import os

from opentelemetry import metrics, trace
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

tracing = TracerProvider()
tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(tracing)
logs = LoggerProvider()
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
metrics.set_meter_provider(meters)

logger = logging.getLogger("app")
logger.setLevel(logging.INFO)
logger.addHandler(LoggingHandler(logger_provider=logs))
tracer = trace.get_tracer("app", "1.2.3")
requests = metrics.get_meter("app").create_counter("app.requests", unit="{request}")

with tracer.start_as_current_span("answer", attributes={"user.id": "u-9", "session.id": "s-9"}) as root:
    other = trace.SpanContext(0x1234567890ABCDEF1234567890ABCDEF, 0x1234567890ABCDEF, is_remote=True)
    with tracer.start_as_current_span(
        "chat gpt-4o-mini",
        kind=trace.SpanKind.CLIENT,
        links=[trace.Link(other, {"why": "retried"})],
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.cache_read.input_tokens": 40,
            "gen_ai.usage.output_tokens": 30,
            "gen_ai.response.time_to_first_chunk": 0.35,
            "gen_ai.response.finish_reasons": ["stop"],
            "app.flags": [True, False],
            "app.text": "naïve – 漢字 – 🚀",
        },
    ) as span:
        span.add_event("cache miss", {"key": "q-1"})
        logger.warning("slow answer", extra={"attempt": 2})
    requests.add(3, {"route": "/ask"})
    context = root.get_span_context()

logs.force_flush()
logs.shutdown()
meters.shutdown()
tracing.shutdown()
print(json.dumps({"trace_id": f"{context.trace_id:032x}"}))

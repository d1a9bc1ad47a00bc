# SPDX-License-Identifier: Apache-2.0
"""opentelemetry-instrumentation-openai-v2: content in log records, or (newer) in attributes, as the environment says."""
import json
import sys

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

tracing = TracerProvider()
tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(tracing)
logs = LoggerProvider()
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
OpenAIInstrumentor().instrument(tracer_provider=tracing, logger_provider=logs)

import openai  # noqa: E402  (after its instrumentation)

client = openai.OpenAI(max_retries=0)
messages = [
    {"role": "system", "content": "You answer in one sentence."},
    {"role": "user", "content": "What is the capital of France?"},
]
weather = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}


def chat():
    return client.chat.completions.create(model="gpt-4o-mini", messages=messages, temperature=0.2).choices[0].message.content


def stream():
    chunks = client.chat.completions.create(
        model="gpt-4o-mini", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def tools():
    return client.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=[weather]).choices[0].finish_reason


def throttled():
    return client.chat.completions.create(model="error-429", messages=messages)


def embed():
    return len(client.embeddings.create(model="text-embedding-3-small", input=["one", "two"]).data)


result = {}
with trace.get_tracer("app").start_as_current_span("request") as span:
    try:
        result["value"] = {"chat": chat, "stream": stream, "tools": tools, "throttled": throttled, "embed": embed}[sys.argv[1]]()
    except openai.APIError as error:
        result["error"] = str(error)
    result["trace_id"] = f"{span.get_span_context().trace_id:032x}"
logs.shutdown()
tracing.shutdown()
print(json.dumps(result))

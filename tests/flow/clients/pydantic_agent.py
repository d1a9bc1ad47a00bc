# SPDX-License-Identifier: Apache-2.0
"""Pydantic AI's own OpenTelemetry instrumentation: an agent, one tool, two model calls."""
import json

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel

tracing = TracerProvider()
tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(tracing)
Agent.instrument_all()

agent = Agent(OpenAIChatModel("gpt-4o-mini"), name="forecaster", instructions="You answer in one sentence.")


@agent.tool_plain
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"light rain in {city}"


answer = agent.run_sync("Is it raining in Paris?")
tracing.shutdown()
print(json.dumps({"value": answer.output}))

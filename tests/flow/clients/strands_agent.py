# SPDX-License-Identifier: Apache-2.0
"""Strands Agents with its own telemetry: an agent, one tool, two model calls to an OpenAI-compatible server."""
import json
import os

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from strands import Agent, tool
from strands.models.openai import OpenAIModel
from strands.telemetry import StrandsTelemetry

telemetry = StrandsTelemetry()
telemetry.tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"light rain in {city}"


model = OpenAIModel(client_args={"base_url": os.environ["OPENAI_BASE_URL"], "api_key": "fake"}, model_id="gpt-4o-mini", params={"temperature": 0.2})
agent = Agent(
    name="forecaster",
    model=model,
    tools=[get_weather],
    system_prompt="You answer in one sentence.",
    callback_handler=None,
    trace_attributes={"session.id": "s-10", "user.id": "u-10"},
)
answer = agent("Is it raining in Paris?")
telemetry.tracer_provider.shutdown()
print(json.dumps({"value": str(answer).strip()}))

# SPDX-License-Identifier: Apache-2.0
"""OpenInference's instrumentation of LangChain for Python: a prompt, a chat model and a parser as a chain."""
import json
import sys

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

tracing = TracerProvider()
tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
LangChainInstrumentor().instrument(tracer_provider=tracing)

prompt = ChatPromptTemplate.from_messages([("system", "You answer in one sentence."), ("user", "{question}")])
model = ChatOpenAI(model="gpt-4o-mini", temperature=0.2, max_retries=0, stream_usage=True)
chain = prompt | model | StrOutputParser()
question = {"question": "What is the capital of France?"}
value = "".join(chain.stream(question)) if sys.argv[1] == "stream" else chain.invoke(question)
tracing.shutdown()
print(json.dumps({"value": value}))

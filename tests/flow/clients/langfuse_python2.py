# SPDX-License-Identifier: Apache-2.0
"""Langfuse's Python SDK v2: JSON events, by decorators and by hand."""
import json
import sys
import uuid

from langfuse import Langfuse
from langfuse.decorators import langfuse_context, observe

langfuse = Langfuse()


@observe(as_type="generation")
def answer(question):
    langfuse_context.update_current_observation(
        model="gpt-4o-mini", input=[{"role": "user", "content": question}], usage={"input": 120, "output": 30}
    )
    langfuse_context.score_current_observation(name="tone", value="friendly")
    return "Paris"


@observe()
def broken():
    raise ValueError("no such tool")


@observe()
def ask(question):
    langfuse_context.update_current_trace(user_id="u-2", session_id="s-2", tags=["py2"], metadata={"plan": "pro"})
    langfuse_context.score_current_trace(name="thumbs", value=1, data_type="BOOLEAN", comment="nice")
    try:
        broken()
    except ValueError:
        pass
    return answer(question), langfuse_context.get_current_trace_id()


def write():
    _, trace_id = ask("capital?")
    langfuse_context.flush()
    by_hand = str(uuid.uuid4())
    trace = langfuse.trace(id=by_hand, name="by hand", user_id="u-2")
    span = trace.span(name="step", input={"n": 1})
    generation = span.generation(name="call", model="gpt-4o-mini", input="hi")
    generation.end(output="hello", usage={"promptTokens": 10, "completionTokens": 5, "totalTokens": 15})
    span.event(name="note", level="WARNING", status_message="careful")
    span.end(output="done")
    trace.score(name="grade", value=0.5)
    trace.update(output="bye")
    langfuse.flush()
    return {"trace_id": trace_id, "by_hand": by_hand, "auth": langfuse.auth_check(), "url": trace.get_trace_url()}


def plain(answer):
    return json.loads(answer.json() if hasattr(answer, "json") else json.dumps(answer, default=str))


def read(trace_id):
    observations = langfuse.fetch_observations(trace_id=trace_id).data
    return {
        "trace": plain(langfuse.fetch_trace(trace_id).data),
        "traces": [plain(one) for one in langfuse.fetch_traces(user_id="u-2").data],
        "observations": [plain(one) for one in observations],
        "one": plain(langfuse.fetch_observation(observations[0].id).data),
        "sessions": [plain(one) for one in langfuse.fetch_sessions().data],
        "scores": plain(langfuse.client.score.get(name="thumbs"))["data"],
    }


print(json.dumps(read(sys.argv[2]) if sys.argv[1] == "read" else write(), default=str))

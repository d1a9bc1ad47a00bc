# SPDX-License-Identifier: Apache-2.0
"""Langfuse's Python SDKs v3 and v4: spans over OpenTelemetry, scores as JSON events."""
import json
import sys
from datetime import datetime, timedelta, timezone
from contextlib import nullcontext

import langfuse as package
from langfuse import get_client, observe

langfuse = get_client()


@observe(as_type="generation")
def answer(question):
    langfuse.update_current_generation(
        model="gpt-4o-mini", input=[{"role": "user", "content": question}], usage_details={"input": 120, "output": 30}
    )
    langfuse.score_current_span(name="tone", value="friendly")
    return "Paris"


@observe(as_type="tool")
def broken():
    raise ValueError("no such tool")


@observe()
def ask(question):
    if hasattr(langfuse, "update_current_trace"):
        langfuse.update_current_trace(name="ask", user_id="u-5", session_id="s-5", tags=["py"], metadata={"plan": "pro"})
    langfuse.score_current_trace(name="thumbs", value=1, data_type="BOOLEAN", comment="nice")
    try:
        broken()
    except ValueError:
        pass
    return answer(question), langfuse.get_current_trace_id()


def write():
    about = nullcontext()
    if hasattr(package, "propagate_attributes"):
        about = package.propagate_attributes(user_id="u-5", session_id="s-5", tags=["py"], metadata={"plan": "pro"}, trace_name="ask")
    with about:
        _, trace_id = ask("capital?")
    langfuse.create_score(name="later", value=0.25, trace_id=trace_id)
    langfuse.create_score(name="of a session", value=0.75, session_id="s-5")
    langfuse.flush()
    url = langfuse.get_trace_url(trace_id=trace_id)
    auth = langfuse.auth_check()
    langfuse.shutdown()
    return {"trace_id": trace_id, "auth": auth, "url": url}


def plain(answer):
    if hasattr(answer, "model_dump_json"):
        return json.loads(answer.model_dump_json())
    return json.loads(answer.json())


def read(trace_id):
    api = langfuse.api
    legacy = getattr(getattr(api, "legacy", None), "observations_v1", None) or api.observations
    observations = legacy.get_many(trace_id=trace_id).data
    listed = api.score_v_2.get(trace_id=trace_id) if hasattr(api, "score_v_2") else api.scores.get_many(trace_id=trace_id)
    newer = {}
    if hasattr(api, "scores_v3"):
        since = datetime.now(timezone.utc) - timedelta(hours=1)
        fields = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
        newer["observations_v2"] = [plain(one) for one in api.observations.get_many(trace_id=trace_id, from_start_time=since, fields=fields).data]
        newer["scores_v3"] = [plain(one) for one in api.scores_v3.get_many_v3(trace_id=trace_id, fields="details,subject,annotation").data]
    return {
        **newer,
        "trace": plain(api.trace.get(trace_id)),
        "traces": [plain(one) for one in api.trace.list(user_id="u-5").data],
        "observations": [plain(one) for one in observations],
        "one": plain(legacy.get(observations[0].id)),
        "sessions": [plain(one) for one in api.sessions.list().data],
        "session": plain(api.sessions.get("s-5")),
        "scores": [plain(one) for one in listed.data],
    }


print(json.dumps(read(sys.argv[2]) if sys.argv[1] == "read" else write(), default=str))

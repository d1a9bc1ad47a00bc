# SPDX-License-Identifier: Apache-2.0
"""Langfuse's Python SDKs, any of v2, v3 and v4: what they offer beside traces and scores."""
import base64
import json
import os
import sys
import time
from datetime import datetime, timedelta, timezone

from langfuse import Langfuse
from langfuse.media import LangfuseMedia

langfuse = Langfuse()
api = getattr(langfuse, "api", None) or langfuse.client
is_v2 = not hasattr(langfuse, "start_as_current_span") and not hasattr(langfuse, "start_as_current_observation")
# What stands behind its end makes the picture of each version a file of its own.
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==") + os.environ["PYTHONPATH"][-9:].encode()


def plain(answer):
    if hasattr(answer, "model_dump_json"):
        return json.loads(answer.model_dump_json())
    return json.loads(answer.json())


def until(read):
    deadline = time.monotonic() + 20
    while True:
        try:
            return read()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def begin(**about):
    """A trace of one span; its id."""
    if is_v2:
        trace = langfuse.trace(**about)
        return trace.id
    start = getattr(langfuse, "start_as_current_observation", None) or langfuse.start_as_current_span
    with start(**about) as span:
        return span.trace_id


def media():
    picture = LangfuseMedia(content_type="image/png", content_bytes=PNG)
    trace_id = begin(name="picture", input={"look": picture}, metadata={"note": LangfuseMedia(content_type="text/html", content_bytes=b"<script>1</script>")})
    langfuse.flush()

    def read():
        trace = plain(api.trace.get(trace_id))
        assert "langfuseMedia" in json.dumps(trace["input"])
        return trace

    trace = until(read)
    resolved = langfuse.resolve_media_references(obj=trace["input"], resolve_with="base64_data_uri")
    again = begin(name="picture again", input={"look": LangfuseMedia(content_type="image/png", content_bytes=PNG)})
    langfuse.flush()
    media_id = LangfuseMedia.parse_reference_string(trace["input"]["look"])["media_id"]
    return {"trace_id": trace_id, "again": again, "trace": trace, "resolved": resolved, "media": plain(api.media.get(media_id)), "bytes": len(PNG)}


def metrics():
    now = datetime.now(timezone.utc)
    span = {"fromTimestamp": (now - timedelta(hours=1)).isoformat(), "toTimestamp": (now + timedelta(hours=1)).isoformat()}
    if is_v2:
        return {"daily": plain(api.metrics.daily(trace_name="picture"))}
    query = {"metrics": [{"measure": "count", "aggregation": "count"}, {"measure": "latency", "aggregation": "p95"}], "dimensions": [{"field": "name"}], **span}
    v1 = getattr(getattr(api, "legacy", None), "metrics_v1", None) or api.metrics
    v2 = getattr(api, "metrics_v_2", None) or api.metrics
    return {
        "v1": plain(v1.metrics(query=json.dumps({"view": "traces", **query}))),
        "v2": plain(v2.metrics(query=json.dumps({"view": "observations", **query}))),
    }


print(json.dumps({name: {"media": media, "metrics": metrics}[name]() for name in sys.argv[1:]}, default=str))
langfuse.shutdown() if hasattr(langfuse, "shutdown") else None

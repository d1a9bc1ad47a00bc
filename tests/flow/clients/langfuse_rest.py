# SPDX-License-Identifier: Apache-2.0
"""Langfuse's Python SDKs, any of v2, v3 and v4: what they offer beside traces and scores."""
import base64
import json
import os
import sys
import time
from datetime import datetime, timedelta, timezone

import langfuse.api as langfuse_api
from langfuse import Langfuse
from langfuse.media import LangfuseMedia

langfuse = Langfuse()
api = getattr(langfuse, "api", None) or langfuse.client
is_v2 = not hasattr(langfuse, "start_as_current_span") and not hasattr(langfuse, "start_as_current_observation")
version = int(os.environ["PYTHONPATH"][-1])
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


def sent(request_type, **members):
    """v4 takes the members themselves, the others one request; v2 has no type for some of them."""
    if version == 4:
        return members
    kind = getattr(langfuse_api, request_type)
    return {"request": kind(**members)}


def annotate():
    """Comments, score configs and annotation queues, as far as each version has calls for them."""
    queues = api.annotation_queues
    trace_id = begin(name="judged", input="is this right?")
    langfuse.flush()
    until(lambda: api.trace.get(trace_id))
    config = api.score_configs.create(**sent("CreateScoreConfigRequest", name=f"right py {version}", data_type="BOOLEAN"))
    comment = api.comments.create(**sent("CreateCommentRequest", project_id="default", object_type="TRACE", object_id=trace_id, content="look **here**", author_user_id="ada"))
    done = {
        "trace_id": trace_id,
        "config": api.score_configs.get_by_id(config.id),
        "configs": api.score_configs.get(limit=100).data,
        "comment": api.comments.get_by_id(comment.id),
        "comments": api.comments.get(object_type="TRACE", object_id=trace_id),
    }
    if version == 2:
        queue_id = os.environ["QUEUE_ID"]
    else:
        done["queue"] = queues.create_queue(**sent("CreateAnnotationQueueRequest", name=f"py {version}", score_config_ids=[config.id]))
        queue_id = done["queue"].id
    item = queues.create_queue_item(queue_id, **sent("CreateAnnotationQueueItemRequest", object_id=trace_id, object_type="TRACE"))
    # v2 knows no sessions in queues.
    kind = "OBSERVATION" if version == 2 else "SESSION"
    spare = queues.create_queue_item(queue_id, **sent("CreateAnnotationQueueItemRequest", object_id="s-1", object_type=kind, status="COMPLETED"))
    done |= {
        "item": item,
        "spare": spare,
        "queues": queues.list_queues(limit=100),
        "same": queues.get_queue(queue_id),
        "waiting": queues.list_queue_items(queue_id, status="PENDING"),
        "one": queues.get_queue_item(queue_id, item.id),
        "changed": queues.update_queue_item(queue_id, item.id, **sent("UpdateAnnotationQueueItemRequest", status="COMPLETED")),
        "removed": queues.delete_queue_item(queue_id, spare.id),
        "left": queues.list_queue_items(queue_id),
    }
    if version > 2:
        api.score_configs.update(config.id, **sent("UpdateScoreConfigRequest", description="was it?"))
        done["assigned"] = queues.create_queue_assignment(queue_id, **sent("AnnotationQueueAssignmentRequest", user_id="ada"))
        done["unassigned"] = queues.delete_queue_assignment(queue_id, **sent("AnnotationQueueAssignmentRequest", user_id="ada"))
    whole = lambda value: [plain(each) for each in value] if isinstance(value, list) else value if isinstance(value, str) else plain(value)
    return {name: whole(value) for name, value in done.items()}


def models():
    """A model of one's own, one that is deleted again, and those the server has."""
    name = f"house-py{version}"
    model = api.models.create(**sent("CreateModelRequest", model_name=name, match_pattern=f"(?i)^{name}$", unit="TOKENS", input_price=0.000002, output_price=0.00001, tokenizer_id="openai", tokenizer_config={"tokensPerName": 1}))
    if version == 2:
        prices = {"total_price": 0.000001}
    else:
        condition = langfuse_api.PricingTierCondition(usage_detail_pattern="^input", operator="gt", value=200000, case_sensitive=False)
        prices = {"pricing_tiers": [
            langfuse_api.PricingTierInput(name="usual", is_default=True, priority=0, conditions=[], prices={"input": 1e-6, "web_search_queries": 0.01}),
            langfuse_api.PricingTierInput(name="long", is_default=False, priority=1, conditions=[condition], prices={"input": 2e-6}),
        ]}
    spare = api.models.create(**sent("CreateModelRequest", model_name="spare", match_pattern="spare", start_date=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc), **prices))
    api.models.delete(spare.id)
    found = api.models.list(limit=100)
    managed = next(one for one in found.data if one.is_langfuse_managed)
    return {"model": plain(model), "spare": plain(spare), "same": plain(api.models.get(model.id)), "managed": plain(api.models.get(managed.id)), "list": plain(found)}


def is_there(trace_id):
    try:
        api.trace.get(trace_id)
        return True
    except Exception:
        return False


def deletes():
    ids = [begin(name=f"to delete: {name}") for name in ("first", "second", "third", "kept")]
    langfuse.flush()
    for trace_id in ids:
        until(lambda trace_id=trace_id: api.trace.get(trace_id))
    said = [plain(api.trace.delete(ids[0])), plain(api.trace.delete_multiple(trace_ids=ids[1:3]))]

    def gone():
        assert not any(is_there(trace_id) for trace_id in ids[:3])

    until(gone)
    return {"said": said, "kept": is_there(ids[3])}


print(json.dumps({name: {"media": media, "metrics": metrics, "annotate": annotate, "models": models, "deletes": deletes}[name]() for name in sys.argv[1:]}, default=str))
langfuse.shutdown() if hasattr(langfuse, "shutdown") else None

# SPDX-License-Identifier: Apache-2.0
"""One trace after another through Langfuse's Python SDKs v2 (JSON events), v3 or v4 (spans of OpenTelemetry, scores as
events), as an application that does not know how its server fares. Arguments: how many, and the run each tenth belongs to."""
import json
import logging
import os
import sys
import time

import langfuse as package
from langfuse import Langfuse

logging.disable(logging.CRITICAL)  # what an SDK gives up it says here
count, run = int(sys.argv[1]), sys.argv[2]
pause_s = 0.012


def usage(n):
    return {"input": 100 + n, "output": 1 + n % 7}


def link(api, n, trace_id):
    if n % 10:
        return
    values = {"run_name": run, "dataset_item_id": "poured", "trace_id": trace_id}
    try:
        if hasattr(package, "propagate_attributes"):
            api.dataset_run_items.create(**values)
        else:
            from langfuse.api import CreateDatasetRunItemRequest

            request = CreateDatasetRunItemRequest(runName=run, datasetItemId="poured", traceId=trace_id)
            api.dataset_run_items.create(request=request)
    except Exception:  # the server was away
        pass


def pour2():
    langfuse = Langfuse(flush_at=6, flush_interval=0.1, max_retries=5, timeout=5)
    for n in range(count):
        trace = langfuse.trace(name="poured python2", input=n)
        span = trace.span(name="step")
        generation = span.generation(name="answer", model="gpt-4o-mini", input=[{"role": "user", "content": f"question {n}"}])
        generation.end(output=f"answer {n}", usage=usage(n))
        span.end()
        trace.score(name="mark", value=n)
        link(langfuse.client, n, trace.id)
        time.sleep(pause_s)
    langfuse.flush()


def pour():
    langfuse = Langfuse(flush_at=6, flush_interval=0.1, timeout=5)
    begin = getattr(langfuse, "start_as_current_observation", None) or langfuse.start_as_current_span
    for n in range(count):
        with begin(name="poured python") as root:
            root.update(input=n)
            generation = root.start_observation(name="answer", as_type="generation", model="gpt-4o-mini", input=[{"role": "user", "content": f"question {n}"}])
            generation.update(output=f"answer {n}", usage_details=usage(n))
            generation.end()
            langfuse.create_score(name="mark", value=n, trace_id=root.trace_id)
            trace_id = root.trace_id
        link(langfuse.api, n, trace_id)
        time.sleep(pause_s)
    langfuse.flush()


pour2() if hasattr(Langfuse, "trace") else pour()
print(json.dumps({"count": count}), flush=True)
os._exit(0)  # what is still waiting was never told as accepted

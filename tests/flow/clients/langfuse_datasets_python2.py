# SPDX-License-Identifier: Apache-2.0
"""Langfuse's Python SDK v2 and a dataset: makes it, runs a program over it, reads everything back."""
import json
import sys

from langfuse import Langfuse
from langfuse.decorators import langfuse_context, observe

langfuse = Langfuse()
name, prefix = sys.argv[1:]
capitals = {"France": "Paris", "Japan": "Tokyo", "Peru": "Lima"}


@observe()
def capital(country):
    return "Cusco" if country == "Peru" else capitals[country]


def plain(answer):
    return json.loads(answer.json())


langfuse.create_dataset(name, description="capitals", metadata={"owner": "qa"})
for country, expected in capitals.items():
    langfuse.create_dataset_item(name, id=f"{prefix}-{country}", input={"country": country}, expected_output=expected, metadata={"level": 1})
langfuse.create_dataset_item(name, id=f"{prefix}-old", input={"country": "Siam"})
langfuse.create_dataset_item(name, id=f"{prefix}-old", status="ARCHIVED")
for item in langfuse.get_dataset(name).items:
    with item.observe(run_name="first run", run_description="observed", run_metadata={"model": "m1"}) as trace_id:
        answer = capital(item.input["country"])
    langfuse.score(trace_id=trace_id, name="exact", value=1 if answer == item.expected_output else 0)
    trace = langfuse.trace(name="linked", input=item.input)
    item.link(trace, "linked run")
langfuse_context.flush()
langfuse.flush()
run = langfuse.get_dataset_run(name, "first run")
dataset = langfuse.get_dataset(name, fetch_items_page_size=2)
fields = ["id", "status", "input", "expected_output", "metadata", "dataset_id", "dataset_name"]
print(json.dumps({
    "dataset": {"name": dataset.name, "description": dataset.description, "metadata": dataset.metadata, "id": dataset.id,
                "items": [{field: getattr(item, field) for field in fields} for item in dataset.items]},
    "datasets": [plain(one) for one in langfuse.client.datasets.list().data],
    "item": plain(langfuse.client.dataset_items.get(id=f"{prefix}-France")),
    "old": plain(langfuse.client.dataset_items.get(id=f"{prefix}-old")),
    "one": langfuse.get_dataset_item(f"{prefix}-France").dataset_name,
    "run": plain(run),
    "linked": plain(langfuse.get_dataset_run(name, "linked run")),
    "runs": [plain(one) for one in langfuse.get_dataset_runs(name).data],
    "run_items": [plain(one) for one in langfuse.client.dataset_run_items.list(dataset_id=dataset.id, run_name="first run").data]
    if hasattr(langfuse.client.dataset_run_items, "list") else None,
}, default=str))

# SPDX-License-Identifier: Apache-2.0
"""Langfuse's Python SDKs v3 and v4 and a dataset: makes it, runs experiments with evaluators, reads everything back."""
import json
import sys

from langfuse import Evaluation, get_client, observe
from langfuse.media import LangfuseMedia

langfuse = get_client()
api = langfuse.api
name, prefix = sys.argv[1:]
capitals = {"France": "Paris", "Japan": "Tokyo", "Peru": "Lima"}


def plain(answer):
    return json.loads(answer.model_dump_json(by_alias=True) if hasattr(answer, "model_dump_json") else answer.json())


@observe(as_type="generation")
def guess(country):
    langfuse.update_current_generation(model="gpt-4o-mini", usage_details={"input": 100, "output": 10})
    return "Cusco" if country == "Peru" else capitals[country]


def task(*, item, **_):
    given = item["input"] if isinstance(item, dict) else item.input
    return guess(given["country"])


def exact(*, output, expected_output, **_):
    return Evaluation(name="exact", value=1 if output == expected_output else 0, comment="by letters")


def mean(*, item_results, **_):
    values = [one.evaluations[0].value for one in item_results]
    return Evaluation(name="mean exact", value=sum(values) / len(values))


schemas = {"input_schema": {"type": "object", "properties": {"country": {"type": "string"}}, "required": ["country"]},
           "expected_output_schema": {"type": ["string", "null"]}}
langfuse.create_dataset(name=name, description="capitals", metadata={"owner": "qa"}, **schemas)
for country, expected in capitals.items():
    langfuse.create_dataset_item(dataset_name=name, id=f"{prefix}-{country}", input={"country": country}, expected_output=expected, metadata={"level": 1})
langfuse.create_dataset_item(dataset_name=name, id=f"{prefix}-old", input={"country": "Siam"})
langfuse.create_dataset_item(dataset_name=name, id=f"{prefix}-old", status="ARCHIVED")
try:
    langfuse.create_dataset_item(dataset_name=name, input={"country": 7})
    refused = None
except Exception as error:
    refused = getattr(error, "status_code", str(error))
before = api.dataset_items.get(f"{prefix}-Peru").updated_at
langfuse.create_dataset_item(dataset_name=name, id=f"{prefix}-Peru", input={"country": "Peru"}, expected_output="Lima, of course")

media = None
if hasattr(type(langfuse), "_process_dataset_item_media"):
    picture = LangfuseMedia(content_type="image/png", content_bytes=b"not really a picture")
    langfuse.create_dataset_item(dataset_name=name, id=f"{prefix}-media", input={"country": picture}, metadata={"list": [1, picture]}, status="ARCHIVED")
    media = [plain(one) for one in api.dataset_items.get(f"{prefix}-media").media_references]

dataset = langfuse.get_dataset(name)
result = dataset.run_experiment(name="guessing", run_name="first run", description="with evaluators", metadata={"model": "m1"},
                                task=task, evaluators=[exact], run_evaluators=[mean])
local = langfuse.run_experiment(name="local", data=[{"input": {"country": "France"}, "expected_output": "Paris"}], task=task, evaluators=[exact])
if hasattr(dataset.items[0], "run"):
    for item in dataset.items:
        with item.run(run_name="by hand") as span:
            span.update(output=task(item=item))
langfuse.flush()
dataset = langfuse.get_dataset(name, fetch_items_page_size=2)
fields = ["id", "status", "input", "expected_output", "metadata", "dataset_id", "dataset_name"]
as_dict = lambda dataset: {"name": dataset.name, "description": dataset.description, "metadata": dataset.metadata, "id": dataset.id,
                           "items": [{field: getattr(item, field) for field in fields} for item in dataset.items]}
run = langfuse.get_dataset_run(dataset_name=name, run_name="first run")
print(json.dumps({
    "refused": refused,
    "dataset": as_dict(dataset),
    "as_of": as_dict(langfuse.get_dataset(name, version=before)) if "version" in type(langfuse).get_dataset.__code__.co_varnames else None,
    "datasets": [plain(one) for one in api.datasets.list().data],
    "item": plain(api.dataset_items.get(f"{prefix}-France")),
    "old": plain(api.dataset_items.get(f"{prefix}-old")),
    "media": media,
    "run": plain(run),
    "by_hand": plain(langfuse.get_dataset_run(dataset_name=name, run_name="by hand")) if hasattr(dataset.items[0], "run") else None,
    "runs": [plain(one) for one in langfuse.get_dataset_runs(dataset_name=name).data],
    "run_items": [plain(one) for one in api.dataset_run_items.list(dataset_id=dataset.id, run_name="first run").data],
    "result": {"id": result.dataset_run_id, "url": result.dataset_run_url, "items": len(result.item_results),
               "evaluations": [{"name": one.name, "value": one.value} for one in result.run_evaluations], "text": result.format()},
    "local": {"items": [[one.output, one.evaluations[0].value] for one in local.item_results], "trace_id": local.item_results[0].trace_id},
}, default=str))
langfuse.shutdown()

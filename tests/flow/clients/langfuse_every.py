# SPDX-License-Identifier: Apache-2.0
"""Every method that reads which Langfuse's Python SDKs v2, v3 and v4 offer, found by looking at the client itself, called
with arguments by the names of its parameters; before them the calls of the plan. The plan comes as JSON: {values, requests, reads, calls}."""
import inspect
import json
import re
import sys
from datetime import datetime

import langfuse.api as langfuse_api
from langfuse import Langfuse

with open(sys.argv[1], encoding="utf-8") as file:
    plan = json.load(file)
langfuse = Langfuse()
api = getattr(langfuse, "api", None) or langfuse.client


def camel(name):
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def snake(name):
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def methods_of(client, prefix=""):
    for name in sorted(set(dir(client)) | set(vars(client))):
        member = None if name.startswith("_") or name == "with_raw_response" else getattr(client, name)
        if inspect.ismethod(member):
            yield prefix + camel(name), member
        elif type(member).__name__.endswith("Client") and not type(member).__name__.startswith("Async"):
            yield from methods_of(member, f"{prefix}{camel(name)}.")


def plain(answer):
    if hasattr(answer, "model_dump_json"):
        return json.loads(answer.model_dump_json(by_alias=True))
    return json.loads(answer.json()) if hasattr(answer, "json") else answer


def call(name, method, request, more={}):
    values = {**plan["values"], **more}
    resource = name.split(".")[-2]
    parameters = inspect.signature(method).parameters
    own = ("id", "name")
    value = lambda one: values.get(f"{resource}.{one}" if one in own else camel(one), "unknown")
    needed = {one: value(one) for one, about in parameters.items() if about.kind is about.POSITIONAL_OR_KEYWORD}
    kind = request.pop("kind", None)
    timed = lambda one, given: datetime.fromisoformat(given.replace("Z", "+00:00")) if one.endswith("Time") else given
    members = {snake(one): timed(one, given) for one, given in request.items() if kind or snake(one) in parameters}
    # v4 takes the members themselves, the others one request of a type.
    given = {"request": getattr(langfuse_api, kind)(**members)} if "request" in parameters and kind else members
    try:
        return {"answer": plain(method(**needed, **given))}
    except Exception as error:  # what of it may be, the test says
        status = getattr(error, "status_code", None)
        return {"status": status, "refused": json.dumps(error.body, default=str) if status else f"{type(error).__name__}: {error}"}


methods = dict(methods_of(api))
done = {}


def resolved(about):
    """"$projects.createApiKey id": what an earlier call answered."""

    def one(value):
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        name, member = value[1:].split(" ")
        return ((done.get(name) or {}).get("answer") or {}).get(member)

    return {name: one(value) for name, value in about.items()}


for name, request, *more in plan["calls"]:
    if name in methods:
        done[name] = call(name, methods[name], resolved(request), resolved(more[0] if more else {}))
read = {name: call(name, method, dict(plan["requests"].get(name, {}))) for name, method in methods.items() if re.search(plan["reads"], name)}
print(json.dumps({"done": done, "read": read}, default=str))

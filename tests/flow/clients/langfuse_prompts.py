# SPDX-License-Identifier: Apache-2.0
"""Prompts through Langfuse's Python SDKs v2, v3 and v4. Each step's outcome is one member of the last line."""
import json
import logging
import sys
import uuid
from urllib.parse import quote

from langfuse import Langfuse

logging.disable(logging.CRITICAL)  # the SDKs tell of every failed fetch, which some steps want
langfuse = Langfuse()
old = hasattr(langfuse, "trace")  # v2
api = langfuse.client if old else langfuse.api
folder = sys.argv[1]
name = f"{folder}/greeting"


def percent(text):
    return quote(text, safe="")


def facts(prompt):
    return {
        "name": prompt.name,
        "version": prompt.version,
        "labels": prompt.labels,
        "tags": prompt.tags,
        "config": prompt.config,
        "commitMessage": getattr(prompt, "commit_message", None),
        "isFallback": prompt.is_fallback,
    }


def text():
    first = langfuse.create_prompt(
        name=name, prompt="Hello {{who}}!", labels=["production"], tags=["greeting"], config={"temperature": 0.5}, commit_message="first words"
    )
    second = langfuse.create_prompt(name=name, prompt="Good day, {{who}}.", labels=["staging"], config={"temperature": 0.1})
    usual = langfuse.get_prompt(name)
    return {
        "first": facts(first),
        "second": facts(second),
        "usual": facts(usual),
        "compiled": usual.compile(who="Ada"),
        "staging": facts(langfuse.get_prompt(name, label="staging")),
        "latest": facts(langfuse.get_prompt(name, label="latest")),
        "numbered": facts(langfuse.get_prompt(name, version=1)),
        "langchain": usual.get_langchain_prompt(),
    }


def labels():
    moved = langfuse.update_prompt(name=name, version=2, new_labels=["production"])
    after = langfuse.get_prompt(name)
    api.prompt_version.update(name=percent(name), version=1, new_labels=["production"])  # behind the cache's back
    return {
        "moved": [moved.version, moved.labels],
        "after": after.version,
        "cached": langfuse.get_prompt(name).version,
        "fresh": langfuse.get_prompt(name, cache_ttl_seconds=0).version,
    }


def chat():
    about = f"{folder}/chat"
    history = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    placeholder = [] if old else [{"type": "placeholder", "name": "history"}]
    langfuse.create_prompt(
        name=about,
        type="chat",
        labels=["production"],
        prompt=[{"role": "system", "content": "You help {{who}}."}, *placeholder, {"role": "user", "content": "{{question}}"}],
    )
    got = langfuse.get_prompt(about, type="chat")
    more = {} if old else {"history": history}
    return {"prompt": got.prompt, "compiled": got.compile(who="Ada", question="why?", **more)}


def composed():
    langfuse.create_prompt(name=f"{folder}/voice", prompt='Be "kind".\nBe brief.', labels=["production"])
    reference = f"@@@langfusePrompt:name={folder}/voice|label=production@@@"
    langfuse.create_prompt(
        name=f"{folder}/whole", type="chat", labels=["production"], prompt=[{"role": "system", "content": f"{reference} You are {{{{who}}}}."}]
    )
    got = langfuse.get_prompt(f"{folder}/whole", type="chat")
    return {"prompt": got.prompt, "compiled": got.compile(who="Ada")}


def missing():
    retries = 1 if old else 0  # v2 counts tries
    try:
        langfuse.get_prompt(f"{folder}/never", max_retries=retries)
        said = None
    except Exception as error:
        said = f"{getattr(error, 'status_code', '')} {getattr(error, 'body', error)}"
    fallback = langfuse.get_prompt(f"{folder}/never", fallback="Hi {{who}}", max_retries=retries)
    chat = langfuse.get_prompt(f"{folder}/never", type="chat", fallback=[{"role": "user", "content": "Hi {{who}}"}], max_retries=retries)
    return {"said": said, "fallback": facts(fallback), "compiled": fallback.compile(who="Ada"), "chat": chat.compile(who="Ada")}


def plain(answer):
    return json.loads(answer.model_dump_json(by_alias=True) if hasattr(answer, "model_dump_json") else answer.json())


def lists():
    found = {"all": plain(api.prompts.list(tag="greeting", name=name))}
    try:
        found["raw"] = plain(api.prompts.get(percent(f"{folder}/whole"), resolve=False))["prompt"]
    except TypeError:  # older ones cannot ask for it
        pass
    return found


def link(prompt):
    if old:
        trace = langfuse.trace(id=str(uuid.uuid4()), name="with a prompt")
        trace.generation(name="answer", model="gpt-4o-mini", prompt=prompt, usage={"input": 10, "output": 5}).end(output="hi")
        langfuse.flush()
        return trace.id
    start = getattr(langfuse, "start_generation", None) or (lambda **about: langfuse.start_observation(as_type="generation", **about))
    generation = start(name="answer", model="gpt-4o-mini", prompt=prompt, usage_details={"input": 10, "output": 5})
    generation.end()
    langfuse.flush()
    return generation.trace_id


def remove():
    if not hasattr(api.prompts, "delete"):
        return None

    def refused(*args, **options):
        try:
            api.prompts.delete(*args, **options)
        except Exception as error:
            return error.status_code

    api.prompts.delete(percent(name), version=2)
    latest = langfuse.get_prompt(name, label="latest", cache_ttl_seconds=0)
    used = refused(percent(f"{folder}/voice"))
    api.prompts.delete(percent(name))
    return {"latest": latest.version, "used": used, "gone": refused(percent(name))}


done = {step.__name__: step() for step in [text, labels, chat, composed, missing, lists]}
done["linked"] = link(langfuse.get_prompt(name, label="staging"))
done["unlinked"] = link(langfuse.get_prompt(f"{folder}/never", fallback="x", max_retries=1))
done["remove"] = remove()
print(json.dumps(done, default=str))

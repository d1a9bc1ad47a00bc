# SPDX-License-Identifier: Apache-2.0
"""The wrapped OpenAI client and the LangChain callback of Langfuse's Python SDKs v2, v3 and v4, against a model server."""
import json
import os
import sys

version = int(os.environ["PYTHONPATH"].split(":")[0][-1])
key = sys.argv[1]
question = [{"role": "user", "content": "What is the capital of France?"}]


def about(kind):
    """How each generation says the session and what the call is called."""
    session = f"{key} {kind}"
    return {"session_id": session} if version == 2 else {"metadata": {"langfuse_session_id": session}}


def openai_calls():
    from langfuse.openai import OpenAI

    client = OpenAI(max_retries=0)
    said = [client.chat.completions.create(model="gpt-4o-mini", messages=question, temperature=0.2, name="plain", **about("openai")).choices[0].message.content]
    stream = client.chat.completions.create(model="gpt-4o-mini", messages=question, stream=True, stream_options={"include_usage": True}, name="streamed", **about("openai"))
    said.append("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))
    try:
        client.chat.completions.create(model="error-429", messages=question, name="refused", **about("openai"))
    except Exception as error:
        said.append(type(error).__name__)
    return said


def chain_calls():
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_openai import ChatOpenAI

    if version == 2:
        from langfuse.callback import CallbackHandler

        handler, config = CallbackHandler(session_id=f"{key} chain"), {}
    else:
        from langfuse.langchain import CallbackHandler

        handler, config = CallbackHandler(), {"metadata": {"langfuse_session_id": f"{key} chain"}}
    chain = ChatPromptTemplate.from_messages([("user", "{question}")]) | ChatOpenAI(model="gpt-4o-mini", max_retries=0, stream_usage=True) | StrOutputParser()
    asked = {"question": question[0]["content"]}
    config = {**config, "callbacks": [handler]}
    said = [chain.invoke(asked, config=config), "".join(chain.stream(asked, config=config))]
    if version == 2:
        handler.flush()
    return said


# The wrapped client, once imported, also sees what LangChain asks.
done = {"chain": chain_calls(), "openai": openai_calls()}
if version == 2:
    from langfuse.openai import openai

    openai.flush_langfuse()
else:
    from langfuse import get_client

    get_client().flush()
print(json.dumps(done))

"""The graph of a turn: narrate, then read what has changed."""

import operator
import os
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph

sys.path.append(str(Path(__file__).resolve().parents[1]))
import job


class Conversation(TypedDict, total=False):
    message: str
    narration: str
    state: dict
    history: Annotated[list, operator.add]


@cache
def model():
    # Made by the first turn: it belongs to the loop of the server.
    return job.Model(os.environ["MODEL_URL"])


async def narrate(conversation: Conversation, config: RunnableConfig):
    write, run = get_stream_writer(), str(config["configurable"]["run_id"])
    narration = ""
    history = conversation.get("history", [])[-job.WINDOW :]
    async for text in model().narrate(history, conversation["message"]):
        narration += text
        write({"id": run, "text": text})
    return {"narration": narration}


async def extract(conversation: Conversation):
    state = conversation.get("state") or job.new_state()
    delta = await model().extract(state, conversation["narration"])
    said = job.said(conversation["message"], conversation["narration"])
    return {"state": job.apply(state, delta), "history": said}


builder = StateGraph(Conversation)
builder.add_node(narrate)
builder.add_node(extract)
builder.add_edge(START, "narrate")
builder.add_edge("narrate", "extract")
builder.add_edge("extract", END)
graph = builder.compile()

"""What a turn is, the same for every peer in Python: the prompt, two calls of a model, and what a delta changes.

The calls are made with aiohttp on kept connections, and not with the vendor's client or LangChain, as most programs have it: those
cost more processor time for a call than all of this, and a peer is to be measured at its best.
"""

import aiohttp
import orjson

NAME = "scripted"
# How many messages of the history the model is shown; as many as story-engine shows it.
WINDOW = 16
NARRATOR = "You are the narrator of a story. Answer in the second person, in a few sentences."
READER = "Say what the narration has changed in the state of the story."
EFFECTS = {"type": "array", "items": {"type": "object"}}
# The members of story-engine's own delta: both are answered by one script.
DELTA = {
    "type": "json_schema",
    "json_schema": {
        "name": "delta",
        "strict": True,
        "schema": {
            "type": "object",
            "additionalProperties": False,
            "required": ["user_location", "scene_change", "item_events", "npc_events", "set_vars", "game_ended"],
            "properties": {
                "user_location": {"type": ["string", "null"]},
                "scene_change": {"type": ["string", "null"]},
                "item_events": EFFECTS,
                "npc_events": EFFECTS,
                "set_vars": EFFECTS,
                "game_ended": {"type": "boolean"},
            },
        },
    },
}


def new_state():
    return {"turns": 0, "location": "landing", "scene": None, "effects": [], "vars": {}, "ended": False}


def apply(state, delta):
    """The state after a turn."""
    changed = {var["name"]: var["value"] for var in delta["set_vars"]}
    return {
        "turns": state["turns"] + 1,
        "location": delta["user_location"] or state["location"],
        "scene": delta["scene_change"] or state["scene"],
        "effects": [*state["effects"], *delta["item_events"], *delta["npc_events"]],
        "vars": state["vars"] | changed,
        "ended": state["ended"] or delta["game_ended"],
    }


def said(message, narration):
    """What a turn adds to the history."""
    return [{"role": "user", "content": message}, {"role": "assistant", "content": narration}]


class Model:
    """A server that speaks OpenAI's chat completions."""

    def __init__(self, url):
        self.url = url.rstrip("/") + "/v1/chat/completions"
        self.http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), json_serialize=_json)

    async def narrate(self, history, message):
        """Yields the narration as it comes; what comes in one read is one piece."""
        messages = [{"role": "system", "content": NARRATOR}, *history, {"role": "user", "content": message}]
        body = {"model": NAME, "stream": True, "messages": messages}
        async with self.http.post(self.url, json=body) as answer:
            answer.raise_for_status()
            rest = b""
            async for data in answer.content.iter_any():
                *lines, rest = (rest + data).split(b"\n")
                text = "".join(map(_piece, lines))
                if text:
                    yield text

    async def extract(self, state, narration):
        """Reads from the narration what has changed."""
        asked = f"{READER}\n{orjson.dumps(state).decode()}"
        messages = [{"role": "system", "content": asked}, {"role": "user", "content": narration}]
        body = {"model": NAME, "response_format": DELTA, "messages": messages}
        async with self.http.post(self.url, json=body) as answer:
            answer.raise_for_status()
            answer = orjson.loads(await answer.read())
        return orjson.loads(answer["choices"][0]["message"]["content"])


def _json(value):
    return orjson.dumps(value).decode()


def _piece(line):
    if not line.startswith(b"data: {"):
        return ""
    choices = orjson.loads(line[6:])["choices"]
    return choices[0]["delta"].get("content") or "" if choices else ""

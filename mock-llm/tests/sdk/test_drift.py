"""What the mock sends, held to the types that the vendors publish with their clients. The clients themselves read
whatever comes; here every value must have its declared type, and no field may be one that the vendor does not know."""

import json
import typing
import urllib.error
import urllib.request

import anthropic.types
import ollama
import openai.types.chat
import openai.types.responses
import pydantic
import pytest
from conftest import SCHEMA, USER

# Known to the real services, but not to their clients' types.
UNTYPED = {
    # `Model` of ollama.ListResponse leaves the name out that the service repeats.
    ("Model", "name"),
    # A tool call's place among others.
    ("Function", "index"),
}


class Ping(pydantic.BaseModel):
    """Anthropic's streams have it, the client's types do not: it is dropped before they are asked."""

    type: typing.Literal["ping"]


REPLIES = [
    {"text": "A six. 🎲"},
    {"text": "Rolling.", "tools": [{"name": "roll", "arguments": {"sides": 6}}, {"name": "look"}]},
    {"tools": [{"name": "look"}]},
    {"text": "and then", "finish": "length"},
    {"text": "I must not", "finish": "filter"},
    {"fault": "empty"},
]


def unknown(value, raw):
    """Fields of `raw` that the type of `value` does not declare."""
    if isinstance(value, pydantic.BaseModel):
        fields = {field.alias or name: name for name, field in type(value).model_fields.items()}
        for key, part in raw.items():
            if key in fields:
                yield from unknown(getattr(value, fields[key]), part)
            elif (type(value).__name__, key) not in UNTYPED:
                yield f"{type(value).__name__}.{key}"
    elif isinstance(value, (list, tuple)):
        for item, part in zip(value, raw):
            yield from unknown(item, part)


def hold(kind, raw):
    value = pydantic.TypeAdapter(kind).validate_python(raw)
    assert not list(unknown(value, raw)), raw


def send(mock, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "anthropic-version": "2023-06-01"} if path != "/v1/models" else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(mock.base + path, data, headers), timeout=20) as response:
            return response.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def events(text):
    """Server-sent events and JSON lines: each line with data is a value."""
    lines = (line.removeprefix("data: ") for line in text.splitlines() if line and not line.startswith("event: "))
    return [json.loads(line) for line in lines if line != "[DONE]"]


APIS = {
    "chat completions": (
        "/v1/chat/completions",
        {"model": "m", "messages": USER, "stream_options": {"include_usage": True}},
        openai.types.chat.ChatCompletion,
        openai.types.chat.ChatCompletionChunk,
    ),
    "responses": (
        "/v1/responses",
        {"model": "m", "input": "roll", "text": {"format": {"type": "text"}}},
        openai.types.responses.Response,
        openai.types.responses.ResponseStreamEvent,
    ),
    "messages": (
        "/v1/messages",
        {"model": "m", "max_tokens": 9, "messages": USER},
        anthropic.types.Message,
        typing.Union[anthropic.types.RawMessageStreamEvent, Ping],
    ),
    "chat": ("/api/chat", {"model": "m", "messages": USER}, ollama.ChatResponse, ollama.ChatResponse),
}


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: "+".join(reply))
@pytest.mark.parametrize("api", APIS)
def test_an_answer_has_the_vendors_types(mock, api, reply):
    path, body, kind, event = APIS[api]
    mock.says(reply)
    hold(kind, json.loads(send(mock, path, {**body, "stream": False})))
    seen = events(send(mock, path, {**body, "stream": True}))
    assert seen
    for value in seen:
        hold(event, value)


def test_structured_answers_have_the_vendors_types(mock):
    mock.says({"json": {"place": "hall", "steps": 3}})
    forced = {
        "chat completions": {"tools": [{"type": "function", "function": {"name": "d", "parameters": SCHEMA}}], "tool_choice": "required"},
        "responses": {"tools": [{"type": "function", "name": "d", "parameters": SCHEMA, "strict": True}], "tool_choice": "required"},
        "messages": {"tools": [{"name": "d", "input_schema": SCHEMA}], "tool_choice": {"type": "any"}},
        "chat": {"format": SCHEMA},
    }
    for api, more in forced.items():
        path, body, kind, event = APIS[api]
        hold(kind, json.loads(send(mock, path, {**body, **more, "stream": False})))
        for value in events(send(mock, path, {**body, **more, "stream": True})):
            hold(event, value)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 429, 500, 504, 529])
def test_errors_have_the_vendors_types(mock, status):
    mock.says({"fault": {"status": status, "message": "because"}})
    error = json.loads(send(mock, *APIS["messages"][:2]))
    # Anthropic documents the kind of 413, but its client has no type for it.
    if error["error"]["type"] != "request_too_large":
        hold(anthropic.types.ErrorResponse, error)
    for api in ("chat completions", "responses"):
        hold(openai.types.ErrorObject, json.loads(send(mock, *APIS[api][:2]))["error"])


def test_lists_of_models_have_the_vendors_types(mock):
    mock.play({"entries": [{"match": {"model": "m"}, "reply": "x"}]})
    for model in json.loads(send(mock, "/v1/models"))["data"]:
        hold(openai.types.Model, model)
    hold(anthropic.types.ModelInfo, json.loads(send(mock, "/v1/models/m")))
    hold(ollama.ListResponse, json.loads(send(mock, "/api/tags")))
    hold(ollama.ProcessResponse, json.loads(send(mock, "/api/ps")))
    hold(ollama.ShowResponse, json.loads(send(mock, "/api/show", {"model": "m"})))
    hold(anthropic.types.MessageTokensCount, json.loads(send(mock, "/v1/messages/count_tokens", APIS["messages"][1])))


def test_the_check_itself_sees_a_wrong_type_and_an_unknown_field():
    with pytest.raises(pydantic.ValidationError):
        hold(openai.types.Model, {"id": 7, "object": "model", "created": 1, "owned_by": "x"})
    with pytest.raises(AssertionError):
        hold(openai.types.Model, {"id": "m", "object": "model", "created": 1, "owned_by": "x", "extra": 1})

"""Ollama's client."""

import httpx
import ollama
import pytest
from conftest import SCHEMA, USER

ROLLING = {"text": "Rolling.", "tools": [{"name": "roll", "arguments": {"sides": 6}}]}


def ask(client, **options):
    return client.chat(**{"model": "llama-x", "messages": USER, **options})


def test_an_answer_has_text_and_counts(mock):
    answer = ask(mock.says({"text": "A six.", "usage": {"input_tokens": 11, "output_tokens": 3}}).ollama())
    assert (answer.message.content, answer.done, answer.done_reason) == ("A six.", True, "stop")
    assert (answer.prompt_eval_count, answer.eval_count) == (11, 3)


@pytest.mark.parametrize("framing", [{}, {"segment_bytes": 1, "crlf": True}, {"frames_per_segment": 3}])
def test_a_stream_joins_to_the_answer(mock, framing):
    client = mock.says({"text": "Würfel: sechs. 🎲", "chunk": "char", "framing": framing}).ollama()
    parts = list(ask(client, stream=True))
    assert "".join(part.message.content for part in parts) == "Würfel: sechs. 🎲"
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]


def test_tools_are_called_and_answered(mock):
    mock.play({"entries": [
        {"match": {"role": "user"}, "reply": ROLLING},
        {"match": {"role": "tool", "last": "17"}, "reply": "Seventeen!"},
    ]})
    client = mock.ollama()
    for stream in (False, True):
        answer = ask(client, tools=[{"type": "function", "function": {"name": "roll"}}], stream=stream)
        parts = list(answer) if stream else [answer]
        calls = [call for part in parts for call in part.message.tool_calls or []]
        assert [(call.function.name, call.function.arguments) for call in calls] == [("roll", {"sides": 6})]
    answer = ask(client, messages=[*USER, parts[0].message, {"role": "tool", "tool_name": "roll", "content": "17"}])
    assert answer.message.content == "Seventeen!"


@pytest.mark.parametrize("form", ["json", SCHEMA])
def test_structured_output(mock, form):
    client = mock.says({"json": {"place": "hall", "steps": 3}}).ollama()
    assert ask(client, format=form).message.content == '{"place":"hall","steps":3}'
    assert mock.journal()[0]["kind"] == "json"


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
@pytest.mark.parametrize("stream", [False, True])
def test_a_status_is_the_clients_own_error(mock, status, stream):
    client = mock.says({"fault": {"status": status, "message": "because"}}).ollama()
    with pytest.raises(ollama.ResponseError) as raised:
        list(ask(client, stream=stream))
    assert (raised.value.status_code, raised.value.error) == (status, "because")


def test_an_error_inside_a_stream_is_a_response_error(mock):
    client = mock.says({"text": "one two", "fault": {"error_after_frames": 1, "message": "out of memory"}}).ollama()
    said = []
    with pytest.raises(ollama.ResponseError, match="out of memory"):
        for part in ask(client, stream=True):
            said.append(part.message.content)
    assert said == ["one "]


@pytest.mark.parametrize("frames", [0, 1, 2])
@pytest.mark.parametrize("fault", ["reset", "fin", "stall"])
def test_a_stream_that_breaks_is_an_error_after_what_was_said(mock, fault, frames):
    client = mock.says({"text": "one two three", "fault": {f"{fault}_after_frames": frames}}).ollama(timeout=0.3)
    said = []
    with pytest.raises((httpx.TransportError, ConnectionError)):
        for part in ask(client, stream=True):
            said.append(part.message.content)
    assert said == ["one ", "two "][:frames]


def test_models_are_listed_and_shown(mock):
    client = mock.play({"entries": [{"match": {"model": "llama-x"}, "reply": "x"}]}).ollama()
    assert [model.model for model in client.list().models] == ["llama-x"]
    assert [model.model for model in client.ps().models] == ["llama-x"]
    assert client.show("llama-x").details.format == "gguf"

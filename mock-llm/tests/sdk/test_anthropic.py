"""Anthropic's client."""

import time

import anthropic
import pytest
from conftest import KEY, SCHEMA, USER

TOOL = {"name": "roll", "input_schema": {"type": "object", "properties": {"sides": {"type": "integer"}}}}
ROLLING = {"text": "Rolling.", "tools": [{"name": "roll", "arguments": {"sides": 6}}]}


def ask(client, **options):
    return client.messages.create(**{"model": "claude-x", "max_tokens": 100, "messages": USER, **options})


def test_an_answer_has_text_usage_and_ids(mock):
    answer = ask(mock.says({"text": "A six.", "usage": {"input_tokens": 11, "output_tokens": 3}}).anthropic(), system="Be brief.")
    assert (answer.content[0].text, answer.stop_reason) == ("A six.", "end_turn")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 3)
    assert answer.id.startswith("msg_") and answer._request_id.startswith("req_")
    assert [message["role"] for message in mock.journal()[0]["messages"]] == ["system", "user"]


# A byte order mark is legal too, but this client loses the first event over it.
@pytest.mark.parametrize("framing", [{}, {"segment_bytes": 1, "crlf": True, "comments": True}, {"frames_per_segment": 3}])
def test_a_stream_joins_to_the_answer(mock, framing):
    client = mock.says({"text": "Würfel: sechs. 🎲", "chunk": "char", "framing": framing}).anthropic()
    with client.messages.stream(model="claude-x", max_tokens=100, messages=USER) as stream:
        assert "".join(stream.text_stream) == "Würfel: sechs. 🎲"
        final = stream.get_final_message()
    assert final.usage.output_tokens > 0 and final.stop_reason == "end_turn"


def test_tools_are_called_and_answered(mock):
    mock.play({"entries": [
        {"match": {"role": "user"}, "reply": ROLLING},
        {"match": {"role": "tool", "last": "17"}, "reply": "Seventeen!"},
    ]})
    client = mock.anthropic()
    with client.messages.stream(model="claude-x", max_tokens=100, messages=USER, tools=[TOOL]) as stream:
        kinds = {event.type for event in stream}
        message = stream.get_final_message()
    assert {"input_json", "text", "content_block_stop", "message_stop"} <= kinds
    use = message.content[1]
    assert (use.name, use.input, message.stop_reason) == ("roll", {"sides": 6}, "tool_use")
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "17"}]}
    answer = ask(client, messages=[*USER, {"role": "assistant", "content": message.content}, result], tools=[TOOL])
    assert answer.content[0].text == "Seventeen!"


@pytest.mark.parametrize("choice", [{"type": "tool", "name": "delta"}, {"type": "any"}])
def test_a_forced_tool_is_structured_output(mock, choice):
    client = mock.says({"json": {"place": "hall", "steps": 3}}).anthropic()
    answer = ask(client, tools=[{"name": "delta", "input_schema": SCHEMA}], tool_choice=choice)
    assert answer.content[0].input == {"place": "hall", "steps": 3}
    assert mock.journal()[0]["kind"] == "json"


def test_a_reply_that_breaks_the_schema_is_refused_unless_the_script_asks_for_it(mock):
    wrong = {"json": {"place": 7}}
    client = mock.says(wrong, {**wrong, "fault": "wrong_schema"}).anthropic()
    force = {"tools": [{"name": "delta", "input_schema": SCHEMA}], "tool_choice": {"type": "tool", "name": "delta"}}
    with pytest.raises(anthropic.UnprocessableEntityError, match="breaks the schema"):
        ask(client, **force)
    assert ask(client, **force).content[0].input == {"place": 7}


@pytest.mark.parametrize(("status", "error", "kind"), [
    (400, anthropic.BadRequestError, "invalid_request_error"),
    (401, anthropic.AuthenticationError, "authentication_error"),
    (403, anthropic.PermissionDeniedError, "permission_error"),
    (404, anthropic.NotFoundError, "not_found_error"),
    (413, anthropic.APIStatusError, "request_too_large"),
    (429, anthropic.RateLimitError, "rate_limit_error"),
    (500, anthropic.InternalServerError, "api_error"),
    (529, anthropic.InternalServerError, "overloaded_error"),
])
def test_a_status_is_the_clients_own_error(mock, status, error, kind):
    client = mock.says({"fault": {"status": status, "message": "because"}}).anthropic()
    with pytest.raises(error) as raised:
        ask(client)
    assert raised.value.status_code == status
    assert raised.value.body["error"] == {"type": kind, "message": "because"}
    assert raised.value.request_id.startswith("req_")


def test_retries_wait_as_long_as_they_are_told(mock):
    fault = {"fault": {"status": 529, "retry_after_s": 0.2}}
    started = time.monotonic()
    assert ask(mock.says(fault, fault, "At last.").anthropic(max_retries=2)).content[0].text == "At last."
    assert time.monotonic() - started >= 0.4
    assert [call["answer"]["status"] for call in mock.journal()] == [529, 529, 200]


def test_no_answer_in_time_is_a_timeout(mock):
    with pytest.raises(anthropic.APITimeoutError):
        ask(mock.says({"fault": {"stall_after_frames": 0}}).anthropic(timeout=0.2))


@pytest.mark.parametrize("frames", [0, 1, 2])
@pytest.mark.parametrize("fault", ["reset", "fin", "stall"])
def test_a_stream_that_breaks_is_an_error_after_what_was_said(mock, fault, frames):
    client = mock.says({"text": "one two three", "fault": {f"{fault}_after_frames": frames}}).anthropic(timeout=0.3)
    said = []
    with pytest.raises(Exception) as raised:
        for event in ask(client, stream=True):
            if event.type == "content_block_delta":
                said.append(event.delta.text)
    assert not isinstance(raised.value, AssertionError)
    assert said == ["one ", "two "][:frames]


def test_an_error_inside_a_stream_is_an_api_error(mock):
    client = mock.says({"text": "one two", "fault": {"error_after_frames": 1, "message": "too busy"}}).anthropic()
    said = []
    with pytest.raises(anthropic.APIStatusError, match="too busy"):
        for event in ask(client, stream=True):
            if event.type == "content_block_delta":
                said.append(event.delta.text)
    assert said == ["one "]


def test_tokens_are_counted_and_models_listed(mock):
    client = mock.play({"entries": [{"match": {"model": "claude-x"}, "reply": "x"}]}).anthropic()
    assert client.messages.count_tokens(model="claude-x", messages=USER, system="Be brief.").input_tokens == 7
    assert [model.id for model in client.models.list()] == ["claude-x"]
    assert client.models.retrieve("claude-x").display_name == "claude-x"


def test_a_key_names_a_namespace(mock):
    mock.says("Here.")
    client = anthropic.Anthropic(base_url=mock.server, api_key=f"t/{mock.name}", max_retries=0)
    assert ask(client).content[0].text == "Here."
    assert KEY not in str(mock.journal()) and len(mock.journal()) == 1

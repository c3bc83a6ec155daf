"""OpenAI's client: chat completions and responses."""

import asyncio
import time

import openai
import pytest
from conftest import KEY, SCHEMA, USER
from pydantic import BaseModel

TOOL = {"type": "function", "function": {"name": "roll", "parameters": {"type": "object", "properties": {"sides": {"type": "integer"}}}}}
FLAT_TOOL = {"type": "function", "name": "roll", "parameters": TOOL["function"]["parameters"], "strict": False}
ROLLING = {"text": "Rolling two.", "tools": [{"name": "roll", "arguments": {"sides": 6}}, {"name": "roll", "arguments": {"sides": 20}}]}


class Step(BaseModel):
    place: str
    steps: int


def chat(client, **options):
    return client.chat.completions.create(**{"model": "gpt-x", "messages": USER, **options})


def test_an_answer_has_text_usage_and_ids(mock):
    client = mock.says({"text": "A six.", "usage": {"input_tokens": 11, "output_tokens": 3}}).openai()
    answer = chat(client)
    assert answer.choices[0].message.content == "A six."
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (11, 3, 14)
    assert answer.id.startswith("chatcmpl-") and answer._request_id.startswith("req_")


def test_a_stream_joins_to_the_answer(mock):
    client = mock.says({"text": "Würfel: sechs. 🎲", "chunk": "char", "framing": {"segment_bytes": 7, "crlf": True, "comments": True}}).openai()
    chunks = list(chat(client, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Würfel: sechs. 🎲"
    assert chunks[-1].usage.total_tokens > 0 and chunks[-1].choices == []
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.parametrize("framing", [{"byte_order_mark": True}, {"frames_per_segment": 3}, {"segment_bytes": 1}])
def test_unusual_layouts_are_read_the_same(mock, framing):
    client = mock.says({"text": "one two three four", "framing": framing}).openai()
    chunks = list(chat(client, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "one two three four"


def test_tools_are_called_and_answered(mock):
    mock.play({"entries": [
        {"match": {"role": "user"}, "reply": ROLLING},
        {"match": {"role": "tool", "last": "17"}, "reply": "Seventeen!"},
    ]})
    client = mock.openai()
    message = chat(client, tools=[TOOL]).choices[0].message
    assert [(call.function.name, call.function.arguments) for call in message.tool_calls] == [("roll", '{"sides":6}'), ("roll", '{"sides":20}')]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "17"} for call in message.tool_calls]
    answer = chat(client, messages=[*USER, message, *results], tools=[TOOL])
    assert answer.choices[0].message.content == "Seventeen!"


def test_the_stream_helper_collects_tools(mock):
    client = mock.says(ROLLING).openai()
    with client.chat.completions.stream(model="gpt-x", messages=USER, tools=[TOOL]) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done", "tool_calls.function.arguments.delta", "tool_calls.function.arguments.done"} <= kinds
    assert [call.function.arguments for call in final.choices[0].message.tool_calls] == ['{"sides":6}', '{"sides":20}']
    assert final.choices[0].finish_reason == "tool_calls"


def test_structured_output_is_parsed(mock):
    client = mock.says({"json": {"place": "hall", "steps": 3}}).openai()
    answer = client.chat.completions.parse(model="gpt-x", messages=USER, response_format=Step)
    assert answer.choices[0].message.parsed == Step(place="hall", steps=3)
    with client.chat.completions.stream(model="gpt-x", messages=USER, response_format=Step) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == Step(place="hall", steps=3)
    assert {call["kind"] for call in mock.journal()} == {"json"}


def test_a_cut_answer_is_a_length_error(mock):
    client = mock.says({"text": '{"place": "ha', "finish": "length"}).openai()
    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(model="gpt-x", messages=USER, response_format=Step)


def test_a_forced_tool_is_structured_output(mock):
    client = mock.says({"json": {"place": "hall", "steps": 3}}).openai()
    tool = {"type": "function", "function": {"name": "delta", "parameters": SCHEMA}}
    answer = chat(client, tools=[tool], tool_choice={"type": "function", "function": {"name": "delta"}})
    assert answer.choices[0].message.tool_calls[0].function.arguments == '{"place":"hall","steps":3}'


@pytest.mark.parametrize(("status", "error"), [
    (400, openai.BadRequestError), (401, openai.AuthenticationError), (403, openai.PermissionDeniedError),
    (404, openai.NotFoundError), (409, openai.ConflictError), (422, openai.UnprocessableEntityError),
    (429, openai.RateLimitError), (500, openai.InternalServerError), (503, openai.InternalServerError),
])
def test_a_status_is_the_clients_own_error(mock, status, error):
    client = mock.says({"fault": {"status": status, "message": "because"}}).openai()
    with pytest.raises(error) as raised:
        chat(client)
    assert raised.value.status_code == status
    assert raised.value.body["message"] == "because" and raised.value.type
    assert raised.value.request_id.startswith("req_")


def test_retries_wait_as_long_as_they_are_told(mock):
    fault = {"fault": {"status": 429, "retry_after_s": 0.2}}
    client = mock.says(fault, fault, "At last.").openai(max_retries=2)
    started = time.monotonic()
    answer = chat(client)
    assert answer.choices[0].message.content == "At last."
    assert time.monotonic() - started >= 0.4
    journal = mock.journal()
    assert [call["answer"]["status"] for call in journal] == [429, 429, 200]
    assert [call["headers"]["x-stainless-retry-count"] for call in journal] == ["0", "1", "2"]


def test_a_reset_before_the_answer_is_retried(mock):
    client = mock.says({"fault": {"reset_after_frames": 0}}, "Well.").openai(max_retries=1)
    assert chat(client).choices[0].message.content == "Well."


def test_no_answer_in_time_is_a_timeout_and_seen_by_the_journal(mock):
    client = mock.says({"fault": {"stall_after_frames": 0}}).openai(timeout=0.2)
    with pytest.raises(openai.APITimeoutError):
        chat(client)
    mock.control("GET", "/idle?wait=1")
    assert mock.journal()[0]["ending"] == "hung_up"


@pytest.mark.parametrize("frames", [0, 1, 2])
@pytest.mark.parametrize("fault", ["reset", "fin", "stall"])
def test_a_stream_that_breaks_is_an_error_after_what_was_said(mock, fault, frames):
    client = mock.says({"text": "one two three", "fault": {f"{fault}_after_frames": frames}}).openai(timeout=0.3)
    said = []
    # The client's own errors stand for what goes wrong before the headers; what comes later is the transport's.
    with pytest.raises(Exception) as raised:
        for chunk in chat(client, stream=True):
            said.append(chunk.choices[0].delta.content)
    assert not isinstance(raised.value, AssertionError)
    assert [piece for piece in said if piece] == ["one ", "two "][:frames]


def test_an_error_inside_a_stream_is_an_api_error(mock):
    client = mock.says({"text": "one two", "fault": {"error_after_frames": 1, "message": "overloaded"}}).openai()
    said = []
    with pytest.raises(openai.APIError, match="overloaded"):
        for chunk in chat(client, stream=True):
            said.append(chunk.choices[0].delta.content)
    assert [piece for piece in said if piece] == ["one "]


def test_hanging_up_is_seen(mock):
    client = mock.says({"text": "one two three", "gate": {"name": "g", "after_chunks": 1}}).openai()
    stream = chat(client, stream=True)
    for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    mock.control("GET", "/gates/g?wait_for_waiters=1")
    stream.close()
    client.close()
    mock.control("GET", "/idle?wait=1")
    call = mock.journal()[0]
    assert (call["ending"], call["answer"]["frames_sent"]) == ("hung_up", 1)


def test_what_no_entry_fits_says_why(mock):
    client = mock.play({"entries": [{"name": "north", "match": {"user": "north"}, "reply": "x"}]}).openai(max_retries=2)
    with pytest.raises(openai.NotFoundError, match='the nearest is "north"') as raised:
        chat(client)
    assert raised.value.code == "no_entry_fits"
    assert len(mock.journal()) == 1, "it is not retried"


def test_a_key_names_a_namespace(mock):
    mock.says("Here.")
    client = openai.OpenAI(base_url=f"{mock.server}/v1", api_key=f"t/{mock.name}", max_retries=0)
    assert chat(client).choices[0].message.content == "Here."
    assert KEY not in str(mock.journal()) and len(mock.journal()) == 1


def test_models_are_listed(mock):
    client = mock.play({"entries": [{"match": {"model": "gpt-x"}, "reply": "x"}]}).openai()
    assert [model.id for model in client.models.list()] == ["gpt-x"]
    assert client.models.retrieve("gpt-x").object == "model"


def test_the_asynchronous_client_is_served_too(mock):
    mock.says("Six.")

    async def talk():
        async with openai.AsyncOpenAI(base_url=f"{mock.base}/v1", api_key=KEY) as client:
            stream = await client.chat.completions.create(model="gpt-x", messages=USER, stream=True)
            return [chunk.choices[0].delta.content async for chunk in stream]

    assert "Six." in asyncio.run(talk())


def test_a_response_is_answered(mock):
    client = mock.says({"text": "A six.", "usage": {"input_tokens": 5, "output_tokens": 2}}).openai()
    response = client.responses.create(model="gpt-x", instructions="Be brief.", input="roll")
    assert (response.output_text, response.status, response.usage.total_tokens) == ("A six.", "completed", 7)
    assert [(message["role"], message["text"]) for message in mock.journal()[0]["messages"]] == [("system", "Be brief."), ("user", "roll")]


def test_a_response_streams_in_order(mock):
    client = mock.says(ROLLING).openai()
    with client.responses.stream(model="gpt-x", input="roll", tools=[FLAT_TOOL]) as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "Rolling two."
    assert [item.arguments for item in final.output if item.type == "function_call"] == ['{"sides":6}', '{"sides":20}']
    assert events[-1].type == "response.completed"


def test_a_response_to_a_tool_result(mock):
    mock.play({"entries": [
        {"match": {"role": "user"}, "reply": ROLLING},
        {"match": {"role": "tool", "last": "17", "api": "responses"}, "reply": "Seventeen!"},
    ]})
    client = mock.openai()
    first = client.responses.create(model="gpt-x", input=USER, tools=[FLAT_TOOL])
    calls = [item for item in first.output if item.type == "function_call"]
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": "17"} for call in calls]
    items = [item.model_dump(exclude_none=True) for item in first.output]
    second = client.responses.create(model="gpt-x", input=[*USER, *items, *results], tools=[FLAT_TOOL])
    assert second.output_text == "Seventeen!"


def test_a_response_is_parsed(mock):
    client = mock.says({"json": {"place": "hall", "steps": 3}}).openai()
    assert client.responses.parse(model="gpt-x", input="go", text_format=Step).output_parsed == Step(place="hall", steps=3)


def test_an_error_inside_a_response_stream(mock):
    client = mock.says({"text": "one two", "fault": {"error_after_frames": 1, "message": "overloaded"}}).openai()
    events = []
    try:
        events.extend(client.responses.create(model="gpt-x", input="go", stream=True))
    except openai.APIError as error:
        assert "overloaded" in str(error)
    else:
        assert (events[-1].type, events[-1].message) == ("error", "overloaded")

"""A real model narrates the shipped adventures: Gemma 3 270M on the server of llama.cpp, which is far too small to narrate a good
story, and writes whatever comes to its mind. Every turn is committed all the same, and no mark of a template is in it.
"""

import json
import urllib.request

import pytest

from conftest import free_port, until, call

MESSAGES = ["I look around.", "I ask what happened here.", "I wait and listen."]
MARKS = ["<start_of_turn>", "<end_of_turn>", "<bos>", "<|", "<rules>", "</", "\ufffd"]


def play(engine, scenario, messages=MESSAGES):
    game = engine.new_game(scenario)
    for number, message in enumerate(messages, 1):
        turn = engine.say(game, message)
        where = f"{scenario}, turn {number}: {json.dumps(turn)}"
        assert turn["status"] == "completed", where
        narrated = turn["result"]["message"]
        assert narrated.strip(), where
        assert not [mark for mark in MARKS if mark in narrated], where
        print(f"{scenario} {number}: {narrated!r} {turn['result']['usage']}")
    assert engine.dead_letters() == []


def test_three_turns_of_every_adventure_are_committed(llama, engine):
    served = engine(adapter="llamacpp", base_url=f"{llama(4096, 'alternating').url}/v1")
    scenarios = served.scenarios()
    assert len(scenarios) == 4
    for scenario in scenarios:
        play(served, scenario)


@pytest.mark.parametrize("template", ["lenient", "system-first", "alternating"])
def test_an_adventure_fits_a_window_of_2048_tokens(llama, engine, template):
    play(engine(adapter="llamacpp", base_url=f"{llama(2048, template).url}/v1"), "pawned_moon")


def test_a_turn_outlives_a_model_server_that_is_killed_in_the_middle_of_it(llama, engine):
    server = llama(4096, "system-first")
    served = engine(adapter="llamacpp", base_url=f"{server.url}/v1", max_tokens=256)
    game = served.new_game("pawned_moon")
    sent = served.send(game, MESSAGES[0])
    with urllib.request.urlopen(f"{served.base}/v1/events/games/{game}?last_event_id=0", timeout=600) as events:
        assert any(line.startswith(b"event: chat.chunk") for line in events)
    server.process.kill()
    until("notice", lambda: call(f"{served.base}/v1/requests/{sent['request_id']}")["status"] == "queued")
    server.start()
    turn = served.ended(sent["request_id"])
    assert turn["status"] == "completed", turn
    assert turn["result"]["message"].strip()
    assert served.dead_letters() == []


def test_an_adventure_is_narrated_through_a_litellm_proxy(llama, engine, world):
    behind = {"model": "openai/any", "api_base": f"{llama(4096, 'alternating').url}/v1", "api_key": "none"}
    config = world.directory / "litellm.json"
    config.write_text(json.dumps({
        "model_list": [{"model_name": "team/story", "litellm_params": behind}],
        "general_settings": {"master_key": "sk-test"},
    }))
    port = free_port()
    world("litellm", ["litellm", "--config", config, "--host", "127.0.0.1", "--port", port, "--telemetry", "False"])
    until("proxy", lambda: call(f"http://127.0.0.1:{port}/health/liveliness"), 120)
    served = engine(
        adapter="openai", base_url=f"http://127.0.0.1:{port}/v1", model="team/story", api_key_env="LITELLM_KEY"
    )
    play(served, "ferry_crossing", MESSAGES[:2])

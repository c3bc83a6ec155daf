"""A running mock for the vendors' own Python clients. One server; every test has a namespace of its own."""

import json
import os
import pathlib
import subprocess
import urllib.request

import anthropic
import ollama
import openai
import pytest

ROOT = pathlib.Path(__file__).parents[3]
KEY = "sk-test-key"
USER = [{"role": "user", "content": "roll the dice"}]
SCHEMA = {
    "type": "object",
    "properties": {"place": {"type": "string"}, "steps": {"type": "integer"}},
    "required": ["place", "steps"],
    "additionalProperties": False,
}


@pytest.fixture(scope="session")
def server():
    binary = os.environ.get("MOCK_LLM", ROOT / "target/debug/mock-llm")
    process = subprocess.Popen([binary, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    yield process.stdout.readline().split()[-1]
    process.terminate()
    assert process.wait(timeout=10) == 0


class Mock:
    """A namespace that plays one script."""

    def __init__(self, server: str, name: str):
        self.name = name
        self.server = server
        self.base = f"{server}/t/{name}"

    def control(self, method: str, path: str, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/__mock{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.loads(response.read() or "null")

    def play(self, script):
        self.control("PUT", "/script", script)
        return self

    def says(self, *replies):
        """Every call is answered; the last reply repeats."""
        return self.play({"entries": [{"replies": list(replies)}]})

    def journal(self):
        return self.control("GET", "/journal")

    # Retries are counted by the tests that want them.
    def openai(self, **options):
        return openai.OpenAI(**{"base_url": f"{self.base}/v1", "api_key": KEY, "max_retries": 0, "timeout": 20, **options})

    def anthropic(self, **options):
        return anthropic.Anthropic(**{"base_url": self.base, "api_key": KEY, "max_retries": 0, "timeout": 20, **options})

    def ollama(self, **options):
        return ollama.Client(host=self.base, **{"timeout": 20, **options})


@pytest.fixture
def mock(server, request):
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[:100]
    mock = Mock(server, name)
    yield mock
    mock.control("GET", "/idle?wait=1")

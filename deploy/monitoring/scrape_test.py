#!/usr/bin/env python3
"""Prometheus scrapes a real API and a real worker under load and under faults, and then: promtool has nothing to say of what
they expose, it is what the engine's catalogue lists, every query of every dashboard and alert has data, the alerts that the
faults must raise are raised, and a scrape without a store still answers at once.

Needs redis-server, prometheus and promtool on PATH. Arguments: the engine, the mock model. Everything is on loopback and in a
temporary directory, and ends with the program."""
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
ENGINE, MOCK = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
# A process of a deployment with two providers stays below this.
MOST_SERIES = 300
# The longest that a scrape may take while the store is away, in seconds.
SCRAPE_LIMIT = 0.1

failures = []
processes = []


def check(holds, what):
    print("ok    " if holds else "FAILED", what)
    if not holds:
        failures.append(what)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(name, *command):
    log = open(DIR / f"{name}.log", "ab")
    process = subprocess.Popen(command, cwd=DIR, stdout=log, stderr=log)
    processes.append(process)
    return process


def call(url, body=None, method=None, limit=5.0):
    """Status and text; an error response is a response."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=limit) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def until(what, holds, limit=30.0):
    """Asks again until it holds: other programs announce nothing that could be awaited."""
    end = time.monotonic() + limit
    pause = threading.Event()
    while time.monotonic() < end:
        try:
            found = holds()
            if found:
                return found
        except (OSError, ValueError):
            pass
        pause.wait(0.1)
    check(False, f"{what}, within {limit:.0f} s")
    return None


def ask(query):
    _, text = call(f"{PROMETHEUS}/api/v1/query?" + urllib.parse.urlencode({"query": query}))
    answer = json.loads(text)
    if answer["status"] != "success":
        raise ValueError(answer["error"])
    return answer["data"]["result"]


def has_data(query):
    return any(sample["value"][1] != "NaN" for sample in ask(query))


def create(provider):
    status, text = call(f"{API}/v1/gamestate", {"scenario": "ferry_crossing", "provider": provider})
    assert status == 201, text
    return json.loads(text)["id"]


def say(game, message, **more):
    return call(f"{API}/v1/chat", {"game_state_id": game, "message": message, **more})


def dashboards():
    for source in tomllib.loads((HERE / "dashboards.toml").read_text())["dashboard"]:
        for panel in source["panel"]:
            for query, _ in panel["lines"]:
                yield f"{source['name']} / {panel['title']}", query


def start_worker():
    worker = start("worker", ENGINE, "--worker", "--config", "engine.toml", "--admin-listen", f"127.0.0.1:{WORKER_ADMIN}")
    until("the worker is ready", lambda: call(f"{WORKER}/readyz")[0] == 200)
    return worker


def follow(game, ended):
    """Reads a game's events until told to end."""
    try:
        with urllib.request.urlopen(f"{API}/v1/events/games/{game}", timeout=60) as stream:
            while not ended.is_set() and stream.readline():
                pass
    except OSError:
        pass


def load():
    """Play, and everything that a panel or an alert is about."""
    games = [create("mock") for _ in range(6)]
    ended = threading.Event()
    for game in games:
        threading.Thread(target=follow, args=(game, ended), daemon=True).start()
    until("streams are open", lambda: has_data("story_engine_event_streams > 3"))
    # Two more than a client may have.
    check([call(f"{API}/v1/events/games/{games[0]}")[0] for _ in range(2)] == [503, 503], "a stream beyond the limit is refused")

    worker = start_worker()
    say(create("broken"), "Nobody hears this.")
    say(games[1], "I sing.")
    # A worker that dies in the middle of a turn: the gate holds the model until the lease has expired.
    say(games[2], "I hold the rope.")
    until("a turn is held", lambda: json.loads(call(f"{API}/v1/queue")[1])["active"] == 1)
    check(say(games[2], "Am I next?", if_busy="reject")[0] == 409, "a busy game refuses who will not wait")
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    start_worker()
    call(f"{MOCK_URL}/__mock/gates/rope", {}, "POST")
    # In two parts with a scrape between: a rate needs what has grown from one scrape to the next, and a worker plays all of it in less than one.
    for first, last in ((0, 3), (3, 30)):
        for turn in range(first, last):
            for game in games:
                say(game, f"I look around for the {turn}th time.")
            call(f"{API}/v1/queue/games/{games[3]}/story-events", {"prompt": "A bell rings."})
        until("every turn but one ends", lambda: json.loads(call(f"{API}/v1/queue")[1])["depth"] <= 1, 60)
        until("Prometheus has seen it", lambda: has_data(f"sum(story_engine_request_seconds_count) >= {6 * last}"))
    call(f"{API}/v1/gamestate/00000000-0000-0000-0000-000000000000")
    until("Prometheus has seen it", lambda: has_data("max(story_engine_queue_depth) <= 1"))
    return ended


def exposed():
    names = set()
    for name, url in (("API", f"http://127.0.0.1:{API_ADMIN}"), ("worker", WORKER)):
        text = call(f"{url}/metrics")[1]
        lint = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        check(lint.returncode == 0 and not lint.stderr.strip(), f"promtool accepts the metrics of the {name} {lint.stdout}{lint.stderr}")
        series = sum(1 for line in text.splitlines() if line and not line.startswith("#"))
        check(series <= MOST_SERIES, f"the {name} exposes {series} series, at most {MOST_SERIES}")
        names |= set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    listed = set(re.findall(r'^    \(\s*"(story_engine_\w+)",\s*(?:Counter|Gauge|Histogram|Summary)', CATALOGUE, re.MULTILINE))
    ours = {name for name in names if not name.startswith("process_")}
    check(len(listed) > 30 and ours == listed, f"what is exposed is what the catalogue lists; they differ in {sorted(ours ^ listed)}")


def queries():
    for where, query in dashboards():
        query = query.replace("$__rate_interval", "1m").replace("$__range", "2m")
        check(until(f"data for {where}: {query}", lambda query=query: has_data(query), 15), f"{where}: {query[:100]}")
    rules = json.loads(call(f"{PROMETHEUS}/api/v1/rules")[1])["data"]["groups"][0]["rules"]
    for rule in rules:
        check(rule["health"] == "ok", f"alert {rule['name']} can be evaluated")
        for name in sorted(set(re.findall(r"story_engine_\w+", rule["query"]))):
            check(has_data(f"count({name})"), f"alert {rule['name']}: there is {name}")
    expected = {"StoryEngineDeadLetters", "StoryEngineLeasesExpired", "StoryEngineProviderPaused", "StoryEngineStreamsRefused"}

    def active():
        return {alert["labels"]["alertname"] for alert in json.loads(call(f"{PROMETHEUS}/api/v1/alerts")[1])["data"]["alerts"]}

    until("the alerts that the faults raise", lambda: expected <= active())
    check(expected <= active(), f"raised: {', '.join(sorted(active()))}")


def scrapes_without_a_store(redis):
    def both_answer(how):
        for name, url in (("API", f"http://127.0.0.1:{API_ADMIN}"), ("worker", WORKER)):
            began = time.monotonic()
            status, _ = call(f"{url}/metrics")
            took = time.monotonic() - began
            # A machine that is busy with other things is given the time of three scrapes.
            check(status == 200 and took < 3 * SCRAPE_LIMIT, f"with Redis {how} a scrape of the {name} takes {took * 1000:.0f} ms")

    redis.send_signal(signal.SIGSTOP)
    both_answer("frozen")
    redis.send_signal(signal.SIGCONT)
    redis.kill()
    redis.wait()
    both_answer("dead")
    until("an alert that the store is down", lambda: "StoryEngineStoreDown" in call(f"{PROMETHEUS}/api/v1/alerts")[1])
    check("StoryEngineStoreDown" in call(f"{PROMETHEUS}/api/v1/alerts")[1], "a dead Redis raises StoryEngineStoreDown")


def main():
    redis = start("redis", "redis-server", "--port", str(REDIS), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                  "--maxmemory", "256mb", "--maxmemory-policy", "noeviction")
    start("mock", MOCK, "--listen", MOCK_URL.removeprefix("http://"), "--script", str(ROOT / "fixtures/models/obedient.json"))
    (DIR / "engine.toml").write_text(f"""
default_provider = "mock"
content = "{ROOT}/fixtures/content"
[redis]
url = "redis://127.0.0.1:{REDIS}"
[worker]
game_lock_ttl_seconds = 1.0
[sse]
max_streams_per_client = 6
[providers.mock]
adapter = "openai"
model = "mock-model"
base_url = "{MOCK_URL}/v1/"
max_concurrent = 4
price = {{ prompt = 3.0, completion = 15.0 }}
[providers.broken]
adapter = "openai"
model = "mock-model"
base_url = "http://127.0.0.1:{free_port()}/v1/"
""")
    (DIR / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{HERE.resolve()}/alerts.yml"]
scrape_configs:
  - job_name: story-engine
    static_configs: [{{targets: ["127.0.0.1:{API_ADMIN}", "127.0.0.1:{WORKER_ADMIN}"]}}]
""")
    until("Redis is ready", lambda: socket.create_connection(("127.0.0.1", REDIS), 1))
    start("api", ENGINE, "--config", "engine.toml", "--listen", API.removeprefix("http://"), "--admin-listen", f"127.0.0.1:{API_ADMIN}")
    start("prometheus", "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb",
          f"--web.listen-address={PROMETHEUS.removeprefix('http://')}", "--log.level=warn")
    until("the API is ready", lambda: call(f"{API}/ready")[0] == 200)
    until("Prometheus is ready", lambda: call(f"{PROMETHEUS}/-/ready")[0] == 200)
    ended = load()
    exposed()
    queries()
    scrapes_without_a_store(redis)
    ended.set()


CATALOGUE = (ROOT / "engine/src/telemetry/catalogue.rs").read_text()
with tempfile.TemporaryDirectory() as directory:
    DIR = pathlib.Path(directory)
    REDIS, API_ADMIN, WORKER_ADMIN = free_port(), free_port(), free_port()
    API, MOCK_URL, PROMETHEUS = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
    WORKER = f"http://127.0.0.1:{WORKER_ADMIN}"
    try:
        main()
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT) if process.poll() is None else None
            process.kill()
            process.wait()
        if failures:
            for log in sorted(DIR.glob("*.log")):
                print(f"── {log.name}", *log.read_text(errors="replace").splitlines()[-15:], sep="\n")
print(f"{len(failures)} failed")
sys.exit(1 if failures else 0)

#!/usr/bin/env python3
"""A backup drill on each store: games are played, a copy is made meanwhile, and a second engine plays on from the copy. Nothing that
was committed before the copy is missing, `engine fsck` finds nothing, and a reader of the first engine is reset, not misled.

Arguments: the engine. The Redis part needs redis-server and redis-cli on PATH. Everything is on loopback and ends by itself."""
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid

ENGINE = str(pathlib.Path(sys.argv[1]).resolve())
GAMES, TURNS = 8, 6
processes = []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(directory, *command):
    log = open(directory / "log", "ab")
    processes.append(subprocess.Popen(command, cwd=directory, stdout=log, stderr=log))
    return processes[-1]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def until(what, holds, limit=30.0):
    """Asks again until it holds: other programs announce nothing that could be awaited."""
    end, pause = time.monotonic() + limit, threading.Event()
    while time.monotonic() < end:
        try:
            if holds():
                return
        except (OSError, http.client.HTTPException):
            pass
        pause.wait(0.05)
    raise SystemExit(f"{what}: not within {limit:.0f} s")


def call(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, json.dumps(body) if body else None, {"content-type": "application/json", **(headers or {})})
        response = connection.getresponse()
        text = response.read().decode()
        assert response.status < 300, f"{method} {path}: {response.status} {text}"
        return json.loads(text)
    finally:
        connection.close()


def engine(directory, *flags):
    port = free_port()
    start(directory, ENGINE, "--listen", f"127.0.0.1:{port}", "--admin-listen", "off", *flags)
    until("the engine", lambda: call(port, "GET", "/ready"))
    return port


def say(port, game):
    return call(port, "POST", "/v1/chat", {"game_state_id": game, "message": "I look around."}, {"Idempotency-Key": str(uuid.uuid4())})


def first_event(port, game, last):
    """What a reader gets who goes on after `last`; None if nothing comes, because the copy has all that the reader knows."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", f"/v1/events/games/{game}", headers={"Last-Event-ID": last})
        stream = connection.getresponse()
        while line := stream.readline().decode():
            if line.startswith("event: "):
                return line.removeprefix("event: ").strip()
    except TimeoutError:
        return None
    finally:
        connection.close()


def drill(name, first, copy, second):
    """`first` starts an engine, `copy` makes a copy of its store, `second` starts an engine on that and checks it."""
    port = first()
    games = [call(port, "POST", "/v1/gamestate", {"scenario": "ferry_crossing"})["id"] for _ in range(GAMES)]
    for _ in range(TURNS):
        for game in games:
            say(port, game)
    turns = lambda of: {game: call(of, "GET", f"/v1/gamestate/{game}")["turn_counter"] for game in games}
    until("a turn of each game", lambda: all(turn >= 1 for turn in turns(port).values()))
    before = turns(port)
    copy()
    until("every turn", lambda: all(turn >= TURNS for turn in turns(port).values()), 60)
    last = {game: call(port, "GET", f"/v1/gamestate/{game}")["cursor"] for game in games}
    other = second()
    restored = turns(other)
    assert all(restored[game] >= before[game] for game in games), f"{name}: lost: {before} {restored}"
    events = {first_event(other, game, last[game]) for game in games}
    assert events <= {"stream.reset", None} and "stream.reset" in events, f"{name}: readers get {events}"
    until("the requests of the copy", lambda: all(turn >= TURNS for turn in turns(other).values()), 60)
    print(f"{name}: {sum(before.values())} turns before the copy, all of them in it; {GAMES * TURNS} after its queue was worked off")


def embedded(work):
    one, two, copy = work / "one", work / "two", work / "copy.db"

    def second():
        run(ENGINE, "restore", str(copy), "--data-dir", str(two))
        print(run(ENGINE, "fsck", "--data-dir", str(two)), end="")
        return engine(work, "--data-dir", str(two))

    drill("embedded", lambda: engine(work, "--data-dir", str(one)), lambda: run(ENGINE, "backup", str(copy), "--data-dir", str(one)), second)


def redis(work, by_engine=True):
    def server(port, directory):
        directory.mkdir(exist_ok=True)
        start(directory, "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory))
        until("Redis", lambda: socket.create_connection(("127.0.0.1", port), 1))

    def both(port):
        url = f"redis://127.0.0.1:{port}"
        start(work, ENGINE, "--worker", "--redis-url", url, "--admin-listen", "off")
        return engine(work, "--redis-url", url)

    ports, copy = (free_port(), free_port()), work / "copy"
    (work / "two").mkdir(exist_ok=True)

    def first():
        server(ports[0], work / "one")
        return both(ports[0])

    def second():
        server(ports[1], work / "two")
        if by_engine:
            print(run(ENGINE, "restore", str(copy), "--redis-url", f"redis://127.0.0.1:{ports[1]}"), end="")
        print(run(ENGINE, "fsck", "--redis-url", f"redis://127.0.0.1:{ports[1]}"), end="")
        return both(ports[1])

    def by_server():
        run("redis-cli", "-p", str(ports[0]), "--rdb", str(work / "two" / "dump.rdb"))

    if by_engine:
        drill("Redis", first, lambda: print(run(ENGINE, "backup", str(copy), "--redis-url", f"redis://127.0.0.1:{ports[0]}"), end=""), second)
    else:
        drill("Redis, by itself", first, by_server, second)


def redis_by_itself(work):
    redis(work, by_engine=False)


for part in [embedded] + [redis, redis_by_itself] * bool(shutil.which("redis-server") and shutil.which("redis-cli")):
    with tempfile.TemporaryDirectory() as name:
        try:
            part(pathlib.Path(name))
        except BaseException:
            print(*(pathlib.Path(name) / "log").read_text(errors="replace").splitlines()[-10:], sep="\n")
            raise
        finally:
            for process in reversed(processes):
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
            processes.clear()

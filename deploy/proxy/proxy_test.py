#!/usr/bin/env python3
"""Restarts two APIs one after the other behind each proxy of this directory that is installed, while players play: nobody gets an
error but a 503 that says when to come back, no event is missing or doubled, and every message is narrated once.

Needs redis-server, and nginx or haproxy on PATH. Arguments: the engine, and perhaps which proxy; `caddy` too, but its 2.6 answers
some messages with 502. Ends by itself, on loopback only."""
import http.client
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid

HERE = pathlib.Path(__file__).parent
ENGINE = str(pathlib.Path(sys.argv[1]).resolve())
PLAYERS = 20
ROUNDS = 2

processes = []
failed = []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(directory, name, *command):
    log = open(directory / f"{name}.log", "ab")
    process = subprocess.Popen(command, cwd=directory, stdout=log, stderr=log)
    processes.append(process)
    return process


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
        return response.status, response.read().decode()
    finally:
        connection.close()


class Player(threading.Thread):
    """Follows one game, and says the next thing when the last one is narrated."""

    def __init__(self, port, over):
        super().__init__(daemon=True)
        self.port, self.over = port, over
        self.statuses, self.broken, self.streams = {}, 0, 0
        self.last, self.completed, self.said, self.gaps = None, [], [], 0
        self.pause = threading.Event()

    def count(self, status):
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def ask(self, method, path, body=None, headers=None):
        """Repeats what got no answer or a 503, as a client should."""
        while True:
            try:
                status, text = call(self.port, method, path, body, headers)
                self.count(status)
                if status < 500:
                    return json.loads(text)
            except (OSError, http.client.HTTPException):
                self.broken += 1
            self.pause.wait(0.1)

    def speak(self):
        key = str(uuid.uuid4())
        accepted = self.ask("POST", "/v1/chat", {"game_state_id": self.game, "message": "I look around."}, {"Idempotency-Key": key})
        self.said.append(accepted["request_id"])

    def run(self):
        game = self.ask("POST", "/v1/gamestate", {"scenario": "pawned_moon"})
        self.game, self.last = game["id"], game["cursor"]
        self.speak()
        while not (self.over.is_set() and len(self.completed) == len(self.said)):
            self.follow()

    def follow(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        try:
            connection.request("GET", f"/v1/events/games/{self.game}", headers={"Last-Event-ID": self.last})
            response = connection.getresponse()
            self.count(response.status)
            if response.status != 200:
                response.read()
                self.pause.wait(0.1)
                return
            self.streams += 1
            number = name = None
            while line := response.readline():
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "id":
                    number = value
                elif field == "event":
                    name = value
                elif field == "data":
                    self.hear(number, name, json.loads(value))
                    if self.over.is_set() and len(self.completed) == len(self.said):
                        return
        except (OSError, http.client.HTTPException):
            self.broken += 1
        finally:
            connection.close()

    def hear(self, number, name, data):
        if number:
            epoch, offset = number.split(":")
            before = self.last.split(":")
            if epoch != before[0] or int(offset) != int(before[1]) + 1:
                self.gaps += 1
            self.last = number
        # Story events are narrated as well; nobody has said them.
        if name == "request.completed" and data["type"] == "chat":
            self.completed.append(data["request_id"])
            if not self.over.is_set():
                self.speak()


def proxy_of(kind, directory, port, apis):
    """Starts a proxy with the file that the documentation shows; only addresses are replaced."""
    name = {"nginx": "nginx.conf", "caddy": "Caddyfile", "haproxy": "haproxy.cfg"}[kind]
    text = (HERE / name).read_text().replace("10.0.0.1:8080", f"127.0.0.1:{apis[0]}").replace("10.0.0.2:8080", f"127.0.0.1:{apis[1]}")
    text = re.sub(r"listen 80\b", f"listen 127.0.0.1:{port}", text)
    text = re.sub(r"bind :80\b", f"bind 127.0.0.1:{port}", text)
    text = re.sub(r"^:80\b", f"http://127.0.0.1:{port}", text, flags=re.MULTILINE)
    if kind == "nginx":
        text = f"daemon off; error_log stderr; pid {directory}/nginx.pid; events {{ worker_connections 1024; }}\nhttp {{ access_log off;\n{text}\n}}"
        text = text.replace("access_log off;", "access_log off; " + " ".join(
            f"{temp}_temp_path {directory}/{temp};" for temp in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")))
    if kind == "caddy":
        text = f"{{\n\tadmin off\n\tstorage file_system {directory}/caddy\n}}\n{text}"
    (directory / name).write_text(text)
    command = {
        "nginx": ["nginx", "-p", str(directory), "-c", str(directory / name), "-e", "stderr"],
        "caddy": ["caddy", "run", "--adapter", "caddyfile", "--config", name],
        "haproxy": ["haproxy", "-db", "-f", name],
    }[kind]
    return start(directory, kind, *command)


def behind(kind, directory):
    redis, port, apis = free_port(), free_port(), [free_port(), free_port()]
    start(directory, "redis", "redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    (directory / "engine.toml").write_text(
        f'[redis]\nurl = "redis://127.0.0.1:{redis}"\n[http]\ntrusted_proxies = 1\n[offline]\nwords_per_second = 200.0\n')
    until("Redis", lambda: socket.create_connection(("127.0.0.1", redis), 1))

    def api(number):
        process = start(directory, f"api-{number}", ENGINE, "--config", "engine.toml", "--listen", f"127.0.0.1:{apis[number]}",
                        "--admin-listen", "off")
        until(f"API {number}", lambda: call(apis[number], "GET", "/ready")[0] == 200)
        return process

    running = [api(0), api(1)]
    start(directory, "worker", ENGINE, "--config", "engine.toml", "--worker", "--admin-listen", "off")
    proxy_of(kind, directory, port, apis)
    until(kind, lambda: call(port, "GET", "/ready")[0] == 200)
    assert call(port, "GET", "/metrics")[0] == 404, "the proxy shows what is for operators"

    over = threading.Event()
    players = [Player(port, over) for _ in range(PLAYERS)]
    for player in players:
        player.start()
    until("every player has heard a turn", lambda: all(player.completed for player in players))
    for _ in range(ROUNDS):
        for number in range(2):
            heard = [len(player.completed) for player in players]
            running[number].send_signal(signal.SIGTERM)
            running[number].wait()
            running[number] = api(number)
            until("every player goes on", lambda heard=heard: all(len(p.completed) > n for p, n in zip(players, heard)))
    over.set()
    for player in players:
        player.join(30)

    statuses = {}
    for player in players:
        for status, count in player.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    turns, broken = sum(len(p.completed) for p in players), sum(p.broken for p in players)
    wrong = [
        f"{status}: {count} times" for status, count in sorted(statuses.items()) if status >= 400 and status != 503
    ]
    if any(player.is_alive() for player in players):
        wrong.append("a player still waits")
    if any(player.gaps for player in players):
        wrong.append("events are missing or doubled")
    if any(player.said != player.completed for player in players):
        wrong.append("a message was not narrated exactly once, in order")
    streams = sum(p.streams for p in players)
    print(f"{kind}: {turns} turns, {streams} streams, {2 * ROUNDS} restarts, statuses {statuses}, {broken} connections broken off"
          f"{'; WRONG: ' + '; '.join(wrong) if wrong else ''}")
    failed.extend(f"{kind}: {what}" for what in wrong)


kinds = [kind for kind in sys.argv[2:] or ("nginx", "haproxy") if shutil.which(kind) or kind in sys.argv[2:]]
if not kinds:
    sys.exit("neither nginx nor haproxy is installed")
for kind in kinds:
    with tempfile.TemporaryDirectory() as name:
        try:
            behind(kind, pathlib.Path(name))
        finally:
            # In reverse: who ends must not find its store gone.
            for process in reversed(processes):
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
            processes.clear()
            if sys.exc_info()[0] or any(what.startswith(kind) for what in failed):
                for log in sorted(pathlib.Path(name).glob("*.log")):
                    print(f"── {log.name}", *log.read_text(errors="replace").splitlines()[-10:], sep="\n")
sys.exit(1 if failed else 0)

#!/usr/bin/env python3
"""Plays one turn from Python: creates a game, follows its events, says something, and goes on after a break.

    pip install httpx httpx-sse
    python follow.py http://127.0.0.1:8080 ferry_crossing "I look around."
"""
import sys
import time
import uuid

import httpx
from httpx_sse import connect_sse


def say(http, game, message):
    """Accepted once, however often it is sent: no answer and 503 are repeated under the same key."""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    while True:
        try:
            answer = http.post("/v1/chat", json={"game_state_id": game, "message": message}, headers=headers)
            if answer.status_code != 503:
                answer.raise_for_status()
                return answer.json()["request_id"]
        except httpx.TransportError:
            pass
        time.sleep(1)


def events(http, game, last):
    """The game's events after `last`, without end: a stream that breaks is resumed."""
    while True:
        try:
            # Longer than sse.keepalive_seconds (30): a stream says something that often.
            with connect_sse(http, "GET", f"/v1/events/games/{game}", headers={"Last-Event-ID": last}, timeout=60) as source:
                for event in source.iter_sse():
                    last = event.id or last
                    yield event.event, event.json()
        except httpx.TransportError:
            pass
        time.sleep(1)


def main(server, scenario, message):
    with httpx.Client(base_url=server) as http:
        game = http.post("/v1/gamestate", json={"scenario": scenario}).raise_for_status().json()
        request = say(http, game["id"], message)
        for name, data in events(http, game["id"], game["cursor"]):
            if data.get("request_id") != request:
                continue
            if name == "chat.chunk":
                print(data["content"], end="", flush=True)
            elif name == "attempt.superseded":
                print("\n[what was shown so far is void]")
            elif name in ("request.completed", "request.failed", "request.cancelled"):
                print(f"\n[{name}]")
                return 0 if name == "request.completed" else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))

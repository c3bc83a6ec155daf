"""Holds a running engine to its `/openapi.json`: the document is valid, and every answer to generated requests, the sensible
and the senseless, has a status, a type and a shape that it names.

The engine is given something to answer with first: a game with a turn behind it, and one that may be deleted. What becomes of
a valid request is the engine's affair (a scenario that is not there is refused), so only the answers are judged.
"""

import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

SEED = "1"
EXAMPLES = "25"


def call(base, method, path, body=None):
    request = urllib.request.Request(base + path, method=method)
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, data, timeout=10) as answer:
        return json.loads(answer.read() or "null")


def until(what, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := condition():
                return found
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"within {seconds} s: no {what}")


def scene(base):
    """Ids by operation, so that it is more than 404 that is answered."""
    scenario = call(base, "GET", "/v1/scenarios")[0]["id"]
    game, doomed = (call(base, "POST", "/v1/gamestate", {"scenario": scenario})["id"] for _ in range(2))
    request = call(base, "POST", "/v1/chat", {"game_state_id": game, "message": "I look around."})["request_id"]
    until("turn", lambda: call(base, "GET", f"/v1/requests/{request}")["status"] == "completed")
    named = {kind: call(base, "GET", f"/v1/{kind}") for kind in ["scenarios", "pcs", "narrators", "monsters", "npcs"]}
    ids = {
        "GET /v1/gamestate/{id}": game,
        "PATCH /v1/gamestate/{id}": game,
        "DELETE /v1/gamestate/{id}": doomed,
        "GET /v1/requests/{id}": request,
        "DELETE /v1/requests/{id}": request,
        "GET /v1/queue/games/{id}": game,
        "GET /v1/queue/games/{id}/story-events": game,
        "POST /v1/queue/games/{id}/story-events": game,
        "DELETE /v1/queue/games/{id}/story-events": game,
    }
    names = {f"GET /v1/{kind}/{{name}}": all[0]["id"] for kind, all in named.items() if all}
    names["GET /problems/{name}"] = "unknown-game"
    return ids, names


def main(engine):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    tools = pathlib.Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as directory:
        command = [engine, "--data-dir", f"{directory}/data", "--listen", f"127.0.0.1:{port}"]
        log = open(f"{directory}/engine.log", "w")
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            until("engine", lambda: call(base, "GET", "/ready"))
            document = pathlib.Path(directory) / "openapi.json"
            document.write_text(json.dumps(call(base, "GET", "/openapi.json")))
            subprocess.run([tools / "openapi-spec-validator", document], check=True)
            ids, names = scene(base)
            config = pathlib.Path(directory) / "schemathesis.toml"
            known = [(operation, "id", value) for operation, value in ids.items()]
            known += [(operation, "name", value) for operation, value in names.items()]
            config.write_text(
                # A wrong version is refused by a status of its own.
                "[checks.negative_data_rejection]\nexpected-statuses = [400, 404, 405, 409, 412, 413, 415, 422, 429]\n\n"
                + "".join(
                    f'[[operations]]\ninclude-name = "{operation}"\nparameters = {{ "path.{name}" = "{value}" }}\n\n'
                    for operation, name, value in known
                )
            )
            command = [tools / "schemathesis", "--config-file", config, "run", f"{base}/openapi.json"]
            command += ["--phases", "coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", SEED]
            # Streams end when they are asked to, and have tests of their own.
            # `ignored_auth`: this engine runs without keys. Who may call what with keys is tested in `api/rights_tests.rs`.
            command += ["--exclude-path-regex", "^/v1/events", "--exclude-checks", "positive_data_acceptance,ignored_auth"]
            command += ["--warnings", "off", "--request-timeout", "10"]
            return subprocess.run(command, cwd=directory, check=False).returncode
        finally:
            process.terminate()
            process.wait(20)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))

"""A chat on LangGraph's server: the same turns that `harness bench turns --against langgraph` gives story-engine.

    main.py --model http://127.0.0.1:9000 --workers 2 --slots 5 --dir DIRECTORY

starts `langgraph dev`, which is one process whatever is said, and prints its address. It is spoken to as its own clients do:

    POST /threads                a conversation
    POST /threads/{id}/runs      a message: `multitask_strategy` "enqueue", `durability` "exit", so that a turn is committed once
    GET  /threads/{id}/stream    event stream: `custom` {"id", "text"}, and `metadata` when a run is done
    GET  /threads/{id}/state     what is in the store

`langgraph dev` is the server for development: it keeps threads, runs and queue in its memory, and writes them to files now and then. The
one for production keeps them in Postgres and Redis and needs a licence, so it cannot be measured here; it has more to do for a turn, and may use
more than one process.

Where a default would only make it slow it is changed: it logs warnings only, it does not look for blocking calls, and it runs as many turns
at once as all workers of story-engine together.

Left out, because the job does not need it: idempotency keys, limits, cancelling, undo, fairness, content and rules; and nothing survives
its end.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--slots", type=int, default=5)
    arguments.add_argument("--dir", default=".", help="where it writes its files")
    given = arguments.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Paths in it are taken from where the server runs.
    config = Path(given.dir) / "langgraph.json"
    config.write_text(json.dumps({"dependencies": [str(HERE)], "graphs": {"chat": f"{HERE}/graph.py:graph"}}))
    command = [Path(sys.executable).with_name("langgraph"), "dev", "--config", config.resolve()]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-browser", "--no-reload", "--allow-blocking"]
    command += ["--n-jobs-per-worker", str(given.workers * given.slots), "--server-log-level", "WARNING"]
    quiet = {"LOG_LEVEL": "WARNING", "LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGSMITH_TRACING": "false"}
    environment = os.environ | quiet | {"MODEL_URL": given.model}
    server = subprocess.Popen(command, cwd=given.dir, env=environment, stdout=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    url = f"http://127.0.0.1:{port}"
    while server.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/ok").close()
            print(f"langgraph-peer listening on {url}", flush=True)
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    sys.exit(server.wait())


if __name__ == "__main__":
    main()

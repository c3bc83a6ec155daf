"""The server of llama.cpp with one small model, as a process that tests can kill: `llama_server.py MODEL PORT N_CTX TEMPLATE`.

It prints its address once it listens, and serves until it is killed.
"""

import os
import pathlib
import signal
import sys

import xllamacpp


def main(model, port, n_ctx, template):
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.port = int(port)
    params.n_ctx = int(n_ctx)
    # One slot has the whole window, and a second one would only share two cores.
    params.n_parallel = 1
    params.use_jinja = True
    params.chat_template = pathlib.Path(template).read_text()
    params.endpoint_props = True
    params.warmup = False
    # A thread that spins until the others have caught up costs a hundred times what it saves where processors are shared.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = len(os.sched_getaffinity(0))
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    # A model that never ends a line must not hold up the tests, whatever the caller asks for.
    params.n_predict = 512
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])

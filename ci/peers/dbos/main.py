"""A chat on durable workflows: DBOS on Postgres, the same turns that `harness bench turns --against dbos` gives story-engine.

    main.py --model http://127.0.0.1:9000 --workers 2 --slots 5

starts a Postgres of its own, one process that speaks HTTP and so many workers, and prints its address. Paths and events are those of
`ci/peers/saq`.

As DBOS's documentation has it: a turn is a workflow with a step for each call of the model; a datasource's transaction reads the conversation,
and another commits state and history with the workflow's checkpoint; a partitioned queue runs one workflow of a conversation at a time, in
order; tokens are written to the workflow's stream and read from it by a `DBOSClient`, which LISTEN/NOTIFY wakes.

Where a default would only make it slow it is changed, so that it is measured at its best: a queue is asked for work every 50 ms and not
every second, pools are as large as the load, and Postgres syncs nothing.

Left out, because the job does not need it: idempotency keys, a log from which a client that was away could go on (the streams
are in Postgres, and nothing serves them), limits, cancelling, undo, fairness, content and rules. Recovery is DBOS's own and on.
"""

import argparse
import asyncio
import collections
import contextlib
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import orjson
import sqlalchemy as sa
import uvloop
from aiohttp import web
from dbos import DBOS, AsyncSQLAlchemyDatasource, DBOSClient
from sqlalchemy.ext.asyncio import create_async_engine

sys.path.append(str(Path(__file__).parents[1]))
import job
import postgres
from events import EventStreams, frame

QUEUE = "turns"
POLL = 0.05
POOL = 30
SCHEMA = """
create table conversations (id text primary key, state jsonb not null);
create table messages (conversation text not null, number serial, role text not null, content text not null,
    primary key (conversation, number));
"""
NEW = sa.text("insert into conversations (id, state) values (:id, cast(:state as jsonb))")
STATE = sa.text("select state from conversations where id = :id")
HISTORY = sa.text("select role, content from messages where conversation = :id order by number desc limit :window")
UPDATE = sa.text("update conversations set state = cast(:state as jsonb) where id = :id")
APPEND = sa.text("insert into messages (conversation, role, content) values (:id, :role, :content)")
COUNT = sa.text("select count(*) from messages where conversation = :id")


def text(value):
    return orjson.dumps(value).decode()


async def work(url, model_url, slots, number):
    config = {
        "name": "chat",
        "system_database_url": url,
        "executor_id": f"worker-{number}",
        "application_version": "1",
        "sys_db_pool_size": POOL,
        "log_level": "WARNING",
    }
    DBOS(config=config)
    model = job.Model(model_url)
    store = await AsyncSQLAlchemyDatasource.create(url, engine_kwargs={"pool_size": POOL})

    @store.transaction(isolation_level="READ COMMITTED")
    async def read(conversation):
        session = store.sql_session()
        state = (await session.execute(STATE, {"id": conversation})).scalar_one()
        rows = (await session.execute(HISTORY, {"id": conversation, "window": job.WINDOW})).all()
        return {"state": state, "history": [{"role": role, "content": content} for role, content in reversed(rows)]}

    @DBOS.step()
    async def narrate(history, message):
        narration = ""
        async for piece in model.narrate(history, message):
            narration += piece
            await DBOS.write_stream_async("events", {"text": piece})
        return narration

    @DBOS.step()
    async def extract(state, narration):
        return await model.extract(state, narration)

    @store.transaction(isolation_level="READ COMMITTED")
    async def commit(conversation, state, said):
        session = store.sql_session()
        await session.execute(UPDATE, {"id": conversation, "state": text(state)})
        await session.execute(APPEND, [{"id": conversation, **entry} for entry in said])

    @DBOS.workflow(name="turn")
    async def turn(conversation, message):
        before = await read(conversation)
        narration = await narrate(before["history"], message)
        state = job.apply(before["state"], await extract(before["state"], narration))
        await commit(conversation, state, job.said(message, narration))
        await DBOS.write_stream_async("events", {"turn": state["turns"]})

    DBOS.listen_queues([QUEUE])
    DBOS.launch()
    await DBOS.register_queue_async(QUEUE, partition_concurrency=1, worker_concurrency=slots, polling_interval_sec=POLL)
    print("working", flush=True)
    await asyncio.Event().wait()


async def serve(url):
    store = create_async_engine(url, pool_size=POOL)
    client = DBOSClient(system_database_url=url, system_database_pool_size=POOL, use_listen_notify=True)
    streams = EventStreams()
    accepted = collections.defaultdict(asyncio.Queue)
    following = set()

    async def create(_):
        conversation = str(uuid.uuid4())
        async with store.begin() as connection:
            await connection.execute(NEW, {"id": conversation, "state": text(job.new_state())})
        following.add(asyncio.create_task(follow(conversation)))
        return web.Response(status=201, text=text({"id": conversation}), content_type="application/json")

    async def accept(request):
        conversation = request.match_info["id"]
        message = orjson.loads(await request.read())["message"]
        options = {"queue_name": QUEUE, "workflow_name": "turn", "queue_partition_key": conversation, "app_version": "1"}
        handle = await client.enqueue_async(options, conversation, message)
        accepted[conversation].put_nowait(handle.workflow_id)
        return web.Response(status=202, text=text({"id": handle.workflow_id}), content_type="application/json")

    async def follow(conversation):
        """Sends on the streams of a conversation's turns, one after the other."""
        while True:
            turn = await accepted[conversation].get()
            async for event in client.read_stream_async(turn, "events"):
                done = "turn" in event
                streams.publish(conversation, frame("done" if done else "chunk", {"id": turn, **event}))
                if done:
                    break

    async def events(request):
        return await streams.respond(request, request.match_info["id"])

    async def show(request):
        id = {"id": request.match_info["id"]}
        async with store.connect() as connection:
            state = (await connection.execute(STATE, id)).scalar_one()
            messages = (await connection.execute(COUNT, id)).scalar_one()
        return web.Response(text=text({"turns": state["turns"], "messages": messages}), content_type="application/json")

    app = web.Application()
    app.router.add_post("/conversations", create)
    app.router.add_post("/conversations/{id}/messages", accept)
    app.router.add_get("/conversations/{id}/events", events)
    app.router.add_get("/conversations/{id}", show)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(f"dbos-peer listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    ended = asyncio.Event()
    # Ends in good order, so that the workers and Postgres are notified.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    # Its threads wait for the database, which is about to go.
    sys.stdout.flush()


def prepare(url):
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(SCHEMA)
    engine.dispose()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--slots", type=int, default=5)
    arguments.add_argument("--work", help="be a worker on this database")
    arguments.add_argument("--number", help="of this worker")
    given = arguments.parse_args()
    if given.work:
        uvloop.run(work(given.work, given.model, given.slots, given.number))
        return
    with postgres.running() as url:
        prepare(url)
        workers = []
        try:
            for number in range(given.workers):
                command = [sys.executable, *sys.argv, "--work", url, "--number", str(number)]
                workers.append(subprocess.Popen(command, stdout=subprocess.PIPE))
                # One after the other: the first makes DBOS's tables.
                if not workers[-1].stdout.readline():
                    raise SystemExit("a worker has ended before it was ready")
            uvloop.run(serve(url))
        finally:
            for worker in workers:
                worker.kill()


if __name__ == "__main__":
    main()

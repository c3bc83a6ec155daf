"""A chat on a job queue: SAQ on Redis, the same turns that `harness bench turns --against saq` gives story-engine.

    main.py --redis unix:///path/to/redis.sock --model http://127.0.0.1:9000 --workers 2 --slots 5

starts one process that speaks HTTP and so many workers, and prints its address.

    POST /conversations               201 {"id": …}
    POST /conversations/{id}/messages 202 {"id": …}: queued
    GET  /conversations/{id}/events   event stream: `chunk` {"id", "text"}, `done` {"id", "turn"}
    GET  /conversations/{id}          {"turns", "messages"}: what is in the store

SAQ has no order among jobs. A conversation has a list of the messages that wait; a message that finds it empty pushes a job, and a job that
leaves others behind pushes the next. One MULTI writes state, history and event, and takes the message from the list.

Left out, because the job does not need it: recovery (a worker that dies leaves its conversation stuck, with SAQ's retry the turn would be
narrated again, and nothing keeps the second from committing after the first; a sweep, every 60 s, that meets a job between its fetch and its
first write has it run twice without any worker dying), idempotency keys, a log of events from which a client
that was away could go on, limits, cancelling, undo, fairness, content and rules. Redis keeps whatever its settings say.
"""

import argparse
import asyncio
import contextlib
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import orjson
import redis.asyncio
import saq
import uvloop
from aiohttp import web
from saq.queue.redis import RedisQueue

sys.path.append(str(Path(__file__).parents[1]))
import job
from events import EventStreams, frame

# How long a turn may take: SAQ's own 10 s are too short for a model.
TIMEOUT = 120


def inbox(conversation):
    return f"conversation:{conversation}:inbox"


def state_key(conversation):
    return f"conversation:{conversation}:state"


def history_key(conversation):
    return f"conversation:{conversation}:history"


def channel(conversation):
    return f"events:{conversation}"


async def push(queue, conversation):
    await queue.enqueue("turn", conversation=conversation, timeout=TIMEOUT)


async def turn(context, *, conversation):
    """The job: the message at the head of the conversation's list."""
    store, model = context["store"], context["model"]
    async with store.pipeline(transaction=False) as read:
        read.lindex(inbox(conversation), 0)
        read.get(state_key(conversation))
        read.lrange(history_key(conversation), -job.WINDOW, -1)
        head, state, history = await read.execute()
    head, state = orjson.loads(head), orjson.loads(state)
    narration = ""
    async for text in model.narrate([orjson.loads(entry) for entry in history], head["message"]):
        narration += text
        await store.publish(channel(conversation), frame("chunk", {"id": head["id"], "text": text}))
    state = job.apply(state, await model.extract(state, narration))
    async with store.pipeline(transaction=True) as commit:
        commit.set(state_key(conversation), orjson.dumps(state))
        commit.rpush(history_key(conversation), *map(orjson.dumps, job.said(head["message"], narration)))
        commit.lpop(inbox(conversation))
        commit.publish(channel(conversation), frame("done", {"id": head["id"], "turn": state["turns"]}))
        commit.llen(inbox(conversation))
        *_, waiting = await commit.execute()
    if waiting:
        await push(context["queue"], conversation)


async def work(redis_url, model_url, slots):
    queue = RedisQueue(redis.asyncio.from_url(redis_url))

    async def startup(context):
        context["queue"] = queue
        context["store"] = redis.asyncio.from_url(redis_url)
        context["model"] = job.Model(model_url)
        print("working", flush=True)

    await saq.Worker(queue, functions=[turn], concurrency=slots, startup=startup).start()


async def serve(redis_url):
    store = redis.asyncio.from_url(redis_url)
    queue = RedisQueue(redis.asyncio.from_url(redis_url))
    await queue.connect()
    streams = EventStreams()

    async def create(_):
        conversation = str(uuid.uuid4())
        await store.set(state_key(conversation), orjson.dumps(job.new_state()))
        return web.Response(status=201, body=orjson.dumps({"id": conversation}), content_type="application/json")

    async def accept(request):
        conversation = request.match_info["id"]
        entry = {"id": str(uuid.uuid4()), "message": orjson.loads(await request.read())["message"]}
        if await store.rpush(inbox(conversation), orjson.dumps(entry)) == 1:
            await push(queue, conversation)
        return web.Response(status=202, body=orjson.dumps({"id": entry["id"]}), content_type="application/json")

    async def events(request):
        return await streams.respond(request, request.match_info["id"])

    async def show(request):
        conversation = request.match_info["id"]
        state = orjson.loads(await store.get(state_key(conversation)))
        shown = {"turns": state["turns"], "messages": await store.llen(history_key(conversation))}
        return web.Response(body=orjson.dumps(shown), content_type="application/json")

    async def forward(subscription):
        async for message in subscription.listen():
            if message["type"] == "pmessage":
                streams.publish(message["channel"].decode().removeprefix("events:"), message["data"])

    subscription = store.pubsub()
    await subscription.psubscribe(channel("*"))
    forwarding = asyncio.create_task(forward(subscription))
    app = web.Application()
    app.router.add_post("/conversations", create)
    app.router.add_post("/conversations/{id}/messages", accept)
    app.router.add_get("/conversations/{id}/events", events)
    app.router.add_get("/conversations/{id}", show)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(f"saq-peer listening on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    # Ends in good order, so that the workers are notified.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, forwarding.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await forwarding


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--redis", required=True)
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--slots", type=int, default=5)
    arguments.add_argument("--work", action="store_true", help="be a worker")
    given = arguments.parse_args()
    if given.work:
        uvloop.run(work(given.redis, given.model, given.slots))
        return
    command = [sys.executable, *sys.argv, "--work"]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(given.workers)]
    try:
        # A worker sweeps when it starts, and takes a job that another has just fetched for one that is stuck: it is run twice.
        if not all(worker.stdout.readline() for worker in workers):
            raise SystemExit("a worker has ended before it was ready")
        uvloop.run(serve(given.redis))
    finally:
        for worker in workers:
            worker.terminate()


if __name__ == "__main__":
    main()

"""Event streams to clients, for the peers that have no server of their own."""

import asyncio

import orjson
from aiohttp import web

# How many events a reader may be behind before its stream ends, which it sees.
BEHIND = 4096


def frame(name, data):
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


class EventStreams:
    """The readers of each conversation."""

    def __init__(self):
        self.readers = {}

    def publish(self, conversation, frame):
        for reader in self.readers.get(conversation, ()):
            if reader.qsize() == BEHIND:
                frame = None
            if reader.qsize() <= BEHIND:
                reader.put_nowait(frame)

    async def respond(self, request, conversation):
        reader = asyncio.Queue()
        readers = self.readers.setdefault(conversation, set())
        readers.add(reader)
        try:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
            await response.prepare(request)
            while (frame := await reader.get()) is not None:
                await response.write(frame)
        finally:
            readers.discard(reader)
        return response

"""A small service that knows nothing of the harness: rooms in which questions are answered, word by word, over SSE.

`--fault NAME` breaks it: `lost-word` (a piece of an answer is never sent), `gap` (an event's number is left out), `twice` (a
question is answered twice), `shy` (it never says where it is), `locked` (a room in which something was asked cannot be seen).
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

rooms = {}
questions = {}
changed = threading.Condition()
fault = sys.argv[sys.argv.index("--fault") + 1] if "--fault" in sys.argv else None


def answer(room, number, text):
    """Answers a question in the background."""
    words = ["Ask", "again", "later."] if "future" in text else ["Yes."]
    for word in words[1:] if fault == "lost-word" else words:
        publish(room, "word", {"question": number, "text": word + " "})
    with changed:
        questions[number].update(state="silent" if "nothing" in text else "answered", answer=" ".join(words))
    for _ in range(2 if fault == "twice" else 1):
        publish(room, "gave_up" if "nothing" in text else "answered", {"question": number})


def publish(room, name, data):
    with changed:
        events = rooms[room]["events"]
        number = len(events) + (2 if fault == "gap" and events else 1)
        events.append((number, name, json.dumps(data)))
        changed.notify_all()


class Oracle(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        parts = self.path.strip("/").split("/")
        if parts == ["rooms"]:
            with changed:
                room = len(rooms) + 1
                rooms[room] = {"topic": body.get("topic", "anything"), "asked": 0, "events": []}
            return self.say(201, {"room": room})
        if len(parts) == 3 and parts[2] == "questions" and int(parts[1]) in rooms:
            room = int(parts[1])
            if not body.get("text"):
                return self.say(400, {"error": "a question has a text"})
            with changed:
                number = f"q{len(questions) + 1}"
                questions[number] = {"state": "open", "answer": None, "by": body.get("by")}
                rooms[room]["asked"] += 1
            threading.Thread(target=answer, args=(room, number, body["text"])).start()
            return self.say(202, {"question": number})
        return self.say(404, {"error": "there is nothing here"})

    def do_GET(self):
        parts = self.path.strip("/").split("/")
        if parts[0] == "questions" and parts[1] in questions:
            return self.say(200, questions[parts[1]])
        if parts[0] == "rooms" and len(parts) == 2:
            room = rooms[int(parts[1])]
            if fault == "locked" and room["asked"]:
                return self.say(500, {"error": "the door is locked"})
            return self.say(200, {"topic": room["topic"], "asked": room["asked"]})
        if parts[0] == "rooms" and parts[2] == "feed":
            return self.feed(int(parts[1]), int(self.headers.get("Last-Event-ID", "n0")[1:]))
        return self.say(404, {"error": "there is nothing here"})

    def feed(self, room, last):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        while True:
            with changed:
                changed.wait_for(lambda: rooms[room]["events"] and rooms[room]["events"][-1][0] > last)
                events = [event for event in rooms[room]["events"] if event[0] > last]
            for number, name, data in events:
                self.wfile.write(f"id: n{number}\nevent: {name}\ndata: {data}\n\n".encode())
                last = number
            self.wfile.flush()

    def say(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Oracle)
server.daemon_threads = True
if fault == "shy":
    print("the oracle is busy", flush=True)
    print("it consults the stars", file=sys.stderr, flush=True)
    threading.Event().wait()
print(f"the oracle is in at http://127.0.0.1:{server.server_port}", flush=True)
if "--polite" in sys.argv:
    import signal

    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()

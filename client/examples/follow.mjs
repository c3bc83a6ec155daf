// Plays one turn from JavaScript, without a package: in Node 20 and later as it stands, in a browser with the URL of the page.
//
//     node follow.mjs http://127.0.0.1:8080 ferry_crossing "I look around."
//
// A browser's own EventSource follows a game too: `new EventSource(`${server}/v1/events/games/${id}?last_event_id=${cursor}`)`. It
// reconnects and sends Last-Event-ID by itself; listen to each event by name, and close it after 204.
const [server, scenario, message] = process.argv.slice(2);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const json = { "content-type": "application/json" };

// Accepted once, however often it is sent: no answer and 503 are repeated under the same key.
async function say(game, message) {
  const headers = { ...json, "idempotency-key": crypto.randomUUID() };
  const body = JSON.stringify({ game_state_id: game, message });
  for (;;) {
    const answer = await fetch(`${server}/v1/chat`, { method: "POST", headers, body }).catch(() => null);
    if (answer?.ok) return (await answer.json()).request_id;
    if (answer && answer.status !== 503) throw new Error(await answer.text());
    await pause(1000);
  }
}

// The game's events after `last`, for ever: a stream that ends goes on where it ended.
async function* events(game, last) {
  for (;;) {
    try {
      const response = await fetch(`${server}/v1/events/games/${game}`, { headers: { "last-event-id": last } });
      let text = "";
      for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
        text += part;
        // A blank line ends an event. Comments (": keepalive") and "retry:" are on lines of their own before the next one.
        for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
          const event = {};
          for (const line of text.slice(0, end).split("\n")) {
            const at = line.indexOf(": ");
            if (at > 0) event[line.slice(0, at)] = line.slice(at + 2);
          }
          if (event.data) {
            last = event.id ?? last;
            yield { name: event.event, data: JSON.parse(event.data) };
          }
        }
      }
    } catch (error) {
      if (error instanceof SyntaxError) throw error;
    }
    await pause(1000);
  }
}

const answer = await fetch(`${server}/v1/gamestate`, { method: "POST", headers: json, body: JSON.stringify({ scenario }) });
if (!answer.ok) throw new Error(await answer.text());
const game = await answer.json();
const request = await say(game.id, message);
for await (const { name, data } of events(game.id, game.cursor)) {
  if (data.request_id !== request) continue;
  if (name === "chat.chunk") process.stdout.write(data.content);
  if (name === "attempt.superseded") console.log("\n[what was shown so far is void]");
  if (["request.completed", "request.failed", "request.cancelled"].includes(name)) {
    console.log(`\n[${name}]`);
    process.exit(name === "request.completed" ? 0 : 1);
  }
}

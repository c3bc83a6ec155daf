// The page: a list of stories, or one story. Which one stands in the address, so that a reload, a bookmark and the way
// back lead to where the player was. What is shown comes from two places: the history from GET /v1/gamestate/{id}, and
// whatever is not in it yet from the game's events.
"use strict";

const at = (id) => document.getElementById(id);
const make = (name, className, text = "") => {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
};

async function call(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The engine cannot be reached. Is it running?");
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const fields = (body.errors ?? []).map((error) => error.detail).join("; ");
  throw new Error(fields || body.detail || body.title || `The engine answers ${answer.status}.`);
}

const post = (path, body, headers = {}) =>
  call(path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });

const complain = (error) => { at("problem").textContent = error ? error.message : ""; };

// One turn of the story: what was said, and what is told in answer.
class Turn {
  constructor(said) {
    this.element = make("li", "");
    this.said = make("p", "said", said ?? "");
    this.told = make("p", "told");
    this.state = make("p", "state");
    this.element.append(this.said, this.told, this.state);
  }

  is(className, state = "") {
    this.element.className = className;
    this.element.setAttribute("aria-busy", String(className === "writing"));
    this.state.textContent = state;
  }

  tell(text) {
    this.told.textContent = text;
  }

  add(text) {
    this.told.append(text);
    this.is("writing");
  }
}

class Story {
  constructor(id) {
    this.id = id;
    this.turns = new Map(); // the unfinished ones, by request
    this.version = -1;
    this.lastId = "";
    // Events are handled one after the other, also where handling one means to ask the engine.
    this.handled = Promise.resolve();
    this.closed = false;
    this.spoken = false;
  }

  async open() {
    await this.load();
    this.listen();
  }

  close() {
    this.closed = true;
    this.source?.close();
    clearTimeout(this.again);
  }

  // Reads the game and shows its history; whatever else was shown is taken away.
  async load() {
    const game = await call(`/v1/gamestate/${this.id}`);
    if (this.closed) return;
    this.game = game;
    this.version = game.version;
    this.turns.clear();
    at("story").replaceChildren();
    let turn = null;
    for (const { role, content, is_story_event: fromStory } of game.chat_history) {
      if (role === "user") {
        turn = new Turn(fromStory ? "" : content);
        at("story").append(turn.element);
      } else {
        if (!turn) at("story").append((turn = new Turn("")).element);
        turn.tell(content);
        turn = null;
      }
    }
    this.stand();
    scrollTo(0, document.body.scrollHeight);
  }

  // Where the player is, and whether there is more to come.
  stand() {
    const { game } = this;
    const place = game.locations?.[game.user_location]?.name ?? game.user_location ?? "";
    at("place").textContent = place;
    at("place").hidden = !place;
    at("end").hidden = !game.is_ended;
    at("say").hidden = Boolean(game.is_ended);
  }

  // A native EventSource reconnects and resumes by itself. Without a cursor the stream begins with what is under way.
  listen() {
    const from = this.lastId ? `?last_event_id=${encodeURIComponent(this.lastId)}` : "";
    this.source = new EventSource(`/v1/events/games/${this.id}${from}`);
    this.source.onopen = () => link("");
    this.source.onerror = () => {
      link("Connection lost, trying again …", "lost");
      // It gives up for good when it is refused; we do not.
      if (this.source.readyState !== EventSource.CLOSED || this.closed) return;
      this.again = setTimeout(() => this.listen(), 2000 + Math.random() * 2000);
    };
    for (const [name, handle] of Object.entries(this.handlers)) {
      this.source.addEventListener(name, ({ data, lastEventId }) => {
        this.lastId = lastEventId;
        this.handled = this.handled.then(() => this.take(handle, JSON.parse(data))).catch(complain);
      });
    }
  }

  async take(handle, event) {
    if (this.closed) return;
    const atEnd = innerHeight + scrollY >= document.body.scrollHeight - 80;
    await handle.call(this, event);
    // Whoever has just spoken wants to see the answer; whoever reads further up is left alone.
    if (atEnd || this.spoken) scrollTo(0, document.body.scrollHeight);
  }

  handlers = {
    "stream.snapshot": this.snapshot,
    "stream.reset": this.snapshot,
    "request.queued"(event) {
      this.turn(event).is("waiting", "waiting");
    },
    "request.processing"(event) {
      this.spoken = false;
      const turn = this.turn(event);
      // A narration that an earlier attempt has finished stands.
      turn.is(turn.told.textContent ? "writing" : "waiting", turn.told.textContent ? "" : "…");
    },
    "chat.chunk"(event) {
      this.turn(event).add(event.content);
    },
    "attempt.superseded"(event) {
      this.turn(event).tell("");
    },
    "request.retrying"(event) {
      this.turn(event).is("waiting", "The narrator has lost the thread and tries again …");
    },
    "request.completed"(event) {
      const turn = this.turn(event);
      turn.tell(event.result.message);
      turn.is("");
      this.turns.delete(event.request_id);
      // Read out whole, once, and not in the pieces in which it came.
      at("told").textContent = event.result.message;
    },
    "request.failed"(event) {
      this.drop(event, `This has not happened: ${event.error.title}.`);
    },
    "request.cancelled"(event) {
      this.drop(event, "Taken back.");
    },
    "game.state_updated"(event) {
      this.version = event.version;
      Object.assign(this.game, { user_location: event.location, is_ended: event.is_ended });
      this.stand();
    },
  };

  async snapshot(event) {
    if (event.version !== this.version || event.reason) await this.load();
    for (const turn of this.turns.values()) turn.element.remove();
    this.turns.clear();
    for (const request of event.unfinished) {
      const turn = this.turn(request);
      turn.tell(request.text);
      turn.is(request.text ? "writing" : "waiting", request.text ? "" : request.status === "queued" ? "waiting" : "…");
    }
  }

  drop(event, why) {
    const turn = this.turn(event);
    turn.tell("");
    turn.is("failed", why);
    at("told").textContent = why;
    this.turns.delete(event.request_id);
  }

  turn({ request_id: request, type, user_message: said }) {
    let turn = this.turns.get(request);
    if (!turn) {
      turn = new Turn(type === "chat" ? said : "");
      this.turns.set(request, turn);
      at("story").append(turn.element);
    }
    return turn;
  }
}

function link(text, className = "") {
  at("link").textContent = text;
  at("link").className = className;
}

let story = null;
let scenarios = [];

async function show() {
  story?.close();
  story = null;
  complain(null);
  link("");
  const id = decodeURIComponent(location.hash.slice(1));
  at("menu").hidden = Boolean(id);
  at("game").hidden = !id;
  at("leave").hidden = !id;
  at("place").hidden = true;
  try {
    scenarios = await call("/v1/scenarios");
    await (id ? play(id) : menu());
  } catch (error) {
    complain(error);
  }
}

// A game knows its scenario by its file, the list by the name without the ending.
const nameOf = (file) => {
  const id = file.replace(/\.json$/, "");
  return scenarios.find((scenario) => scenario.id === id)?.name ?? id;
};

async function play(id) {
  const opened = (story = new Story(id));
  await opened.open();
  if (opened.closed) return;
  at("title").textContent = document.title = nameOf(opened.game.scenario);
  at("message").focus({ preventScroll: true });
}

async function menu() {
  at("title").textContent = document.title = "story-engine";
  at("scenarios").replaceChildren(...scenarios.map(({ id, name, story: about, rating }) =>
    card(name, about, rating, async () => {
      const game = await post("/v1/gamestate", { scenario: id });
      location.hash = game.id;
    })));
  const { games } = await call("/v1/gamestate?limit=10");
  at("games-section").hidden = games.length === 0;
  at("games").replaceChildren(...games.map((game) => {
    const when = new Date(game.updated_at).toLocaleString();
    const turns = game.turn === 1 ? "1 turn" : `${game.turn} turns`;
    return card(nameOf(game.scenario), "", `${turns}, ${when}${game.is_ended ? ", ended" : ""}`, () => {
      location.hash = game.id;
    });
  }));
}

function card(name, about, note, choose) {
  const button = make("button", "");
  button.type = "button";
  button.append(make("strong", "", name), make("span", "", about ?? ""), make("small", "", note ?? ""));
  button.addEventListener("click", async () => {
    try {
      await choose();
    } catch (error) {
      complain(error);
    }
  });
  const item = make("li", "");
  item.append(button);
  return item;
}

async function say() {
  const [message, button] = [at("message"), at("say").querySelector("button")];
  const text = message.value.trim();
  if (!text || !story || button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  complain(null);
  try {
    // The key makes it one message, however often a shaky connection lets it be sent.
    const key = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");
    story.spoken = true;
    await post("/v1/chat", { game_state_id: story.id, message: text }, { "idempotency-key": key });
    message.value = "";
    fit();
  } catch (error) {
    complain(error);
  } finally {
    button.removeAttribute("aria-disabled");
    message.focus({ preventScroll: true });
  }
}

function fit() {
  const message = at("message");
  message.style.height = "auto";
  message.style.height = `${message.scrollHeight + 2}px`;
}

at("say").addEventListener("submit", (event) => {
  event.preventDefault();
  say();
});
at("message").addEventListener("keydown", (event) => {
  // While a word is being composed, Enter belongs to the input method.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  say();
});
at("message").addEventListener("input", fit);
at("leave").addEventListener("click", (event) => {
  event.preventDefault();
  location.hash = "";
});
addEventListener("hashchange", async () => {
  await show();
  // Whoever does not see the page change is taken to its top.
  if (!location.hash) at("title").focus();
});
show();

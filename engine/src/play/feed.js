// What the page learns of an open game: by its event stream, and where that does not get through, by asking.

import { get, pause } from "./api.js";

/// In milliseconds: how long the stream may be silent while something is awaited before the page asks, and how often
/// it asks then, while something is awaited and while nothing is.
const SILENCE_MS = 4000;
const ASK_MS = 1000;
const IDLE_ASK_MS = 5000;

export class Feed {
  /// Follows a [`Story`]; `link(key)` gets the state of the stream.
  constructor(story, link) {
    Object.assign(this, { story, link, lastId: "", closed: false, blocked: false });
    // Events are handled one after the other, also where handling one means to ask the engine.
    this.handled = Promise.resolve();
  }

  close() {
    this.closed = true;
    this.source?.close();
    clearTimeout(this.again);
    clearTimeout(this.watch);
  }

  // Without a cursor the stream begins with what is under way.
  listen() {
    const from = this.lastId ? `?last_event_id=${encodeURIComponent(this.lastId)}` : "";
    const source = (this.source = new EventSource(`/v1/events/games/${this.story.id}${from}`));
    this.begun = this.failing = this.asked = false;
    source.onopen = () => {
      this.failing = false;
      if (!this.blocked) this.link("");
    };
    source.onerror = async () => {
      const isFirst = !this.failing;
      this.failing = true;
      // The stream does not say why it ends: a deleted game must not look like a lost connection.
      if (isFirst) await Promise.race([this.look(), pause(ASK_MS)]);
      if (this.closed || source !== this.source || !this.failing) return;
      this.link("lost");
      // It gives up for good when it is refused.
      if (source.readyState === EventSource.CLOSED) this.relisten();
    };
    for (const name of Object.keys(this.story.handlers)) {
      source.addEventListener(name, ({ data, lastEventId }) => {
        if (source !== this.source) return;
        this.begun = true;
        this.lastId = lastEventId;
        if (this.blocked) this.link("");
        this.blocked = false;
        this.guard();
        if (isUpTo(lastEventId, this.shown)) return;
        const event = JSON.parse(data);
        this.handled = this.handled.then(() => this.story.take(name, event)).catch((error) => this.missed(error));
      });
    }
    this.guard();
  }

  // An event's read has failed: a new stream begins with what is there by then.
  missed(error) {
    if (this.closed || !error.isTransient) return this.story.trouble(error);
    this.source.close();
    this.lastId = "";
    this.link("lost");
    this.relisten();
  }

  relisten() {
    clearTimeout(this.again);
    this.again = setTimeout(async () => {
      const isThere = await this.look();
      if (this.closed) return;
      if (isThere) this.listen();
      else this.relisten();
    }, 1000 + Math.random() * 2000);
  }

  // Whether the engine answers. A game that is gone closes the story.
  async look() {
    try {
      await this.story.refresh();
      return true;
    } catch (error) {
      if (error.isGone) this.story.trouble(error);
      return false;
    }
  }

  /// Some proxies hold an event stream back. If it is silent while something is awaited, the page asks.
  guard() {
    clearTimeout(this.watch);
    if (this.closed) return;
    this.watch = setTimeout(async () => {
      try {
        if (this.blocked || !this.begun || this.story.turns.size > 0) await this.ask();
      } catch (error) {
        if (error.isGone) this.story.trouble(error);
      }
      this.guard();
    }, this.pause());
  }

  pause() {
    if (this.blocked) return this.story.turns.size > 0 ? ASK_MS : IDLE_ASK_MS;
    // What was held back once is held back again, even if some of it comes through.
    return this.asked ? 2 * ASK_MS : SILENCE_MS;
  }

  async ask() {
    const { story } = this;
    const known = [...story.turns.keys()];
    const ids = [...new Set([...known, ...(await this.lane())])].filter((id) => !story.finished.has(id));
    const views = await Promise.all(ids.map((id) => get(`/v1/requests/${id}`).catch(() => null)));
    if (this.closed) return;
    const news = views.filter((view) => view && this.isNews(view));
    if (!this.blocked && news.length === 0 && (this.begun || this.failing)) return;
    this.blocked = this.asked = true;
    this.link("blocked");
    for (const view of news) await story.take(`request.${view.status}`, { ...view, user_message: view.message });
    if (story.turns.size > 0 || this.closed) return;
    const { version } = story;
    await story.refresh();
    // Turns of others, or of the story: what the stream holds back of them is in the history.
    if (story.version !== version && !this.closed) {
      await story.load();
      this.shown = story.game.cursor;
    }
  }

  // The game's unfinished requests. Players with keys may not see the queue: then those that the page knows.
  async lane() {
    try {
      return (await get(`/v1/queue/games/${this.story.id}`)).requests;
    } catch (error) {
      if (error.isTransient || error.isGone) throw error;
      await this.story.refresh();
      return [];
    }
  }

  // Whether the stream should have shown this by now.
  isNews({ request_id: request, status }) {
    const turn = this.story.turns.get(request);
    if (status === "queued") return turn === undefined;
    return status !== "processing" || turn === undefined || (turn.stage === "waiting" && !turn.begun);
  }
}

// Whether an event's id, `epoch:offset`, is no later than another one.
function isUpTo(id, other) {
  const [epoch, offset] = id.split(":").map(Number);
  const [otherEpoch, otherOffset] = (other ?? "").split(":").map(Number);
  return epoch === otherEpoch && offset <= otherOffset;
}

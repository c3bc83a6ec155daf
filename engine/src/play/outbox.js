// Messages on their way to the engine, one after the other, each under a key. They survive a reload.

import { REPEAT_MS, newKey, pause, post } from "./api.js";
import { memory } from "./dom.js";

/// How old a message may be that a reload finds, in milliseconds. The engine keeps keys longer.
const KEPT_MS = 10 * 60_000;

export class Outbox {
  /// `on` has what is called for a message: `trouble(entry)` when it is not through at once, `sent(entry, request)`, and
  /// `lost(entry, error)`; the error is null for a message that waited behind the one that was lost.
  constructor(game, on) {
    Object.assign(this, { game, on, entries: [], running: false });
  }

  /// Messages that a reload has interrupted. `run` sends them.
  restore() {
    const kept = memory.get(`outbox:${this.game}`) ?? [];
    this.entries = kept.filter(({ since }) => Date.now() - since < KEPT_MS).map((entry) => this.entry(entry));
    this.keep();
    return this.entries;
  }

  add(words) {
    const entry = this.entry({ words, key: newKey(), since: Date.now() });
    this.entries.push(entry);
    this.keep();
    return entry;
  }

  entry(entry) {
    entry.seen = new Promise((resolve) => { entry.see = resolve; });
    return entry;
  }

  /// An event shows that the engine has a message with these words: the answer need not be waited for.
  arrived(words, request) {
    const entry = this.entries.find((entry) => entry.words === words && !entry.request);
    if (!entry) return null;
    entry.request = request;
    entry.see(request);
    return entry;
  }

  /// Leaves a message out, unless it is being sent already. Returns whether it does.
  withdraw(turn) {
    const place = this.entries.findIndex((entry) => entry.turn === turn);
    if (place < 1) return false;
    this.entries.splice(place, 1);
    this.keep();
    return true;
  }

  async run() {
    if (this.running) return;
    this.running = true;
    while (this.entries.length > 0 && !this.closed) {
      const entry = this.entries[0];
      try {
        const request = await this.deliver(entry);
        this.entries.shift();
        this.keep();
        this.on.sent(entry, request);
      } catch (error) {
        // What waits behind it would arrive without it.
        const lost = this.entries.splice(0);
        this.keep();
        lost.forEach((other) => this.on.lost(other, other === entry ? error : null));
      }
    }
    this.running = false;
  }

  async deliver(entry) {
    const until = Date.now() + REPEAT_MS;
    const body = { game_state_id: this.game, message: entry.words };
    for (let wait = 500; ; wait = Math.min(2 * wait, 5000)) {
      try {
        const sent = post("/v1/chat", body, { "idempotency-key": entry.key }).then((answer) => answer.request_id);
        return await Promise.race([entry.seen, sent]);
      } catch (error) {
        if (!error.isTransient || Date.now() > until || this.closed) throw error;
        this.on.trouble(entry);
        await Promise.race([entry.seen, pause(Math.max(wait, error.retryAfterMs))]);
      }
    }
  }

  close() {
    this.closed = true;
  }

  keep() {
    const kept = this.entries.map(({ words, key, since }) => ({ words, key, since }));
    memory.set(`outbox:${this.game}`, kept.length > 0 ? kept : null);
  }
}

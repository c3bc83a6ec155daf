// An open game: what is shown comes from its history, its events, and the player's messages on their way.

import { get, post, remove } from "./api.js";
import { memory } from "./dom.js";
import { Feed } from "./feed.js";
import { Outbox } from "./outbox.js";
import { problemText, t } from "./text.js";
import { Tools } from "./tools.js";
import { Turn } from "./turn.js";

/// How many of the latest turns can be taken back or changed on the page.
const RECORDS = 100;

/// Among how many records that of a new turn is looked for: its story events may be committed as well by then.
const ASK_RECORDS = 5;

export class Story {
  /// `ui` shows what is not a turn: `list` is the element for the turns; `state(game)`, `link(key)`, `gone()`,
  /// `problem(error)`, `announce(text)`, `edit(words)`, `scroll(force)` and what [`Tools`] needs are called.
  constructor(id, ui) {
    Object.assign(this, { id, ui, version: -1, closed: false, spoken: false });
    this.turns = new Map(); // the unfinished ones, by request
    this.finished = new Map(); // requests that have ended while the page is open, and how
    this.committed = []; // the turns that have a record, in order
    this.tools = new Tools(this, ui);
    this.feed = new Feed(this, ui.link);
    this.outbox = new Outbox(id, {
      trouble: (entry) => entry.turn.show("sending", t("sendingAgain")),
      sent: (entry, request) => this.sent(entry, request),
      lost: (entry, error) => this.lost(entry, error),
    });
  }

  async open() {
    await this.load();
    if (this.closed) return;
    const failed = memory.get(`failed:${this.id}`);
    // The history lacks it. A later turn has passed it over.
    if (failed?.version === this.version) {
      const turn = this.append(new Turn(failed.words));
      if (!(await this.hasEnded({ turn }, failed.request))) turn.element.remove();
    }
    for (const entry of this.outbox.restore()) this.expect(Object.assign(entry, { isOld: true }));
    this.feed.listen();
    this.outbox.run();
  }

  close() {
    this.closed = true;
    this.outbox.close();
    this.feed.close();
  }

  read(part) {
    return get(`/v1/gamestate/${this.id}${part}`);
  }

  // Reads the game and shows its history. What is on its way or has failed stays below it.
  async load() {
    // One after the other: records older than the game lack its last turn, and no event brings it.
    const game = await this.read("?view=player");
    const { turns: records } = await this.read(`/turns?limit=${RECORDS}`);
    if (this.closed) return;
    // What failed before the last turn has been passed over.
    const items = [...this.ui.list.children];
    const own = items.slice(items.findLastIndex(({ className }) => !className) + 1)
      .filter(({ className }) => ["sending", "failed"].includes(className));
    this.turns.clear();
    const turns = [];
    this.game = game;
    this.version = this.loaded = game.version;
    for (const { role, content } of game.chat_history) {
      if (role === "user") turns.push(new Turn(this.ownWords(content)));
      else {
        // A story event is narrated without a message before it.
        if (turns.length === 0 || turns.at(-1).text) turns.push(new Turn(""));
        turns.at(-1).narrate(content);
      }
    }
    this.ui.list.replaceChildren(...turns.map((turn) => turn.element), ...own);
    this.number(turns, records);
    this.ui.state(game);
    this.ui.scroll(true);
  }

  /// The last turn in which the player spoke, whatever has become of it.
  get newest() {
    return [...this.ui.list.children].map(({ turn }) => turn).findLast(({ words }) => words);
  }

  /// Whether its end is still to come.
  get isBusy() {
    return ["sending", "waiting", "writing"].includes(this.newest?.stage);
  }

  // Gives turns their records. Events show a turn that was committed between the two calls.
  number(turns, records) {
    this.committed = [];
    records.filter(({ turn }) => turn <= this.game.last_turn).forEach((record, back) => {
      const turn = turns[turns.length - 1 - back];
      if (!turn) return;
      turn.commit(record);
      this.committed.unshift(turn);
    });
    this.tools.show();
  }

  // A turn that has just been committed gets its record.
  async recorded(turn, request) {
    const { turns } = await this.read(`/turns?limit=${ASK_RECORDS}`);
    const record = turns.find(({ request_id: id }) => id === request);
    if (!record || this.closed) return;
    turn.commit(record);
    this.committed.push(turn);
    this.tools.show();
  }

  /// The player has changed what happened. Its event reloads the page, unless events are held back.
  async rewritten() {
    if (this.feed.blocked && !this.closed) await this.load();
  }

  // Reads what an event does not carry: what is in sight, and what is carried.
  async refresh() {
    const game = await this.read("?view=player");
    if (this.closed || game.version < this.version) return;
    this.game = game;
    this.version = game.version;
    this.ui.state(game);
  }

  // The history has the character's name before a message. The player has not written that.
  ownWords(message) {
    const name = this.game.pc;
    return name && message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
  }

  trouble(error) {
    if (this.closed) return;
    if (!error.isGone) return this.ui.problem(error);
    this.close();
    this.ui.gone();
  }

  /// Shows an event.
  async take(name, event) {
    if (this.closed) return;
    // What was asked for comes again from a held-back stream. An operator may retry a failed request.
    const ended = this.finished.get(event.request_id);
    if (ended && !(ended === "failed" && name === "request.queued")) return;
    await this.handlers[name].call(this, event);
    this.ui.scroll(this.spoken);
  }

  handlers = {
    "stream.snapshot": this.snapshot,
    "stream.reset": this.snapshot,
    "request.queued"(event) {
      this.finished.delete(event.request_id);
      this.wait(this.turn(event), event, t("waiting"));
    },
    "request.processing"(event) {
      this.spoken = false;
      const turn = this.turn(event);
      turn.begun = true;
      // A narration that an earlier attempt has finished is kept.
      if (turn.text) this.write(turn, event);
      else this.wait(turn, event, "…");
      this.moveUp(turn);
    },
    "chat.chunk"(event) {
      const turn = this.turn(event);
      turn.add(event.content);
      this.write(turn, event);
    },
    "attempt.superseded"(event) {
      this.turn(event).narrate("");
    },
    "request.retrying"(event) {
      this.wait(this.turn(event), event, t("retrying"));
    },
    "request.waiting"(event) {
      this.wait(this.turn(event), event, t("notReady"));
    },
    async "request.completed"(event) {
      const turn = this.turn(event);
      this.finish(event, "completed");
      // The history read since shows it, or another turn.
      if (event.result.told_with || event.result.version <= this.loaded) return turn.element.remove();
      turn.narrate(event.result.message);
      turn.settle(event.result);
      // Read out once, and not in pieces.
      this.ui.announce(event.result.message);
      await this.recorded(turn, event.request_id);
    },
    "request.failed"(event) {
      this.undo(event, this.failure(event), "failed");
    },
    "request.cancelled"(event) {
      this.undo(event, t("stopped"), "cancelled");
    },
    async "game.rewound"({ cause }) {
      await this.load();
      if (cause === "choose") this.ui.announce(this.tools.last?.text ?? "");
      if (cause === "undo") this.ui.announce(t("takenBack"));
    },
    "game.renamed"({ name }) {
      this.ui.state(Object.assign(this.game, { name }));
    },
    async "game.state_updated"(event) {
      // Changed from outside a turn, and perhaps its history as well.
      if (!event.request_id) return this.load();
      await this.refresh();
    },
  };

  async snapshot(event) {
    // It comes first: where the page had to ask before it came, it is old.
    if (this.feed.asked && !event.reason) return;
    if (event.version !== this.loaded || event.reason) await this.load();
    for (const turn of this.turns.values()) turn.element.remove();
    this.turns.clear();
    for (const request of event.unfinished) {
      const turn = this.turn(request);
      turn.begun = request.status !== "queued";
      turn.narrate(request.text);
      if (request.text) this.write(turn, request);
      else this.wait(turn, request, turn.begun ? "…" : t("waiting"));
    }
  }

  // The turn of a request: known, or the player's own and on its way, or new.
  turn({ request_id: request, type, user_message: message }) {
    let turn = this.turns.get(request);
    if (!turn) {
      const words = type === "chat" ? this.ownWords(message) : "";
      turn = (words && this.outbox.arrived(words, request)?.turn) || this.append(new Turn(words));
      this.await(request, turn);
    }
    return turn;
  }

  await(request, turn) {
    turn.request = request;
    this.turns.set(request, turn);
  }

  append(turn) {
    this.ui.list.append(turn.element);
    return turn;
  }

  // What happens first is shown first, whatever was asked first.
  moveUp(turn) {
    const waiting = [...this.turns.values()].find((other) => !other.begun && other !== turn);
    const before = waiting?.element ?? this.ui.list.querySelector(".sending");
    const isBefore = before && before.compareDocumentPosition(turn.element) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (isBefore) before.before(turn.element);
  }

  wait(turn, event, note) {
    turn.show("waiting", note, [this.stopper(event, "stop", false)]);
  }

  write(turn, event) {
    if (turn.stage === "writing") return;
    turn.show("writing", "", [this.stopper(event, "stopHere", true), this.stopper(event, "discard", false)]);
  }

  stopper({ request_id: request }, key, keep) {
    return [key, () => this.stop(request, keep)];
  }

  /// Stops what is narrated or waits. The text so far stays if the player keeps it; else nothing has happened.
  async stop(request = this.turns.keys().next().value, keep = this.turns.get(request)?.stage === "writing") {
    if (!request) return;
    try {
      await (keep ? post(`/v1/requests/${request}/stop`, { keep }) : remove(`/v1/requests/${request}`));
      if (this.feed.blocked) await this.feed.ask();
    } catch (error) {
      this.stopped(error);
    }
  }

  // What has ended before is shown as it has ended.
  stopped(error) {
    if (error.slug !== "request-finished") this.trouble(error);
  }

  failure({ error }) {
    return t("failed", problemText(error.type.split("/").at(-1)) ?? error.title);
  }

  undo(event, note, how) {
    const turn = this.turn(event);
    turn.narrate("");
    this.dismiss(turn, note, how === "failed");
    if (turn.words && how === "failed") this.remember({ words: turn.words, request: event.request_id, version: this.version });
    this.finish(event, how);
    this.ui.announce(note);
  }

  /// Keeps what has failed for a reload; null forgets it.
  remember(failed) {
    memory.set(`failed:${this.id}`, failed);
  }

  finish({ request_id: request }, how) {
    this.turns.delete(request);
    this.finished.set(request, how);
  }

  // A turn that has not happened, and what the player may do with its words.
  dismiss(turn, note, canRepeat) {
    const repeat = canRepeat && ["tryAgain", () => this.sayAgain(turn)];
    const actions = [repeat, ["edit", () => this.takeBack(turn)]].filter(Boolean);
    turn.show("failed", note, turn.words ? actions : []);
  }

  /// Sends a message that has failed once more.
  sayAgain({ element, words }) {
    this.remember(null);
    element.remove();
    this.say(words);
  }

  /// Takes back a message that has not happened, to be changed and sent again.
  async takeBack(turn) {
    turn.isTakenBack = true;
    this.remember(null);
    const { request, stage } = turn;
    // What is being sent is cancelled when its request is known.
    if (stage === "sending" && !request && !this.outbox.withdraw(turn)) return;
    try {
      if (stage !== "failed" && request) {
        await remove(`/v1/requests/${request}`);
        this.finish({ request_id: request }, "cancelled");
      }
      turn.element.remove();
      this.ui.edit(turn.words);
      this.ui.announce(t("takenBack"));
    } catch (error) {
      turn.isTakenBack = false;
      this.stopped(error);
    }
  }

  /// The player says something.
  say(words) {
    this.expect(this.outbox.add(words));
    this.spoken = true;
    this.ui.scroll(true);
    this.outbox.run();
  }

  expect(entry) {
    entry.turn = this.append(new Turn(entry.words));
    entry.turn.show("sending", t("sending"));
  }

  async sent(entry, request) {
    if (entry.isOld && (await this.hasEnded(entry, request))) return;
    if (entry.turn.isTakenBack) return this.takeBack(Object.assign(entry.turn, { request }));
    // By now the game's events may have shown the message, or all of its turn.
    const shown = this.turns.get(request);
    if (shown === entry.turn || entry.request) return;
    if (shown || this.finished.has(request)) return entry.turn.element.remove();
    this.await(request, entry.turn);
    this.wait(entry.turn, { request_id: request }, t("waiting"));
    this.feed.guard();
  }

  // A message from before a reload may have been answered: then it is in the history.
  async hasEnded({ turn }, request) {
    const view = await get(`/v1/requests/${request}`).catch(() => null);
    if (!view || ["queued", "processing"].includes(view.status)) return false;
    if (view.status === "failed") this.dismiss(turn, this.failure(view), true);
    else turn.element.remove();
    return true;
  }

  lost(entry, error) {
    if (this.closed) return;
    if (error?.isGone) return this.trouble(error);
    this.dismiss(entry.turn, t("notSent", error?.message ?? t("behind")), true);
    this.ui.announce(entry.turn.note.firstChild.textContent);
    this.ui.scroll(true);
  }
}
